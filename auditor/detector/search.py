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
from auditor.detector.fixture import is_fixture
from auditor.detector.kind import Candidate, Kind
from auditor.detector.presence import present_words
from auditor.detector.settled import Lines, Settled

# far more than any honest text holds; what lies beyond is said to be unsearched
MOST_CANDIDATES = 2_500
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

    `complete` is False where a kind had more candidates than are judged: the rest was not searched.
    """

    secrets: tuple[Secret, ...]
    suppressed: tuple[tuple[str, str, int], ...]
    complete: bool


def search(
    text: bytes | str, *, place: str, key: bytes, kinds: Sequence[Kind] = KINDS, is_object: IsObject | None = None
) -> Search:
    """The secrets of a text that stands at `place`, and what was taken for none; `key` is that of their HMACs."""
    looked = _look(text, place, kinds, is_object)
    lines = Lines(looked.text)
    secrets = tuple(
        Secret(kind.id, place, _hint(one), _mark(kind, one, key), lines.at(one.start), one.start, one.end)
        for kind, one in sorted(looked.found, key=lambda pair: pair[1].start)
    )
    counted = Counter((kind.id, reason) for kind, _, reason in looked.dismissed)
    counts = tuple((kind, reason, count) for (kind, reason), count in sorted(counted.items()))
    return Search(secrets, counts, looked.complete)


def explain(
    text: bytes | str, *, place: str, kinds: Sequence[Kind] = KINDS, is_object: IsObject | None = None
) -> tuple[Dismissal, ...]:
    """What only looked like a secret in a text, in the order of its lines."""
    looked = _look(text, place, kinds, is_object)
    lines = Lines(looked.text)
    told = [Dismissal(kind.id, reason, lines.at(one.start)) for kind, one, reason in looked.dismissed]
    return tuple(sorted(told, key=lambda each: (each.line, each.kind, each.reason)))


# no candidate at all: a hash among other text
_UNTOLD = frozenset({"no-context"})
# what one kind knows for certain no other need ask
_CERTAIN = frozenset(
    {"commit", "documentation", "placeholder", "repetition", "sequence", "reference", "allowed", "object-id", "fixture"}
)


@dataclass
class _Looked:
    text: str
    complete: bool = True
    found: list[tuple[Kind, Candidate]] = field(default_factory=list)
    dismissed: list[tuple[Kind, Candidate, str]] = field(default_factory=list)


def _look(text: bytes | str, place: str, kinds: Sequence[Kind], is_object: IsObject | None) -> _Looked:
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    # one character a byte: places are those of the bytes, and lower case changes no length
    plain = raw.decode("latin-1")
    looked, settled = _Looked(plain), Settled()
    accelerator = accelerator_of(tuple(kinds))
    present = accelerator.present_words(raw) if accelerator else None
    if present is not None and not present:
        return looked
    lowered = raw.lower().decode("latin-1")
    fixture = is_fixture(place)
    for index, words in (present_words(kinds, raw, lowered) if present is None else present).items():
        kind, count = kinds[index], 0
        for candidate in find_candidates(kind, words, plain, lowered):
            count += 1
            if count > MOST_CANDIDATES:
                looked.complete = False
                break
            if not settled.leaves(candidate.start, candidate.end):
                continue
            reason = _reason(kind, candidate, fixture, is_object)
            if reason in _UNTOLD:
                # a list of thousands of hashes is no sign of anything
                count -= 1
                continue
            if reason is None:
                looked.found.append((kind, candidate))
            else:
                looked.dismissed.append((kind, candidate, reason))
            if reason is None or reason in _CERTAIN:
                settled.add(candidate.start, candidate.end)
    return looked


def _reason(kind: Kind, candidate: Candidate, fixture: bool, is_object: IsObject | None) -> str | None:
    reason = kind.judge(candidate)
    if reason is not None:
        return reason
    if fixture and kind.invented:
        return "fixture"
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
