"""The paths of the index as a work tree's walk asks for them, with the file system's idea of equal names."""

import unicodedata
from collections.abc import Callable, Iterable

from auditor.gitfile.index import IndexEntry

Fold = Callable[[bytes], bytes]


class TrackedPaths:
    """Finds the index's entry for a path on disk, and whether a folder holds any."""

    def __init__(self, entries: Iterable[IndexEntry], *, ignore_case: bool, precompose: bool) -> None:
        self._fold = _fold(ignore_case, precompose)
        self._entries = {self._fold(entry.path): entry for entry in entries}
        self._folders: set[bytes] = set()
        for path in self._entries:
            self._add_folders(path)

    def _add_folders(self, path: bytes) -> None:
        end = path.rfind(b"/")
        while end >= 0 and (folder := path[: end + 1]) not in self._folders:
            self._folders.add(folder)
            end = path.rfind(b"/", 0, end)

    def __len__(self) -> int:
        return len(self._entries)

    def entry(self, path: bytes) -> IndexEntry | None:
        """The entry of a path on disk."""
        return self._entries.get(self._fold(path))

    def holds(self, folder: bytes) -> bool:
        """Whether an entry lies below `folder` (with a slash at its end)."""
        return self._fold(folder) in self._folders

    def entries(self) -> Iterable[IndexEntry]:
        """All entries, one for each path."""
        return self._entries.values()


def _fold(ignore_case: bool, precompose: bool) -> Fold:
    if not (ignore_case or precompose):
        return _same

    def fold(path: bytes) -> bytes:
        text = path.decode("utf-8", "surrogateescape")
        text = unicodedata.normalize("NFC", text) if precompose else text
        return (text.casefold() if ignore_case else text).encode("utf-8", "surrogateescape")

    return fold


def _same(path: bytes) -> bytes:
    return path
