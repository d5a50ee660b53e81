"""Hands texts to the detector, many small ones joined into one call, and says which of them each secret lies in."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from auditor.collectors.leaks.delta import SEAM
from auditor.collectors.leaks.expansion import decoded, is_packed, unpacked
from auditor.detector.catalogue import KINDS
from auditor.detector.engine import Engine
from auditor.detector.kind import Kind
from auditor.detector.search import Search, Secret, search

_BATCH_BYTES = 256 << 10
LONGEST_KEY = 8192
# kinds whose value goes over many lines: a part of the text says nothing of it
KEY_WORDS = (b"PRIVATE KEY", b"PuTTY-User-Key-File")
_KEY_STARTS = (b"-----BEGIN", b"PuTTY-User-Key-File")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A secret in a text: `needle` are the bytes that stand there, and never leave the process.

    `inside` names the member of an archive; such a secret has no needle, since its bytes do not stand in the object.
    `encoded`: the needle is the base64 that the secret was found in.
    """

    kind: str
    hint: str
    hmac: str
    needle: bytes = field(repr=False)
    inside: str | None = None
    encoded: bool = False

    @property
    def shown(self) -> tuple[str, str, str]:
        """What may be shown of it: kind, hint, HMAC."""
        return self.kind, self.hint, self.hmac


class TextSearch(Protocol):
    """What the walk of a pack gives its texts to, by their numbers; `takes_whole`: parts of a text are not enough."""

    takes_whole: bool
    sightings: dict[int, dict[tuple[str, str], Sighting]]
    unsearched: dict[int, str]

    def add(self, owner: int, text: bytes) -> None: ...
    def add_whole(self, owner: int, text: bytes) -> None: ...
    def marks(self, text: bytes) -> frozenset[str]: ...
    def flush(self) -> None: ...


class Scanner:
    """Collects texts by their owner's number; `sightings` and `unsearched` are complete after `flush`.

    `is_object` says whether a hash is the id of an object that is at hand: such a value is no secret. `engine` looks
    for more than the kinds.
    """

    def __init__(
        self,
        key: bytes,
        is_object: Callable[[str], bool] | None = None,
        *,
        kinds: Sequence[Kind] = KINDS,
        engine: Engine | None = None,
    ) -> None:
        self._key, self._is_object, self._kinds, self._engine = key, is_object, kinds, engine
        # how far a site's own pattern reaches nobody knows: each text is then searched whole, and by itself
        self.takes_whole = any(kind.own is not None for kind in kinds)
        self._parts: list[bytes] = []
        self._starts: list[int] = []
        self._owners: list[int] = []
        self._size = 0
        self.searched_bytes = 0
        self.sightings: dict[int, dict[tuple[str, str], Sighting]] = {}
        self.suppressed: Counter[tuple[str, str]] = Counter()
        self.unsearched: dict[int, str] = {}

    def add(self, owner: int, text: bytes) -> None:
        """Takes a part of a text, or a whole one."""
        self._starts.append(self._size)
        self._owners.append(owner)
        self._parts.append(text)
        self._size += len(text) + len(SEAM)
        if self.takes_whole or self._size >= _BATCH_BYTES:
            self.flush()

    def add_whole(self, owner: int, text: bytes) -> None:
        """Takes a whole text, with what is packed inside."""
        if is_packed(text):
            self._add_packed(owner, text)
        self.add(owner, text)

    def emptied(self) -> "Scanner":
        """Another one that searches for the same, and has nothing in it."""
        return Scanner(self._key, self._is_object, kinds=self._kinds, engine=self._engine)

    def for_names(self) -> "Scanner":
        """An empty one with the same key and kinds; by what stands beside it no vendor is known in a name."""
        return Scanner(self._key, self._is_object, kinds=self._kinds)

    def marks(self, text: bytes) -> frozenset[str]:
        """The HMACs of the secrets in a whole text."""
        return frozenset(secret.hmac for secret in self._ask(text).secrets)

    def flush(self) -> None:
        """Searches what was taken so far."""
        if not self._parts:
            return
        text = SEAM.join(self._parts)
        parts, starts, owners = self._parts, self._starts, self._owners
        self._parts, self._starts, self._owners, self._size = [], [], [], 0
        found = self._ask(text)
        if found.complete:
            keys = set()
            for secret in found.secrets:
                number = bisect_right(starts, secret.start) - 1
                if text.startswith(_KEY_STARTS, secret.start):
                    # where it ends is told by its own text alone
                    keys.add(number)
                else:
                    self._note(owners[number], secret, _needle(text, secret))
            self._count(found)
            for number in sorted(keys):
                self._search_alone(owners[number], parts[number])
            self._search_decoded(text, starts, owners)
            return
        for owner, part in zip(owners, parts, strict=True):
            self._search_alone(owner, part)
            self._search_decoded(part, [0], [owner])

    def _search_alone(self, owner: int, text: bytes, inside: str | None = None) -> None:
        found = self._ask(text)
        if not found.complete:
            self.unsearched[owner] = found.unsearched
        for secret in found.secrets:
            self._note(owner, secret, _needle(text, secret) if inside is None else b"", inside)
        self._count(found)

    def _search_decoded(self, text: bytes, starts: list[int], owners: list[int]) -> None:
        for start, end, inner in decoded(text):
            found = self._ask(inner)
            for secret in found.secrets:
                owner = owners[bisect_right(starts, start) - 1]
                self._note(owner, secret, text[start:end], encoded=True)

    def _add_packed(self, owner: int, text: bytes) -> None:
        for inner in unpacked(text):
            if inner.reason is not None:
                self.unsearched[owner] = f"{inner.name}: {inner.reason}" if inner.name else inner.reason
            if inner.data:
                self._search_alone(owner, inner.data, inner.name)

    def _ask(self, text: bytes) -> Search:
        self.searched_bytes += len(text)
        return search(text, place="", key=self._key, kinds=self._kinds, is_object=self._is_object, engine=self._engine)

    def _note(
        self, owner: int, secret: Secret, needle: bytes, inside: str | None = None, *, encoded: bool = False
    ) -> None:
        one = Sighting(secret.kind, secret.hint, secret.hmac, needle, inside, encoded)
        self.sightings.setdefault(owner, {}).setdefault((secret.hmac, inside or ""), one)

    def _count(self, found: Search) -> None:
        for kind, reason, count in found.suppressed:
            self.suppressed[kind, reason] += count


def has_key_word(text: bytes) -> bool:
    """Whether a private key may begin in a text."""
    return b"PRIVATE KEY" in text or b"PuTTY-User-Key-File" in text


def _needle(text: bytes, secret: Secret) -> bytes:
    """The bytes by which the secret is known again; of a private key its place is only the first line."""
    end = secret.end
    if text.startswith(b"-----BEGIN", secret.start):
        end = max(end, text.find(b"-----END", end, end + LONGEST_KEY))
    return text[secret.start : end]


def name_sightings(names: Iterable[bytes], scanner: Scanner) -> list[tuple[bytes, Sighting, bytes]]:
    """The secrets in names: the name, the secret, and the name up to the value."""
    order = list(names)
    fresh = scanner.for_names()
    for number, name in enumerate(order):
        fresh.add(number, name)
    fresh.flush()
    return [
        (order[number], one, order[number].partition(one.needle)[0])
        for number, found in fresh.sightings.items()
        for one in found.values()
    ]


def line_of(data: bytes, needle: bytes) -> int:
    """The line, from 1, on which a needle first stands; 0 without a needle."""
    return data.count(b"\n", 0, data.find(needle)) + 1 if needle else 0
