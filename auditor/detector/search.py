"""Finds the secrets of a text; of a value nothing is kept but its HMAC, and the prefix that its whole kind shares."""

import hashlib
import hmac
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from urllib.parse import unquote_to_bytes

from auditor.detector.catalogue import KINDS
from auditor.detector.context import key_body, key_file, named_candidate, named_value, url_part
from auditor.detector.kind import Candidate, Kind

# far more than any honest text holds; what lies beyond is said to be unsearched
MOST_CANDIDATES = 2_500
_STEP, _LEAP = 256, 2048


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret by what may be shown of it; `start` and `end` are places in the text's bytes, `line` counts from 1.

    `hint` is the kind's public prefix, empty where it has none; `hmac` is hex, of the value under the caller's key.
    """

    kind: str
    place: str
    hint: str
    hmac: str
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Search:
    """What a text holds, by place; `suppressed` counts what only looked like a secret, by kind and reason.

    `complete` is False where a kind had more candidates than are judged: the rest was not searched.
    """

    secrets: tuple[Secret, ...]
    suppressed: tuple[tuple[str, str, int], ...]
    complete: bool


def search(text: bytes | str, *, place: str, key: bytes, kinds: Sequence[Kind] = KINDS) -> Search:
    """The secrets of a text that stands at `place`, and what was taken for none; `key` is that of their HMACs."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    # one character a byte: places are those of the bytes, and lower case changes no length
    plain = raw.decode("latin-1")
    lowered = plain.lower()
    taken = _Taken()
    found: list[tuple[Kind, Candidate]] = []
    suppressed: Counter[tuple[str, str]] = Counter()
    complete = True
    present = _present(kinds, lowered)
    for kind in kinds:
        words = [word for word in kind.words if word in present]
        if not words:
            continue
        candidates = list(islice(_candidates(kind, words, plain, lowered), MOST_CANDIDATES + 1))
        complete = complete and len(candidates) <= MOST_CANDIDATES
        for candidate in candidates[:MOST_CANDIDATES]:
            if not taken.takes(candidate.start, candidate.end):
                continue
            reason = kind.judge(candidate)
            if reason is None:
                taken.add(candidate.start, candidate.end)
                found.append((kind, candidate))
            elif reason not in _UNTOLD:
                if reason in _SETTLED:
                    taken.add(candidate.start, candidate.end)
                suppressed[kind.id, reason] += 1
    lines = _Lines(plain)
    secrets = tuple(
        Secret(kind.id, place, _hint(one), _mark(kind, one, key), lines.at(one.start), one.start, one.end)
        for kind, one in sorted(found, key=lambda pair: pair[1].start)
    )
    counts = tuple((kind, reason, count) for (kind, reason), count in sorted(suppressed.items()))
    return Search(secrets, counts, complete)


# no candidate at all: a hash among other text
_UNTOLD = frozenset({"no-context"})
# what one kind knows for certain no other need ask
_SETTLED = frozenset({"commit", "documentation", "placeholder", "repetition", "sequence", "reference"})


def _present(kinds: Sequence[Kind], lowered: str) -> set[str]:
    """The words that occur; one whose letters do not all occur is not looked for."""
    letters = set(lowered)
    wanted = dict.fromkeys(chain.from_iterable(kind.words for kind in kinds))
    return {word for word in wanted if letters.issuperset(word) and word in lowered}


def _candidates(kind: Kind, words: Sequence[str], text: str, lowered: str) -> Iterator[Candidate]:
    for match in _anchored(kind, words, text, lowered) if kind.anchored else _matches(kind, words, text, lowered):
        if kind.judge is named_value:
            value = named_candidate(text, match)
            if value is not None:
                yield value
            continue
        name = "value" if match["value"] is not None else "user"
        yield Candidate(text, match, match[name], match.start(name), match.end(name))


def _matches(kind: Kind, words: Sequence[str], text: str, lowered: str) -> Iterator[re.Match[str]]:
    for start, end in _windows(kind, words, lowered):
        if not kind.marks or any(lowered.find(mark, start, end) >= 0 for mark in kind.marks):
            yield from kind.form.finditer(text, start, end)


def _anchored(kind: Kind, words: Sequence[str], text: str, lowered: str) -> Iterator[re.Match[str]]:
    for word in words:
        at = lowered.find(word)
        while at >= 0:
            match = kind.form.match(text, at)
            if match:
                yield match
            at = lowered.find(word, match.end() if match else at + 1)


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


class _Taken:
    """The places that are settled."""

    def __init__(self) -> None:
        self._spans: dict[int, list[tuple[int, int]]] = {}

    def takes(self, start: int, end: int) -> bool:
        """Whether nothing there is settled yet."""
        near = {span for page in range(start // _STEP, end // _STEP + 1) for span in self._spans.get(page, ())}
        return not any(one < end and start < other for one, other in near)

    def add(self, start: int, end: int) -> None:
        """Settles a place."""
        for page in range(start // _STEP, end // _STEP + 1):
            self._spans.setdefault(page, []).append((start, end))


class _Lines:
    """Which line a place lies on."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends: list[int] | None = None

    def at(self, place: int) -> int:
        """The number of the line, from 1."""
        if self._ends is None:
            self._ends = [match.start() for match in re.finditer("\n", self._text)]
        return bisect_right(self._ends, place) + 1


def _hint(candidate: Candidate) -> str:
    return candidate.match.groupdict().get("prefix") or ""


def _mark(kind: Kind, candidate: Candidate, key: bytes) -> str:
    value = candidate.value.encode("latin-1")
    if kind.judge is key_file:
        value = key_body(candidate).encode("latin-1")
    elif kind.judge is url_part:
        value = unquote_to_bytes(value)
    return hmac.new(key, value, hashlib.sha256).hexdigest()
