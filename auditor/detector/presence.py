"""The prefilter: around which words of which kinds a text is worth a look; no form is tried anywhere else."""

from collections.abc import Sequence

from auditor.detector.kind import Kind
from auditor.detector.run import around_runs, long_runs

# parts that several words share: a text without one holds none of them, and five letters are found sooner than more
_PARTS = ("token", "secret", "pass", "webhook", "auth", "key", "env")
Span = tuple[int, int]
# the words of a kind, and the parts of the text in which each may stand
Places = tuple[tuple[str, Sequence[Span]], ...]


class Text:
    """A text as bytes and, one character a byte, as a string: so places are those of the bytes, in lower case too."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.plain = raw.decode("latin-1")
        self._lowered: str | None = None

    def lowered(self, start: int, end: int) -> str:
        """A part in lower case; the whole is made once."""
        if end - start < len(self.raw):
            return self.raw[start:end].lower().decode("latin-1")
        if self._lowered is None:
            self._lowered = self.raw.lower().decode("latin-1")
        return self._lowered


def present_words(kinds: Sequence[Kind], text: Text) -> dict[int, Places]:
    """By the kind's index the words that occur; kinds whose values are long runs are looked for around those alone."""
    runs = long_runs(text.raw)
    longest = max((end - start for start, end in runs), default=0)
    everywhere = ((0, len(text.raw)),)
    lowered = text.lowered(0, len(text.raw))
    whole, near = _Words(lowered), _Words(around_runs(runs, lowered))
    found: dict[int, Places] = {}
    for index, kind in enumerate(kinds):
        if kind.run <= longest:
            words = near if kind.near else whole
            places = tuple((word, everywhere) for word in kind.words if words.holds(word))
            if places or kind.own is not None:
                found[index] = places
    return found


class _Words:
    """A text that is asked once for each word."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[str, bool] = {}

    def holds(self, word: str) -> bool:
        known = self._known.get(word)
        if known is None:
            part = next((part for part in _PARTS if part in word and part != word), None)
            known = (part is None or self.holds(part)) and word in self._text
            self._known[word] = known
        return known
