"""The heads of a pack's objects are read alike by the compiled loop and by that in Python, and damage is told."""

import mmap
from array import array
from itertools import accumulate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auditor.collectors.leaks.heads import _fill, compiled

Columns = tuple[int, list[list[int]]]


def filled(loop: object, heads: list[bytes]) -> Columns:
    """What a loop says of objects with these heads, one after the other."""
    offsets = array("Q", accumulate(map(len, heads), initial=12))
    data = mmap.mmap(-1, offsets[-1] + 20)
    data[12 : offsets[-1]] = b"".join(heads)
    columns = array("B", bytes(len(heads))), *(array(code, bytes(8 * len(heads))) for code in "QqQ")
    with data:
        unsound: int = loop(data, 20, offsets, *columns)  # type: ignore[operator]
    sound = len(heads) if unsound < 0 else unsound
    return unsound, [column.tolist()[:sound] for column in columns]


head = st.one_of(
    st.binary(min_size=1, max_size=40),
    st.sampled_from([b"\x10", b"\x3f", b"\xb5\x0a", b"\xe1\x01\x01", b"\x62\x04", b"\x71" + b"n" * 20]),
)


@given(st.lists(head, min_size=1, max_size=8))
@example([b"\x10", b"\x61\x01", b"\x61\x02", b"\x61\x06"])
@example([b"\x10", b"\x61\x00"])
@example([b"\x9f" + b"\xff" * 9 + b"\x01"])
@example([b"\x10" + b"x" * 300, b"\x61\x81\x2d"])
@example([b"\x61" + b"\xff" * 12 + b"\x01"])
@example([b"\x71" + b"n" * 19])
def test_compiled_or_not_the_heads_are_the_same(heads: list[bytes]) -> None:
    if compiled is None:
        pytest.skip("the loop is not compiled here")
    assert filled(compiled, heads) == filled(_fill, heads)


@pytest.mark.parametrize("loop", [_fill, compiled or _fill])
def test_sizes_bases_and_streams_are_found(loop: object) -> None:
    heads = [b"\x35...", b"\xe1\x02\x04..", b"\x7f" + b"n" * 20 + b".", b"\x95\x01"]
    assert filled(loop, heads) == (-1, [[3, 0, 0, 1], [5, 33, 15, 21], [-1, 0, -1, -1], [13, 19, 42, 45]])
    assert filled(loop, [b"\x35...", b"\x61\x03."])[0] == 1, "no object begins there"
    assert filled(loop, [b"\x35...", b"\x05"])[0] == 1, "no type"
    assert filled(loop, [b"\x35...", b"\xb5\x80"])[0] == 1, "cut off"
