"""Where a text has the form of a kind: only around the kind's words, which the prefilter has seen in it."""

import re
from collections.abc import Iterator, Sequence

from auditor.detector.assignment import assigned_values
from auditor.detector.context import named_value
from auditor.detector.kind import Candidate, Kind

_LEAP = 2048


def find_candidates(kind: Kind, words: Sequence[str], text: str, lowered: str) -> Iterator[Candidate]:
    """The places that have the form of a kind, of which `words` occur in the text."""
    if kind.own is not None:
        for start, end in kind.own.spans(text):
            value = text[start:end]
            match = kind.form.match(value)
            if match:
                yield Candidate(text, match, value, start, end)
        return
    if kind.judge is named_value:
        for match, start, end in assigned_values(frozenset(words), text, lowered):
            yield Candidate(text, match, text[start:end], start, end)
        return
    for match in _anchored(kind, words, text, lowered) if kind.anchored else _around(kind, words, text, lowered):
        name = "value" if match["value"] is not None else "user"
        yield Candidate(text, match, match[name], match.start(name), match.end(name))


def _around(kind: Kind, words: Sequence[str], text: str, lowered: str) -> Iterator[re.Match[str]]:
    for start, end in _windows(kind, words, lowered):
        yield from kind.form.finditer(text, start, end)


def _anchored(kind: Kind, words: Sequence[str], text: str, lowered: str) -> Iterator[re.Match[str]]:
    for word in words:
        at = lowered.find(word)
        while at >= 0:
            match = kind.form.match(text, max(0, at - kind.lead))
            if match:
                yield match
            at = lowered.find(word, max(at + 1, match.end()) if match else at + 1)


def _windows(kind: Kind, words: Sequence[str], lowered: str) -> Iterator[tuple[int, int]]:
    """The parts of a text that lie around one of the words, in order, none overlapping another."""
    spans = sorted(span for word in words for span in _spans(word, lowered, kind.before, kind.after))
    start = end = -1
    for one, other in spans:
        if one > end:
            if end >= 0:
                yield start, end
            start, end = one, other
        end = max(end, other)
    if end >= 0:
        yield start, end


def _spans(word: str, lowered: str, before: int, after: int) -> Iterator[tuple[int, int]]:
    at = lowered.find(word)
    while at >= 0:
        # the last one of the next few is enough: what lies between is in the span anyway
        last = max(at, lowered.rfind(word, at, at + _LEAP))
        yield max(0, at - before), min(len(lowered), last + len(word) + after)
        at = lowered.find(word, last + 1)
