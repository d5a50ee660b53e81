"""Globs as Gitea reads them, in time that no pattern can stretch."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.derive.protection.glob import glob_matches, is_plain


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("ma*", "main", True),
        ("*", "main", True),
        ("*", "release/1", False),
        ("**", "release/1", True),
        ("release/*", "release/1", True),
        ("release/*", "release/1/2", False),
        ("m?in", "main", True),
        ("a?b", "a/b", False),
        ("{main,trunk}", "trunk", True),
        ("{a,{b,c}}d", "cd", True),
        ("[a-c]1", "b1", True),
        ("[!a-c]1", "b1", False),
        ("[xyz]", "y", True),
        ("a\\*", "a*", True),
        ("a\\*", "ab", False),
        ("[", "[", True),
        ("{a", "{a", True),
        ("MAIN*", "main", False),
    ],
)
def test_a_pattern_matches_as_gitea_says(pattern: str, text: str, matches: bool) -> None:
    assert glob_matches(pattern, text, "/") is matches


def test_without_a_separator_a_star_takes_everything() -> None:
    assert glob_matches("CI / *", "CI / a/b (push)")


@given(st.text(st.characters(exclude_characters="*?\\[]{}"), max_size=20))
def test_a_plain_name_matches_itself_alone(name: str) -> None:
    assert is_plain(name)
    assert glob_matches(name, name, "/")
    assert not glob_matches(name, f"{name}x", "/")


@given(st.text("*?[]{}\\,!-a/b", max_size=40), st.text("ab/*[", max_size=40))
def test_no_pattern_raises(pattern: str, text: str) -> None:
    glob_matches(pattern, text, "/")


def test_a_hostile_pattern_costs_no_time() -> None:
    began = time.process_time()
    assert not glob_matches("*a" * 127 + "b", "a" * 1000)
    assert time.process_time() - began < 2
