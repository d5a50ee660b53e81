"""Git's index as it lies on disk, versions 2 to 4, split and sparse; never refreshed, never written."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH118

import hashlib
import os
import struct
from dataclasses import dataclass, replace

from auditor.collectors.local.object_store import TREE, HashName, ObjectStore
from auditor.collectors.local.tree import walk_tree
from auditor.errors import SourceError
from auditor.gitfile.bitmap import ewah_positions
from auditor.gitfile.layout import small_file
from auditor.interfaces import Deadline

_DAMAGED = "the index is damaged ({}): remove .git/index and run git reset"
_STAT_BYTES = 40
_SIZE_LIMIT = 1 << 30


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
class _Parsed:
    entries: list[IndexEntry]
    extensions: dict[bytes, bytes]


def read_index(git_dir: bytes, hash_name: HashName) -> list[IndexEntry]:
    """The entries in the index's order, folders of a sparse index as they are; empty if there is no index."""
    data = small_file(os.path.join(git_dir, b"index"), _SIZE_LIMIT)
    if data is None:
        return []
    parsed = _parse(data, hash_name)
    link = parsed.extensions.get(b"link")
    return parsed.entries if link is None else _unsplit(git_dir, hash_name, parsed.entries, link)


def expanded(entries: list[IndexEntry], store: ObjectStore, deadline: Deadline) -> list[IndexEntry]:
    """The entries with each folder of a sparse index replaced by the files of its tree."""
    if not any(entry.mode == TREE for entry in entries):
        return entries
    result = []
    for entry in entries:
        if entry.mode != TREE:
            result.append(entry)
            continue
        base = entry.path.rstrip(b"/") + b"/"
        for path, mode, oid in walk_tree(store, entry.oid, deadline, base):
            result.append(IndexEntry(path, mode, oid, skip_worktree=True))
    return result


def _parse(data: bytes, hash_name: HashName) -> _Parsed:
    width = hashlib.new(hash_name).digest_size
    if len(data) < 12 + width or data[:4] != b"DIRC":
        raise SourceError(_DAMAGED.format("no header"))
    version, count = struct.unpack(">LL", data[4:12])
    if version not in (2, 3, 4):
        raise SourceError(f"the index has version {version}, known are 2 to 4: update auditor")
    body, checksum = data[:-width], data[-width:]
    # git writes zeros with index.skipHash
    if any(checksum) and hashlib.new(hash_name, body, usedforsecurity=False).digest() != checksum:
        raise SourceError(_DAMAGED.format("wrong checksum"))
    try:
        entries, at = _entries(body, version, count, width)
        return _Parsed(entries, _extensions(body, at))
    except (struct.error, ValueError, IndexError) as fault:
        raise SourceError(_DAMAGED.format("cut short")) from fault


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
        if flags & 0x4000:
            (extended,) = struct.unpack_from(">H", data, at)
            at += 2
        if version == 4:
            cut, at = _varint(data, at)
            end = data.index(b"\0", at)
            path = path[: len(path) - cut] + data[at:end]
            at = end + 1
        else:
            end = data.index(b"\0", at)
            path = data[at:end]
            at = start + ((end - start + 8) & ~7)
        entries.append(
            IndexEntry(
                path,
                mode,
                oid,
                flags >> 12 & 3,
                bool(flags & 0x8000),
                bool(extended & 0x4000),
                bool(extended & 0x2000),
            )
        )
    return entries, at


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


def _unsplit(git_dir: bytes, hash_name: HashName, own: list[IndexEntry], link: bytes) -> list[IndexEntry]:
    """The shared index with this one's deletions, replacements (nameless entries, in order) and additions."""
    width = hashlib.new(hash_name).digest_size
    if not any(link[:width]):
        return own
    shared = b"sharedindex." + link[:width].hex().encode()
    data = small_file(os.path.join(git_dir, shared), _SIZE_LIMIT)
    if data is None:
        raise SourceError(_DAMAGED.format("its shared part is gone"))
    base = _parse(data, hash_name).entries
    if not link[width:]:
        return _merged(base, own)
    try:
        deleted, at = ewah_positions(link, width, len(base))
        replaced, _ = ewah_positions(link, at, len(base))
        substitutes = iter([entry for entry in own if not entry.path])
        for position in replaced:
            base[position] = replace(next(substitutes), path=base[position].path)
    except (struct.error, ValueError, IndexError, StopIteration) as fault:
        raise SourceError(_DAMAGED.format("its link to the shared part")) from fault
    gone = set(deleted)
    kept = [entry for position, entry in enumerate(base) if position not in gone]
    return _merged(kept, [entry for entry in own if entry.path])


def _merged(base: list[IndexEntry], own: list[IndexEntry]) -> list[IndexEntry]:
    entries = {(entry.path, entry.stage): entry for entry in base}
    entries.update({(entry.path, entry.stage): entry for entry in own})
    return [entries[key] for key in sorted(entries)]
