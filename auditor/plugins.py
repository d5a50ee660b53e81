"""Collectors, derivations and formats, found by listing their packages, formats by entry point too.

Nothing is imported before it is asked for; what another distribution offers can add a format and replace none.
"""

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

from auditor.errors import OutputError, UsageError
from auditor.interfaces import Format, Style
from auditor.text import printable, short

if TYPE_CHECKING:  # costs what a command without --format need not pay
    from importlib.metadata import EntryPoint

    from auditor.model.report import Report

GROUP = "auditor.formats"


@cache
def names(package: str) -> tuple[str, ...]:
    """The names of the modules and packages directly below `auditor.<package>`, sorted; none is imported."""
    spec = find_spec(f"auditor.{package}")
    folders = spec.submodule_search_locations if spec else None
    return tuple(sorted(module.name for module in pkgutil.iter_modules(folders or [])))


def load(package: str, name: str) -> ModuleType:
    """The module `name` of `auditor.<package>`; raises UsageError for any other."""
    if name not in names(package):
        raise UsageError(_unknown(package, name, names(package)))
    return import_module(f"auditor.{package}.{name}")


def format_names() -> tuple[str, ...]:
    """The names of the formats, our own and those of installed distributions, sorted; none is imported."""
    return tuple(sorted({*names("formats"), *_offers()}))


def demand_format(name: str) -> None:
    """Raise UsageError unless there is one format `name` that can be used; one of our own is not yet imported."""
    offers = _offers().get(name, ())
    owners = [*(["auditor"] if name in names("formats") else []), *map(_distribution, offers)]
    if not owners:
        raise UsageError(_unknown("formats", name, format_names()))
    if len(owners) > 1:
        raise UsageError(f"format '{name}' is offered by {' and by '.join(owners)}: remove all but one of them")
    if offers:
        _guest(name)


def load_format(name: str) -> Format:
    """The format of that name, our own first; raises UsageError as `demand_format` does."""
    if name not in names("formats"):
        demand_format(name)
        return _guest(name)
    own: Format = import_module(f"auditor.formats.{name}")
    return own


@dataclass(frozen=True)
class _Guest:
    """A format of another distribution, whose faults are told as its own."""

    title: str
    format: Format

    def render(self, report: "Report", style: Style) -> str:
        """The report as that format has it; raises OutputError where it fails or gives no text."""
        try:
            text: object = self.format.render(report, style)
        except (Exception, SystemExit) as error:  # no guest decides the exit code
            raise OutputError(f"{self.title} failed: {_fault(error)}; tell its authors") from error
        if not isinstance(text, str):
            raise OutputError(f"{self.title} gave no text but '{type(text).__name__}': tell its authors")
        return text


@cache
def _guest(name: str) -> _Guest:
    [offer] = _offers()[name]
    title = f"format '{name}' of {_distribution(offer)}"
    try:
        loaded = offer.load()
    except (Exception, SystemExit) as error:
        raise UsageError(f"{title} can't be loaded: {_fault(error)}; mend that distribution or remove it") from error
    if not callable(getattr(loaded, "render", None)):
        raise UsageError(f"{title} can't be used: '{offer.value}' has no function render(report, style)")
    return _Guest(title, loaded)


@cache
def _offers() -> Mapping[str, tuple["EntryPoint", ...]]:
    """What installed distributions offer, by name; more than one of a name are in each other's way."""
    from importlib.metadata import entry_points

    offers: dict[str, tuple[EntryPoint, ...]] = {}
    for entry in entry_points(group=GROUP):
        offers[entry.name] = (*offers.get(entry.name, ()), entry)
    return offers


def _distribution(offer: "EntryPoint") -> str:
    if offer.dist is None:
        return "a distribution without a name"
    return f"{offer.dist.name} {offer.dist.version}"


def _fault(error: BaseException) -> str:
    return short(printable(f"{type(error).__name__}: {error}"), 200)


def _unknown(package: str, name: str, known: tuple[str, ...]) -> str:
    return f"no such {package.removesuffix('s')} '{name}': choose one of {', '.join(known)}"
