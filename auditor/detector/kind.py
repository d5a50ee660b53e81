"""What a kind of secret is: the words that must occur, the form, and who judges what has that form."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from auditor.detector.placeholder import is_repetition, placeholder_reason
from auditor.pattern import Pattern, compile_pattern


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that has the form of a kind; `text` is the whole, byte by byte (Latin-1), `match` lies in it."""

    text: str
    match: re.Match[str]
    value: str
    start: int
    end: int


@dataclass(slots=True)
class Known:
    """A place of which is known why it is no secret."""

    start: int
    end: int
    reason: str


# stands for the match of a pattern of a site's own
OWN_FORM = re.compile(r"(?P<value>(?s:.)*)")
Judge = Callable[[Candidate], str | None]


def plain(candidate: Candidate) -> str | None:
    """A value that is none by its own looks."""
    return placeholder_reason(candidate.value)


def fixed(candidate: Candidate) -> str | None:
    """A value of a fixed form: only what is plainly no real one is none."""
    body = re.sub(r"^[A-Za-z]{2,12}[_.-]", "", candidate.value)
    if is_repetition(body):
        return "repetition"
    reason = placeholder_reason(body)
    return reason if reason in ("placeholder", "sequence") else None


# with each text the accelerator of all kinds is asked for by them, and their fields take long to hash
@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A kind by its permanent name.

    One of `words` (lower case) stands in every text that holds one, at most `before` characters after its beginning
    and `after` before its end; an `anchored` kind begins with it, or `lead` characters before it. `form` has a group
    `value` (or `user`, or the `key` that a value follows), and `prefix` where a part of it is public. Forms are in the
    syntax of RE2: no look-around, no reference back, every repetition bounded or begun at a boundary, so that no text
    takes longer than its length. `judge` says why a value is none. Of a `near` kind the words begin an
    unbroken run (auditor.detector.run) or stand just before one; `run` is the length of one that every text has which
    holds the kind, 0 where there may be none. Tests and their data are full
    of an `invented` kind, and none of it is anybody's. One of the expressions `signs` matches about each place that the
    judge takes for more than one without context. A site's `own` pattern has no words, and a `form` that says nothing.
    """

    id: str
    title: str
    words: tuple[str, ...]
    form: re.Pattern[str]
    judge: Judge = plain
    before: int = 160
    after: int = 700
    anchored: bool = False
    lead: int = 0
    run: int = 0
    near: bool = False
    invented: bool = False
    signs: tuple[str, ...] = ()
    own: Pattern | None = None


def kind(
    id: str,  # noqa: A002 -- it is the field's name
    title: str,
    words: str,
    form: str,
    judge: Judge = plain,
    *,
    before: int = 160,
    after: int = 700,
    anchored: bool = False,
    lead: int = 0,
    run: int = 0,
    near: bool = False,
    invented: bool = False,
    signs: tuple[str, ...] = (),
) -> Kind:
    """A kind, its words parted by blanks."""
    pattern = re.compile(form, re.ASCII)
    known = tuple(words.split())
    return Kind(id, title, known, pattern, judge, before, after, anchored, lead, run, near, invented, signs)


def token_kind(
    id: str,  # noqa: A002 -- as above
    title: str,
    prefix: str,
    body: str,
    words: str = "",
    *,
    near: bool = True,
) -> Kind:
    """A kind that begins with a public prefix, which may hold alternatives; without `words` it is the word itself."""
    form = rf"\b(?P<value>(?P<prefix>{prefix}){body})"
    known = (words or prefix.replace("\\", "").lower()).split()
    # a body may hold signs that break a run, and then none of its runs need be long
    unbroken = near and not re.search("[.+/=]", body)
    return Kind(id, title, tuple(known), re.compile(form, re.ASCII), fixed, anchored=True, near=unbroken)


def pattern_kind(id: str, regex: str) -> Kind:  # noqa: A002 -- as above
    """A kind of a policy file's own, by a pattern; raises PatternError."""
    return Kind(id, id, (), OWN_FORM, own=compile_pattern(regex))
