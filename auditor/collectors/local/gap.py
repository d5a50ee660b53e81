"""The list of what could not be observed, kept while the facts are gathered; a fault never stops its neighbours."""

from collections.abc import Callable
from typing import TypeVar

from auditor.errors import SourceError
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing

T = TypeVar("T")

LIST_LIMIT = 10_000


class GapList:
    """Gaps in the order in which they were met, each once."""

    def __init__(self) -> None:
        self._gaps: dict[Gap, None] = {}

    def add(self, pointer: str, reason: str, remedy: str | None = None) -> None:
        """Note that the fact at `pointer` (without `/local/`) could not be observed, or not as a whole."""
        self._gaps[Gap(pointer=f"/local/{pointer}", reason=reason, remedy=remedy)] = None

    def attempt(self, pointers: str, observe: Callable[[], T]) -> T | Missing:
        """What `observe` returns; MISSING where it raises SourceError, with a gap at each of `pointers`."""
        try:
            return observe()
        except (SourceError, OSError, ValueError) as fault:
            for pointer in pointers.split():
                self.add(pointer, reason_of(fault))
            return MISSING

    def capped(self, pointer: str, items: list[T]) -> tuple[T, ...]:
        """`items` up to the limit of a list, with a gap where it was cut."""
        if len(items) > LIST_LIMIT:
            self.add(pointer, f"{len(items)} entries: cut after {LIST_LIMIT}")
        return tuple(items[:LIST_LIMIT])

    def result(self) -> tuple[Gap, ...]:
        """All gaps so far."""
        return tuple(self._gaps)


def reason_of(fault: Exception) -> str:
    """One line that says what went wrong; of an error of the system only its text and the last part of its path."""
    if isinstance(fault, OSError):
        from auditor.text import name_text

        name = fault.filename if isinstance(fault.filename, bytes) else str(fault.filename or "").encode()
        place = f": {name_text(name.rpartition(b'/')[2])!r}" if name else ""
        return f"{(fault.strerror or type(fault).__name__).lower()}{place}"
    # the text of a ValueError may quote the data
    return str(fault) if isinstance(fault, SourceError) else "malformed data"
