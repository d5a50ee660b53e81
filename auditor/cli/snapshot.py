"""Stored snapshots read back; a foreign file is capped in size and depth before anything is made of it."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from auditor.errors import SnapshotError, UsageError
from auditor.model.codec import DecodeError, decode
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot
from auditor.plugins import names
from auditor.text import parse_time, printable

MAX_BYTES = 256 * 1024 * 1024
# CEL crashes on input that is nested thousands of levels deep
MAX_DEPTH = 64


def read_snapshots(paths: Sequence[Path], site: str) -> tuple[Snapshot, ...]:
    """The snapshots of `--with`; raises SnapshotError, for one of another site too."""
    snapshots = [read_snapshot(path) for path in paths]
    for path, snapshot in zip(paths, snapshots, strict=True):
        if snapshot.site != site:
            raise SnapshotError(f"'{path}' is of the site '{snapshot.site}', and this is '{site}'")
    return tuple(snapshots)


def read_snapshot(path: Path) -> Snapshot:
    """A snapshot from a file, `-` for standard input; raises SnapshotError."""
    name = printable(str(path))
    try:
        text = _read(path).decode("utf-8")
        data = json.loads(text)
    except OSError as error:
        raise SnapshotError(f"'{name}' can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise SnapshotError(f"'{name}' is no JSON, or was cut short: write it again with auditor collect") from error
    if _depth(data) > MAX_DEPTH:
        raise SnapshotError(f"'{name}' is nested more than {MAX_DEPTH} levels deep: auditor wrote no such file")
    return _decoded(data, name)


def _decoded(data: Any, name: str) -> Snapshot:
    version = data.get("schema_version") if isinstance(data, dict) else None
    if not isinstance(version, int):
        raise SnapshotError(f"'{name}' is no snapshot: it has no schema_version")
    if version != SCHEMA_VERSION:
        raise SnapshotError(f"'{name}' has schema_version {version}, this auditor reads {SCHEMA_VERSION}")
    try:
        json.dumps(data, ensure_ascii=False).encode("utf-8")
        snapshot = decode(Snapshot, data)
        for moment in (snapshot.started_at, snapshot.finished_at):
            parse_time(moment)
    except (DecodeError, ValueError) as error:
        raise SnapshotError(f"'{name}' was edited or is damaged: {printable(str(error))}") from error
    return snapshot


def _read(path: Path) -> bytes:
    stream = sys.stdin.buffer if str(path) == "-" else path.open("rb")
    with stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SnapshotError(f"'{printable(str(path))}' is larger than {MAX_BYTES // 1024**2} MiB: no snapshot is")
    return data


def _depth(value: Any) -> int:
    """How deep a JSON value is nested; without recursion, since depth is what is in doubt."""
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        deepest = max(deepest, depth)
        if depth > MAX_DEPTH:
            return depth
        children = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        waiting += [(child, depth + 1) for child in children if isinstance(child, (dict, list))]
    return deepest


def sources_known(given: Sequence[str]) -> tuple[str, ...]:
    """The sources that `--only` names; raises UsageError for one that doesn't exist."""
    known = [name for name in names("collectors") if name != "canon"]
    for name in given:
        if name not in known:
            raise UsageError(f"no such source '{name}': choose one of {', '.join(known)}")
    return tuple(given)
