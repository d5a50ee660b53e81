"""What became of the own values of a site: what all sources heard is searched once all have told their values."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from auditor.confidence import Confidence
from auditor.config import Config
from auditor.detector.own_value import OwnValues
from auditor.interfaces import Deadline
from auditor.model.facts.own import Own, OwnKey, OwnPlace
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing
from auditor.pipeline.mask import masked_own

Named = TypeVar("Named", OwnKey, OwnPlace)
_SEARCHED = ("ok", "partial")


def with_own_values(snapshot: Snapshot, own: Confidence, config: Config, deadline: Deadline) -> Snapshot:
    """The snapshot with what became of them, and without any of them: a name or a title may hold one."""
    values = OwnValues(own.marks, own.key.encode())
    whole = replace(snapshot, own=_facts(own, values, config, snapshot, deadline))
    return masked_own(whole, values) if own.marks else whole


def _facts(own: Confidence, values: OwnValues, config: Config, snapshot: Snapshot, deadline: Deadline) -> Own:
    """Keys, places, and what was not searched; all that was told in confidence ends here."""
    keys = [OwnKey(name=mark.name) for told in own.told.values() for mark in told.marks]
    keys += [OwnKey(name=name, skipped=why) for told in own.told.values() for name, why in told.skipped]
    places, lost = list(own.found), list(own.lost)
    for number, one in enumerate(own.heard if own.marks else ()):
        if not deadline.remaining():
            lost.append((one.source, f"the time was over before {len(own.heard) - number} texts were searched"))
            break
        places += [
            OwnPlace(name=seen.name, source=one.source, place=one.place, line=seen.line)
            for seen in values.find(one.text)
        ]
    reasons = [f"{source}: {reason}" for source, reason in lost] + [*_untold(own, config, snapshot)]
    return Own(
        observed_at=snapshot.started_at,
        gaps=_gaps(reasons),
        keys=tuple(sorted(dict.fromkeys(keys), key=lambda one: one.name)),
        places=tuple(dict.fromkeys(places)),
        searched=tuple(run.name for run in snapshot.sources if run.status in _SEARCHED),
    )


def _untold(own: Confidence, config: Config, snapshot: Snapshot) -> Iterator[str]:
    """Why this run knows less than it should: a machine that told nothing, a source of which nothing was had."""
    losers = {source for source, _ in own.lost}
    for run in snapshot.sources:
        named = any(name.startswith(f"{run.name}:") for name in config.secrets.own_values)
        if run.status == "unavailable" and run.name != "canon":
            yield f"{run.name} is unavailable: {run.error}"
        elif run.status in _SEARCHED and named and run.name not in {*own.told, *losers}:
            yield f"{run.name} told nothing of its own values"


def with_brought_values(snapshot: Snapshot, other: Snapshot) -> Snapshot:
    """The snapshot with what another machine found of the clone's values: where it did not look, nothing is known."""
    own, found = snapshot.own, other.own
    if own is MISSING:
        return snapshot
    if found is MISSING or found.keys is MISSING or found.places is MISSING:
        reasons = ["local: the facts that were brought hold no search for the clone's own values"]
        return replace(snapshot, own=replace(own, gaps=(*own.gaps, *_gaps(reasons))))
    here = [run.name for run in snapshot.sources if run.status in _SEARCHED and run.name not in ("local", "canon")]
    unseen = [name for name in here if name not in found.searched]
    reasons = [f"{name}: not searched for the values of the clone: collect there without --only" for name in unseen]
    # what this run could not have of a source that was brought is had now
    replaced = ("local", *(run.name for run in snapshot.sources if run.status == "brought"))
    mine = tuple(gap for gap in own.gaps if not gap.reason.startswith(replaced))
    joined = replace(
        own,
        gaps=(*mine, *found.gaps, *_gaps(reasons)),
        keys=(*_of(own.keys, "nas:"), *_of(found.keys, "local:")),
        places=(*_of(own.places, "nas:"), *_of(found.places, "local:")),
    )
    return replace(snapshot, own=joined)


def _of(found: tuple[Named, ...] | Missing, machine: str) -> tuple[Named, ...]:
    return () if found is MISSING else tuple(one for one in found if one.name.startswith(machine))


def _gaps(reasons: Sequence[str]) -> tuple[Gap, ...]:
    return tuple(Gap(pointer="/own/places", reason=reason) for reason in dict.fromkeys(reasons))
