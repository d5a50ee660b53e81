"""Finds the secrets of a text; of a value nothing is kept but its HMAC, and the prefix that its whole kind shares.

`search` gives the secrets and counts what was taken for none; `explain` names each of those with its line. A caller
that knows a repository passes `is_object`, which says whether a hash names an object of it: such a value is no secret.
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from auditor.detector.accelerator import accelerator_of
from auditor.detector.allowance import is_allowed
from auditor.detector.candidate import find_candidates
from auditor.detector.catalogue import KINDS
from auditor.detector.context import key_body, key_file, url_part
from auditor.detector.engine import Engine, EngineError
from auditor.detector.fixture import is_fixture
from auditor.detector.kind import Candidate, Kind, Known
from auditor.detector.presence import Places, Text, present_words
from auditor.detector.settled import Lines, Settled

# far more than any honest text holds; what lies beyond is said to be unsearched
MOST_CANDIDATES = 2_500
_TOO_MANY = "it looks like more secrets than are judged in one text"
IsObject = Callable[[str], bool]


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
class Dismissal:
    """What only looked like a secret: the kind, why it is none, and its line."""

    kind: str
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class Search:
    """What a text holds, by place; `suppressed` counts what only looked like a secret, by kind and reason.

    `unsearched` says why a part of the text was not searched, empty: all of it was.
    """

    secrets: tuple[Secret, ...]
    suppressed: tuple[tuple[str, str, int], ...]
    unsearched: str = ""

    @property
    def complete(self) -> bool:
        """Whether the whole text was searched."""
        return not self.unsearched


def search(
    text: bytes | str,
    *,
    place: str,
    key: bytes,
    kinds: Sequence[Kind] = KINDS,
    is_object: IsObject | None = None,
    engine: Engine | None = None,
) -> Search:
    """The secrets of a text that stands at `place`, and what was taken for none; `key` is that of their HMACs.

    What `engine` finds beside the kinds is judged like them.
    """
    looked = _look(text, place, kinds, is_object, engine)
    lines = Lines(looked.text)
    secrets = tuple(
        Secret(kind.id, place, _hint(one), _mark(kind, one, key), lines.at(one.start), one.start, one.end)
        for kind, one in sorted(looked.found, key=lambda pair: pair[1].start)
    )
    counted = Counter((kind, one.reason) for kind, one in looked.dismissed)
    counts = tuple((kind, reason, count) for (kind, reason), count in sorted(counted.items()))
    return Search(secrets, counts, looked.unsearched)


def explain(
    text: bytes | str,
    *,
    place: str,
    kinds: Sequence[Kind] = KINDS,
    is_object: IsObject | None = None,
    engine: Engine | None = None,
) -> tuple[Dismissal, ...]:
    """What only looked like a secret in a text, in the order of its lines."""
    looked = _look(text, place, kinds, is_object, engine)
    lines = Lines(looked.text)
    told = [Dismissal(kind, one.reason, lines.at(one.start)) for kind, one in looked.dismissed]
    return tuple(sorted(told, key=lambda each: (each.line, each.kind, each.reason)))


# no candidate at all: a hash among other text
_UNTOLD = frozenset({"no-context"})
# what one kind knows for certain no other need ask
_CERTAIN = frozenset(
    {"commit", "documentation", "placeholder", "repetition", "sequence", "reference", "allowed", "object-id"}
)
_FIXTURE = "fixture"


@dataclass
class _Looked:
    text: str
    fixture: bool
    is_object: IsObject | None
    unsearched: str = ""
    found: list[tuple[Kind, Candidate]] = field(default_factory=list)
    dismissed: list[tuple[str, Known]] = field(default_factory=list)
    settled: Settled = field(default_factory=Settled)
    made_up: Settled = field(default_factory=Settled)

    def take(self, kind: Kind, candidate: Candidate | Known) -> bool:
        """Judges a candidate where nothing is settled yet; whether it was one at all."""
        place = candidate.start, candidate.end
        if not self.settled.leaves(*place) or (kind.invented and not self.made_up.leaves(*place)):
            return True
        if isinstance(candidate, Candidate):
            reason = _reason(kind, candidate, self.fixture, self.is_object)
            if reason is None:
                self.found.append((kind, candidate))
                self.settled.add(*place)
                return True
            candidate = Known(*place, reason)
        if candidate.reason in _UNTOLD:
            return False
        self.dismissed.append((kind.id, candidate))
        if candidate.reason in _CERTAIN:
            self.settled.add(*place)
        elif candidate.reason == _FIXTURE:
            self.made_up.add(*place)
        return True


def _look(
    text: bytes | str, place: str, kinds: Sequence[Kind], is_object: IsObject | None, engine: Engine | None
) -> _Looked:
    whole = Text(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    looked = _Looked(whole.plain, is_fixture(place), is_object)
    accelerator = accelerator_of(tuple(kinds))
    present = accelerator.places(whole) if accelerator else None
    for index, places in (present_words(kinds, whole) if present is None else present).items():
        _look_for(kinds[index], places, whole, looked)
    if engine is not None:
        _ask_engine(engine, whole.raw, looked)
    return looked


def _look_for(kind: Kind, places: Places, text: Text, looked: _Looked) -> None:
    count = 0
    for candidate in find_candidates(kind, places, text):
        # a list of thousands of hashes is no sign of anything
        if count >= MOST_CANDIDATES:
            looked.unsearched = _TOO_MANY
            return
        count += looked.take(kind, candidate)


def _ask_engine(engine: Engine, raw: bytes, looked: _Looked) -> None:
    """What an engine finds beside; where a name alone speaks for it, the judgement of our own kinds stands."""
    judged = Settled()
    for _, dismissed in looked.dismissed:
        judged.add(dismissed.start, dismissed.end)
    known = {(one.start, one.end): number for number, (kind, one) in enumerate(looked.found) if kind.invented}
    try:
        places = list(engine.find(raw))
    except EngineError as fault:
        looked.unsearched = looked.unsearched or str(fault)
        return
    for one in places:
        if one.kind.invented and not judged.leaves(one.start, one.end):
            continue
        value = looked.text[one.start : one.end]
        match = one.kind.form.match(value)
        if match is None:
            continue
        candidate = Candidate(looked.text, match, value, one.start, one.end)
        number = known.get((one.start, one.end))
        if number is None:
            looked.take(one.kind, candidate)
        elif not one.kind.invented and one.kind.judge(candidate) is None:
            # a prefix says more of a value than the name that it is given to
            looked.found[number] = (one.kind, candidate)


def _reason(kind: Kind, candidate: Candidate, fixture: bool, is_object: IsObject | None) -> str | None:
    reason = kind.judge(candidate)
    if reason is not None:
        return reason
    if fixture and kind.invented:
        return _FIXTURE
    if is_object is not None and _is_hash(candidate.value) and is_object(candidate.value):
        return "object-id"
    return "allowed" if is_allowed(candidate.text, candidate.start) else None


def _is_hash(value: str) -> bool:
    return len(value) in (40, 64) and not value.strip("0123456789abcdef")


def _hint(candidate: Candidate) -> str:
    return candidate.match.groupdict().get("prefix") or ""


def _mark(kind: Kind, candidate: Candidate, key: bytes) -> str:
    value = candidate.value.encode("latin-1")
    if kind.judge is key_file:
        value = key_body(candidate).encode("latin-1")
    elif kind.judge is url_part:
        value = unquote_to_bytes(value)
    return hmac.new(key, value, hashlib.sha256).hexdigest()
