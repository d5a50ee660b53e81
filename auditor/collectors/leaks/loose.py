"""Loose objects: files of one object each, inflated and searched whole."""

import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from auditor.collectors.leaks.ledger import Findings, Holder
from auditor.collectors.leaks.scan import Scanner, line_of, name_sightings
from auditor.detector.engine import second_engine
from auditor.detector.own_kind import Patterns, kinds_with
from auditor.detector.search import IsObject
from auditor.text import name_text

_FOLDER, _FILE = re.compile(r"[0-9a-f]{2}"), re.compile(r"[0-9a-f]{38}(?:[0-9a-f]{24})?")
_HEAD = re.compile(rb"(blob|tree|commit|tag) (\d{1,18})\0")
_HEAD_BYTES = 40
_LARGEST_BYTES = 64 << 20
_NAMES = re.compile(rb"[0-7]{5,6} ([^\0/]+)\0")


def loose_objects(folder: Path) -> Iterator[bytes]:
    """The ids (raw) of the loose objects in an object folder."""
    for parent in sorted(folder.iterdir()):
        if _FOLDER.fullmatch(parent.name) and parent.is_dir():
            for path in parent.iterdir():
                if _FILE.fullmatch(path.name):
                    yield bytes.fromhex(parent.name + path.name)


def search_loose(
    folder: Path, oids: Iterable[bytes], key: bytes, is_object: IsObject, patterns: Patterns = ()
) -> Findings:
    """What loose objects of a folder hold."""
    found = Findings()
    scanner = Scanner(key, is_object, kinds=kinds_with(patterns), engine=second_engine())
    order = [oid.hex() for oid in oids]
    kinds: dict[int, str] = {}
    names: dict[bytes, int] = {}
    for number, oid in enumerate(order):
        try:
            kinds[number], data = loose_content(folder, oid)
        except (OSError, zlib.error):
            found.unsearched.append((oid, "it is damaged: run git fsck"))
            continue
        except ValueError as error:
            found.unsearched.append((oid, str(error)))
            continue
        found.read += 1
        if kinds[number] == "tree":
            names.update(dict.fromkeys(loose_names(data), number))
        else:
            scanner.add_whole(number, data)
    scanner.flush()
    for number, sightings in scanner.sightings.items():
        data = loose_content(folder, order[number])[1]
        found.holders += [
            Holder(kinds[number], order[number], *one.shown, one.inside or "", line_of(data, one.needle))
            for one in sightings.values()
        ]
    found.holders += [
        Holder("name", order[names[name]], *one.shown, name_text(shown))
        for name, one, shown in name_sightings(names, scanner)
    ]
    found.unsearched += [(order[number], reason) for number, reason in scanner.unsearched.items()]
    found.suppressed = [(kind, reason, count) for (kind, reason), count in scanner.suppressed.items()]
    found.searched_bytes = scanner.searched_bytes
    return found


def loose_names(tree: bytes) -> list[bytes]:
    """The names in a tree."""
    return _NAMES.findall(tree)


def loose_content(folder: Path, oid: str) -> tuple[str, bytes]:
    """Kind and content; raises ValueError where it is too large or no object."""
    raw = (folder / oid[:2] / oid[2:]).read_bytes()
    inflater = zlib.decompressobj()
    data = inflater.decompress(raw, _LARGEST_BYTES + _HEAD_BYTES)
    head = _HEAD.match(data)
    if not head:
        raise ValueError("it is damaged: run git fsck")
    if int(head[2]) > _LARGEST_BYTES:
        raise ValueError(f"it has more than {_LARGEST_BYTES >> 20} MB")
    if len(data) - head.end() != int(head[2]):
        raise ValueError("it is damaged: run git fsck")
    return head[1].decode(), data[head.end() :]
