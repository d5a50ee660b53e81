"""A pack as a forest of deltas: each object can be inflated once, base before child."""

import mmap
from pathlib import Path

from auditor.collectors.leaks.heads import Heads, Index, PackError, check_size, read_heads

try:
    # the same in two thirds of the time (extra `fast`)
    from isal import isal_zlib as zlib
except ImportError:
    import zlib  # type: ignore[no-redef]


class Pack:
    """The objects of a pack by their numbers in its `heads`; close it after use.

    Raises PackError where the pack or its index is not sound. `heads` may be given by who has read them already.
    """

    def __init__(self, path: Path, hash_bytes: int, heads: Heads | None = None) -> None:
        self.path = path
        self._index = Index(path.with_suffix(".idx").read_bytes(), hash_bytes)
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            self.heads = read_heads(self._map, self._index) if heads is None else heads
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return len(self.heads)

    def close(self) -> None:
        """Lets go of the file."""
        self._map.close()

    def name(self, number: int) -> str:
        """The id of an object, hex."""
        return self._index.name(self.heads.places[number]).hex()

    def stream(self, number: int) -> bytes:
        """What an object's stream inflates to: its content, or the delta against its base."""
        heads = self.heads
        size = heads.sizes[number]
        check_size(size)
        try:
            data = zlib.decompressobj().decompress(
                self._map[heads.starts[number] : heads.offsets[number + 1]], size + 1
            )
        except zlib.error as error:  # type: ignore[misc]
            raise PackError(f"object {self.name(number)} is damaged") from error
        if len(data) != size:
            raise PackError(f"object {self.name(number)} is damaged")
        return data
