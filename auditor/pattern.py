r"""Regular expressions of a policy file: in the syntax of RE2, matched in time that grows with the text alone.

With google-re2 (extra `fast`) they run in RE2 itself. Without it Python's own engine runs those that it can't be slow
on: at most one repetition without a bound, none inside another. Syntax: https://github.com/google/re2/wiki/Syntax
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from re import _parser as parser  # type: ignore[attr-defined]  # the only place that knows what an expression repeats
from typing import Any, Protocol

from auditor.notation import re2_pattern

_LARGE = 1000
_REMEDY = "write it without, or install the extra `fast`"


class PatternError(ValueError):
    """An expression that can't be used; the message says why."""


class Pattern(Protocol):
    """A compiled expression."""

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where it matches: the group `value` if it has one, else the whole."""


class _Compiled:
    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self._group: int = dict(compiled.groupindex).get("value", 0)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        for match in self._compiled.finditer(text):
            start, end = match.span(self._group)
            if 0 <= start < end:
                yield start, end


@cache
def compile_pattern(regex: str, *, in_re2: bool | None = None) -> Pattern:
    """The expression, compiled, in RE2 where it is installed; raises PatternError for one that can't be used."""
    in_re2 = has_re2() if in_re2 is None else in_re2
    try:
        re2_pattern(regex)
    except ValueError as fault:
        raise PatternError(str(fault)) from fault
    slow = slow_reason(regex, in_re2=in_re2)
    if slow is not None:
        raise PatternError(slow)
    return _in_re2(regex) if in_re2 else _Compiled(re.compile(regex, re.ASCII))


@cache
def has_re2() -> bool:
    """Whether google-re2 is installed."""
    return find_spec("re2") is not None


def _in_re2(regex: str) -> Pattern:
    import re2

    options = re2.Options()
    # it would write the expression to standard error
    options.log_errors = False
    try:
        return _Compiled(re2.compile(regex, options))
    except re2.error as fault:
        raise PatternError(f"is refused by RE2 ({fault})") from fault


def slow_reason(regex: str, *, in_re2: bool | None = None) -> str | None:
    """Why an expression could take very long; None in RE2, and for one that is none, which `re2_pattern` reports."""
    if has_re2() if in_re2 is None else in_re2:
        return None
    try:
        return _slow(list(parser.parse(regex)), [], inside=False)
    except (re.error, RecursionError, OverflowError):
        return None


def _slow(tree: Any, endless: list[int], *, inside: bool) -> str | None:
    for name, argument in tree:
        if str(name) in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, inner = argument
            endless += [1] if most > _LARGE else []
            if inside:
                return f"repeats within a repetition, which can take for ever: {_REMEDY}"
            if len(endless) > 1:
                return f"holds two repetitions without a bound, which can take very long: {_REMEDY}"
            found = _slow(inner, endless, inside=most != least)
        else:
            found = _slow_part(argument, endless, inside=inside)
        if found:
            return found
    return None


def _slow_part(argument: Any, endless: list[int], *, inside: bool) -> str | None:
    if isinstance(argument, parser.SubPattern):
        return _slow(argument, endless, inside=inside)
    if isinstance(argument, (tuple, list)):
        return next(filter(None, (_slow_part(part, endless, inside=inside) for part in argument)), None)
    return None
