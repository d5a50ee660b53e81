"""What searches beside this program's own kinds: an engine takes bytes, and gives the places with a vendor's form."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Protocol

from auditor import __version__
from auditor.detector.accelerator import accelerator_version
from auditor.detector.kind import Kind

# name and version of each
Versions = tuple[tuple[str, str], ...]
# what the kinds of its rules are called by
KINGFISHER = "kingfisher/"


class EngineError(Exception):
    """An engine could not search a text whole; the message holds nothing of the text."""


@dataclass(frozen=True, slots=True)
class Found:
    """A place in a text's bytes that has the form of a kind; whether it is a secret is judged as of any other kind."""

    kind: Kind
    start: int
    end: int


class Engine(Protocol):
    """Searches texts by rules of another catalogue."""

    def find(self, raw: bytes) -> Iterable[Found]:
        """The places, in order; raises EngineError where the text could not be searched whole."""
        ...


@cache
def second_engine() -> Engine | None:
    """Kingfisher, where it is installed (extra `deep`)."""
    if find_spec("kingfisher_sdk") is None:
        return None
    from auditor.detector.kingfisher import Kingfisher

    return Kingfisher()


@cache
def engine_versions() -> Versions:
    """Name and version of everything that has a part in a search here."""
    found = [("auditor", __version__), ("hyperscan", accelerator_version())]
    if second_engine() is not None:
        from auditor.detector.kingfisher import kingfisher_version

        found.append(("kingfisher", kingfisher_version()))
    return tuple((name, version) for name, version in found if version)
