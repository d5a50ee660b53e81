"""Puts what another machine found in its clone in the place of a clone that could not be searched here."""

from dataclasses import replace
from typing import TypeVar

from auditor.collectors.leaks.attribution import merged
from auditor.model.facts.leaks import Leak, Leaks, Searched
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing

T = TypeVar("T")


def joined(own: Leaks | Missing, brought: Leaks) -> Leaks:
    """The facts of `own` with those of the clone from `brought`; gaps come along with what they speak of."""
    if own is MISSING or not own.available or own.searched is MISSING or brought.searched is MISSING:
        return brought
    lost = {f"/leaks/searched/{place}" for place, one in enumerate(own.searched) if one.origin == "local"}
    kept: list[Searched] = [one for one in own.searched if one.origin != "local"]
    others = [*kept, *(one for one in brought.searched if one.origin == "local")]
    return replace(
        own,
        searched=tuple(others),
        secrets=merged([*_all(own.secrets), *_of_clone(brought)]),
        named_files=(*_all(own.named_files), *(one for one in _all(brought.named_files) if one.origin == "local")),
        gaps=(*(gap for gap in own.gaps if gap.pointer not in lost), *_gaps(brought, len(kept))),
    )


def _all(found: tuple[T, ...] | Missing) -> tuple[T, ...]:
    return () if found is MISSING else found


def _of_clone(brought: Leaks) -> list[Leak]:
    found = [
        replace(leak, places=tuple(place for place in leak.places if place.origin == "local"))
        for leak in _all(brought.secrets)
    ]
    return [leak for leak in found if leak.places]


def _gaps(brought: Leaks, at: int) -> list[Gap]:
    """The gaps that speak of the clone; that of its whole search stands at its new place."""
    found = [gap for gap in brought.gaps if gap.reason.startswith("local:")]
    return [replace(gap, pointer=f"/leaks/searched/{at}") if "/searched/" in gap.pointer else gap for gap in found]
