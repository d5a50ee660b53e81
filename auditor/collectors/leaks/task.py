"""What a search for secrets is told."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from auditor.detector.own_kind import Patterns
from auditor.detector.search import IsObject
from auditor.interfaces import Deadline
from auditor.model.facts.leaks import Origin

_MOST_WORKERS = 3


def processors() -> int:
    """How many processes a large search takes: one for each processor, and few on a machine with many."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(_MOST_WORKERS, allowed)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A search: `key` is that of the HMACs; `ledger` the file that remembers it, None: nothing is remembered.

    `tips` are the refs, by full name, whose present content counts as `at a tip`, with their objects; None: branches,
    tracking branches and what worktrees have checked out. `origin` is what places are said to lie in. `patterns` are
    the kinds of a site's own, id and expression. `is_object` says of files outside of git whether a hash is the id of
    an object in the repository around them.
    """

    key: bytes
    ledger: Path | None = None
    tips: Mapping[str, str] | None = None
    origin: Origin = "local"
    patterns: Patterns = ()
    is_object: IsObject | None = None
    workers: int = field(default_factory=processors)
    deadline: Deadline | None = None
    progress: Callable[[str], None] = lambda _: None

    @property
    def kept(self) -> Path | None:
        """The folder of what is remembered."""
        return None if self.ledger is None else self.ledger.parent

    def check(self) -> None:
        """Raises SourceError where the time is over; what was read so far is remembered."""
        if self.deadline is not None:
            self.deadline.check()
