"""What the stages promise each other: a collector and its context, a derivation, an output format."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from auditor.confidence import Confidence
from auditor.config import Config
from auditor.errors import SourceError
from auditor.frozen import frozen
from auditor.model.facts.earlier import Earlier
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap

if TYPE_CHECKING:  # only formats need it, and they come last
    from auditor.model.fleet import Fleet
    from auditor.model.report import Report


class Deadline:
    """The moment, on the monotonic clock, by which a run must have ended.

    `patience` seconds at most may pass uncounted while a sleeping machine wakes (`asleep`).
    """

    def __init__(self, at: float, patience: float = 0.0) -> None:
        self._at, self._patience = at, patience
        self._asleep_since: float | None = None
        self._lock = threading.Lock()

    @classmethod
    def after(cls, seconds: float, *, patience: float = 0.0) -> "Deadline":
        """The deadline `seconds` from now."""
        return cls(time.monotonic() + seconds, patience)

    def remaining(self) -> float:
        """Seconds left, the waking of a machine uncounted; never negative."""
        now = time.monotonic()
        with self._lock:
            slept = 0.0 if self._asleep_since is None else min(now - self._asleep_since, self._patience)
            return max(0.0, self._at + slept - now)

    def waking(self, seconds: float, *, reserve: float) -> float:
        """How long a machine may take to wake, of the `seconds` granted; `reserve` is what must be left after it."""
        return min(seconds, max(0.0, self.remaining() - reserve) + self._patience)

    @contextmanager
    def asleep(self) -> Iterator[Callable[[], None]]:
        """A block that waits for a machine, for one thread alone; it ends, or the function says that it woke."""
        with self._lock:
            self._asleep_since = time.monotonic()
        try:
            yield self._woke
        finally:
            self._woke()

    def _woke(self) -> None:
        with self._lock:
            if self._asleep_since is not None:
                slept = min(time.monotonic() - self._asleep_since, self._patience)
                self._at, self._patience, self._asleep_since = self._at + slept, self._patience - slept, None

    def check(self) -> None:
        """Raise SourceError if the time is over."""
        if not self.remaining():
            raise SourceError("not finished within the time limit: raise --timeout")


@frozen
class Context:
    """What a collector is given; `seen` is what the first round observed, empty in the first round itself.

    `state` is the auditor's own folder, None where it can't be written; `progress` says what is waited for. `earlier`
    gives what earlier runs saw, at the cost of reading it; None where nothing is remembered. `own` is what the sources
    tell each other of the site's own values.
    """

    config: Config
    seen: Snapshot
    state: Path | None
    deadline: Deadline
    now: datetime
    progress: Callable[[str], None]
    earlier: Callable[[], Earlier] | None = None
    own: Confidence = field(default_factory=Confidence)


class Witness(Protocol):
    """What every collector's facts have in common; the rest is their own."""

    @property
    def available(self) -> bool: ...
    @property
    def error(self) -> str | None: ...
    @property
    def gaps(self) -> tuple[Gap, ...]: ...


class Collector(Protocol):
    """A module of `auditor.collectors`: the source that it is named after, observed once.

    `ROUND` is 1 for a source that stands alone, 2 for one that needs the first round's facts.
    """

    ROUND: int

    def configured(self, config: Config) -> bool:
        """Whether the policy file names this source."""

    def collect(self, context: Context) -> Witness:
        """Observe the source; raises SourceError where nothing of it can be had."""

    def unavailable(self, reason: str, now: datetime) -> Witness:
        """The facts of a source of which nothing could be had."""


class Derivation(Protocol):
    """A module of `auditor.derive`: facts made of facts, and the root that rules read them under."""

    def derive(self, snapshot: Snapshot, config: Config) -> Any:
        """The derived facts; raises nothing, whatever is missing."""


class Format(Protocol):
    """A module of `auditor.formats`."""

    def render(self, report: "Report", style: "Style") -> str:
        """The report as text, ready to be written."""


@runtime_checkable
class SummaryFormat(Protocol):
    """A format that can also show many sites by the line of each."""

    def render_fleet(self, fleet: "Fleet", style: "Style") -> str:
        """The summary as text."""


@runtime_checkable
class ReportsFormat(Protocol):
    """A format that shows many sites by the whole report of each."""

    def render_reports(self, fleet: "Fleet", reports: "Iterator[Report | None]") -> Iterator[str]:
        """The text in pieces, so that one report at a time is in memory; None stands for a site that was not judged."""


@frozen
class Style:
    """How a format may show the report; only the console cares."""

    color: bool = False
    width: int = 100
    verbosity: int = 0
