"""Stored snapshots read back; a foreign file is capped in size and depth before anything is made of it."""

import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.errors import SnapshotError, UsageError
from auditor.model.codec import DecodeError, decode
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot
from auditor.plugins import names
from auditor.text import parse_time, printable, short

MAX_BYTES = 256 * 1024 * 1024
# CEL crashes on input that is nested thousands of levels deep
MAX_DEPTH = 64
_HALF = re.compile("[\ud800-\udfff]")


def read_snapshots(paths: Sequence[Path], site: str) -> tuple[Snapshot, ...]:
    """The snapshots of `--with`; raises SnapshotError, for one of another site too."""
    snapshots = [read_snapshot(path) for path in paths]
    for path, snapshot in zip(paths, snapshots, strict=True):
        if snapshot.site_id != site:
            name, other = printable(str(path)), printable(snapshot.site_id)
            raise SnapshotError(f"'{name}' is of the site '{other}', and this is '{site}': bring one of this site")
    return tuple(snapshots)


def read_snapshot(path: Path) -> Snapshot:
    """A snapshot from a file, `-` for standard input; raises SnapshotError."""
    return parse_snapshot(read_bytes(path), printable(str(path)))


def parse_snapshot(raw: bytes, name: str) -> Snapshot:
    """The snapshot that the bytes are; `name` stands for them in messages. Raises SnapshotError."""
    try:
        data = json.loads(raw.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_number)
    except DecodeError as error:
        raise SnapshotError(f"'{name}' was edited or is damaged: {printable(str(error))}") from error
    except (ValueError, RecursionError) as error:
        raise SnapshotError(f"'{name}' is no JSON, or was cut short: write it again with auditor collect") from error
    return _decoded(data, name)


def _decoded(data: Any, name: str) -> Snapshot:
    version = data.get("schema_version") if isinstance(data, dict) else None
    if not isinstance(version, int):
        raise SnapshotError(f"'{name}' is no snapshot: it has no schema_version")
    if version != SCHEMA_VERSION:
        known = f"this auditor reads {SCHEMA_VERSION}: use the auditor that wrote it"
        raise SnapshotError(f"'{name}' has schema_version {version}, {known}")
    try:
        _check(data)
        return decode(Snapshot, data)
    except DecodeError as error:
        raise SnapshotError(f"'{name}' was edited or is damaged: {printable(str(error))}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are all different: of two readers, each could believe another of two equal ones."""
    keys = dict(pairs)
    if len(keys) < len(pairs):
        double = next(key for index, (key, _) in enumerate(pairs) if key in dict(pairs[:index]))
        raise DecodeError(f"/…/{double}: stands there twice")
    return keys


def _no_number(text: str) -> Any:
    raise DecodeError(f"/…: {text} is no number of JSON")


@dataclass(frozen=True, slots=True)
class _Step:
    """A place in the data: the place above it, and the key or index that leads on from there."""

    above: "_Step | None"
    key: str | int
    depth: int

    @property
    def pointer(self) -> str:
        keys: list[str] = []
        step: _Step | None = self
        while step is not None and step.above is not None:
            keys.append(str(step.key))
            step = step.above
        return "".join(f"/{key}" for key in reversed(keys))


def _check(data: Any) -> None:
    """Raise DecodeError for what JSON allows and no snapshot holds: half a character, a moment that is none, a pit.

    Without recursion, since depth is in doubt.
    """
    waiting: list[tuple[_Step, Any]] = [(_Step(None, "", 0), data)]
    while waiting:
        step, value = waiting.pop()
        if step.depth == MAX_DEPTH:
            raise DecodeError(f"/: nested more than {MAX_DEPTH} levels deep")
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(item, str):
                _check_text(step, key, item)
            elif isinstance(item, (dict, list)):
                waiting.append((_Step(step, key, step.depth + 1), item))


def _check_text(step: _Step, key: str | int, text: str) -> None:
    if not text.isascii() and _HALF.search(text):
        raise DecodeError(f"{step.pointer}/{key}: half a surrogate pair is no text")
    if isinstance(key, str) and (key.endswith("_at") or key == "since"):
        try:
            parse_time(text)
        except ValueError as error:
            raise DecodeError(
                f"{step.pointer}/{key}: '{short(text, 40)}' is no moment: 2026-02-01T03:00:00Z is one"
            ) from error


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, `-` for standard input; raises SnapshotError, for more than any snapshot has too."""
    name = printable(str(path))
    try:
        stream = sys.stdin.buffer if str(path) == "-" else path.open("rb")
        with stream:
            # a file that tells its size needn't be read to be refused
            size = os.fstat(stream.fileno()).st_size
            data = b"" if size > MAX_BYTES else stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise SnapshotError(f"'{name}' can't be read: {error.strerror}") from error
    if max(size, len(data)) > MAX_BYTES:
        raise SnapshotError(f"'{name}' is larger than {MAX_BYTES // 1024**2} MiB: no snapshot is")
    return data


def sources_known(given: Sequence[str]) -> tuple[str, ...]:
    """The sources that `--only` names; raises UsageError for one that doesn't exist."""
    known = [name for name in names("collectors") if name != "canon"]
    for name in given:
        if name not in known:
            raise UsageError(f"no such source '{name}': choose one of {', '.join(known)}")
    return tuple(given)
