"""The verified sections of a visit, each read once; one that is absent or wrong becomes a gap of what it would tell."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from auditor.collectors.nas.gap import GapList
from auditor.errors import SourceError
from auditor.model.missing import MISSING, Missing
from auditor.transports.frames import Frames

T = TypeVar("T")


@dataclass(frozen=True)
class SectionReader:
    """Finds sections by name and notes what could not be read."""

    frames: Frames
    gaps: GapList

    def names(self) -> Iterable[str]:
        """The sections that came, verified or not, in order."""
        came = [section.name for section in self.frames.sections]
        return dict.fromkeys([*came, *(fault.section for fault in self.frames.faults if fault.section)])

    def body(self, name: str) -> bytes:
        """The bytes of a section; raises SourceError with the reason where it can't be had."""
        found = self.frames.body(name)
        if found is None:
            raise SourceError(self.reason(name))
        return found

    def read(self, name: str, pointers: str, parse: Callable[[bytes], T]) -> T | Missing:
        """What `parse` makes of a section; MISSING with a gap at each of `pointers` where that can't be."""
        return self.gaps.attempt(pointers, lambda: parse(self.body(name)))

    def reason(self, name: str) -> str:
        """Why a section is absent."""
        faults = self.frames.faults
        own = next((fault.reason for fault in faults if fault.section == name), None)
        whole = next((fault.reason for fault in faults if fault.section is None), None)
        return own or whole or "the probe could not see it"


def known(value: T | Missing, default: T) -> T:
    """A value, or what stands for it where it was not observed."""
    return default if value is MISSING else value
