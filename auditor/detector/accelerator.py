"""The prefilter by hyperscan, where it is installed (extra `fast`): all forms of all kinds in one pass over a text.

It only says which kinds are worth a look: what is found and judged is the same without it. Its forms take half a second
to compile, so it stands back until a process has searched enough to gain by it; threads never share its scratch space.
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING

from auditor.detector.assignment import SEARCHED
from auditor.detector.context import named_value
from auditor.detector.kind import Kind

if TYPE_CHECKING:
    import hyperscan

ENOUGH_BYTES = 8 << 20
Present = dict[int, tuple[str, ...]]
# after its prefix a token is worth a look as soon as it begins; long repetitions are what hyperscan is slow at
_TAIL = re.compile(r"\{(\d+)(?:,\d+)?\}(\)*)(?:\\b)?(\)*)\Z")
_ENOUGH = 6
# a text that repeats a token's prefix takes time that grows with the square of its length: so no long one is given
_PIECE, _OVERLAP = 64 << 10, 2 << 10


class Accelerator:
    """The forms of some kinds, compiled when they are first needed."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self._kinds = kinds
        self._lock = Lock()
        self._owners: list[tuple[int, tuple[str, ...]]] = []
        self._database: hyperscan.Database | None = None
        self._searched = 0

    def present_words(self, raw: bytes) -> Present | None:
        """As auditor.detector.presence; None while it stands back, or another thread is at it."""
        self._searched += len(raw)
        if self._searched < ENOUGH_BYTES or not self._lock.acquire(blocking=False):
            return None
        try:
            return self._scan(raw)
        finally:
            self._lock.release()

    def _scan(self, raw: bytes) -> Present:
        if self._database is None:
            self._database = self._compiled()
        hits: set[int] = set()

        def note(number: int, _start: int, _end: int, _flags: int, _context: object) -> None:
            hits.add(number)

        for start in range(0, max(1, len(raw)), _PIECE):
            self._database.scan(raw[start : start + _PIECE + _OVERLAP], match_event_handler=note)
        found: Present = {index: () for index, kind in enumerate(self._kinds) if kind.own is not None}
        for number in sorted(hits):
            index, words = self._owners[number]
            found[index] = (*found.get(index, ()), *words)
        return found

    def _compiled(self) -> "hyperscan.Database":
        import hyperscan

        forms: list[tuple[str, int]] = []
        for index, kind in enumerate(self._kinds):
            if kind.own is not None:
                continue
            if kind.judge is named_value and not kind.anchored:
                forms += [(form.pattern, hyperscan.HS_FLAG_CASELESS) for form in SEARCHED.values()]
                self._owners += [(index, (word,)) for word in SEARCHED]
            elif kind.near and "prefix" not in kind.form.groupindex:
                forms += [(re.escape(word), hyperscan.HS_FLAG_CASELESS) for word in kind.words]
                self._owners += [(index, (word,)) for word in kind.words]
            else:
                forms.append((_loosened(kind), 0))
                self._owners.append((index, kind.words))
        database = hyperscan.Database()
        database.compile(
            expressions=[form.encode() for form, _ in forms],
            ids=list(range(len(forms))),
            flags=[hyperscan.HS_FLAG_SINGLEMATCH | flag for _, flag in forms],
            elements=len(forms),
        )
        return database


def _loosened(kind: Kind) -> str:
    """The form without names, and of a token's body the beginning alone."""
    form = re.sub(r"\(\?P<\w+>", "(?:", kind.form.pattern)
    if "prefix" not in kind.form.groupindex:
        return form
    return _TAIL.sub(lambda tail: f"{{{min(int(tail[1]), _ENOUGH)}}}{tail[2]}{tail[3]}", form)


@cache
def accelerator_version() -> str | None:
    """The version of hyperscan, None where it is not installed."""
    return metadata.version("hyperscan") if find_spec("hyperscan") else None


@cache
def accelerator_of(kinds: tuple[Kind, ...]) -> Accelerator | None:
    """The one for these kinds; None without hyperscan."""
    return Accelerator(kinds) if accelerator_version() else None
