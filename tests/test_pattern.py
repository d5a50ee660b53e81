"""Expressions of a policy file: what RE2 knows works with and without it, and nothing can hang a search."""

import time
from collections.abc import Callable
from functools import partial

import pytest

from auditor.pattern import Pattern, PatternError, compile_pattern, slow_reason

GOOD = [r"ARCH-[0-9]{6}", r"(?i)arch_(?P<value>[a-z0-9]{8,40})\b", r"x|y+", r"(?:ab){2,3}c", "[^=]=(?P<value>.{8})"]


@pytest.fixture(params=[True, False], ids=["re2", "python"])
def compiled(request: pytest.FixtureRequest) -> Callable[[str], Pattern]:
    if request.param:
        pytest.importorskip("re2", reason="google-re2 is not installed: the extra `fast`")
    return partial(compile_pattern, in_re2=request.param)


@pytest.mark.parametrize("regex", GOOD)
def test_an_expression_of_re2_compiles(compiled: Callable[[str], Pattern], regex: str) -> None:
    assert compiled(regex)


def test_the_group_named_value_is_the_secret(compiled: Callable[[str], Pattern]) -> None:
    text = "\xe9 arch_Abcdefgh1 ARCH-123456"
    (span,) = compiled(GOOD[1]).spans(text)
    assert text[slice(*span)] == "Abcdefgh1"
    (span,) = compiled(GOOD[0]).spans(text)
    assert text[slice(*span)] == "ARCH-123456"
    assert list(compiled("x*").spans("ab")) == []


@pytest.mark.parametrize("regex", [r"(?=a)b", r"(?<!x)y", r"(a)\1", r"(", r"[z-a]", r"(?!a)b"])
def test_what_re2_does_not_know_is_refused(compiled: Callable[[str], Pattern], regex: str) -> None:
    with pytest.raises(PatternError):
        compiled(regex)


@pytest.mark.parametrize("regex", [r"(a+)+$", r"(?:a|aa)+(?:b|c)*", r".*x.*y", r"(?:\d{1,3}\.){1,9}x"])
def test_without_re2_what_could_be_slow_is_refused_with_a_remedy(regex: str) -> None:
    assert "extra `fast`" in (slow_reason(regex, in_re2=False) or "")
    assert all(slow_reason(good, in_re2=False) is None for good in GOOD)


def test_no_expression_takes_long(compiled: Callable[[str], Pattern]) -> None:
    text = "a" * 100_000
    began = time.process_time()
    for regex in (r"(a+)+$", r"a*b", r"(?:a{1,200}){2}c"):
        try:
            list(compiled(regex).spans(text[:20_000]))
        except PatternError:
            continue
    assert time.process_time() - began < 20
