"""The list of what could not be observed, kept while the facts are gathered."""

from auditor.model.facts.witness import Gap


class GapList:
    """Gaps in the order in which they were met, each once."""

    def __init__(self) -> None:
        self._gaps: dict[Gap, None] = {}

    def add(self, pointer: str, reason: str, remedy: str | None = None) -> None:
        """Note that the fact at `pointer` (without `/site/`) could not be observed, or not as a whole."""
        self._gaps[Gap(pointer=f"/site/{pointer}", reason=reason, remedy=remedy)] = None

    def result(self) -> tuple[Gap, ...]:
        """All gaps so far."""
        return tuple(self._gaps)
