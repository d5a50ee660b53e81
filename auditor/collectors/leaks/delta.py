"""A git delta (gitformat-pack(5)): the text that it makes of its base, and what of that is new.

In Python a regular expression passes over all instructions but the long copies; a loop over each would take ten times
as long. `_pack.c` has that loop, compiled where the package was built with a compiler.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from struct import Struct

from dulwich.errors import ApplyDeltaError

from auditor.collectors.leaks.heads import LARGEST_BYTES, PackError, check_size

try:
    # dulwich.pack has the same, and takes four times as long to import
    from dulwich._pack import apply_delta
except ImportError:
    from dulwich.pack import apply_delta

# both texts of a delta in one loop, where it came compiled
compiled: Callable[[bytes, bytes, int], tuple[bytes, bytes]] | None = None
with suppress(ImportError):
    from auditor.collectors.leaks import _pack

    compiled = _pack.merged

# farther than any judge looks around a candidate along a line
SEAM = b"\n" * 64
_INSERTED_SEAM = bytes([len(SEAM)]) + SEAM
# what is searched about a new place, and how far on its line's ends are looked for
_MARGIN, _LINE = 160, 512
_COPY = Struct("<BIHB")
# of each instruction, by its first byte
_LENGTHS = tuple(code.bit_count() if code & 0x80 else code + 1 for code in range(256))
# the copies that leave out no byte below one that they give
_DENSE = frozenset(0x80 | offset | size << 4 for offset in (0, 1, 3, 7, 15) for size in (0, 1, 3, 7))
_MOST_SIZE_BYTES = 9


def _short_form() -> str:
    """An insertion, or a copy of less than 1 KB: the last byte of its length is then below 4, or the only one."""
    insertions = [rf"\x{size:02x}.{{{size}}}" for size in range(1, 128)]
    copies: dict[str, str] = {}
    for code in (each for each in range(0x80, 0x100) if 0x10 <= each & 0x70 < 0x40):
        rest = f".{{{_LENGTHS[code] - 2}}}" + (r"[\x01-\x03]" if code & 0x20 else r"[\x01-\xff]")
        copies[rest] = copies.get(rest, "") + rf"\x{code:02x}"
    classes = [f"[{codes}]{rest}" for rest, codes in copies.items()]
    # the commonest ones first
    return "|".join((*insertions[:8], *classes, *insertions[8:]))


_short = re.compile(f"(?s:{_short_form()})*+".encode()).match


def merged(base: bytes, delta: bytes) -> tuple[bytes, bytes]:
    """The text that a delta makes of its base, and what is new in it; raises PackError."""
    if compiled is None:
        return applied(base, delta), fresh(base, delta)
    try:
        return compiled(base, delta, LARGEST_BYTES)
    except ValueError as error:
        raise PackError(str(error)) from error


def applied(base: bytes, delta: bytes) -> bytes:
    """The text that a delta makes of its base; raises PackError."""
    check_size(_size(delta, _size(delta, 0)[1])[0])
    return _made(base, delta)


def fresh(base: bytes, delta: bytes) -> bytes:
    """What is new in the text that a sound delta makes: the lines about each change, joined by seams.

    It is made as that text is, by the same instructions, with only the ends of the long copies. Raises PackError where
    an instruction is cut off.
    """
    _, at = _size(delta, 0)
    size, begin = _size(delta, at)
    copies, between = _long_copies(delta, begin)
    last = len(copies) - 1
    parts = [between[0]]
    for number, (start, stop) in enumerate(copies):
        has_head, has_tail = number > 0 or between[0] != b"", number < last or between[-1] != b""
        head = _line_end(base, start + _MARGIN, stop) if has_head else start
        tail = _line_start(base, start, stop - _MARGIN) if has_tail else stop
        size -= stop - start
        if head >= tail:
            parts.append(_COPY.pack(0xFF, start, stop - start, 0))
            size += stop - start
        else:
            if has_head:
                parts.append(_COPY.pack(0xFF, start, head - start, 0))
            if has_head and has_tail:
                parts.append(_INSERTED_SEAM)
                size += len(SEAM)
            if has_tail:
                parts.append(_COPY.pack(0xFF, tail, stop - tail, 0))
            size += head - start + stop - tail
        parts.append(between[number + 1])
    return _made(base, b"".join((delta[:at], _varint(size), *parts))) if size else b""


def _made(base: bytes, delta: bytes) -> bytes:
    try:
        return b"".join(apply_delta(base, delta))
    except ApplyDeltaError as error:
        raise PackError("its delta is damaged, or that of another base") from error


def _long_copies(delta: bytes, at: int) -> tuple[list[tuple[int, int]], list[bytes]]:
    """The parts of the base that are copied whole, and the instructions before, between and after them."""
    copies: list[tuple[int, int]] = []
    between: list[bytes] = []
    while True:
        after = _short(delta, at).end()  # type: ignore[union-attr]
        between.append(delta[at:after])
        if after == len(delta):
            return copies, between
        start, stop, at = _copied(delta, after)
        if copies and not between[-1] and copies[-1][1] == start:
            # a text longer than an instruction can copy
            start = copies.pop()[0]
            between.pop()
        copies.append((start, stop))


def _copied(delta: bytes, at: int) -> tuple[int, int, int]:
    """The part of the base that an instruction copies, its start and end, and where the next instruction stands."""
    code = delta[at]
    following = at + _LENGTHS[code]
    given = delta[at + 1 : following]
    if not code & 0x80 or following > len(delta):
        raise PackError("its delta is cut off")
    if code in _DENSE:
        value, shift = int.from_bytes(given, "little"), 8 * (code & 0x0F).bit_count()
        start, length = value & (1 << shift) - 1, value >> shift
    else:
        fields = bytearray(7)
        for place, byte in zip((each for each in range(7) if code >> each & 1), given, strict=True):
            fields[place] = byte
        start, length = int.from_bytes(fields[:4], "little"), int.from_bytes(fields[4:], "little")
    return start, start + (length or 0x10000), following


def _line_end(base: bytes, at: int, stop: int) -> int:
    line = base.find(b"\n", at, min(at + _LINE, stop))
    return line if line >= 0 else min(at + _LINE, stop)


def _line_start(base: bytes, start: int, at: int) -> int:
    line = base.rfind(b"\n", max(start, at - _LINE), at)
    return line if line >= 0 else max(start, at - _LINE)


def _size(delta: bytes, at: int) -> tuple[int, int]:
    """A length, and where the next begins."""
    value = 0
    for shift in range(0, 7 * _MOST_SIZE_BYTES, 7):
        if at >= len(delta):
            break
        byte = delta[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise PackError("a delta is cut off")


def _varint(value: int) -> bytes:
    if value < 0:
        raise PackError("its delta copies more than it makes")
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
