"""The topology as a drawing: the witnesses, the ways between them, and where one is broken or unknown; pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from auditor.model.report import Report
from auditor.model.rules import Outcome
from auditor.text import short

State = Literal["holds", "broken", "unknown", "absent"]

_LONGEST = 26
_WIDTH, _HEIGHT = 172, 62
# the place of each witness, from the one who writes to the one who reads
_PLACES = {"local": (20, 130), "gitea": (310, 40), "nas": (310, 220), "proxy": (550, 220), "site": (800, 130)}
_TITLES = {"local": "Local clone", "gitea": "Gitea main", "nas": "NAS", "proxy": "Proxy", "site": "Public site"}
# the rules that speak of the way from one witness to the next, and what the way is
_WAYS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("local", "gitea", "pull request", ("local-*", "gitea-commits-by-pull-request")),
    ("gitea", "nas", "deploys", ("nas-commit-*", "nas-files-*", "nas-hotfix-*", "nas-no-unversioned-files")),
    ("nas", "proxy", "slots", ("nas-image-*", "nas-container-*", "nas-proxy-*", "nas-active-*", "nas-slots-*")),
    ("proxy", "site", "serves", ("nas-public-is-active-slot",)),
    ("site", "gitea", "Proposer", ("proposer-*",)),
)
_SOURCE_OF = {"proxy": "nas"}
# how the chain marks the slot that the proxy leads to
_ACTIVE = "← proxy"


@dataclass(frozen=True)
class Box:
    """A witness; x and y are its upper left corner."""

    name: str
    title: str
    text: str
    state: State
    x: int
    y: int


@dataclass(frozen=True)
class Way:
    """What leads from one box to another; `rules` are those that fail on it."""

    title: str
    state: State
    x1: int
    y1: int
    x2: int
    y2: int
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """All of it; `alt` says the same in words."""

    boxes: tuple[Box, ...]
    ways: tuple[Way, ...]
    alt: str
    width: int = 992
    height: int = 302
    box_width: int = _WIDTH
    box_height: int = _HEIGHT


def draw(report: Report) -> Picture:
    """The picture of a report: what was not observed is dashed, what is broken is said in words too."""
    status = {source.name: source.status for source in report.sources}
    texts = {link.name: link.text for link in report.chain}
    texts["site"] = texts.get("public", "")
    texts["proxy"] = next((f"to {link.name}" for link in report.chain if link.text.endswith(_ACTIVE)), "")
    boxes = {name: _box(name, status, texts, report) for name in _PLACES}
    ways = tuple(_way(way, boxes, report) for way in _WAYS)
    return Picture(boxes=tuple(boxes.values()), ways=ways, alt=" ".join(_words(boxes.values(), ways)))


def _box(name: str, status: dict[str, str], texts: dict[str, str], report: Report) -> Box:
    source = _SOURCE_OF.get(name, name)
    known = status.get(source, "not-configured")
    text = texts.get(name, "") if known in ("ok", "partial", "brought") else known.replace("-", " ")
    state: State = "holds" if known in ("ok", "partial", "brought") else "absent"
    if known == "unavailable":
        state = "unknown"
    elif state == "holds" and _fails(report, name):
        state = "broken"
    x, y = _PLACES[name]
    return Box(name=name, title=_TITLES[name], text=short(text, _LONGEST), state=state, x=x, y=y)


def _fails(report: Report, name: str) -> bool:
    return any(
        one.outcome is Outcome.FAIL and one.waiver is None and one.subject.startswith(f"{name}:")
        for one in report.findings
    )


def _way(way: tuple[str, str, str, tuple[str, ...]], boxes: dict[str, Box], report: Report) -> Way:
    start, end, title, globs = way
    own = [one for one in report.findings if any(fnmatchcase(one.rule_id, glob) for glob in globs)]
    failed = tuple(dict.fromkeys(one.rule_id for one in own if one.outcome is Outcome.FAIL and one.waiver is None))
    state: State = "holds"
    if "absent" in (boxes[start].state, boxes[end].state):
        state = "absent"
    elif failed:
        state = "broken"
    elif any(one.outcome is Outcome.UNKNOWN for one in own):
        state = "unknown"
    return Way(title, state, *_ends(boxes[start], boxes[end]), failed)


def _ends(start: Box, end: Box) -> tuple[int, int, int, int]:
    """Where a line leaves one box and meets the other: at their nearer sides."""
    middle = _WIDTH // 2
    if start.x == end.x:
        down = start.y < end.y
        return start.x + middle, start.y + (_HEIGHT if down else 0), end.x + middle, end.y + (0 if down else _HEIGHT)
    right = start.x < end.x
    return (
        start.x + (_WIDTH if right else 0),
        start.y + _HEIGHT // 2,
        end.x + (0 if right else _WIDTH),
        end.y + _HEIGHT // 2,
    )


def _words(boxes: Iterable[Box], ways: Sequence[Way]) -> Iterator[str]:
    yield from (f"{box.title}: {box.text or box.state}." for box in boxes)
    yield from (f"Broken: {way.title} ({', '.join(way.rules)})." for way in ways if way.state == "broken")
