"""Text from outside: names without loss, and nothing that drives a terminal."""

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.text import folded, name_bytes, name_text, parse_time, printable, short, span_text, time_text


@given(st.binary())
def test_a_name_comes_back_as_the_bytes_that_it_was(raw: bytes) -> None:
    text = name_text(raw)
    assert name_bytes(text) == raw
    text.encode()  # no lone surrogates: JSON and CEL refuse them


@given(st.binary(), st.binary())
def test_two_names_never_have_the_same_text(one: bytes, other: bytes) -> None:
    assert (name_text(one) == name_text(other)) == (one == other)


def test_a_backslash_and_a_byte_that_is_not_utf8_can_be_told_apart() -> None:
    assert name_text(b"\\xff") == "\\\\xff"
    assert name_text(b"\xff") == "\\xff"
    assert name_text("é".encode()) == "é"


@given(st.text())
def test_printable_text_holds_no_character_that_drives_anything(text: str) -> None:
    shown = printable(text)
    # joiners are left: emoji and several scripts are written with them
    assert {unicodedata.category(char) for char in shown if char not in "\u200c\u200d"} & {
        "Cc",
        "Zl",
        "Zp",
        "Cs",
    } == set()
    assert not {unicodedata.bidirectional(char) for char in shown} & {
        "LRE",
        "RLE",
        "LRO",
        "RLO",
        "PDF",
        "LRI",
        "RLI",
        "FSI",
        "PDI",
    }
    assert printable(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb", "a\\x0ab"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202egnp", "\\u202egnp"),
        ("\ud800", "\\ud800"),
        ("\u200b\u2060\ufeff", "\\u200b\\u2060\\ufeff"),
        ("\U000e0041", "\\U000e0041"),
        ("naïve 日本 👩\u200d👧", "naïve 日本 👩\u200d👧"),
    ],
)
def test_what_is_harmless_stays_and_the_rest_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_newlines_stay_where_they_are_asked_for() -> None:
    assert printable("a\nb\r", keep_newlines=True) == "a\nb\\x0d"


@given(st.text(max_size=50), st.integers(1, 20))
def test_short_text_is_no_longer_than_its_limit_and_shows_the_cut(text: str, limit: int) -> None:
    cut = short(text, limit)
    assert len(cut) <= limit
    assert cut == text or cut.endswith("…")


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_is_read_back_to_the_second(moment: datetime) -> None:
    if 1 < moment.year < 9999:
        assert parse_time(time_text(moment)) == moment.replace(microsecond=0)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-02-01", "2026-02-01T03:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"],
)
def test_what_is_no_moment_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        parse_time(text)


def test_offsets_are_carried_to_utc() -> None:
    assert time_text(parse_time("2026-02-01T03:00:00+02:00")) == "2026-02-01T01:00:00Z"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (7199, "119m"),
        (7200, "2h"),
        (86399, "23h"),
        (86400, "1d"),
        (200000, "2d"),
    ],
)
def test_spans_are_told_in_the_largest_unit_that_says_enough(seconds: float, text: str) -> None:
    assert span_text(seconds) == text


def test_names_that_a_mac_holds_for_equal_are_folded_to_one() -> None:
    assert folded("CAFE\u0301.md") == folded("caf\u00e9.MD")
