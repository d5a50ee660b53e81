"""The public settings that the slots carry, against each other."""

from collections.abc import Iterator, Mapping
from typing import Literal

from auditor.frozen import frozen
from auditor.model.facts.nas import NasSlot
from auditor.model.facts.nas_docker import Container
from auditor.model.missing import MISSING, Missing

_PUBLIC = "PUBLIC_"


@frozen
class Setting:
    """A `PUBLIC_*` variable of the slots' environment or build; `values` says what each slot has."""

    place: Literal["environment", "argument"]
    variable: str
    same: bool
    values: str


def settings_of(slots: tuple[NasSlot, ...]) -> Iterator[Setting]:
    """Every setting that one of two or more slots carries, by name."""
    seen = [(slot.name, slot.container) for slot in slots if isinstance(slot.container, Container)]
    if len(seen) < 2:
        return
    yield from _compared("environment", {name: _environment(container) for name, container in seen})
    built = {name: _arguments(container) for name, container in seen}
    known = {name: values for name, values in built.items() if values is not None}
    if len(known) > 1:
        yield from _compared("argument", known)


def _compared(
    place: Literal["environment", "argument"], slots: Mapping[str, Mapping[str, str | Missing]]
) -> Iterator[Setting]:
    for variable in sorted({name for values in slots.values() for name in values}):
        told = {slot: values.get(variable) for slot, values in slots.items()}
        found = {slot: value for slot, value in told.items() if value is not MISSING}
        if len(found) < 2:
            continue
        yield Setting(
            place=place,
            variable=variable,
            same=len(set(found.values())) == 1,
            values=", ".join(f"{slot} has {'none' if value is None else repr(value)}" for slot, value in found.items()),
        )


def _environment(container: Container) -> dict[str, str | Missing]:
    return {key.name: key.value or "" for key in container.env if key.name.startswith(_PUBLIC)}


def _arguments(container: Container) -> dict[str, str | Missing] | None:
    image = container.image
    if image is MISSING or image.arguments is MISSING:
        return None
    public = (one for one in image.arguments if one.name.startswith(_PUBLIC))
    return {one.name: MISSING if one.has_value is MISSING else one.value or "" for one in public}
