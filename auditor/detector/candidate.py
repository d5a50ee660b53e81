"""Where a text has the form of a kind: only around the kind's words, where the prefilter has seen them."""

import re
from collections.abc import Iterable, Iterator, Sequence

from auditor.detector.assignment import assigned_values, line_of_value
from auditor.detector.context import named_value
from auditor.detector.kind import Candidate, Kind, Known
from auditor.detector.presence import Places, Span, Text

_LEAP = 2048
# of a word on a line the places of name and value, and why it is no secret: no line that has one is kept
_Outcomes = tuple[tuple[int, int, int, str], ...]
_KNOWN: dict[tuple[str, str], _Outcomes] = {}
_MOST_KNOWN = 1 << 15


def find_candidates(kind: Kind, places: Places, text: Text) -> Iterator[Candidate | Known]:
    """The places that have the form of a kind, whose words may stand at `places`."""
    plain = text.plain
    if kind.own is not None:
        for start, end in kind.own.spans(plain):
            value = plain[start:end]
            match = kind.form.match(value)
            if match:
                yield Candidate(plain, match, value, start, end)
        return
    if kind.judge is named_value:
        yield from _named(places, text)
        return
    for match in _anchored(kind, places, text) if kind.anchored else _around(kind, places, text):
        name = "value" if match["value"] is not None else "user"
        yield Candidate(plain, match, match[name], match.start(name), match.end(name))


def _named(places: Places, text: Text) -> Iterator[Candidate | Known]:
    """The values of names, each once; equal lines stand in every version of a file, and are judged once."""
    seen: set[int] = set()
    for word, spans in places:
        for span in spans:
            line = line_of_value(text.plain, span)
            known = None if line is None else _KNOWN.get((word, line))
            if known == ():
                continue
            for name, one in _given(word, span, text, line) if known is None else _told(known, span[0]):
                if name not in seen:
                    seen.add(name)
                    yield one


def _given(word: str, span: Span, text: Text, line: str | None) -> Iterable[tuple[int, Candidate]]:
    found = (
        (match.start(), Candidate(text.plain, match, text.plain[start:end], start, end))
        for match, start, end in assigned_values(word, span, text)
    )
    if line is None:
        return found
    given = list(found)
    _remember(word, line, span[0], given)
    return given


def _told(known: _Outcomes, low: int) -> Iterator[tuple[int, Known]]:
    for name, start, end, reason in known:
        yield low + name, Known(low + start, low + end, reason)


def _remember(word: str, line: str, low: int, given: Sequence[tuple[int, Candidate]]) -> None:
    outcomes = []
    for name, one in given:
        reason = named_value(one)
        if reason is None:
            return
        outcomes.append((name - low, one.start - low, one.end - low, reason))
    if len(_KNOWN) >= _MOST_KNOWN:
        _KNOWN.clear()
    _KNOWN[word, line] = tuple(outcomes)


def _around(kind: Kind, places: Places, text: Text) -> Iterator[re.Match[str]]:
    for start, end in _windows(kind, places, text):
        yield from kind.form.finditer(text.plain, start, end)


def _anchored(kind: Kind, places: Places, text: Text) -> Iterator[re.Match[str]]:
    for word, spans in places:
        done = 0
        for low, high in spans:
            lowered = text.lowered(low, high)
            at = lowered.find(word, max(0, done - low))
            while at >= 0:
                match = kind.form.match(text.plain, max(0, low + at - kind.lead))
                if match:
                    yield match
                    done = match.end()
                at = lowered.find(word, max(at + 1, done - low))


def _windows(kind: Kind, places: Places, text: Text) -> Iterator[Span]:
    """The parts of a text that lie around one of the words, in order, none overlapping another."""
    spans = sorted(span for word, within in places for span in _spans(word, within, kind, text))
    start = end = -1
    for one, other in spans:
        if one > end:
            if end >= 0:
                yield start, end
            start, end = one, other
        end = max(end, other)
    if end >= 0:
        yield start, end


def _spans(word: str, within: Sequence[Span], kind: Kind, text: Text) -> Iterator[Span]:
    size = len(text.raw)
    for low, high in within:
        lowered = text.lowered(low, high)
        at = lowered.find(word)
        while at >= 0:
            # the last one of the next few is enough: what lies between is in the span anyway
            last = max(at, lowered.rfind(word, at, at + _LEAP))
            yield max(0, low + at - kind.before), min(size, low + last + len(word) + kind.after)
            at = lowered.find(word, last + 1)
