"""The prefilter: which words of which kinds a text holds at all; no regular expression of a kind runs without one."""

from collections.abc import Sequence

from auditor.detector.kind import Kind
from auditor.detector.run import around_runs, long_runs

# parts that several words share: a text without one holds none of them, and five letters are found sooner than more
_PARTS = ("token", "secret", "pass", "webhook", "auth", "key", "env")


def present_words(kinds: Sequence[Kind], raw: bytes, lowered: str) -> dict[int, tuple[str, ...]]:
    """By the kind's index the words that occur; kinds whose values are long runs are looked for around those alone."""
    runs = long_runs(raw)
    longest = max((end - start for start, end in runs), default=0)
    whole, near = _Text(lowered), _Text(around_runs(runs, lowered))
    found: dict[int, tuple[str, ...]] = {}
    for index, kind in enumerate(kinds):
        if kind.run <= longest:
            text = near if kind.near else whole
            words = tuple(word for word in kind.words if text.holds(word))
            if words or kind.own is not None:
                found[index] = words
    return found


class _Text:
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
