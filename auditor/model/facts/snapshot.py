"""Everything that one run observed, as it is stored and can be judged again; no secret in it."""

from dataclasses import fields
from typing import Literal

from auditor.frozen import frozen
from auditor.model.facts.canon import Canon
from auditor.model.facts.earlier import Earlier
from auditor.model.facts.gitea import Gitea
from auditor.model.facts.leaks import Leaks
from auditor.model.facts.local import Local
from auditor.model.facts.nas import Nas
from auditor.model.facts.own import Own
from auditor.model.facts.site import Site
from auditor.model.facts.target import Target
from auditor.model.missing import MISSING, Missing

SCHEMA_VERSION = 1


@frozen
class SourceRun:
    """How one source was asked; `collected_at` is when its facts are from, `error` why there are none."""

    name: str
    status: Literal["ok", "partial", "unavailable", "left-out", "brought"]
    collected_at: str | None = None
    took_seconds: float | None = None
    error: str | None = None


@frozen
class Snapshot:
    """The facts of one run; a root that is absent was not asked for.

    `mode` is the command that collected it; rules take `finished_at` for now. `target` is there for the gate alone.
    """

    schema_version: int
    tool_version: str
    id: str
    site_id: str
    mode: Literal["audit", "collect", "gate", "proposer", "secrets"]
    started_at: str
    finished_at: str
    sources: tuple[SourceRun, ...]
    local: Local | Missing = MISSING
    gitea: Gitea | Missing = MISSING
    nas: Nas | Missing = MISSING
    canon: Canon | Missing = MISSING
    site: Site | Missing = MISSING
    leaks: Leaks | Missing = MISSING
    own: Own | Missing = MISSING
    earlier: Earlier | Missing = MISSING
    target: Target | Missing = MISSING


# the collectors by which reports name what was asked; the trees of commits are Gitea's other half
_NO_SOURCES = ("canon", "own", "earlier", "target")
SOURCES = tuple(one.name for one in fields(Snapshot) if one.default is MISSING and one.name not in _NO_SOURCES)


def withheld(snapshot: Snapshot, name: str) -> bool:
    """Whether a source was asked in this run and its facts are not in the snapshot."""
    asked = any(run.name == name and run.status != "left-out" for run in snapshot.sources)
    return asked and getattr(snapshot, name) is MISSING
