"""Git's index, versions 2 to 4, split and sparse, from its bytes (gitformat-index(5)); never refreshed or written."""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace

from auditor.errors import SourceError
from auditor.gitfile.bitmap import ewah_positions

_STAT_BYTES = 40
_HASHES = {20: "sha1", 32: "sha256"}
_EXTENDED, _ASSUME = 0x4000, 0x8000
_SKIP, _INTENT = 0x4000, 0x2000
_FAULTS = (struct.error, ValueError, IndexError, StopIteration)

SharedPart = Callable[[bytes], bytes | None]


class IndexDamagedError(SourceError):
    """The bytes are no index that git would take."""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A path of the index; `stage` is not 0 while a merge is unresolved. Stat data is left out: content decides."""

    path: bytes
    mode: int
    oid: bytes
    stage: int = 0
    assume_unchanged: bool = False
    skip_worktree: bool = False
    intent_to_add: bool = False


@dataclass(frozen=True)
class Index:
    """The entries in the index's order; in a `sparse` one folders stand for their files."""

    version: int
    entries: list[IndexEntry]
    sparse: bool


@dataclass(frozen=True)
class _Parsed:
    version: int
    entries: list[IndexEntry]
    extensions: dict[bytes, bytes]


def parse_index(data: bytes, width: int, shared: SharedPart) -> Index:
    """The index; `width` is the object ids' length, `shared` gives the file that a split index names.

    Raises IndexDamagedError, and SourceError for a version or an extension that is not known.
    """
    parsed = _parse(data, width)
    entries, link = parsed.entries, parsed.extensions.get(b"link")
    if link is not None and any(link[:width]):
        base = shared(b"sharedindex." + link[:width].hex().encode())
        if base is None:
            raise IndexDamagedError("the index is damaged (its shared part is gone)")
        entries = _joined(_parse(base, width).entries, entries, link, width)
    return Index(parsed.version, entries, b"sdir" in parsed.extensions)


def _parse(data: bytes, width: int) -> _Parsed:
    if len(data) < 12 + width or data[:4] != b"DIRC":
        raise IndexDamagedError("the index is damaged (no header)")
    version, count = struct.unpack(">LL", data[4:12])
    if version not in (2, 3, 4):
        raise SourceError(f"the index has version {version}, known are 2 to 4: update auditor")
    body, checksum = data[:-width], data[-width:]
    # git writes zeros with index.skipHash
    if any(checksum) and hashlib.new(_HASHES[width], body, usedforsecurity=False).digest() != checksum:
        raise IndexDamagedError("the index is damaged (wrong checksum)")
    try:
        entries, at = _entries(body, version, count, width)
        return _Parsed(version, entries, _extensions(body, at))
    except _FAULTS as fault:
        raise IndexDamagedError("the index is damaged (cut short)") from fault


def _entries(data: bytes, version: int, count: int, width: int) -> tuple[list[IndexEntry], int]:
    entries = []
    at, path = 12, b""
    fixed = struct.Struct(f">{width}sH")
    for _ in range(count):
        start = at
        (mode,) = struct.unpack_from(">L", data, at + 24)
        oid, flags = fixed.unpack_from(data, at + _STAT_BYTES)
        at += _STAT_BYTES + width + 2
        extended = 0
        if flags & _EXTENDED:
            (extended,) = struct.unpack_from(">H", data, at)
            at += 2
        path, at = _path(data, at, start, path if version == 4 else None)
        hidden = bool(flags & _ASSUME), bool(extended & _SKIP), bool(extended & _INTENT)
        entries.append(IndexEntry(path, mode, oid, flags >> 12 & 3, *hidden))
    return entries, at


def _path(data: bytes, at: int, start: int, before: bytes | None) -> tuple[bytes, int]:
    """The path of an entry, and where the next begins; in version 4 it says how much of the one `before` it keeps."""
    if before is not None:
        cut, at = _varint(data, at)
        end = data.index(b"\0", at)
        return before[: len(before) - cut] + data[at:end], end + 1
    end = data.index(b"\0", at)
    # padded with one to eight NULs to a multiple of eight bytes
    return data[at:end], start + ((end - start + 8) & ~7)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number in the encoding of pack offsets, and where it ends."""
    value = data[at] & 127
    while data[at] & 128:
        at += 1
        value = (value + 1 << 7) | (data[at] & 127)
    return value, at + 1


def _extensions(data: bytes, at: int) -> dict[bytes, bytes]:
    found = {}
    while at < len(data):
        name = data[at : at + 4]
        (size,) = struct.unpack_from(">L", data, at + 4)
        if at + 8 + size > len(data):
            raise ValueError(name)
        if name[:1].islower() and name not in (b"link", b"sdir"):
            raise SourceError(f"the index needs the unknown extension {name.decode('latin-1')!r}: update auditor")
        found[name] = data[at + 8 : at + 8 + size]
        at += 8 + size
    return found


def _joined(base: list[IndexEntry], own: list[IndexEntry], link: bytes, width: int) -> list[IndexEntry]:
    """The shared entries with this index's deletions, replacements (nameless entries, in order) and additions."""
    if not link[width:]:
        return _merged(base, own)
    try:
        deleted, at = ewah_positions(link, width, len(base))
        replaced, _ = ewah_positions(link, at, len(base))
        substitutes = iter([entry for entry in own if not entry.path])
        for position in replaced:
            base[position] = replace(next(substitutes), path=base[position].path)
    except _FAULTS as fault:
        raise IndexDamagedError("the index is damaged (its link to the shared part)") from fault
    gone = set(deleted)
    kept = [entry for position, entry in enumerate(base) if position not in gone]
    return _merged(kept, [entry for entry in own if entry.path])


def _merged(base: list[IndexEntry], own: list[IndexEntry]) -> list[IndexEntry]:
    entries = {(entry.path, entry.stage): entry for entry in base}
    entries.update({(entry.path, entry.stage): entry for entry in own})
    return [entries[key] for key in sorted(entries)]
