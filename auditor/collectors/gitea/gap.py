"""The list of what could not be observed, kept while the facts are gathered; a fault never stops its neighbours."""

from collections.abc import Callable
from typing import TypeVar

from auditor.collectors.gitea.refusal import DeniedError, RefusedError
from auditor.collectors.gitea.value import MalformedError
from auditor.errors import SourceError
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing

T = TypeVar("T")


class GapList:
    """Gaps in the order in which they were met, each once."""

    def __init__(self) -> None:
        self._gaps: dict[Gap, None] = {}

    def add(self, pointer: str, reason: str, remedy: str | None = None) -> None:
        """Note that the fact at `pointer` (without `/gitea/`) could not be observed, or not as a whole."""
        self._gaps[Gap(pointer=f"/gitea/{pointer}", reason=reason, remedy=remedy)] = None

    def attempt(self, pointers: str, observe: Callable[[], T]) -> T | Missing:
        """What `observe` returns; MISSING where it raises SourceError or OSError, with a gap at each of `pointers`.

        A token that is refused is no gap: without it nothing can be observed.
        """
        try:
            return observe()
        except RefusedError:
            raise
        except SourceError as fault:
            remedy = fault.remedy if isinstance(fault, MalformedError | DeniedError) else None
            for pointer in pointers.split():
                self.add(pointer, str(fault), remedy)
            return MISSING
        except OSError as fault:
            for pointer in pointers.split():
                self.add(pointer, f"the auditor's own folder can't be read ({(fault.strerror or 'error').lower()})")
            return MISSING

    def result(self) -> tuple[Gap, ...]:
        """All gaps so far."""
        return tuple(self._gaps)
