"""The links to the issue form: what each origin serves against the canonical values, and where each link leads."""

from collections.abc import Iterator
from dataclasses import replace

from auditor.config import Config
from auditor.derive.link.exposure import Leak, PublicName, leaks_of, public_names
from auditor.derive.link.stage import before_switch
from auditor.derive.link.target import LinkTarget, targets_of
from auditor.derive.link.value import LinkValue, values_of
from auditor.frozen import frozen
from auditor.model.facts.nas import NasSlot
from auditor.model.facts.site import Serving, Site
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing


@frozen
class Links:
    """`values` are those of every origin that was read; `targets` each place that a link leads to, or should."""

    values: tuple[LinkValue, ...] | Missing = MISSING
    targets: tuple[LinkTarget, ...] | Missing = MISSING
    leaks: tuple[Leak, ...] | Missing = MISSING
    public_names: tuple[PublicName, ...] | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, config: Config) -> Links:
    """The links of the public site and of each slot whose bytes were read; before a switch, of its slot alone."""
    snapshot = before_switch(snapshot)
    site = snapshot.site
    if site is MISSING or config.site is None:
        return Links()
    servings = tuple(_servings(site, snapshot))
    values, doubts = values_of(servings, config)
    targets, questions = targets_of(site, snapshot, servings, config)
    return Links(
        values=values if servings else MISSING,
        targets=targets,
        leaks=leaks_of(site, _slots(snapshot), servings),
        public_names=public_names(servings) if servings else MISSING,
        gaps=(*_gaps(site, snapshot), *doubts, *questions),
    )


def _servings(site: Site, snapshot: Snapshot) -> Iterator[Serving]:
    if site.public is not MISSING:
        yield site.public
    for slot in _slots(snapshot):
        if slot.serving is not MISSING:
            yield slot.serving


def _slots(snapshot: Snapshot) -> tuple[NasSlot, ...]:
    nas = snapshot.nas
    return () if nas is MISSING or nas.slots is MISSING else nas.slots


def _gaps(site: Site, snapshot: Snapshot) -> Iterator[Gap]:
    """What was not read of the origins; a run that doesn't ask the NAS says nothing of its slots."""
    nas = snapshot.nas
    known = (*site.gaps, *(() if nas is MISSING else nas.gaps))
    places = ("/site/public", "/nas/slots", *(f"/nas/slots/{index}/serving" for index in range(len(_slots(snapshot)))))
    for pointer in ("/link/values", "/link/leaks", "/link/public_names"):
        if not site.available:
            yield Gap(pointer=pointer, reason=f"site is unavailable: {site.error}")
        if nas is not MISSING and not nas.available:
            yield Gap(pointer=pointer, reason=f"nas is unavailable: {nas.error}")
        yield from (replace(gap, pointer=pointer) for gap in known if gap.pointer in places)
    asked = (f"/nas/slots/{index}/exposed" for index in range(len(_slots(snapshot))))
    hidden = ("/site/exposed", *asked, *(f"{place}/secrets" for place in places))
    yield from (replace(gap, pointer="/link/leaks") for gap in known if gap.pointer in hidden)
