"""A pack and its index (gitformat-pack(5)) as a forest of deltas: each object can be inflated once, base before child.

It trusts no length that the files give, and raises PackError for whatever contradicts itself.
"""

import mmap
import struct
import sys
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path

COMMIT, TREE, BLOB, TAG = 1, 2, 3, 4
_OFS_DELTA, _REF_DELTA = 6, 7
_INDEX_MAGIC = b"\xfftOc\x00\x00\x00\x02"
_FANOUT_BYTES = 256 * 4
_HEADER_BYTES = 12
# more than any header and base name take: 10 bytes of size, 10 of offset or 32 of name
_LARGEST_HEAD = 48


class PackError(Exception):
    """The pack or its index contradicts itself, or holds what is not supported."""


class Pack:
    """Objects are numbered by their place in the file; close it after use.

    `kinds` holds COMMIT to TAG for an object that stands alone and 0 for a delta, `sizes` the length of what its
    stream inflates to, `bases` the number of a delta's base; of a delta whose base is not in this pack it is -1, and
    `strays` holds the raw id of that base.
    """

    def __init__(self, path: Path, hash_bytes: int) -> None:
        self.path, self._hash_bytes = path, hash_bytes
        offsets, names = _index(path.with_suffix(".idx"), hash_bytes)
        order = sorted(range(len(offsets)), key=offsets.__getitem__)
        self.offsets = array("Q", [offsets[place] for place in order])
        self._names, self._order = names, order
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.offsets.append(len(self._map) - hash_bytes)
        if self._map[:4] != b"PACK" or self._map[4:8] not in (b"\0\0\0\2", b"\0\0\0\3"):
            raise PackError("no pack of version 2 or 3")
        count = len(order)
        if int.from_bytes(self._map[8:12], "big") != count or any(
            not _HEADER_BYTES <= offset < self.offsets[count] for offset in self.offsets[:count]
        ):
            raise PackError("the index is that of another pack")
        self.kinds = bytearray(count)
        self.sizes, self.bases, self._starts = array("Q", bytes(8 * count)), array("q", bytes(8 * count)), array("Q")
        self.strays: dict[int, bytes] = {}
        self._read_heads()

    def __len__(self) -> int:
        return len(self._order)

    def close(self) -> None:
        """Lets go of the file."""
        self._map.close()

    def name(self, number: int) -> str:
        """The id of an object, hex."""
        start = self._order[number] * self._hash_bytes
        return self._names[start : start + self._hash_bytes].hex()

    def names(self) -> Iterator[bytes]:
        """The raw ids of all objects, sorted."""
        width = self._hash_bytes
        return (self._names[start : start + width] for start in range(0, len(self._names), width))

    def numbers(self) -> dict[bytes, int]:
        """The number of every object by its raw id."""
        width = self._hash_bytes
        names = self._names
        return {names[place * width : (place + 1) * width]: number for number, place in enumerate(self._order)}

    def stream(self, number: int) -> bytes:
        """What an object's stream inflates to: its content, or the delta against its base."""
        size = self.sizes[number]
        inflater = zlib.decompressobj()
        try:
            data = inflater.decompress(self._map[self._starts[number] : self.offsets[number + 1]], size + 1)
        except zlib.error as error:
            raise PackError(f"object {self.name(number)} is damaged") from error
        if len(data) != size:
            raise PackError(f"object {self.name(number)} is damaged")
        return data

    def children(self) -> tuple[list[int], dict[int, list[int]]]:
        """The objects that stand alone, and the deltas upon each object."""
        alone: list[int] = []
        upon: dict[int, list[int]] = {}
        for number, (kind, base) in enumerate(zip(self.kinds, self.bases, strict=True)):
            if kind:
                alone.append(number)
            elif base in upon:
                upon[base].append(number)
            elif base >= 0:
                upon[base] = [number]
        return alone, upon

    def _check_roots(self) -> None:
        """Deltas that are named by their bases could lean on each other, and would never be met."""
        alone, upon = self.children()
        left, met = [*alone, *self.strays], 0
        while left:
            met += 1
            left.extend(upon.get(left.pop(), ()))
        if met != len(self):
            raise PackError("deltas lean on each other")

    def _read_heads(self) -> None:
        data, kinds, sizes, bases, starts = self._map, self.kinds, self.sizes, self.bases, self._starts
        known = {offset: number for number, offset in enumerate(self.offsets[:-1])}
        by_name: dict[bytes, int] | None = None
        for number, offset in enumerate(self.offsets[:-1]):
            head = data[offset : offset + _LARGEST_HEAD]
            byte = head[0]
            kind, size, shift, at = byte >> 4 & 7, byte & 15, 4, 1
            while byte & 0x80:
                byte = head[at]
                size |= (byte & 0x7F) << shift
                shift += 7
                at += 1
            if kind == _OFS_DELTA:
                byte = head[at]
                back = byte & 0x7F
                at += 1
                while byte & 0x80:
                    byte = head[at]
                    back = (back + 1 << 7) | byte & 0x7F
                    at += 1
                if not back or offset - back not in known:
                    raise PackError(f"object {self.name(number)} leans on no object")
                bases[number] = known[offset - back]
            elif kind == _REF_DELTA:
                by_name = by_name if by_name is not None else self.numbers()
                base = bytes(head[at : at + self._hash_bytes])
                bases[number] = by_name.get(base, -1)
                if bases[number] < 0:
                    self.strays[number] = base
                at += self._hash_bytes
            elif COMMIT <= kind <= TAG:
                kinds[number] = kind
            else:
                raise PackError(f"object {self.name(number)} is of no known type")
            sizes[number] = size
            starts.append(offset + at)
        if by_name is not None:
            self._check_roots()


def _index(path: Path, hash_bytes: int) -> tuple[list[int], bytes]:
    """The offsets in the order of names, and the names in one piece."""
    raw = path.read_bytes()
    if raw[:8] != _INDEX_MAGIC:
        raise PackError("its index is not of version 2: run git gc")
    if len(raw) < 8 + _FANOUT_BYTES:
        raise PackError("its index is cut off")
    count = struct.unpack_from(">I", raw, 4 + _FANOUT_BYTES)[0]
    names_at = 8 + _FANOUT_BYTES
    offsets_at = names_at + count * (hash_bytes + 4)
    if len(raw) < offsets_at + count * 4 + 2 * hash_bytes:
        raise PackError("its index is cut off")
    small = array("I", raw[offsets_at : offsets_at + count * 4])
    if sys.byteorder == "little":
        small.byteswap()
    large = raw[offsets_at + count * 4 : len(raw) - 2 * hash_bytes]
    try:
        offsets = [
            each if each < 1 << 31 else struct.unpack_from(">Q", large, 8 * (each & 0x7FFFFFFF))[0] for each in small
        ]
    except struct.error as error:
        raise PackError("its index is cut off") from error
    return offsets, raw[names_at : names_at + count * hash_bytes]
