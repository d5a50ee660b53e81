"""Places of a text that are settled, and the line that a place lies on."""

_STEP = 256


class Settled:
    """The places that some kind took, or knows to be none of any kind."""

    def __init__(self) -> None:
        self._spans: dict[int, list[tuple[int, int]]] = {}

    def leaves(self, start: int, end: int) -> bool:
        """Whether nothing there is settled yet."""
        if not self._spans:
            return True
        for page in range(start // _STEP, end // _STEP + 1):
            for one, other in self._spans.get(page, ()):
                if one < end and start < other:
                    return False
        return True

    def add(self, start: int, end: int) -> None:
        """Settles a place."""
        for page in range(start // _STEP, end // _STEP + 1):
            self._spans.setdefault(page, []).append((start, end))


class Lines:
    """Which line a place lies on; they are counted onward from the place that was asked for before."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place, self._line = 0, 1

    def at(self, place: int) -> int:
        """The number of the line, from 1."""
        if place < self._place:
            self._place, self._line = 0, 1
        self._line += self._text.count("\n", self._place, place)
        self._place = place
        return self._line
