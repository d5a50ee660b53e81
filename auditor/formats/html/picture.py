"""The way from commit to visitor as a drawing of the report's agreement: the same facts as the table below it; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Literal

from auditor.model.report import Agreement, Report, Statement, Step
from auditor.text import short

# `differs` stands for another commit than main's tip, which may be as it should: only a step can be broken
State = Literal["holds", "broken", "unknown", "differs", "absent"]

_BOX_WIDTH, _BOX_HEIGHT = 142, 62
_COLUMN, _ROW, _MARGIN = 226, 106, 24
_LONGEST = 17
_UNKNOWN = "not known"
_ARROW = 10
# what stands beside the slots in the agreement, in which column, and the source that speaks for it
_WITNESSES = {"local": ("Local clone", 0, "local"), "gitea": ("Gitea main", 1, "gitea"), "nas": ("NAS", 2, "nas")}
_PUBLIC = ("Public site", 4, "site")
_NO_SLOTS = (*_WITNESSES, "nas files", "public")
_UNASKED = ("not-configured", "left-out")
# the steps that lie on the way from one box to the next
_DEPLOYED, _BUILT, _LED, _SERVED = ("commit", "files"), ("image", "container", "slot"), ("proxy",), ("public",)

# drawn, not written: no font is asked for them, and none needs to tell red from green
SIGNS = {
    "broken": "M-5 -5L5 5M-5 5L5 -5",
    "unknown": "M-4 -2.5A4 4 0 1 1 0 2L0 3.5M0 7L0 7",
    "differs": "M-6 -3H6M-6 3H6M4 -7L-4 7",
}


@dataclass(frozen=True)
class Box:
    """Somebody on the way, and the commit that it stands for; x and y are its upper left corner."""

    title: str
    text: str
    state: State
    x: int
    y: int


@dataclass(frozen=True)
class Way:
    """What leads from one box to the next; its label says which of its steps are not well."""

    label: str
    state: State
    x1: int
    y1: int
    x2: int
    y2: int

    @property
    def middle(self) -> tuple[int, int]:
        return (self.x1 + self.x2) // 2, (self.y1 + self.y2) // 2

    @property
    def label_place(self) -> tuple[int, int, str]:
        """Where the label is anchored, and by which end: above a line, or to the left of one that falls."""
        x, y = self.middle
        return (x - 18, y + 5, "end") if self.x1 == self.x2 else (x, y - 17, "middle")

    @property
    def arrow(self) -> str:
        """The corners of its head."""
        length = hypot(self.x2 - self.x1, self.y2 - self.y1) / _ARROW
        x, y = (self.x2 - self.x1) / length, (self.y2 - self.y1) / length
        corners = ((0, 0), (-x - y / 2, -y + x / 2), (-x + y / 2, -y - x / 2))
        return " ".join(f"{self.x2 + right:.1f},{self.y2 + down:.1f}" for right, down in corners)


@dataclass(frozen=True)
class Picture:
    """All of it; `title` and `told` say the same in words."""

    boxes: tuple[Box, ...]
    ways: tuple[Way, ...]
    title: str
    told: str
    height: int
    width: int = 4 * _COLUMN + _BOX_WIDTH + 2 * _MARGIN
    box_width: int = _BOX_WIDTH
    box_height: int = _BOX_HEIGHT


def draw(report: Report) -> Picture | None:
    """The picture; None where the NAS was not asked, and there is no way to draw."""
    agreement = report.agreement
    if agreement is None:
        return None
    said = {one.witness: one for one in agreement.statements}
    statuses = {source.name: source.status for source in report.sources}
    slots = [_slot(one, row, agreement.active) for row, one in enumerate(_slots(agreement))]
    rows = max(2, len(slots))
    witnesses = [
        _box(title, said.get(name), statuses.get(source), column, (rows - 1) / 2)
        for name, (title, column, source) in _WITNESSES.items()
    ]
    title, column, source = _PUBLIC
    ends = [_proxy(agreement), _box(title, said.get("public"), statuses.get(source), column, 1)]
    return Picture(
        boxes=(*witnesses, *slots, *ends),
        ways=tuple(_ways(agreement, witnesses, slots, ends)),
        title=_title(agreement),
        told=" ".join(_told(agreement)),
        height=2 * _MARGIN + (rows - 1) * _ROW + _BOX_HEIGHT,
    )


def _slots(agreement: Agreement) -> Sequence[Statement]:
    return [one for one in agreement.statements if one.witness not in _NO_SLOTS]


def _box(title: str, said: Statement | None, status: str | None, column: int, row: float) -> Box:
    """A witness; one that was not asked is no doubt, one that could not be asked is."""
    if said is None and status in (None, *_UNASKED):
        return Box(title, (status or "not configured").replace("-", " "), "absent", *_place(column, row))
    text = "unavailable" if status == "unavailable" and _commit(said) == _UNKNOWN else _commit(said)
    return Box(title, text, _agreeing(said), *_place(column, row))


def _slot(said: Statement, row: int, active: str | None) -> Box:
    """A slot; the idle one may well hold the commit before."""
    served = said.witness == active
    state = "absent" if not served and said.agrees is False else _agreeing(said)
    title = f"{short(said.witness, _LONGEST - 9)} (served)" if served else short(said.witness, _LONGEST)
    return Box(title, _commit(said), state, *_place(3, row))


def _proxy(agreement: Agreement) -> Box:
    text = "to no known slot" if agreement.active is None else short(f"to {agreement.active}", _LONGEST)
    state = _worst(_on(agreement, _LED))
    return Box("Proxy", text, "unknown" if agreement.active is None and state == "holds" else state, *_place(4, 0))


def _commit(said: Statement | None) -> str:
    if said is None or (said.commit is None and said.agrees is None):
        return _UNKNOWN
    return "of no commit" if said.commit is None else said.commit[:12]


def _agreeing(said: Statement | None) -> State:
    if said is None or said.agrees is None:
        return "unknown"
    return "holds" if said.agrees else "differs"


def _place(column: int, row: float) -> tuple[int, int]:
    return _MARGIN + column * _COLUMN, round(_MARGIN + row * _ROW)


def _ways(agreement: Agreement, witnesses: Sequence[Box], slots: Sequence[Box], ends: Sequence[Box]) -> Iterator[Way]:
    (local, gitea, nas), (proxy, public) = witnesses, ends
    yield _line("pull request", local.state, local, gitea)
    yield _stepped("deploys", _on(agreement, _DEPLOYED), gitea, nas)
    leads = next(iter(slots), nas)
    for said, box in zip(_slots(agreement), slots, strict=True):
        if said.witness == agreement.active:
            leads = box
        # which slot is the idle one may not be known
        asked = agreement.active in (None, said.witness)
        yield _stepped("builds", _on(agreement, _BUILT), nas, box) if asked else _line("", "absent", nas, box)
    yield _stepped("leads to", _on(agreement, _LED), leads, proxy)
    yield _stepped("serves", () if public.state == "absent" else _on(agreement, _SERVED), proxy, public)


def _on(agreement: Agreement, names: Sequence[str]) -> tuple[Step, ...]:
    return tuple(step for step in agreement.steps if step.name in names)


def _stepped(title: str, steps: Sequence[Step], start: Box, end: Box) -> Way:
    """The way that some steps make, named by those of them that are not well."""
    state = _worst(steps)
    if state in ("holds", "absent"):
        return _line(title, state, start, end)
    bad = ("broken",) if state == "broken" else {step.state for step in steps} - {"holds"}
    first, *others = [step.name for step in steps if step.state in bad]
    return _line(f"{first} +{len(others)}" if others else first, state, start, end)


def _worst(steps: Sequence[Step]) -> State:
    """The state of the steps together; one of which nothing is known never looks whole."""
    states = {step.state for step in steps}
    if "broken" in states:
        return "broken"
    return "absent" if not states else "holds" if states == {"holds"} else "unknown"


def _line(label: str, state: State, start: Box, end: Box) -> Way:
    """A line between the nearer sides of two boxes."""
    if start.x == end.x:
        middle = start.x + _BOX_WIDTH // 2
        return Way(label, state, middle, start.y + _BOX_HEIGHT, middle, end.y)
    half = _BOX_HEIGHT // 2
    return Way(label, state, start.x + _BOX_WIDTH, start.y + half, end.x, end.y + half)


def _title(agreement: Agreement) -> str:
    if agreement.broken_at is not None:
        return f"From commit to visitor: broken at {agreement.broken_at}"
    if _worst(agreement.steps) == "holds":
        return "From commit to visitor: every step holds"
    return "From commit to visitor: nothing is seen to be broken, and not every step could be observed"


def _told(agreement: Agreement) -> Iterator[str]:
    words = {True: "main's tip", False: "not main's tip", None: "unknown"}
    yield from (f"{one.witness}: {one.commit or 'no commit'}, {words[one.agrees]}." for one in agreement.statements)
    yield f"Served: {agreement.active or 'not known'}."
    yield from (f"{step.name} {step.state}: {step.why}." for step in agreement.steps if step.state != "holds")
