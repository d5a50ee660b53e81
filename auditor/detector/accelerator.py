"""The prefilter by hyperscan, where it is installed (extra `fast`): all forms of all kinds in one pass over a text.

It only says where a kind is worth a look: what is found and judged is the same without it. Its forms take a third of a
second to compile, so it stands back until a process has searched enough to gain by it, or is given what another one
compiled. Threads never share its scratch space.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from auditor.detector.assignment import SEEN, line_before
from auditor.detector.context import named_value
from auditor.detector.kind import Kind
from auditor.detector.presence import Places, Span, Text

if TYPE_CHECKING:
    import hyperscan

ENOUGH_BYTES = 8 << 20
# of a long repetition at its end a form needs the least alone; long ones are what hyperscan is slow at
_TAIL = re.compile(r"\{(\d+)(?:,\d+)?\}(\)*)(?:\\b)?(\)*)\Z")
_ENOUGH = 6
# a text that repeats a token's prefix takes time that grows with the square of its length: so no long one is given
_PIECE, _OVERLAP = 64 << 10, 2 << 10
# farther than any form reaches back from where its match was seen, or a value on
_REACH = 1_000
# the number of the expression, start, end, flags, context
Note = Callable[[int, int, int, int, object], None]


class _Form(NamedTuple):
    """An expression, whether its case counts not, the kind that it stands for, and those of its words."""

    expression: str
    any_case: bool
    kind: int
    words: tuple[str, ...]


class Accelerator:
    """The forms of some kinds; `identity` names everything that what is compiled of them depends on."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self._kinds = kinds
        self._forms = list(_forms(kinds))
        self._lock = Lock()
        self._database: hyperscan.Database | None = None
        self._searched = 0
        self.identity = hashlib.sha256(repr((self._forms, accelerator_version())).encode()).hexdigest()

    @property
    def is_ready(self) -> bool:
        """Whether nothing has to be compiled any more."""
        return self._database is not None

    def places(self, text: Text) -> dict[int, Places] | None:
        """As auditor.detector.presence; None while it stands back, or another thread is at it."""
        self._searched += len(text.raw)
        if (self._database is None and self._searched < ENOUGH_BYTES) or not self._lock.acquire(blocking=False):
            return None
        try:
            return self._scan(text.raw)
        finally:
            self._lock.release()

    def restore(self, compiled: bytes) -> bool:
        """Takes what `compiled` gave in another process; whether it serves."""
        import hyperscan

        try:
            database = hyperscan.loadb(compiled, hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
        except hyperscan.error:
            return False
        self._database = database
        return True

    def compiled(self) -> bytes:
        """The forms, compiled."""
        import hyperscan

        with self._lock:
            return bytes(hyperscan.dumpb(self._ready()))

    def _scan(self, raw: bytes) -> dict[int, Places]:
        database = self._ready()
        hits: dict[int, list[int]] = {}
        start = 0

        def note(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            hits.setdefault(number, []).append(start + end)

        view = memoryview(raw)
        for start in range(0, max(1, len(raw)), _PIECE):
            scan(database, view[start : start + _PIECE + _OVERLAP], note)
        found: dict[int, Places] = {index: () for index, kind in enumerate(self._kinds) if kind.own is not None}
        for number in sorted(hits):
            form = self._forms[number]
            spans = _joined(self._around(form.kind, sorted(hits[number]), raw))
            found[form.kind] = (*found.get(form.kind, ()), *((word, spans) for word in form.words))
        return dict(sorted(found.items()))

    def _around(self, index: int, ends: Iterable[int], raw: bytes) -> Iterable[Span]:
        kind = self._kinds[index]
        if kind.judge is named_value:
            return [(line_before(raw, end), end) for end in ends]
        reach = 0 if kind.anchored else _REACH
        return [(max(0, end - _REACH), min(len(raw), end + reach)) for end in ends]

    def _ready(self) -> "hyperscan.Database":
        import hyperscan

        if self._database is None:
            database = hyperscan.Database()
            database.compile(
                expressions=[form.expression.encode() for form in self._forms],
                ids=list(range(len(self._forms))),
                flags=[hyperscan.HS_FLAG_CASELESS if form.any_case else 0 for form in self._forms],
                elements=len(self._forms),
            )
            self._database = database
        return self._database


def _forms(kinds: Sequence[Kind]) -> Iterator[_Form]:
    for index, kind in enumerate(kinds):
        if kind.own is not None:
            continue
        if kind.judge is named_value and not kind.anchored:
            yield from (_Form(form, True, index, (word,)) for word, form in SEEN.items())
        elif kind.signs:
            yield from (_Form(sign, False, index, kind.words) for sign in kind.signs)
        elif kind.near and "prefix" not in kind.form.groupindex:
            yield from (_Form(re.escape(word), True, index, (word,)) for word in kind.words)
        else:
            yield _Form(_loosened(kind), False, index, kind.words)


def _loosened(kind: Kind) -> str:
    """The form without names, and of what it ends with the beginning alone."""
    form = re.sub(r"\(\?P<\w+>", "(?:", kind.form.pattern)
    return _TAIL.sub(lambda tail: f"{{{min(int(tail[1]), _ENOUGH)}}}{tail[2]}{tail[3]}", form)


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, none overlapping another."""
    joined: list[Span] = []
    last = -1
    for start, end in spans:
        if start > last:
            joined.append((start, end))
            last = end
        elif end > last:
            joined[-1] = joined[-1][0], end
            last = end
    return joined


def scan(database: "hyperscan.Database", part: bytes | memoryview, note: Note) -> None:
    """Has hyperscan call `note` for each match; a view of a text is scanned without a copy."""
    database.scan(part, match_event_handler=note)  # type: ignore[type-var]


@cache
def accelerator_version() -> str | None:
    """The version of hyperscan, None where it is not installed."""
    if find_spec("hyperscan") is None:
        return None
    import hyperscan

    return str(hyperscan.__version__)  # type: ignore[attr-defined]


@cache
def accelerator_of(kinds: tuple[Kind, ...]) -> Accelerator | None:
    """The one for these kinds; None without hyperscan."""
    return Accelerator(kinds) if accelerator_version() else None
