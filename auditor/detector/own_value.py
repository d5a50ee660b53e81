"""Finds a site's own values in any text by their HMACs alone; the values themselves stay on their machine.

A machine makes the HMACs of its values under the key of the run (`auditor.confidence`): on the NAS the probe does, here
`own_marks`. What is too short or too common to search for is skipped, and named by its key. `OwnValues(marks, key)`
cuts candidates out of a text (assignments, quotes, URLs, JSON, source code, markup, what stands between delimiters),
makes their HMACs and compares; texts repeat themselves, so each word or line is looked at once.

The limit of the method: a value is found where the text holds it whole, plain or percent-, JSON- or HTML-escaped,
between delimiters, quotes, signs or the ends of a line. A value that holds blanks or quotes itself is found anywhere
only where its size is known (here, not on the NAS), else where quotes, an assignment or a line surround it. One that is
glued to other letters, or encoded otherwise, is not; nor is one of several lines searched for.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import unescape
from urllib.parse import unquote_to_bytes

from auditor.confidence import Mark
from auditor.detector.key_name import looks_secret
from auditor.detector.placeholder import placeholder_reason, plain_reason

SHORTEST = 8
_LONGEST = 4096
# what no delimiter breaks
_WORD = re.compile(rb"[^\s\"'`<>(){}\[\],;\\|]{8,4096}")
_QUOTED = (
    re.compile(rb'"([^"\\\r\n]{0,4096}(?:\\.[^"\\\r\n]{0,4096}){0,4096})"'),
    re.compile(rb"'([^'\r\n]{8,4096})'"),
    re.compile(rb"`([^`\r\n]{8,4096})`"),
    re.compile(rb">([^<>\r\n]{8,4096})<"),
)
_LINE = re.compile(rb"(?:=>|:=|[=:>])[ \t]*([^\r\n]{8,4096})")
_INNER = re.compile(rb"[=:@/?&#.,!*$%+~^-]")
_JSON = re.compile(rb'\\(["\\/nt])')
_PLAIN = {b"n": b"\n", b"t": b"\t"}
_BEFORE = rb"(?:(?<=[\s\"'`=:>(@/,\[{])|\A)"
_MOST_CUTS, _MOST_SIGNS, _MOST_SIGHTINGS = 12, 200, 1000
# texts repeat themselves; what is kept of that is bounded
_MOST_KNOWN, _LONGEST_KNOWN = 300_000, 200
COMMON = "its value is a placeholder or too common"
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
class OwnSighting:
    """A place where an own value stands; `start` and `end` are places in the text's bytes, `line` counts from 1."""

    name: str
    line: int
    start: int
    end: int


def mark_of(value: bytes, key: bytes) -> str:
    """The HMAC of a value, hex, as the probe makes it: SHA-256, the key as the text that travels."""
    return hmac.new(key, value, hashlib.sha256).hexdigest()


def own_marks(
    values: Iterable[tuple[str, str, str]], key: bytes, own_names: Container[str] = ()
) -> tuple[tuple[Mark, ...], tuple[tuple[str, str], ...]]:
    """The marks of values, each with its name and the key of its variable; and, of the others, names and reasons.

    `own_names` are those of the site, which stand everywhere in it.
    """
    marks, skipped = [], []
    for name, variable, value in values:
        raw = value.encode("utf-8", "surrogateescape")
        reason = COMMON if value in own_names else skip_reason(variable, value)
        if reason is None:
            marks.append(Mark(name, mark_of(raw, key), len(raw), None if _WORD.fullmatch(raw) else raw[:2]))
        elif raw:
            skipped.append((name, reason))
    return tuple(marks), tuple(skipped)


def skip_reason(variable: str, value: str) -> str | None:
    """Why a value is not long and rare enough to mean something where it is found; a secret's may be of plain words."""
    size = len(value.encode("utf-8", "surrogateescape"))
    if not SHORTEST <= size <= _LONGEST:
        return f"its value is shorter than {SHORTEST} bytes or longer than {_LONGEST}"
    if "\n" in value:
        return "its value has several lines"
    if placeholder_reason(value):
        return COMMON
    plain = not looks_secret(variable) and plain_reason(value, quoted=True, strong=False) is not None
    return "its name is none of a secret's, and its value is plain" if plain else None


def common_marks(key: bytes, own_names: Iterable[str] = ()) -> frozenset[str]:
    """The HMACs of values that everybody has, for a caller who knows another machine's values by their HMACs alone.

    `own_names` are those of the site, which stand everywhere in it.
    """
    words = (*own_names, *_COMMON, *(word.upper() for word in _COMMON), *(word.capitalize() for word in _COMMON))
    return frozenset(mark_of(word.encode(), key) for word in words)


class OwnValues:
    """Some own values, and the key of their HMACs."""

    def __init__(self, marks: Sequence[Mark], key: bytes) -> None:
        self._names: dict[bytes, tuple[str, ...]] = {}
        for mark in marks:
            digest = bytes.fromhex(mark.hmac)
            self._names[digest] = tuple(dict.fromkeys((*self._names.get(digest, ()), mark.name)))
        sizes = {mark.size for mark in marks}
        self._least = min((size or SHORTEST for size in sizes), default=SHORTEST)
        # a value is longer where it is escaped
        self._most = _LONGEST if None in sizes else 6 * max((size or 0 for size in sizes), default=0)
        self._broken: dict[bytes, set[int]] = {}
        for mark in marks:
            if mark.start is not None and mark.size is not None:
                self._broken.setdefault(mark.start, set()).add(mark.size)
        starts = b"|".join(map(re.escape, self._broken))
        self._starts = re.compile(_BEFORE + b"(" + starts + b")") if starts else None
        # HMAC (RFC 2104) from two hashes made beforehand takes half of hmac's time; tests compare it with that
        block = key.ljust(64, b"\0") if len(key) <= 64 else hashlib.sha256(key).digest().ljust(64, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))
        self._known: dict[Cuts, set[bytes]] = {cuts: set() for cuts in _CUTTERS}
        self._hot: dict[bytes, tuple[str, ...]] = {}

    def find(self, text: bytes) -> tuple[OwnSighting, ...]:
        """Where own values stand in a text, by place."""
        if not self._names:
            return ()
        for candidate in self._candidates(text):
            for form in _forms(candidate):
                if names := self._names.get(self._digest(form)):
                    self._hot[candidate] = names
        found = {(one.name, one.start): one for one in self._located(text)}
        return tuple(sorted(found.values(), key=lambda one: (one.start, one.name)))

    def _candidates(self, text: bytes) -> set[bytes]:
        """What in a text was not looked at before, and is neither too short nor too long for a value."""
        found: set[bytes] = set()
        for cuts, patterns in _CUTTERS.items():
            known = self._known[cuts]
            pieces = {piece for pattern in patterns for piece in pattern.findall(text)} - known
            found.update(piece[start:end] for piece in pieces for start, end in cuts(piece))
            known.update(piece for piece in pieces if len(piece) <= _LONGEST_KNOWN)
            if len(known) > _MOST_KNOWN:
                known.clear()
        for match in self._starts.finditer(text) if self._starts else ():
            found.update(text[match.start(1) : match.start(1) + size] for size in self._broken[match[1]])
        return {one for one in found if self._least <= len(one) <= self._most}

    def _located(self, text: bytes) -> Iterator[OwnSighting]:
        for value, names in self._hot.items():
            at, count = text.find(value), 0
            while at >= 0 and count < _MOST_SIGHTINGS:
                line = text.count(b"\n", 0, at) + 1
                yield from (OwnSighting(name, line, at, at + len(value)) for name in names)
                at, count = text.find(value, at + 1), count + 1

    def _digest(self, value: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(value)
        outer.update(inner.digest())
        return outer.digest()


def _forms(candidate: bytes) -> list[bytes]:
    forms = [candidate]
    if b"%" in candidate:
        forms.append(unquote_to_bytes(candidate))
    if b"&" in candidate and b";" in candidate:
        forms.append(unescape(candidate.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape"))
    if b"\\" in candidate:
        forms.append(_JSON.sub(lambda escape: _PLAIN.get(escape[1], escape[1]), candidate))
        if b"\\u" in candidate:
            with suppress(ValueError):
                forms.append(json.loads(b'"%b"' % candidate).encode("utf-8", "surrogatepass"))
    return forms


def _words(piece: bytes) -> Iterator[tuple[int, int]]:
    """The parts of a word between any two of the signs in it, few enough."""
    signs = list(_INNER.finditer(piece))
    begins = [0, *(sign.end() for sign in signs)]
    ends = [*(sign.start() for sign in signs), len(piece)]
    for number, one in enumerate(begins[:_MOST_SIGNS]):
        for other in {*ends[number : number + _MOST_CUTS], len(piece)}:
            if other - one >= SHORTEST:
                yield one, other


def _whole(piece: bytes) -> Iterator[tuple[int, int]]:
    yield 0, len(piece)


def _given(piece: bytes) -> Iterator[tuple[int, int]]:
    """What an assignment gives: the rest of the line, and that without what may follow a value."""
    rest = piece.rstrip(b" \t")
    yield 0, len(rest)
    for mark in (b" #", b"\t#", b" //", b"</", b";", b","):
        at = rest.find(mark)
        if at >= SHORTEST:
            yield 0, len(rest[:at].rstrip(b" \t"))


Cuts = Callable[[bytes], Iterator[tuple[int, int]]]
_CUTTERS: dict[Cuts, tuple[re.Pattern[bytes], ...]] = {_words: (_WORD,), _whole: _QUOTED, _given: (_LINE,)}
