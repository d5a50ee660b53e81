"""EWAH bitmaps, with which a split index says what it deletes and replaces (git's ewah/ewok format)."""

import struct


def ewah_positions(data: bytes, at: int, limit: int) -> tuple[list[int], int]:
    """The positions of the set bits, ascending, and where the bitmap ends.

    Raises ValueError for a bit at or beyond `limit`, struct.error where the data is cut short.
    """
    _bits, words = struct.unpack_from(">LL", data, at)
    if words * 8 > len(data):
        raise struct.error("bitmap longer than its file")
    values = struct.unpack_from(f">{words}Q", data, at + 8)
    positions: list[int] = []
    word_at, place = 0, 0
    while word_at < words:
        marker = values[word_at]
        run_bit, run_length, literals = marker & 1, marker >> 1 & 0xFFFFFFFF, marker >> 33
        if run_bit:
            if (place + run_length) * 64 > limit + 64:
                raise ValueError("bit beyond the index")
            positions.extend(range(place * 64, (place + run_length) * 64))
        place += run_length
        for literal in values[word_at + 1 : word_at + 1 + literals]:
            positions.extend(place * 64 + bit for bit in range(64) if literal >> bit & 1)
            place += 1
        word_at += 1 + literals
    if positions and positions[-1] >= limit:
        raise ValueError("bit beyond the index")
    return positions, at + 8 + words * 8 + 4
