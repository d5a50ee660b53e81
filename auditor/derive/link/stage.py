"""What a stage of the gate looks at: what the other slot and the public site serve is what a switch cures."""

import re
from collections.abc import Iterable
from dataclasses import replace

from auditor.extraction.address import normal_base
from auditor.model.facts.site import Serving, Site
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing

_SERVED = ("serving", "exposed")


def before_switch(snapshot: Snapshot) -> Snapshot:
    """The facts without those of other origins than the slot of the switch; any other run's facts as they are."""
    target, site, nas = snapshot.target, snapshot.site, snapshot.nas
    if target is MISSING or target.stage != "switch" or site is MISSING or nas is MISSING or nas.slots is MISSING:
        return snapshot
    chosen = {index: slot for index, slot in enumerate(nas.slots) if slot.name == target.slot}
    if not chosen:
        return snapshot
    slots = (
        slot if index in chosen else replace(slot, serving=MISSING, exposed=MISSING)
        for index, slot in enumerate(nas.slots)
    )
    others = [
        f"/nas/slots/{index}/{name}" for index in range(len(nas.slots)) if index not in chosen for name in _SERVED
    ]
    return replace(
        snapshot,
        site=_without_public(site, next(iter(chosen.values())).serving),
        nas=replace(nas, slots=tuple(slots), gaps=_elsewhere(nas.gaps, others)),
    )


def _without_public(site: Site, serving: Serving | Missing) -> Site:
    """The site's facts with the targets of the slot's links alone, and the configured one."""
    links = () if serving is MISSING else serving.links
    wanted = {(normal_base(link.base), link.owner, link.repo) for link in links}
    kept = [
        (index, one)
        for index, one in enumerate(() if site.targets is MISSING else site.targets)
        if one.configured or (one.base, one.owner, one.repo) in wanted
    ]
    moved = {index: number for number, (index, _) in enumerate(kept)}
    gaps = (_moved(gap, moved) for gap in _elsewhere(site.gaps, ("/site/public", "/site/exposed")))
    targets = MISSING if site.targets is MISSING else tuple(one for _, one in kept)
    return replace(site, public=MISSING, exposed=MISSING, targets=targets, gaps=tuple(gap for gap in gaps if gap))


def _elsewhere(gaps: Iterable[Gap], places: Iterable[str]) -> tuple[Gap, ...]:
    below = tuple(f"{place}/" for place in places)
    return tuple(gap for gap in gaps if not f"{gap.pointer}/".startswith(below))


def _moved(gap: Gap, moved: dict[int, int]) -> Gap | None:
    """A gap of a target at the target's new place; None where the target is left out."""
    found = re.fullmatch(r"/site/targets/(\d+)(/.*)?", gap.pointer)
    if found is None:
        return gap
    number = moved.get(int(found[1]))
    return None if number is None else replace(gap, pointer=f"/site/targets/{number}{found[2] or ''}")
