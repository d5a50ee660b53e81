"""Searches one portion of a pack; also a program of its own, which takes the order as JSON and answers with JSON.

The key comes through the pipe, never through arguments or the environment; no value of a secret goes back.
"""

import base64
import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path

from auditor.collectors.leaks.compilation import use_compiled
from auditor.collectors.leaks.forest import Forest
from auditor.collectors.leaks.ledger import Findings, Holder
from auditor.collectors.leaks.object_name import ObjectNames
from auditor.collectors.leaks.pack import BLOB, COMMIT, TAG, Pack, PackError
from auditor.collectors.leaks.scan import Scanner, name_sightings
from auditor.collectors.leaks.source import Source
from auditor.collectors.leaks.stray import search_strays
from auditor.detector.accelerator import accelerator_of
from auditor.detector.engine import second_engine
from auditor.detector.own_kind import Patterns, kinds_with
from auditor.errors import SourceError
from auditor.text import name_text

PLACES = {BLOB: "blob", COMMIT: "commit", TAG: "tag"}
# below it a second process takes longer to begin than it saves
_SMALL_BYTES = 4 << 20
_WORTH_COMPILING_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Order:
    """One of `parts` portions of the pack at `path`, in a repository with these folders of objects.

    `patterns` are a site's own kinds, id and expression.
    `compiled` is the folder that keeps what was compiled.
    """

    path: str
    objects: tuple[str, ...]
    hash_bytes: int
    part: int
    parts: int
    key: str
    patterns: Patterns = ()
    compiled: str | None = None


def search_pack(
    path: Path, source: Source, key: bytes, workers: int, patterns: Patterns = (), compiled: Path | None = None
) -> Findings:
    """What a pack holds; a pack that can't be read is unsearched as a whole.

    `compiled` is a folder that keeps what took long to compile.
    """
    large = path.stat().st_size > _WORTH_COMPILING_BYTES
    use_compiled(accelerator_of(kinds_with(patterns)), compiled, key, compile_anew=large)
    parts = workers if path.stat().st_size > _SMALL_BYTES else 1
    orders = [
        Order(
            path=str(path),
            objects=tuple(map(str, source.objects)),
            hash_bytes=source.hash_bytes,
            part=part,
            parts=parts,
            key=base64.b64encode(key).decode(),
            patterns=patterns,
            compiled=str(compiled) if compiled else None,
        )
        for part in range(parts)
    ]
    others = [_started(order) for order in orders[1:]]
    try:
        found = search_portion(orders[0])
        for other in others:
            _join(found, _answer(other))
    finally:
        for other in others:
            other.kill()
            other.wait()
    return found


def search_portion(order: Order) -> Findings:
    """What a portion of a pack holds."""
    path = Path(order.path)
    try:
        pack = Pack(path, order.hash_bytes)
    except (PackError, OSError, ValueError, IndexError) as error:
        return Findings(unsearched=[(path.name, str(error))])
    try:
        return _searched(pack, order)
    finally:
        pack.close()


def _searched(pack: Pack, order: Order) -> Findings:
    objects = [Path(folder) for folder in order.objects]
    scanner = Scanner(
        base64.b64decode(order.key),
        ObjectNames(objects, order.hash_bytes),
        kinds=kinds_with(order.patterns),
        engine=second_engine(),
    )
    forest = Forest(pack, scanner)
    forest.search(forest.roots(order.part, order.parts))
    found = Findings()
    found.holders = [
        Holder(PLACES[forest.kind(number)], pack.name(number), *one.shown, one.inside or "", line)
        for number, one, line in forest.holders()
    ]
    found.holders += [
        Holder("name", pack.name(forest.names[name]), *one.shown, name_text(shown))
        for name, one, shown in name_sightings(forest.names, scanner)
    ]
    found.suppressed = [(kind, reason, count) for (kind, reason), count in scanner.suppressed.items()]
    found.unsearched = [(pack.name(number), reason) for number, reason in scanner.unsearched.items()]
    found.read, found.searched_bytes = forest.read, scanner.searched_bytes
    if order.part == 0 and pack.strays:
        _join(found, search_strays(pack, scanner.emptied(), objects, order.hash_bytes))
    return found


def _started(order: Order) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "auditor.collectors.leaks.worker"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None  # noqa: S101 -- asked for above
    # one that died at once is known by its answer
    with suppress(BrokenPipeError):
        process.stdin.write(json.dumps(asdict(order)).encode())
    with suppress(BrokenPipeError):
        process.stdin.close()
    process.stdin = None
    return process


def _answer(process: "subprocess.Popen[bytes]") -> Findings:
    answer, _ = process.communicate()
    if process.returncode:
        raise SourceError(f"a process of the search ended with {process.returncode}: run the audit again")
    data = json.loads(answer)
    return Findings(
        holders=[Holder(*row) for row in data["holders"]],
        suppressed=[(kind, reason, count) for kind, reason, count in data["suppressed"]],
        unsearched=[(place, reason) for place, reason in data["unsearched"]],
        read=data["read"],
        searched_bytes=data["searched_bytes"],
    )


def _join(found: Findings, other: Findings) -> None:
    found.holders += other.holders
    found.suppressed += other.suppressed
    found.unsearched += other.unsearched
    found.read += other.read
    found.searched_bytes += other.searched_bytes


def _main() -> None:
    given = json.load(sys.stdin)
    patterns = tuple((name, regex) for name, regex in given.pop("patterns"))
    order = Order(**given, patterns=patterns)
    folder = Path(order.compiled) if order.compiled else None
    use_compiled(accelerator_of(kinds_with(patterns)), folder, base64.b64decode(order.key), compile_anew=False)
    found = search_portion(order)
    json.dump(asdict(replace(found, holders=[])) | {"holders": [astuple(one) for one in found.holders]}, sys.stdout)


if __name__ == "__main__":
    _main()
