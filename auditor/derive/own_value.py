"""The values of the site's own env files, each with every place at which it should not be."""

from collections.abc import Iterator
from dataclasses import replace

from auditor.config import Config
from auditor.derive.leak import place_text
from auditor.derive.leak.remedy import purge_command
from auditor.frozen import frozen
from auditor.model.facts.own import OwnKey, OwnPlace
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing

_MOST_PLACES = 50
_MODES = ("audit", "collect")


@frozen
class OwnValue:
    """A key whose value was searched for; `places` are in words, `more` says how many others there are.

    `path`, `line` and `commit` are those of the first place in a repository; `purge` takes all such places out of every
    commit, empty where there is none.
    """

    name: str
    machine: str
    file: str
    key: str
    places: tuple[str, ...]
    more: int
    path: str | None
    line: int | None
    commit: str | None
    purge: str


@frozen
class Skipped:
    """A key whose value can't be searched for without false alarms, and why."""

    name: str
    why: str


@frozen
class OwnValues:
    """`asked` says whether this run searches for own values at all."""

    asked: bool = False
    values: tuple[OwnValue, ...] | Missing = MISSING
    skipped: tuple[Skipped, ...] = ()
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, config: Config) -> OwnValues:
    """Every own value with its places; what a source did not observe was not searched either."""
    if snapshot.mode not in _MODES or not config.secrets.own_values:
        return OwnValues()
    own = snapshot.own
    if own is MISSING or own.keys is MISSING or own.places is MISSING:
        return OwnValues(asked=True, gaps=tuple(_absent(snapshot)))
    by_name: dict[str, list[OwnPlace]] = {}
    for place in own.places:
        by_name.setdefault(place.name, []).append(place)
    if not own.places and any(run.status == "left-out" for run in snapshot.sources):
        # nobody looked there: what was found is told all the same, that nothing was found proves nothing
        return OwnValues()
    return OwnValues(
        asked=True,
        values=tuple(_value(key, by_name.get(key.name, [])) for key in own.keys if key.skipped is None),
        skipped=tuple(Skipped(name=key.name, why=key.skipped) for key in own.keys if key.skipped is not None),
        gaps=tuple(dict.fromkeys((*carried(own.gaps, ("/own",), "/own_value/values"), *_unseen(snapshot, config)))),
    )


def _absent(snapshot: Snapshot) -> Iterator[Gap]:
    pointer = "/own_value/values"
    for name, facts in (("local", snapshot.local), ("nas", snapshot.nas)):
        if facts is not MISSING and not facts.available:
            yield Gap(pointer=pointer, reason=f"{name} is unavailable: {facts.error}")
    yield Gap(pointer=pointer, reason="own values were not searched for when this snapshot was taken")


def _value(key: OwnKey, places: list[OwnPlace]) -> OwnValue:
    machine, _, rest = key.name.partition(":env:")
    file, _, name = rest.rpartition("#")
    objects = [place.object for place in places if place.object is not None]
    first = objects[0] if objects else None
    words = list(dict.fromkeys(map(_in_words, places)))
    return OwnValue(
        name=key.name,
        machine=machine,
        file=file,
        key=name,
        places=tuple(words[:_MOST_PLACES]),
        more=max(0, len(words) - _MOST_PLACES),
        path=first.path if first and first.where == "file" else None,
        line=first.line if first else None,
        commit=first.first_commit if first else None,
        purge=purge_command(objects) if objects else "",
    )


def _in_words(place: OwnPlace) -> str:
    if place.object is not None:
        return place_text(place.object)
    return f"{place.source}: {place.place}" + (f":{place.line}" if place.line and place.line > 1 else "")


def _unseen(snapshot: Snapshot, config: Config) -> Iterator[Gap]:
    """The gaps of the sources at what was to be searched: CI variables, images, pages, git configurations."""
    gitea, nas, site = snapshot.gitea, snapshot.nas, snapshot.site
    pointer = "/own_value/values"
    if gitea is not MISSING:
        yield from carried(gitea.gaps, ("/gitea/variables",), pointer)
    if site is not MISSING:
        yield from carried(site.gaps, ("/site/public", "/site/exposed"), pointer)
    if nas is MISSING:
        return
    for number, _ in enumerate(() if nas.slots is MISSING else nas.slots):
        slot = f"/nas/slots/{number}"
        below = {f"{slot}/answers", f"{slot}/serving"}
        if config.nas is not None and config.nas.docker != "none":
            below |= {f"{slot}/container", f"{slot}/container/image", f"{slot}/container/image/secrets"}
        yield from (replace(gap, pointer=pointer) for gap in nas.gaps if gap.pointer in below)
    for number, release in enumerate(() if nas.releases is MISSING else nas.releases):
        if release.active:
            yield from carried(nas.gaps, (f"/nas/releases/{number}/git/remotes",), pointer)
