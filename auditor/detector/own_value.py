"""Finds a site's own values in any text by their HMACs alone; the values themselves stay on their machine.

What a collector does with it, in each run:

1. Make a key for this run alone (the probe's visit has one) and keep it nowhere.
2. Get the HMAC-SHA256 of the values under that key: on the NAS the probe makes them (`Mark(name, hmac)`; drop those in
   `common_marks(key)`, and keys that do not look like a secret's), here `own_marks(values, key)` does. What is too
   short or too common to search for is skipped and named by its key.
3. `OwnValues(marks, key).find(text)` for every text: it cuts candidates out of the text (assignments, quotes, URLs,
   JSON, source code, what stands between delimiters), makes their HMACs and compares.

The limit of the method: a value is found where the text holds it whole, plain or percent- or JSON-escaped, between
delimiters, quotes, signs or the ends of a line. A value that holds blanks or quotes itself is found anywhere only where
its size is known (here, not on the NAS), else where quotes, an assignment or a line surround it. One that is glued to
other letters, or encoded otherwise, is not.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from auditor.detector.key_name import looks_secret
from auditor.detector.placeholder import placeholder_reason, plain_reason

SHORTEST = 8
_LONGEST = 4096
# what no delimiter breaks
_WORD = re.compile(rb"[^\s\"'`<>(){}\[\],;\\|]{8,4096}")
_QUOTED = re.compile(rb"\"((?:[^\"\\\r\n]|\\.){8,4096})\"|'([^'\r\n]{8,4096})'|`([^`\r\n]{8,4096})`")
_LINE = re.compile(rb"(?:=>|:=|[=:>])[ \t]*([^\r\n]{8,4096})")
_INNER = re.compile(rb"[=:@/?&#.,!*$%+~^-]")
_JSON = re.compile(rb'\\(["\\/nt])')
_PLAIN = {b"n": b"\n", b"t": b"\t"}
_START = re.compile(rb"[\s\"'`=:>(@/,\[{]")
_MOST_CUTS, _MOST_SIGNS = 12, 200
_COMMON = (
    "password",
    "password1",
    "password123",
    "passw0rd",
    "changeme",
    "changeit",
    "change-me",
    "secretsecret",
    "12345678",
    "123456789",
    "1234567890",
    "admin123",
    "administrator",
    "qwertyuiop",
    "letmein1",
    "localhost",
    "production",
    "development",
    "postgres",
    "postgresql",
    "undefined",
    "example.com",
    "127.0.0.1",
    "disabled",
    "enabled",
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A value by its HMAC, hex; `name` says which it is (`file#KEY`); `size` in bytes where it may be known.

    `broken` says that it holds blanks or quotes, so that a text may break it anywhere.
    """

    name: str
    hmac: str
    size: int | None = None
    broken: bool = False


@dataclass(frozen=True, slots=True)
class OwnSighting:
    """A place where an own value stands; `start` and `end` are places in the text's bytes, `line` counts from 1."""

    name: str
    line: int
    start: int
    end: int


def mark_of(value: bytes, key: bytes) -> str:
    """The HMAC of a value, hex, as the probe makes it: SHA-256, the key as the text that travels."""
    return hmac.new(key, value, hashlib.sha256).hexdigest()


def own_marks(values: Iterable[tuple[str, str, str]], key: bytes) -> tuple[tuple[Mark, ...], tuple[str, ...]]:
    """The marks of values, each with its name and the key of its variable, and the names that can't be searched for."""
    marks, skipped = [], []
    for name, variable, value in values:
        raw = value.encode("utf-8", "surrogateescape")
        if is_searchable(variable, value):
            marks.append(Mark(name, mark_of(raw, key), len(raw), _WORD.fullmatch(raw) is None))
        elif raw:
            skipped.append(name)
    return tuple(marks), tuple(skipped)


def is_searchable(variable: str, value: str) -> bool:
    """Whether a value is long and rare enough to mean something where it is found; a secret's may be of plain words."""
    if not SHORTEST <= len(value.encode("utf-8", "surrogateescape")) <= _LONGEST or placeholder_reason(value):
        return False
    return looks_secret(variable) or plain_reason(value, quoted=True, strong=False) is None


def common_marks(key: bytes) -> frozenset[str]:
    """The HMACs of values that everybody has, for a caller who knows another machine's values by their HMACs alone."""
    words = (*_COMMON, *(word.upper() for word in _COMMON), *(word.capitalize() for word in _COMMON))
    return frozenset(mark_of(word.encode(), key) for word in words)


class OwnValues:
    """Some own values, and the key of their HMACs."""

    def __init__(self, marks: Sequence[Mark], key: bytes) -> None:
        self._names: dict[bytes, list[str]] = {}
        for mark in marks:
            self._names.setdefault(bytes.fromhex(mark.hmac), []).append(mark.name)
        sizes = {mark.size for mark in marks}
        # a value may be longer where it is escaped
        self._least = min((size or SHORTEST for size in sizes), default=SHORTEST)
        self._most = _LONGEST if None in sizes else 3 * max((size or 0 for size in sizes), default=0)
        self._broken = sorted({mark.size for mark in marks if mark.broken and mark.size is not None})
        self._hmac = hmac.new(key, None, hashlib.sha256)
        self._known: dict[bytes, tuple[str, ...]] = {}

    def find(self, text: bytes) -> tuple[OwnSighting, ...]:
        """Where own values stand in a text, by place."""
        if not self._names:
            return ()
        found: dict[tuple[str, int], OwnSighting] = {}
        for start, end in _candidates(text, self._broken):
            if not self._least <= end - start <= self._most:
                continue
            for name in self._names_of(text[start:end]):
                line = text.count(b"\n", 0, start) + 1
                found.setdefault((name, start), OwnSighting(name, line, start, end))
        return tuple(sorted(found.values(), key=lambda one: (one.start, one.name)))

    def _names_of(self, candidate: bytes) -> tuple[str, ...]:
        names = self._known.get(candidate)
        if names is None:
            names = tuple(name for form in _forms(candidate) for name in self._names.get(self._digest(form), ()))
            # texts repeat themselves; what is kept is bounded
            if len(self._known) > 200_000:
                self._known.clear()
            self._known[candidate] = names
        return names

    def _digest(self, value: bytes) -> bytes:
        made = self._hmac.copy()
        made.update(value)
        return made.digest()


def _forms(candidate: bytes) -> set[bytes]:
    forms = {candidate}
    if b"%" in candidate:
        forms.add(unquote_to_bytes(candidate))
    if b"\\" in candidate:
        forms.add(_JSON.sub(lambda escape: _PLAIN.get(escape[1], escape[1]), candidate))
        if b"\\u" in candidate:
            with suppress(ValueError):
                forms.add(json.loads(b'"%b"' % candidate).encode("utf-8", "surrogatepass"))
    return forms


def _candidates(text: bytes, sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    for match in _WORD.finditer(text):
        yield from _cuts(text, *match.span())
    for match in _QUOTED.finditer(text):
        yield match.span(match.lastindex or 0)
    for match in _LINE.finditer(text):
        yield from _given(text, *match.span(1))
    if sizes:
        for match in _START.finditer(text):
            yield from ((match.end(), match.end() + size) for size in sizes if match.end() + size <= len(text))


def _cuts(text: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of a word between any two of the signs in it, few enough."""
    signs = list(_INNER.finditer(text, start, end))
    begins = [start, *(sign.end() for sign in signs)]
    ends = [*(sign.start() for sign in signs), end]
    for number, one in enumerate(begins[:_MOST_SIGNS]):
        for other in {*ends[number : number + _MOST_CUTS], end}:
            if other - one >= SHORTEST:
                yield one, other


def _given(text: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """What an assignment gives: the rest of the line, and that without what may follow a value."""
    rest = text[start:end].rstrip(b" \t")
    yield start, start + len(rest)
    for mark in (b" #", b"\t#", b" //", b"</", b";", b","):
        at = rest.find(mark)
        if at >= SHORTEST:
            yield start, start + len(rest[:at].rstrip(b" \t"))
