"""Which rules would see a drift of this site: each single change of what a run observed is judged, offline."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal

from auditor.frozen import frozen
from auditor.model.facts.snapshot import Snapshot
from auditor.model.report import Report
from auditor.model.rules import Invariant, Outcome
from auditor.pipeline.evaluation import Bench, Terms, evaluate
from auditor.pipeline.mutation import mutants
from auditor.policy.compiler import CompiledRule

_NEVER = "no single change that was tried makes it fail"


@frozen
class Sight:
    """What one rule sees: `why` is the change that makes it fire, what fails already, or the reason why it is blind."""

    rule_id: str
    state: Literal["fires", "fails", "blind"]
    why: str


def sights(snapshot: Snapshot, bench: Bench, go_on: Callable[[], bool]) -> tuple[Sight, ...]:
    """Every rule of the policy, in its order; `go_on` is asked before each change, whether there is time for it."""
    base = evaluate(snapshot, bench, Terms())
    known = {one.rule_id: one.fingerprint for one in base.findings if one.outcome is Outcome.FAIL}
    fired: dict[str, str] = {}
    pending = [one for one in bench.compiled if one.rule.id not in known]
    whole = True
    for mutant in mutants(snapshot):
        asked = [one for one in pending if _concerned(one, mutant.root)]
        if not asked:
            continue
        whole = go_on()
        if not whole:
            break
        report = evaluate(mutant.snapshot, replace(bench, compiled=tuple(asked)), Terms())
        fired |= {one.rule_id: mutant.text for one in report.findings if one.outcome is Outcome.FAIL}
        pending = [one for one in pending if one.rule.id not in fired]
    unseen = _NEVER if whole else "not found in the time given: raise --timeout"
    return tuple(_sights(bench, base, fired, unseen))


def _concerned(compiled: CompiledRule, root: str) -> bool:
    """Whether a change of the source can matter to the rule: it needs the source, or says nothing of what it needs."""
    needs = {name for need in compiled.needs for name in need.split("|")}
    return not needs or root in needs or root == "canon" or "canon" in {use.root for use in compiled.roots}


def _sights(bench: Bench, base: Report, fired: dict[str, str], unseen: str) -> Iterator[Sight]:
    failing = {one.rule_id: one.subject for one in base.findings if one.outcome is Outcome.FAIL}
    blind = {one.rule_id: one.message for one in base.findings if one.outcome in _BLINDING}
    for rule in bench.policy.rules:
        if rule.id in failing:
            yield Sight(rule_id=rule.id, state="fails", why=failing[rule.id])
        elif rule.id in fired:
            yield Sight(rule_id=rule.id, state="fires", why=fired[rule.id])
        elif rule.invariant is Invariant.AUDIT:
            yield Sight(rule_id=rule.id, state="blind", why="judges the audit itself, and no fact of the site")
        elif not rule.enabled:
            yield Sight(rule_id=rule.id, state="blind", why=f"switched off: {rule.disabled_reason}")
        else:
            yield Sight(rule_id=rule.id, state="blind", why=blind.get(rule.id, unseen))


_BLINDING = (Outcome.UNKNOWN, Outcome.NOT_APPLICABLE)
