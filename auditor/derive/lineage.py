"""The clone's main against the truth: which commits are only here, which are only there, how old that knowledge is.

Until Gitea itself was asked, the remote-tracking branch stands for it, and only while it is fresh.
"""

from dataclasses import dataclass

from auditor.config import Config
from auditor.model.facts.local import CommitLine, MainBranch
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing
from auditor.text import parse_time, span_text

_FETCH = "git fetch, or name the server under gitea: in policies.yaml"


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """`against` says what the clone was compared with, and `age` how old that is, as a sentence says it.

    `ahead` are the commits that the truth lacks, newest first; `behind_count` counts those that the clone lacks.
    """

    branch: str | Missing = MISSING
    against: str | Missing = MISSING
    age: str | Missing = MISSING
    commit: str | Missing = MISSING
    ahead: tuple[CommitLine, ...] | Missing = MISSING
    behind_count: int | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, config: Config) -> Lineage:
    """The lineage of the clone's main."""
    local = snapshot.local
    if local is MISSING:
        return Lineage()
    if local.main is MISSING:
        reason = Gap(pointer="/lineage", reason=f"local is unavailable: {local.error}")
        return Lineage(gaps=carried(local.gaps, ("/local/main",), "/lineage") or (reason,))
    doubt = _doubt(local.main, snapshot.finished_at, config.limits.facts_max_age)
    if doubt is not None:
        return Lineage(branch=local.main.name, gaps=(doubt,))
    return _compared(local.main, snapshot.finished_at, carried(local.gaps, ("/local/main",), "/lineage"))


def _doubt(main: MainBranch, now: str, limit: float) -> Gap | None:
    """Why the remote-tracking branch can't stand for the truth; None where it can."""
    if main.tracking_commit is None:
        return Gap(pointer="/lineage", reason=f"the clone has no {main.tracking_ref}", remedy=_FETCH)
    if main.tracking_updated_at is None:
        return Gap(pointer="/lineage", reason=f"nothing tells how old {main.tracking_ref} is", remedy=_FETCH)
    age = _age(main.tracking_updated_at, now)
    if age >= limit:
        reason = f"{main.tracking_ref} is {span_text(age)} old, and may be {span_text(limit)} at most"
        return Gap(pointer="/lineage", reason=reason, remedy=_FETCH)
    return None


def _compared(main: MainBranch, now: str, gaps: tuple[Gap, ...]) -> Lineage:
    return Lineage(
        branch=main.name,
        against=main.tracking_ref.removeprefix("refs/remotes/"),
        age=span_text(_age(main.tracking_updated_at or now, now)),
        commit=main.tracking_commit or MISSING,
        # a clone that never made the branch holds nothing of its own on it, and lacks nothing that it had
        ahead=() if main.commit is None else main.ahead,
        behind_count=0 if main.commit is None or main.behind_count is None else main.behind_count,
        gaps=gaps,
    )


def _age(moment: str, now: str) -> float:
    return max(0.0, (parse_time(now) - parse_time(moment)).total_seconds())
