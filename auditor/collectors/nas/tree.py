"""The files of a release, from what find, sha256sum and stat printed of them; names are bytes until they are facts."""

import hashlib
import re
import stat
from dataclasses import dataclass

from auditor.collectors.nas.record import Stat, groups, line_text, parse_stat
from auditor.errors import SourceError
from auditor.model.facts.nas import PrunedFolder, ReleaseFile
from auditor.model.missing import MISSING, Missing
from auditor.text import name_text

MOST_FILES = 200_000  # as in the probe
_HASH_LINE = re.compile(rb"([0-9a-f]{64}) [ *](\./.+)", re.DOTALL)
_STAT_LINE = re.compile(rb"([0-9a-f]{1,8} [0-9]{1,18} -?[0-9]{1,18}) (\./.+)", re.DOTALL)
_ODD_HASH = re.compile(rb"([0-9a-f]{64})  -\n")


@dataclass(frozen=True)
class Listing:
    """The files by path, and why they may not be all: complaints of the tools, a cap."""

    files: tuple[ReleaseFile, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True)
class _Lines:
    lines: list[bytes]
    faults: tuple[str, ...]


def parse_tree(hashes: bytes, stats: bytes, odd: bytes) -> Listing:
    """The listing that three sections describe: `sha256  name` lines, `stat name` lines, and the odd names' fields.

    A file that could not be read has no sha256. Raises SourceError where a section is not of that form.
    """
    hashed, measured = _lines(hashes), _lines(stats)
    digests = dict(_hash_line(line) for line in hashed.lines)
    plain = [_file(name, found, digests.get(name)) for name, found in map(_stat_line, measured.lines)]
    records, odd_faults = _odd_part(odd)
    special = [_odd(*one) for one in groups(records, 3)]
    files = sorted((one for one in (*plain, *special) if one.path != ".git"), key=lambda one: one.path)
    return Listing(tuple(files), tuple(dict.fromkeys((*hashed.faults, *measured.faults, *odd_faults))))


def parse_pruned(raw: list[bytes]) -> tuple[PrunedFolder, ...]:
    """The folders left out, from name and count by turns; raises SourceError."""
    if len(raw) % 2:
        raise SourceError("a pruned folder has no count")
    counted = zip(raw[::2], raw[1::2], strict=True)
    return tuple(PrunedFolder(path=name_text(name), file_count=_count(count)) for name, count in counted)


def _count(raw: bytes) -> int:
    text = raw.strip()
    if not text.isdigit() or len(text) > 12:
        raise SourceError(f"{line_text(raw)!r} is not a count of files")
    return int(text)


def _lines(body: bytes) -> _Lines:
    text, end, complaints = body.partition(b"\0")
    if not end or (text and not text.endswith(b"\n")):
        raise SourceError("the list of files is cut short")
    lines = text.split(b"\n")[:-1]
    capped = (f"more than {MOST_FILES} files: the rest was not read",) if len(lines) >= MOST_FILES else ()
    return _Lines(lines, (*capped, *_complaints(complaints)))


def _odd_part(body: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The fields, and the complaints that follow the last NUL, which they end with themselves."""
    at = body.rfind(b"\0")
    if at < 0:
        raise SourceError("the list of links is cut short")
    return body[:at], _complaints(body[at + 1 :])


def _complaints(raw: bytes) -> tuple[str, ...]:
    lines = [line for line in raw.split(b"\n") if line.strip()]
    if not lines:
        return ()
    more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    return (f"not everything could be read: {line_text(lines[0])}{more}",)


def _hash_line(line: bytes) -> tuple[bytes, str]:
    match = _HASH_LINE.fullmatch(line)
    if not match:
        raise SourceError(f"{line_text(line)!r} is not what sha256sum prints")
    return match[2], match[1].decode()


def _stat_line(line: bytes) -> tuple[bytes, Stat]:
    match = _STAT_LINE.fullmatch(line)
    if not match:
        raise SourceError(f"{line_text(line)!r} is not what stat prints")
    return match[2], parse_stat(match[1])


def _odd(name: bytes, raw: bytes, payload: bytes) -> ReleaseFile:
    found = parse_stat(raw)
    if stat.S_ISLNK(found.mode):
        return _file(name, found, hashlib.sha256(payload).hexdigest(), name_text(payload))
    match = _ODD_HASH.fullmatch(payload)
    return _file(name, found, match[1].decode() if match else None)


def _file(name: bytes, found: Stat, digest: str | None, target: str | None = None) -> ReleaseFile:
    sha256: str | Missing = MISSING if digest is None else digest
    link, regular = stat.S_ISLNK(found.mode), stat.S_ISREG(found.mode)
    return ReleaseFile(
        path=name_text(name.removeprefix(b"./")),
        kind="symlink" if link else "file" if regular else "other",
        sha256=sha256,
        size=found.size,
        executable=regular and bool(found.mode & stat.S_IXUSR),
        mode=found.permissions,
        modified_at=found.modified_at,
        target=target,
    )
