"""Whole trees of commits, read from objects alone."""

from collections.abc import Iterator

from auditor.collectors.local.object_store import TREE, ObjectStore
from auditor.errors import SourceError
from auditor.interfaces import Deadline

# a path of 4,096 bytes, the longest a system opens, has no more folders than this
DEPTH_LIMIT = 2048
ENTRY_LIMIT = 2_000_000


def tree_of(store: ObjectStore, commit: bytes) -> bytes:
    """The id of a commit's tree."""
    header = store.commit(commit).partition(b"\n")[0]
    try:
        word, text = header.split(b" ")
        oid = bytes.fromhex(text.decode("ascii"))
    except ValueError as fault:
        raise SourceError(f"commit {commit.hex()} is malformed: run git fsck") from fault
    if word != b"tree" or len(oid) != len(commit):
        raise SourceError(f"commit {commit.hex()} is malformed: run git fsck")
    return oid


def walk_tree(
    store: ObjectStore, tree: bytes, deadline: Deadline, base: bytes = b""
) -> Iterator[tuple[bytes, int, bytes]]:
    """Every file, link and submodule below a tree: path, mode, id; raises SourceError where an object is missing."""
    pending = [(base, tree, 0)]
    count = 0
    while pending:
        prefix, oid, depth = pending.pop()
        deadline.check()
        for mode, name, child in store.tree(oid):
            count += 1
            if mode == TREE:
                pending.append((prefix + name + b"/", child, depth + 1))
            else:
                yield prefix + name, mode, child
        if depth > DEPTH_LIMIT or count > ENTRY_LIMIT:
            raise SourceError(f"tree {tree.hex()} is larger than any work tree: run git fsck")
