"""Looks for own values in the texts of a repository: in each line that no version before it had."""

from collections.abc import Callable

from auditor.collectors.leaks.expansion import decoded, is_packed, unpacked
from auditor.collectors.leaks.scan import Sighting, line_of
from auditor.detector.own_value import OwnValues

KIND = "own-value"
_MOST_LINES, _LONGEST_LINE = 200_000, 1_000


class OwnScanner:
    """Takes whole texts, and says of each by its number which values it holds; a value is known by its key's name.

    `seen` maps number, name and member of an archive to the line (0: none). `check` raises where the time is over.
    """

    takes_whole = True

    def __init__(self, own: OwnValues, check: Callable[[], None]) -> None:
        self._own, self._check = own, check
        # versions of a file follow one another, and share most lines
        self._dull: set[bytes] = set()
        self.searched_bytes = 0
        self.seen: dict[tuple[int, str, str], int] = {}
        self.sightings: dict[int, dict[tuple[str, str], Sighting]] = {}
        self.unsearched: dict[int, str] = {}

    def add(self, owner: int, text: bytes) -> None:
        """Takes a text as it is."""
        lines = set(text.split(b"\n")) - self._dull
        if not lines:
            return
        self._check()
        for name, needle in self._ask(b"\n".join(lines)):
            self.seen.setdefault((owner, name, ""), line_of(text, needle))
            lines = {line for line in lines if needle not in line}
        if len(self._dull) > _MOST_LINES:
            self._dull.clear()
        self._dull.update(line for line in lines if len(line) <= _LONGEST_LINE)

    def add_whole(self, owner: int, text: bytes) -> None:
        """Takes a text, with what is packed inside."""
        for inner in unpacked(text) if is_packed(text) else ():
            if inner.reason is not None:
                self.unsearched[owner] = f"{inner.name}: {inner.reason}" if inner.name else inner.reason
            self.seen.update({(owner, name, inner.name): 0 for name, _ in self._ask(inner.data)})
        self.add(owner, text)

    def marks(self, text: bytes) -> frozenset[str]:
        """The names of the values in a whole text."""
        return frozenset(name for name, _ in self._ask(text))

    def in_name(self, name: bytes) -> list[tuple[str, bytes]]:
        """The values in the name of a file or a ref, and the name up to each."""
        return [(value, name.partition(needle)[0]) for value, needle in self._ask(name)]

    def flush(self) -> None:
        """Nothing waits."""

    def _ask(self, text: bytes) -> list[tuple[str, bytes]]:
        """Each value's name, and the bytes that stand there: it, or base64 that it is in."""
        self.searched_bytes += len(text)
        found = [(one.name, text[one.start : one.end]) for one in self._own.find(text)]
        for start, end, inner in decoded(text):
            found += [(one.name, text[start:end]) for one in self._own.find(inner)]
        return list(dict.fromkeys(found))
