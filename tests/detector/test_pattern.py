"""A site's own patterns find what the shipped kinds do not know."""

import pytest

from auditor.detector.catalogue import KINDS
from auditor.detector.kind import pattern_kind
from auditor.detector.search import search
from auditor.pattern import PatternError

OWN = pattern_kind("archive-code", r"ARC:(?P<value>[0-9]{4}-[0-9]{4})\b")


def test_a_pattern_finds_its_group_and_takes_nothing_from_the_shipped_kinds() -> None:
    text = "code ARC:4711-0815, TOKEN=ghp_" + "aB3dE" * 7 + "f"
    found = search(text, place="p", key=b"k", kinds=(*KINDS, OWN)).secrets
    assert [(one.kind, text[one.start : one.end][:9]) for one in found] == [
        ("archive-code", "4711-0815"),
        ("github-token", "ghp_aB3dE"),
    ]


def test_a_placeholder_of_a_pattern_is_counted() -> None:
    looked = search("ARC:0000-0000", place="p", key=b"k", kinds=(OWN,))
    assert looked.secrets == ()
    assert looked.suppressed == (("archive-code", "repetition", 1),)


def test_a_pattern_that_re2_does_not_know_is_refused() -> None:
    with pytest.raises(PatternError):
        pattern_kind("x", r"(?<=a)b")
