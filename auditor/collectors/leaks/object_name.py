"""Whether a repository has an object of a name: asked of the indexes of its packs, and of its loose files."""

import mmap
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

_MAGIC = b"\xfftOc\x00\x00\x00\x02"
_FANOUT_AT, _NAMES_AT = 8, 8 + 256 * 4


def object_names(repository: Path) -> "ObjectNames":
    """Those of the repository at a path; raises SourceError where there is none."""
    from auditor.collectors.leaks.source import read_source

    source = read_source(repository)
    return ObjectNames(source.objects, source.hash_bytes)


class ObjectNames:
    """Knows them by the object folders of a repository; no index is opened before the first question."""

    def __init__(self, folders: Sequence[Path], hash_bytes: int) -> None:
        self._folders, self._hash_bytes = folders, hash_bytes

    def __call__(self, name: str) -> bool:
        """Whether the hexadecimal text is the whole id of an object."""
        if len(name) != 2 * self._hash_bytes:
            return False
        raw = bytes.fromhex(name)
        return any(self._is_in(index, raw) for index in self._indexes) or any(
            (folder / name[:2] / name[2:]).exists() for folder in self._folders
        )

    @cached_property
    def _indexes(self) -> list[mmap.mmap]:
        found = []
        for folder in self._folders:
            for path in sorted((folder / "pack").glob("*.idx")):
                with path.open("rb") as file:
                    if file.read(len(_MAGIC)) == _MAGIC:
                        found.append(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        return found

    def _is_in(self, index: mmap.mmap, raw: bytes) -> bool:
        """By bisection between the bounds that the fan-out table gives (gitformat-pack(5))."""
        low = self._count(index, raw[0] - 1) if raw[0] else 0
        high = self._count(index, raw[0])
        while low < high:
            middle = (low + high) // 2
            at = _NAMES_AT + middle * self._hash_bytes
            name = index[at : at + self._hash_bytes]
            if name == raw:
                return True
            low, high = (middle + 1, high) if name < raw else (low, middle)
        return False

    def _count(self, index: mmap.mmap, first: int) -> int:
        return int.from_bytes(index[_FANOUT_AT + 4 * first : _FANOUT_AT + 4 * first + 4], "big")
