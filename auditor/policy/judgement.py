"""A snapshot judged by a policy: the whole way from facts to findings, pure and repeatable."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from auditor.frozen import frozen
from auditor.model.codec import encode
from auditor.model.facts.audit import Audit
from auditor.model.facts.snapshot import SOURCES
from auditor.model.findings import Finding
from auditor.model.report import SourceStatus
from auditor.model.rules import Outcome, Policy, Rule, Waiver
from auditor.model.shape import describe
from auditor.policy.baseline import Judgements, compare
from auditor.policy.compiler import CompiledRule
from auditor.policy.engine import judge
from auditor.policy.observation import Observation, gaps_of
from auditor.policy.reading import Vocabulary
from auditor.policy.verdict import audit_facts
from auditor.policy.waivers import apply_waivers
from auditor.text import parse_time

AUDIT_ROOT = "audit"


@frozen
class Case:
    """What is judged: the facts by root (JSON-ready), how each source fared, and the moment that counts as now."""

    facts: Mapping[str, Any]
    sources: tuple[SourceStatus, ...]
    now: str


def vocabulary_of(roots: Mapping[str, type]) -> Vocabulary:
    """The names that rules may use: one dataclass tree per root, and the audit's own facts."""
    definitions: dict[str, Any] = {}
    names = {name: describe(cls, definitions) for name, cls in {**roots, AUDIT_ROOT: Audit}.items()}
    return Vocabulary(definitions, names)


def asked(rule: Rule, globs: Sequence[str], stage: str | None = None) -> bool:
    """Whether `--rule` asks for the rule, and the `stage` of the gate judges it; without either all are asked for."""
    if stage is not None and not {"gate", f"gate:{stage}"} & set(rule.tags):
        return False
    return not globs or any(fnmatchcase(rule.id, glob) for glob in globs)


def judge_case(
    case: Case, compiled: Sequence[CompiledRule], policy: Policy, earlier: Judgements | None
) -> tuple[Finding, ...]:
    """The findings of `compiled` over the case: waivers applied, compared with `earlier` (None: no comparison)."""
    observed = [rule for rule in compiled if not _of_audit(rule)]
    own = [rule for rule in compiled if _of_audit(rule)]
    now = parse_time(case.now)
    ids = frozenset(rule.id for rule in policy.rules)
    observation = Observation(facts=case.facts, gaps=tuple(gaps_of(case.facts)), absent=_absent(case.sources), now=now)
    findings, states = apply_waivers(judge(observed, observation), _waivers(policy, observed), ids, now)
    facts = encode(audit_facts(case.sources, observation.gaps, _applied(observed, findings), states))
    itself = Observation(
        facts={**case.facts, AUDIT_ROOT: facts}, gaps=tuple(gaps_of({AUDIT_ROOT: facts})), absent={}, now=now
    )
    verdicts, _ = apply_waivers(judge(own, itself), policy.waivers, ids, now)
    ordered = _in_order((*findings, *verdicts), policy)
    return ordered if earlier is None else compare(ordered, earlier)


def _applied(compiled: Sequence[CompiledRule], findings: Sequence[Finding]) -> list[CompiledRule]:
    """The rules that had something to judge: what only the others read is no blind spot (docker: none)."""
    applied = {finding.rule_id for finding in findings if finding.outcome is not Outcome.NOT_APPLICABLE}
    return [rule for rule in compiled if rule.rule.id in applied]


def _of_audit(rule: CompiledRule) -> bool:
    return any(f"{pointer}/".startswith(f"/{AUDIT_ROOT}/") for pointer in rule.reads)


def _waivers(policy: Policy, judged: Sequence[CompiledRule]) -> tuple[Waiver, ...]:
    """The waivers that this run can say something of: not those of rules that judge the audit itself."""
    known = {compiled.rule.id for compiled in judged}
    others = {rule.id for rule in policy.rules} - known
    return tuple(waiver for waiver in policy.waivers if waiver.rule not in others)


def _absent(sources: Sequence[SourceStatus]) -> dict[str, str]:
    reasons = {"not-configured": "is not configured", "left-out": "was left out by --only"}
    return {
        source.name: f"{source.name} {source.error or reasons[source.status]}"
        for source in sources
        if source.status in reasons and source.name in SOURCES
    }


def _in_order(findings: Sequence[Finding], policy: Policy) -> tuple[Finding, ...]:
    """The findings in the policy's order of rules."""
    order = {rule.id: index for index, rule in enumerate(policy.rules)}
    return tuple(sorted(findings, key=lambda finding: order[finding.rule_id]))
