"""Base64 that holds a text is found, whatever stands around it, with hyperscan and without it; what is none is not."""

import hashlib
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.collectors.leaks.expansion import decoded

TEXT = b"url = postgres://site:secret@db.example:5432/site\n"
LONG = TEXT * 3_000
IMAGE = b64encode(hashlib.sha512(b"an image").digest()).replace(b"=", b"")


def inner(text: bytes) -> list[bytes]:
    """What is found, the same in both ways."""
    found = list(decoded(text))
    assert found == list(decoded(text, None))
    assert all(text[start:end] in text for start, end, _ in found)
    return [each for _, _, each in found]


@pytest.mark.parametrize("size", [30, 31, 32, 33, 44, 45, 46])
@pytest.mark.parametrize(
    ("before", "after"), [(b"", b""), (b"x: ", b"\n"), (b"base64,", b"'>"), (b"\n\0", b"=="), (b"-", b"_")]
)
def test_a_text_is_found_whole_whatever_stands_around_it(size: int, before: bytes, after: bytes) -> None:
    text = (TEXT * 2)[:size]
    assert inner(before + b64encode(text) + after) == [text]


def test_each_run_of_many_is_found_and_those_among_hashes_too() -> None:
    texts = [b"%d %s" % (number, TEXT) for number in range(50)]
    mixed = b"\n".join(b64encode(text) + b"\n" + hashlib.sha1(text).hexdigest().encode() + IMAGE for text in texts)
    assert inner(mixed) == texts


def test_a_long_run_is_taken_in_parts_and_one_that_is_no_text_is_passed_over() -> None:
    assert b"".join(inner(b64encode(LONG))) == LONG
    accented = LONG[:90_000] + "é".encode() + LONG
    # the part with the letter is none, the others are
    assert LONG.startswith(inner(b64encode(accented))[0])
    assert inner(b64encode(b"\0" + LONG)) == []


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"a" * 39,
        b"0123456789abcdef" * 4,
        IMAGE,
        b"src/main/java/example/of/a/very/long/path/Name",
        b64encode(TEXT)[:39],
    ],
)
def test_what_is_no_base64_of_a_text_is_none(text: bytes) -> None:
    assert inner(text) == inner(b" " + text + b" ") == []


@given(st.lists(st.sampled_from([b64encode(TEXT), IMAGE, b"a1" * 20, b"/usr/lib", b" ", b"\n", b"=", b"+", b"Q"])))
@settings(derandomize=True)
def test_both_ways_find_the_same_in_any_text(pieces: list[bytes]) -> None:
    inner(b"".join(pieces))
