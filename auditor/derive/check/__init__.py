"""CI on main: what is required, what the protection demands of it, how its statuses stand and who posted them.

Each status is judged by itself: the server's combined state covers one page, and its meaning changed with versions.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from auditor.config import Config
from auditor.derive.check.context import Context, Reasons, Stage, State, contexts_of, gap_at
from auditor.derive.check.required import Required, is_demanded, required_of, runs_on_branches
from auditor.derive.drift.canonical import commit_of
from auditor.frozen import frozen
from auditor.model.facts.gitea import Gitea, MainBranch
from auditor.model.facts.gitea_history import Workflow
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing
from auditor.once import once

_ORDER: tuple[State, ...] = ("red", "absent", "unknown", "pending", "green", "none")
_UNNAMED = "main's protection has status checks switched on and names none"
_PARTLY = "the workflow runs on pushes to some branches only: whether to those of pull requests can't be told"


@frozen
class Demand:
    """A required context, and whether the protection demands it before a merge; `text` says what is wrong."""

    name: str
    text: str
    demanded: bool | Missing = MISSING


@frozen
class Check:
    """`state` is that of all required contexts together: the worst of them."""

    state: State = "unknown"
    demands: tuple[Demand, ...] | Missing = MISSING
    contexts: tuple[Context, ...] | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


@once
def derive(snapshot: Snapshot, config: Config) -> Check:
    """The checks of the configured branch's tip."""
    gitea = snapshot.gitea
    if gitea is MISSING or config.gitea is None:
        return Check()
    if not gitea.available:
        return Check(gaps=(Gap(pointer="/check", reason=f"gitea is unavailable: {gitea.error}"),))
    main = gitea.main
    if main is None:
        return _of_nothing(f"the branch {config.gitea.branch} does not exist")
    if main is MISSING:
        reason = gap_at(gitea, "/gitea/main", "/gitea/redirect")
        return Check(gaps=(replace(reason, pointer="/check"),) if reason else ())
    globs = _globs(main)
    if globs is MISSING and not config.gitea.checks:
        reason = gap_at(gitea, "/gitea/main/status_check_contexts", "/gitea/main/enable_status_check")
        return Check(gaps=(replace(reason, pointer="/check"),) if reason else ())
    main = _judged(main, snapshot)
    required = required_of(config.gitea.checks, () if globs is MISSING else globs)
    demands = _demands(required, globs, main, gitea.workflows)
    contexts, reasons = contexts_of(required, Stage.of(snapshot, gitea, main, config))
    return Check(
        state=_worst(contexts),
        demands=demands,
        contexts=contexts,
        gaps=(*_gaps_of_demands(demands, gitea, globs), *_gaps_of_contexts(contexts, reasons)),
    )


def _judged(main: MainBranch, snapshot: Snapshot) -> MainBranch:
    """The branch, its tip being the commit that the gate names."""
    target = snapshot.target
    if target is MISSING or target.commit == main.commit:
        return main
    known = None if target.commit is MISSING else commit_of(snapshot, target.commit)
    return replace(main, commit=target.commit, committed_at=MISSING if known is None else known.committed_at)


def _of_nothing(reason: str) -> Check:
    """Where there is no branch: nothing can be said of its checks, and a rule may wait for it all the same."""
    gaps = (Gap(pointer="/check/demands/0/demanded", reason=reason), Gap(pointer="/check/contexts", reason=reason))
    return Check(demands=(Demand(name="", text="", demanded=MISSING),), gaps=gaps)


def _globs(main: MainBranch) -> tuple[str, ...] | Missing:
    """What the protection demands of every merge; a list beside a switch that is off demands nothing."""
    if main.enable_status_check is False:
        return ()
    return MISSING if main.enable_status_check is MISSING else main.status_check_contexts


def _demands(
    required: Iterable[Required],
    globs: tuple[str, ...] | Missing,
    main: MainBranch,
    workflows: tuple[Workflow, ...] | Missing,
) -> tuple[Demand, ...]:
    """Each required context; where none is named at all, one entry without a name."""
    why = "main's protection demands no status check" if main.enable_status_check is False else _UNNAMED
    if globs is MISSING:
        return tuple(Demand(name=one.name, text="") for one in required)
    found = []
    for one in required:
        demanded = is_demanded(one, globs, runs_on_branches(one.stem, workflows, main.name))
        text = f"main's protection does not demand {one.name} of a pull request" if globs else why
        found.append(Demand(name=one.name, text=text, demanded=demanded))
    return tuple(found) or (Demand(name="", text=why, demanded=False),)


def _gaps_of_demands(demands: Iterable[Demand], gitea: Gitea, globs: tuple[str, ...] | Missing) -> Iterator[Gap]:
    places = ("/gitea/main/status_check_contexts", "/gitea/main/enable_status_check", "/gitea/main")
    seen = gap_at(gitea, *places) if globs is MISSING else gap_at(gitea, "/gitea/workflows")
    reason = _PARTLY if seen is None else seen.reason
    for index, demand in enumerate(demands):
        if demand.demanded is MISSING:
            remedy = None if seen is None else seen.remedy
            yield Gap(pointer=f"/check/demands/{index}/demanded", reason=reason, remedy=remedy)


def _gaps_of_contexts(contexts: Iterable[Context], reasons: Sequence[Reasons]) -> Iterator[Gap]:
    for index, (context, why) in enumerate(zip(contexts, reasons, strict=True)):
        for name, value in (("green", context.green), ("succeeded", context.succeeded), ("genuine", context.genuine)):
            if value is MISSING:
                gap = why.green if name == "green" else why.genuine
                yield replace(gap, pointer=f"/check/contexts/{index}/{name}")


def _worst(contexts: Iterable[Context]) -> State:
    states = {context.state for context in contexts}
    return next((state for state in _ORDER if state in states), "none")
