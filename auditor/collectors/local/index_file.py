"""The clone's index, with the folders of a sparse one opened; never refreshed, never written."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH118

import hashlib
import os

from auditor.collectors.local.object_store import TREE, HashName, ObjectStore
from auditor.collectors.local.tree import walk_tree
from auditor.gitfile.index import IndexDamagedError, IndexEntry, parse_index
from auditor.gitfile.layout import small_file
from auditor.interfaces import Deadline

_SIZE_LIMIT = 1 << 30


def read_index(git_dir: bytes, hash_name: HashName) -> list[IndexEntry]:
    """The entries in the index's order, folders of a sparse index as they are; empty if there is no index."""
    data = small_file(os.path.join(git_dir, b"index"), _SIZE_LIMIT)
    if data is None:
        return []
    width = hashlib.new(hash_name).digest_size
    try:
        return parse_index(data, width, lambda name: small_file(os.path.join(git_dir, name), _SIZE_LIMIT)).entries
    except IndexDamagedError as damage:
        raise IndexDamagedError(f"{damage}: remove .git/index and run git reset") from damage


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
