"""A delta gives its text, and what is new in that: laws over deltas as git writes them, and over any bytes."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auditor.collectors.leaks.delta import SEAM, applied, compiled, fresh, merged
from auditor.collectors.leaks.heads import PackError
from auditor.collectors.leaks.pack import Pack

from .conftest import Repo

Instruction = bytes | tuple[int, int]
# lines of many lengths, none like another
BASE = b"".join(b"%d:%s\n" % (number, b"x" * (number * 37 % 700)) for number in range(400))


def varint(value: int) -> bytes:
    made = b""
    while value > 127:
        made += bytes([value & 127 | 128])
        value >>= 7
    return made + bytes([value])


def copy(start: int, length: int) -> bytes:
    code, given = 0x80, b""
    fields = (
        start & 255,
        start >> 8 & 255,
        start >> 16 & 255,
        start >> 24,
        length & 255,
        length >> 8 & 255,
        length >> 16,
    )
    for place, byte in enumerate(fields):
        if byte:
            code |= 1 << place
            given += bytes([byte])
    return bytes([code]) + given


def packed(instructions: Sequence[Instruction]) -> tuple[bytes, bytes]:
    """The delta, and the text that it makes."""
    text = b"".join(one if isinstance(one, bytes) else BASE[one[0] : one[0] + one[1]] for one in instructions)
    body = b"".join(bytes([len(one)]) + one if isinstance(one, bytes) else copy(*one) for one in instructions)
    return varint(len(BASE)) + varint(len(text)) + body, text


copies = st.tuples(st.integers(0, 60_000), st.one_of(st.integers(1, 3_000), st.integers(3_000, 0xFFFF)))
instructions = st.lists(st.one_of(st.binary(min_size=1, max_size=127), copies), min_size=1, max_size=12)


@given(instructions)
def test_every_change_is_in_what_is_new_with_its_surroundings(given: list[Instruction]) -> None:
    delta, text = packed(given)
    assert applied(BASE, delta) == text
    new, at, reached = fresh(BASE, delta), 0, -1
    for number, one in enumerate(given):
        if number and (isinstance(one, bytes) or one[0] != reached):
            assert text[max(0, at - 160) : at + 160] in new
        at += len(one) if isinstance(one, bytes) else one[1]
        reached = -1 if isinstance(one, bytes) else sum(one)
        if isinstance(one, bytes):
            assert text[max(0, at - len(one) - 160) : at + 160] in new
    for piece in new.split(SEAM):
        assert piece.strip(b"\n") in text


@pytest.mark.parametrize("given", [[(0, 9_000)], [(100, 0xFFFF), (100 + 0xFFFF, 5_000)]])
def test_a_text_that_is_a_part_of_its_base_brings_nothing_new(given: list[Instruction]) -> None:
    assert fresh(BASE, packed(given)[0]) == b""


def test_of_a_long_text_only_the_lines_about_a_change_are_new() -> None:
    new = fresh(BASE, packed([(0, 60_000), b"CHANGED", (60_010, 60_000)])[0])
    assert b"CHANGED" in new
    assert len(new) < 1_400


@given(st.binary(max_size=200))
@example(b"\x00\x01")
def test_any_bytes_are_a_delta_or_are_refused(raw: bytes) -> None:
    for delta in (raw, varint(len(BASE)) + raw, varint(len(BASE)) + varint(40) + raw):
        try:
            text, new = applied(BASE, delta), fresh(BASE, delta)
        except PackError:
            continue
        assert all(piece.strip(b"\n") in text for piece in new.split(SEAM))


@pytest.mark.parametrize("make", [applied, merged])
def test_a_delta_that_claims_a_huge_text_takes_no_memory(make: Callable[[bytes, bytes], object]) -> None:
    with pytest.raises(PackError, match="more than 64 MB"):
        make(BASE, varint(len(BASE)) + varint(1 << 62) + copy(0, 1))


def test_a_delta_that_claims_a_huge_stream_takes_no_memory(repo: Repo) -> None:
    repo.commit({"f": b"1"})
    repo.git("gc", "-q")
    (path,) = repo.path.glob(".git/objects/pack/*.pack")
    with closing(Pack(path, 20)) as pack:
        pack.heads.sizes[0] = 1 << 40
        with pytest.raises(PackError, match="more than 64 MB"):
            pack.stream(0)


@pytest.mark.lab
def test_the_loop_is_compiled_here() -> None:
    if compiled is None and shutil.which("cc") is None:
        pytest.skip("no C compiler")
    assert compiled is not None, "pip install -e . compiles it"


@given(instructions)
@example([(0, 1_023), (5, 1_023), (9_000, 1_024), (9_000 + 1_024, 700)])
@example([(0, 5_000), (5_000, 5_000), b"x", (70, 1_100), (9_000, 40_000), b"y"])
def test_compiled_or_not_the_texts_are_the_same(given: list[Instruction]) -> None:
    delta, _ = packed(given)
    assert merged(BASE, delta) == (applied(BASE, delta), fresh(BASE, delta))


@given(st.binary(max_size=200))
@example(b"\x01")
@example(b"\x91")
@example(b"\xff\xff\xff\xff\xff\xff\xff\xff")
@example(b"\x80" * 40)
def test_what_the_compiled_loop_takes_is_taken_alike_in_python(raw: bytes) -> None:
    for delta in (raw, varint(len(BASE)) + raw, *(varint(len(BASE)) + varint(size) + raw for size in (0, 40, 0x10000))):
        try:
            text, new = merged(BASE, delta)
        except PackError:
            continue
        assert text == applied(BASE, delta)
        assert all(piece.strip(b"\n") in text for piece in new.split(SEAM))
