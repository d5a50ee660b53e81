"""What a pack and its index (gitformat-pack(5)) say of the objects before any of them is inflated.

No length that the files give is trusted; PackError is raised for whatever contradicts itself.
"""

import mmap
import struct
import sys
from array import array
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

COMMIT, TREE, BLOB, TAG = 1, 2, 3, 4
LARGEST_BYTES = 64 << 20
_OFS_DELTA, _REF_DELTA = 6, 7
_INDEX_MAGIC = b"\xfftOc\x00\x00\x00\x02"
_NAMES_AT = len(_INDEX_MAGIC) + 256 * 4
_HEADER_BYTES = 12
# more than any header and base name take: 10 bytes of size, 10 of offset or 32 of name
_LARGEST_HEAD = 48
# after the last seven bits of a size below 2 ** 60
_LARGEST_SHIFT = 60
_COLUMNS = (("places", "Q"), ("offsets", "Q"), ("starts", "Q"), ("sizes", "Q"), ("kinds", "B"), ("bases", "q"))


# the loop over the heads, where it came compiled
compiled: Callable[..., int] | None = None
with suppress(ImportError):
    from auditor.collectors.leaks import _pack

    compiled = _pack.fill


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
        offsets=array("Q", [*(offsets[place] for place in places), len(data) - index.hash_bytes]),
        starts=array("Q", bytes(8 * count)),
        sizes=array("Q", bytes(8 * count)),
        kinds=array("B", bytes(count)),
        bases=array("q", bytes(8 * count)),
    )
    if data[:4] != b"PACK" or data[4:8] not in (b"\0\0\0\2", b"\0\0\0\3"):
        raise PackError("no pack of version 2 or 3")
    begin, end = heads.offsets[0], heads.offsets[-1]
    if int.from_bytes(data[8:12], "big") != count or (
        count and not _HEADER_BYTES <= begin <= heads.offsets[count - 1] < end
    ):
        raise PackError("the index is that of another pack")
    columns = heads.offsets, heads.kinds, heads.sizes, heads.bases, heads.starts
    unsound = (compiled or _fill)(data, index.hash_bytes, *columns)
    if unsound >= 0:
        raise PackError(f"the head of object {index.name(places[unsound]).hex()} is damaged")
    _name_bases(heads, data, index)
    return heads


def _fill(
    data: mmap.mmap,
    hash_bytes: int,
    offsets: "array[int]",
    kinds: "array[int]",
    sizes: "array[int]",
    bases: "array[int]",
    starts: "array[int]",
) -> int:
    """Reads the heads of all objects; the number of the first that is not sound, or -1."""
    known = {offset: number for number, offset in enumerate(offsets[:-1])}
    for number, offset in enumerate(offsets[:-1]):
        head = data[offset : min(offset + _LARGEST_HEAD, offsets[number + 1])]
        try:
            byte = head[0]
            kind, size, shift, at = byte >> 4 & 7, byte & 15, 4, 1
            while byte & 0x80:
                byte = head[at]
                size |= (byte & 0x7F) << shift
                shift += 7
                at += 1
            bases[number] = -1
            if kind == _OFS_DELTA:
                base, at = _base(head, at, offset)
                bases[number] = known[base]
            elif kind == _REF_DELTA:
                at += hash_bytes
            elif COMMIT <= kind <= TAG:
                kinds[number] = kind
            else:
                return number
            if at > len(head) or shift > _LARGEST_SHIFT:
                return number
            sizes[number], starts[number] = size, offset + at
        except (IndexError, KeyError):
            return number
    return -1


def _base(head: bytes, at: int, offset: int) -> tuple[int, int]:
    """Where the base of a delta lies, and where its stream begins."""
    byte = head[at]
    back = byte & 0x7F
    at += 1
    while byte & 0x80:
        byte = head[at]
        back = (back + 1 << 7) | byte & 0x7F
        at += 1
    return offset - back if back else -1, at


def _name_bases(heads: Heads, data: mmap.mmap, index: Index) -> None:
    """Finds the bases that are given by name."""
    named = [
        number
        for number, (kind, base) in enumerate(zip(heads.kinds, heads.bases, strict=True))
        if not kind and base < 0
    ]
    if not named:
        return
    numbers = {index.name(place): number for number, place in enumerate(heads.places)}
    for number in named:
        name = data[heads.starts[number] - index.hash_bytes : heads.starts[number]]
        heads.bases[number] = numbers.get(name, -1)
        if heads.bases[number] < 0:
            heads.strays[number] = name
    heads.check_roots()
