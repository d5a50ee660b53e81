"""The tips of main that earlier runs saw, and whether today's tip still contains each: none may ever vanish."""

from collections.abc import Iterator, Mapping

from auditor.config import Config
from auditor.frozen import frozen
from auditor.model.facts.earlier import SeenTip
from auditor.model.facts.gitea import Activity, Gitea
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing

_NO_MEMORY = "no earlier run can be asked: the history was not opened"


@frozen
class Tip:
    """A commit that main pointed to; `pushed_by` and `pushed_at` say, by the activity feed, who put another there.

    On the first night there is one entry, with `seen` False.
    """

    commit: str
    seen: bool
    seen_at: str | None = None
    kept: bool | Missing = MISSING
    pushed_by: str | None = None
    pushed_at: str | None = None


@frozen
class Rewrite:
    """The earlier tips of the configured branch, and its tip now; at least one entry."""

    tip: str | Missing | None = MISSING
    tips: tuple[Tip, ...] | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, config: Config) -> Rewrite:
    """The fate of every tip that this program ever saw, its own copy's memory included."""
    gitea = snapshot.gitea
    if gitea is MISSING or config.gitea is None:
        return Rewrite()
    if not gitea.available:
        return Rewrite(gaps=(Gap(pointer="/rewrite", reason=f"gitea is unavailable: {gitea.error}"),))
    remembered = snapshot.earlier
    if remembered is MISSING:
        return Rewrite(gaps=(Gap(pointer="/rewrite", reason=_NO_MEMORY),))
    seen = {one.commit: one for one in remembered.tips if one.branch == config.gitea.branch}
    tip = _tip(gitea)
    tips = tuple(_tips(gitea, tip, seen))
    return Rewrite(tip=tip, tips=tips or (Tip(commit="", seen=False, kept=True),), gaps=tuple(_gaps(gitea, tips)))


def _tip(gitea: Gitea) -> str | Missing | None:
    """The branch's tip, by its objects where they were read: ancestry was asked of that one."""
    if gitea.history is not MISSING:
        return None if gitea.history.tip is None else gitea.history.tip.sha
    if gitea.main is MISSING or gitea.main is None:
        return gitea.main
    return gitea.main.commit


def _tips(gitea: Gitea, tip: str | Missing | None, seen: Mapping[str, SeenTip]) -> Iterator[Tip]:
    fates = {} if gitea.earlier_tips is MISSING else {one.commit: one for one in gitea.earlier_tips}
    line = () if gitea.history is MISSING else gitea.history.commits
    on_line = {commit.sha for commit in line}
    for commit in (*seen, *(commit for commit in fates if commit not in seen)):
        fate = fates.get(commit)
        kept = True if commit == tip or commit in on_line else MISSING if fate is None else fate.is_ancestor
        at = seen[commit].seen_at if commit in seen else fate.seen_at if fate else None
        row = _replacement(gitea, commit) if kept is False else None
        yield Tip(
            commit=commit,
            seen=True,
            seen_at=at,
            kept=kept,
            pushed_by=row.actor if row else None,
            pushed_at=row.created_at if row else None,
        )


def _replacement(gitea: Gitea, commit: str) -> Activity | None:
    """The push that led away from the commit, if the feed shows it."""
    rows = () if gitea.activity is MISSING else gitea.activity.rows
    return next((row for row in rows if row.old == commit and row.new is not None), None)


def _gaps(gitea: Gitea, tips: tuple[Tip, ...]) -> Iterator[Gap]:
    below = ("/gitea/earlier_tips", "/gitea/history", "/gitea/redirect")
    reasons = carried(gitea.gaps, below, "") or (Gap(pointer="", reason="the copy of the repository can't tell"),)
    for index, tip in enumerate(tips):
        if tip.kept is MISSING:
            yield Gap(pointer=f"/rewrite/tips/{index}/kept", reason=reasons[0].reason, remedy=reasons[0].remedy)
