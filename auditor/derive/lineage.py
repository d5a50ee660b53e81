"""The clone's main against the truth: which commits are only here, which are only there, how old that knowledge is.

Where no Gitea was asked, the remote-tracking branch stands for it, and only while it is fresh.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from auditor.config import Config
from auditor.frozen import frozen
from auditor.model.facts.gitea import Gitea
from auditor.model.facts.gitea_history import Commit
from auditor.model.facts.local import CommitLine, MainBranch
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing
from auditor.text import parse_time, span_text

_FETCHED = "git fetch in the clone, and run it again"
_FETCH = "git fetch, or name the server under gitea: in policies.yaml"


@frozen
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
    gaps = carried(local.gaps, ("/local/main",), "/lineage")
    if config.gitea is not None and snapshot.gitea is not MISSING:
        return _against_gitea(local.main, snapshot.gitea, snapshot.finished_at, gaps)
    doubt = _doubt(local.main, snapshot.finished_at, config.limits.facts_max_age)
    if doubt is not None:
        return Lineage(branch=local.main.name, gaps=(doubt,))
    return _compared(local.main, snapshot.finished_at, gaps)


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


def _against_gitea(main: MainBranch, gitea: Gitea, now: str, gaps: tuple[Gap, ...]) -> Lineage:
    """The clone's main against the server's, as this run saw it."""
    if not gitea.available:
        reason = f"gitea is unavailable: {gitea.error}"
        return Lineage(branch=main.name, gaps=(Gap(pointer="/lineage", reason=reason),))
    if gitea.main is None:
        reason = f"Gitea has no branch {main.name}"
        return Lineage(branch=main.name, gaps=(Gap(pointer="/lineage", reason=reason),))
    if gitea.main is MISSING or gitea.main.commit is MISSING:
        below = ("/gitea/main", "/gitea/redirect")
        return Lineage(branch=main.name, gaps=carried(gitea.gaps, below, "/lineage"))
    tip = gitea.main.commit
    known = Lineage(
        branch=main.name,
        against=f"Gitea's {gitea.main.name}",
        age=span_text(_age(gitea.observed_at, now)),
        commit=tip,
        gaps=gaps,
    )
    if main.tracking_commit == tip and main.commit is not None and main.behind_count is not None:
        return replace(known, ahead=main.ahead, behind_count=main.behind_count)
    line = _line(gitea, tip)
    places = {
        sha: place for place, sha in enumerate((tip, *(parent for commit in line for parent in commit.parents[:1])))
    }
    if main.commit is None or main.commit in places:
        return replace(known, ahead=(), behind_count=0 if main.commit is None else places[main.commit])
    return _through_tracking(known, main, line, places)


def _line(gitea: Gitea, tip: str) -> Sequence[Commit]:
    """The line of the server's main from `tip` on; empty where the objects of another moment were read."""
    commits = () if gitea.history is MISSING else gitea.history.commits
    start = next((place for place, commit in enumerate(commits) if commit.sha == tip), len(commits))
    return commits[start:]


def _through_tracking(known: Lineage, main: MainBranch, line: Sequence[Commit], places: Mapping[str, int]) -> Lineage:
    """By the remote-tracking branch, where that is an older tip of the server's main."""
    place = None if main.tracking_commit is None else places.get(main.tracking_commit)
    if place is None:
        reason = f"the clone holds nothing that joins its {main.name} to Gitea's"
        return replace(known, gaps=(*known.gaps, Gap(pointer="/lineage", reason=reason, remedy=_FETCHED)))
    fresh = line[:place]
    ahead = main.ahead
    if ahead is MISSING:
        return replace(known, behind_count=place)
    alone = tuple(commit for commit in ahead if commit.commit not in places)
    if alone and any(len(commit.parents) > 1 for commit in fresh):
        reason = f"a merge that the clone doesn't have may have brought what its {main.name} holds beyond Gitea's"
        gap = Gap(pointer="/lineage/ahead", reason=reason, remedy=_FETCHED)
        return replace(known, behind_count=place, gaps=(*known.gaps, gap))
    behind = main.behind_count if isinstance(main.behind_count, int) else 0
    return replace(known, ahead=alone, behind_count=place + behind - (len(ahead) - len(alone)))


def _age(moment: str, now: str) -> float:
    return max(0.0, (parse_time(now) - parse_time(moment)).total_seconds())
