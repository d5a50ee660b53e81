"""The clone's objects, each checked against its id; replacements and grafts are not honoured, nothing is fetched."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH118

import hashlib
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from auditor.errors import SourceError

if TYPE_CHECKING:
    from dulwich.object_store import DiskObjectStore

HashName = Literal["sha1", "sha256"]
Kind = Literal["commit", "tree", "blob", "tag"]
_NUMBERS: dict[int, Kind] = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}

GITLINK = 0o160000
TREE = 0o040000
SYMLINK = 0o120000


class ObjectStore:
    """Reads objects by their id in bytes."""

    def __init__(self, common_dir: bytes, hash_name: HashName, *, partial: bool = False) -> None:
        self.hash_name = hash_name
        self._partial = partial
        self._store = _opened(common_dir, hash_name)
        # dulwich names its kinds of bytes; ours are plain
        self._get_raw: Callable[[Any], tuple[int, bytes]] = self._store.get_raw

    def read(self, oid: bytes) -> tuple[Kind, bytes]:
        """Kind and content of an object; raises SourceError if it is missing or damaged."""
        try:
            number, data = self._get_raw(oid)
            kind = _NUMBERS[number]
        except KeyError as fault:
            raise SourceError(f"object {oid.hex()} is missing: {self._remedy()}") from fault
        except Exception as fault:  # a damaged pack makes dulwich raise a dozen kinds of errors
            raise SourceError(f"object {oid.hex()} is damaged: run git fsck, then clone again") from fault
        header = b"%s %d\0" % (kind.encode(), len(data))
        if hashlib.new(self.hash_name, header + data, usedforsecurity=False).digest() != oid:
            raise SourceError(f"object {oid.hex()} is damaged: run git fsck, then clone again")
        return kind, data

    def _remedy(self) -> str:
        if self._partial:
            return "a partial clone, from which nothing is fetched"
        return "run git fsck, then fetch or clone again"

    def commit(self, oid: bytes) -> bytes:
        """The content of a commit."""
        return self._of_kind(oid, "commit")

    def blob(self, oid: bytes) -> bytes:
        """The content of a blob."""
        return self._of_kind(oid, "blob")

    def tree(self, oid: bytes) -> Iterator[tuple[int, bytes, bytes]]:
        """The entries of a tree: mode, name, id."""
        data = self._of_kind(oid, "tree")
        width = len(oid)
        at = 0
        try:
            while at < len(data):
                space = data.index(b" ", at)
                end = data.index(b"\0", space)
                yield _canonical(int(data[at:space], 8)), data[space + 1 : end], data[end + 1 : end + 1 + width]
                at = end + 1 + width
        except ValueError as fault:
            raise SourceError(f"tree {oid.hex()} is malformed: run git fsck, then clone again") from fault

    def _of_kind(self, oid: bytes, wanted: Kind) -> bytes:
        kind, data = self.read(oid)
        if kind != wanted:
            raise SourceError(f"object {oid.hex()} is a {kind}, not a {wanted}: run git fsck")
        return data

    def close(self) -> None:
        """Give the packs back."""
        self._store.close()


def _canonical(mode: int) -> int:
    """A mode as git reads it: old trees hold others, such as 100664."""
    kind = mode & 0o170000
    if kind == 0o100000:
        return 0o100755 if mode & 0o100 else 0o100644
    return kind if kind in (TREE, SYMLINK) else GITLINK


def _opened(common_dir: bytes, hash_name: HashName) -> "DiskObjectStore":
    from dulwich.object_format import get_object_format
    from dulwich.object_store import DiskObjectStore

    path = os.fsdecode(os.path.join(common_dir, b"objects"))
    return DiskObjectStore(path, object_format=get_object_format(hash_name))
