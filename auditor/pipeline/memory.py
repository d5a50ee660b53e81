"""What a night leaves to the next: pure, from one stored snapshot to the root `earlier` of the one to come."""

from collections.abc import Iterator
from dataclasses import replace

from auditor.config import Config
from auditor.derive import drift as drift_of
from auditor.derive.hotfix import Change, hotfix_of
from auditor.derive.protection.rule import effective_rule
from auditor.derive.routine import remembered_rights
from auditor.model.facts.earlier import Earlier, EarlierRun, SeenChange, SeenProtection, SeenTip
from auditor.model.facts.gitea import Gitea, MainBranch
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING

# a tip that is known to be contained in a later one adds nothing to it; some are kept to show how far memory goes
_TIPS = 100


def earlier_of(previous: Snapshot, config: Config | None = None) -> Earlier:
    """The memory that the last stored audit leaves; what it could not see itself it hands on as it was given it.

    `config` says what it needs to judge the NAS's changes; without it they are handed on too.
    """
    known = Earlier(run=None) if previous.earlier is MISSING else previous.earlier
    if config is not None:
        known = replace(known, changes=_changes(replace(previous, earlier=known), known.changes, config))
    run = EarlierRun(id=previous.id, finished_at=previous.finished_at, started_at=previous.started_at)
    known = replace(known, rights=remembered_rights(previous, known.rights), overrides=())
    gitea = previous.gitea
    if gitea is MISSING or not gitea.available or gitea.main is MISSING or gitea.main is None:
        return replace(known, run=run)
    return replace(
        known,
        run=run,
        tips=_tips(known.tips, gitea, gitea.main),
        protection=_protection(gitea, gitea.main) or known.protection,
    )


def _tips(known: tuple[SeenTip, ...], gitea: Gitea, main: MainBranch) -> tuple[SeenTip, ...]:
    if main.commit is MISSING:
        return known
    tip = SeenTip(branch=main.name, commit=main.commit, seen_at=gitea.observed_at)
    tips = (*(one for one in known if (one.branch, one.commit) != (tip.branch, tip.commit)), tip)
    contained = {tip.commit}
    if gitea.earlier_tips is not MISSING:
        contained |= {one.commit for one in gitea.earlier_tips if one.is_ancestor is True}
    implied = [one for one in tips if one.branch == tip.branch and one.commit in contained]
    dropped = {one.commit for one in implied[:-_TIPS]}
    return tuple(one for one in tips if one.branch != tip.branch or one.commit not in dropped)


def _protection(gitea: Gitea, main: MainBranch) -> SeenProtection | None:
    """The rule that protected the branch; None where this run could not tell."""
    partial = any(gap.pointer == "/gitea/protections" for gap in gitea.gaps)
    if gitea.protections is MISSING or main.protected is MISSING or partial:
        return None
    rule = effective_rule(gitea.protections, main.name)
    if main.protected is not (rule is not None):
        return None
    return SeenProtection(branch=main.name, seen_at=gitea.observed_at, rule=rule)


def _changes(previous: Snapshot, known: tuple[SeenChange, ...], config: Config) -> tuple[SeenChange, ...]:
    """The changes of the NAS that the run saw, by path, and those of before on which it was blind."""
    drift = drift_of.derive(previous, config)
    hotfix = hotfix_of(previous, config, drift)
    if hotfix.changes is MISSING or drift.unjudged is MISSING:
        return known
    before = {one.path: one for one in known}
    unjudged = {one.path for one in drift.unjudged}
    blind = (one for path, one in before.items() if path in unjudged)
    seen = (*_seen(hotfix.changes, before, previous.finished_at), *blind)
    return tuple(sorted(seen, key=lambda one: one.path))


def _seen(changes: tuple[Change, ...], before: dict[str, SeenChange], now: str) -> Iterator[SeenChange]:
    for change in changes:
        if not change.counts:
            continue
        known = before.get(change.path)
        carried_since = change.carried_since
        if carried_since is MISSING:
            carried_since = known.carried_since if known else None
        yield SeenChange(
            path=change.path,
            since=now if change.since is MISSING else change.since,
            carried_since=carried_since,
        )
