"""The flags of git's index, versions 2 to 4 and split, by which git looks away from a path; content is not read."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace

from auditor.errors import SourceError
from auditor.gitfile.bitmap import ewah_positions

_STAT_BYTES = 40
_EXTENDED, _ASSUME, _SKIP = 0x4000, 0x8000, 0x4000


@dataclass(frozen=True)
class Flagged:
    """An entry of the index as far as its flags go."""

    path: bytes
    assume_unchanged: bool
    skip_worktree: bool


@dataclass(frozen=True)
class Index:
    """The index's version and its entries with a flag set, in order; `sparse` where folders stand for their files."""

    version: int
    flagged: tuple[Flagged, ...]
    sparse: bool


@dataclass(frozen=True)
class _Parsed:
    version: int
    entries: list[Flagged]
    extensions: dict[bytes, bytes]


def parse_index(data: bytes, width: int, shared: Callable[[bytes], bytes | None]) -> Index:
    """The flags of an index; `width` is the object ids' length, `shared` gives the file that a split index names.

    Raises SourceError where it is damaged or of another version. Format: gitformat-index(5).
    """
    parsed = _parse(data, width)
    entries = parsed.entries
    link = parsed.extensions.get(b"link")
    if link is not None and any(link[:width]):
        base = shared(b"sharedindex." + link[:width].hex().encode())
        if base is None:
            raise SourceError("the shared part of the split index is gone")
        entries = _joined(_parse(base, width).entries, entries, link, width)
    flagged = (entry for entry in entries if entry.assume_unchanged or entry.skip_worktree)
    return Index(parsed.version, tuple(flagged), b"sdir" in parsed.extensions)


def _parse(data: bytes, width: int) -> _Parsed:
    try:
        if data[:4] != b"DIRC":
            raise SourceError("the index has no header")
        version, count = struct.unpack_from(">LL", data, 4)
        if version not in (2, 3, 4):
            raise SourceError(f"the index has version {version}, known are 2 to 4: update auditor")
        entries, at = _entries(data[:-width], version, count, width)
        return _Parsed(version, entries, _extensions(data[:-width], at))
    except (struct.error, ValueError, IndexError) as fault:
        raise SourceError("the index is damaged") from fault


def _entries(data: bytes, version: int, count: int, width: int) -> tuple[list[Flagged], int]:
    entries: list[Flagged] = []
    at, path = 12, b""
    for _ in range(count):
        start = at
        at += _STAT_BYTES + width
        (flags,) = struct.unpack_from(">H", data, at)
        at += 2
        extended = 0
        if flags & _EXTENDED:
            (extended,) = struct.unpack_from(">H", data, at)
            at += 2
        cut = len(path)
        if version == 4:
            cut, at = _varint(data, at)
        end = data.index(b"\0", at)
        path = path[: len(path) - cut] + data[at:end]
        # before version 4 an entry is padded with one to eight NULs to a multiple of eight bytes
        at = end + 1 if version == 4 else start + ((end - start + 8) & ~7)
        entries.append(Flagged(path, bool(flags & _ASSUME), bool(extended & _SKIP)))
    return entries, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number in the encoding of pack offsets, and where it ends."""
    value = data[at] & 127
    while data[at] & 128:
        at += 1
        value = ((value + 1) << 7) | (data[at] & 127)
    return value, at + 1


def _extensions(data: bytes, at: int) -> dict[bytes, bytes]:
    found = {}
    while at < len(data):
        (size,) = struct.unpack_from(">L", data, at + 4)
        if at + 8 + size > len(data):
            raise ValueError("an extension is longer than its file")
        found[data[at : at + 4]] = data[at + 8 : at + 8 + size]
        at += 8 + size
    return found


def _joined(base: list[Flagged], own: list[Flagged], link: bytes, width: int) -> list[Flagged]:
    """The shared entries with this index's deletions, replacements (nameless entries, in order) and additions."""
    added = [entry for entry in own if entry.path]
    if not link[width:]:
        return [*base, *added]
    try:
        deleted, at = ewah_positions(link, width, len(base))
        replaced, _ = ewah_positions(link, at, len(base))
        nameless = iter([entry for entry in own if not entry.path])
        for position in replaced:
            base[position] = replace(next(nameless), path=base[position].path)
    except (struct.error, ValueError, IndexError, StopIteration) as fault:
        raise SourceError("the split index is damaged") from fault
    gone = set(deleted)
    return [*(entry for position, entry in enumerate(base) if position not in gone), *added]
