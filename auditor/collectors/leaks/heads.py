"""What a pack and its index (gitformat-pack(5)) say of the objects before any of them is inflated.

No length that the files give is trusted; PackError is raised for whatever contradicts itself.
"""

import mmap
import struct
import sys
from array import array
from dataclasses import dataclass, field

COMMIT, TREE, BLOB, TAG = 1, 2, 3, 4
LARGEST_BYTES = 64 << 20
_OFS_DELTA, _REF_DELTA = 6, 7
_INDEX_MAGIC = b"\xfftOc\x00\x00\x00\x02"
_NAMES_AT = len(_INDEX_MAGIC) + 256 * 4
_HEADER_BYTES = 12
# more than any header and base name take: 10 bytes of size, 10 of offset or 32 of name
_LARGEST_HEAD = 48
_COLUMNS = (("places", "Q"), ("offsets", "Q"), ("starts", "Q"), ("sizes", "Q"), ("kinds", "B"), ("bases", "q"))


class PackError(Exception):
    """The pack or its index contradicts itself, or holds what is not supported."""


def check_size(size: int) -> None:
    """Raises PackError for an object that is larger than what is read."""
    if size > LARGEST_BYTES:
        raise PackError(f"it has more than {LARGEST_BYTES >> 20} MB")


class Index:
    """The names of a pack's objects, sorted, and where each of them lies."""

    def __init__(self, raw: bytes, hash_bytes: int) -> None:
        if raw[: len(_INDEX_MAGIC)] != _INDEX_MAGIC:
            raise PackError("its index is not of version 2: run git gc")
        if len(raw) < _NAMES_AT:
            raise PackError("its index is cut off")
        self.hash_bytes = hash_bytes
        self._raw = raw
        self._count = struct.unpack_from(">I", raw, _NAMES_AT - 4)[0]
        if len(raw) < _NAMES_AT + self._count * (hash_bytes + 8) + 2 * hash_bytes:
            raise PackError("its index is cut off")

    def name(self, place: int) -> bytes:
        """The raw id at a place."""
        start = _NAMES_AT + place * self.hash_bytes
        return self._raw[start : start + self.hash_bytes]

    def offsets(self) -> list[int]:
        """Where the objects lie, in the order of their names."""
        raw, start = self._raw, _NAMES_AT + self._count * (self.hash_bytes + 4)
        small = array("I", raw[start : start + self._count * 4])
        if sys.byteorder == "little":
            small.byteswap()
        large = raw[start + self._count * 4 : len(raw) - 2 * self.hash_bytes]
        try:
            return [
                each if each < 1 << 31 else struct.unpack_from(">Q", large, 8 * (each & 0x7FFFFFFF))[0]
                for each in small
            ]
        except struct.error as error:
            raise PackError("its index is cut off") from error


@dataclass(frozen=True)
class Heads:
    """The objects of a pack, numbered by their place in the file.

    `places` is the place of an object's name in the index, `offsets` where the object begins (one more for the end of
    the last), `starts` where its stream begins. `kinds` is COMMIT to TAG for an object that stands alone and 0 for a
    delta, `sizes` the length of what its stream inflates to, `bases` the number of a delta's base; of a delta whose
    base is not in this pack it is -1, and `strays` holds the raw id of that base.
    """

    places: "array[int]"
    offsets: "array[int]"
    starts: "array[int]"
    sizes: "array[int]"
    kinds: "array[int]"
    bases: "array[int]"
    strays: dict[int, bytes] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.kinds)

    def to_bytes(self) -> bytes:
        """Everything but `strays`, for another process on this machine."""
        return b"".join(getattr(self, name).tobytes() for name, _ in _COLUMNS)

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Heads":
        """What `to_bytes` gave."""
        count, at = (len(raw) - 8) // 41, 0
        columns: list[array[int]] = []
        for name, code in _COLUMNS:
            column = array(code)
            size = (count + (name == "offsets")) * column.itemsize
            column.frombytes(raw[at : at + size])
            columns.append(column)
            at += size
        places, offsets, starts, sizes, kinds, bases = columns
        return cls(places, offsets, starts, sizes, kinds, bases)

    def check_roots(self) -> None:
        """Deltas that are named by their bases could lean on each other, and would never be met."""
        alone, upon = self.children()
        left, met = [*alone, *self.strays], 0
        while left:
            met += 1
            left.extend(upon.get(left.pop(), ()))
        if met != len(self):
            raise PackError("deltas lean on each other")

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


def read_heads(data: mmap.mmap, index: Index) -> Heads:
    """The heads of a pack, of which `data` are the bytes."""
    offsets = index.offsets()
    count = len(offsets)
    places = array("Q", sorted(range(count), key=offsets.__getitem__))
    heads = Heads(
        places=places,
        offsets=array("Q", [offsets[place] for place in places]),
        starts=array("Q"),
        sizes=array("Q", bytes(8 * count)),
        kinds=array("B", bytes(count)),
        bases=array("q", bytes(8 * count)),
    )
    heads.offsets.append(len(data) - index.hash_bytes)
    if data[:4] != b"PACK" or data[4:8] not in (b"\0\0\0\2", b"\0\0\0\3"):
        raise PackError("no pack of version 2 or 3")
    end = heads.offsets[count]
    if int.from_bytes(data[8:12], "big") != count or (
        count and not _HEADER_BYTES <= heads.offsets[0] <= heads.offsets[count - 1] < end
    ):
        raise PackError("the index is that of another pack")
    _fill(heads, data, index)
    return heads


def _fill(heads: Heads, data: mmap.mmap, index: Index) -> None:
    kinds, sizes, bases, starts = heads.kinds, heads.sizes, heads.bases, heads.starts
    known = {offset: number for number, offset in enumerate(heads.offsets[:-1])}
    by_name: dict[bytes, int] | None = None
    for number, offset in enumerate(heads.offsets[:-1]):
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
            base = known.get(offset - back, number)
            if base == number:
                raise PackError(f"object {index.name(heads.places[number]).hex()} leans on no object")
            bases[number] = base
        elif kind == _REF_DELTA:
            by_name = by_name or {index.name(place): each for each, place in enumerate(heads.places)}
            name = bytes(head[at : at + index.hash_bytes])
            bases[number] = by_name.get(name, -1)
            if bases[number] < 0:
                heads.strays[number] = name
            at += index.hash_bytes
        elif COMMIT <= kind <= TAG:
            kinds[number] = kind
        else:
            raise PackError(f"object {index.name(heads.places[number]).hex()} is of no known type")
        sizes[number] = size
        starts.append(offset + at)
    if by_name is not None:
        heads.check_roots()
