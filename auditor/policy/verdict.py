"""From findings to the verdict: what was asked of the sources, what they left open, what it all adds up to."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from auditor.model.facts.audit import Audit, Blind, WaiverState
from auditor.model.facts.witness import Gap
from auditor.model.findings import Finding
from auditor.model.report import SeverityCount, SourceStatus, Summary
from auditor.model.rules import Outcome, Severity
from auditor.policy.compiler import CompiledRule
from auditor.policy.reading import touches


def summarise(findings: Sequence[Finding]) -> Summary:
    """How many findings there are of each outcome, and of each severity among the unwaived failures."""
    failures = [finding for finding in findings if finding.outcome is Outcome.FAIL]
    unwaived = [finding for finding in failures if finding.waiver is None]
    return Summary(
        pass_=_count(findings, Outcome.PASS),
        fail=len(unwaived),
        unknown=_count(findings, Outcome.UNKNOWN),
        not_applicable=_count(findings, Outcome.NOT_APPLICABLE),
        waived=len(failures) - len(unwaived),
        by_severity=SeverityCount(
            **{severity.value: sum(one.severity is severity for one in unwaived) for severity in Severity}
        ),
    )


def _count(findings: Iterable[Finding], outcome: Outcome) -> int:
    return sum(finding.outcome is outcome for finding in findings)


def audit_facts(
    sources: Sequence[SourceStatus],
    gaps: Sequence[Gap],
    judged: Sequence[CompiledRule],
    waivers: tuple[WaiverState, ...],
) -> Audit:
    """The facts of the audit itself: each source that is unavailable, each gap in a fact that a judged rule reads.

    `gaps` are those of the derived facts too, which carry the reason of the source's own.
    """
    reads = {pointer for compiled in judged for pointer in _closely(compiled)}
    carried = {gap.reason for gap in gaps if _is_read(gap, reads)}
    dark = [source for source in sources if source.status == "unavailable"]
    open_questions = [
        *((source.name, Gap(pointer=f"/{source.name}", reason=_dark(source))) for source in dark),
        *((source.name, gap) for source in sources for gap in source.gaps if gap.reason in carried),
    ]
    reasons = (replace(gap, pointer=f"/audit/blind/{index}/observed") for index, (_, gap) in enumerate(open_questions))
    return Audit(
        blind=tuple(Blind(source=source, pointer=gap.pointer) for source, gap in open_questions),
        waivers=waivers,
        gaps=tuple(reasons),
    )


def _closely(compiled: CompiledRule) -> Iterable[str]:
    """What a rule reads, but for its list as a whole where it reads members of the elements: others' are not its."""
    whole = "/" + (compiled.rule.for_each or "").replace(".", "/")
    members = [pointer for pointer in compiled.reads if pointer != whole]
    return members if any(pointer.startswith(f"{whole}/") for pointer in members) else compiled.reads


def _dark(source: SourceStatus) -> str:
    """The reason as every rule that needs the source gives it."""
    return f"{source.name} is unavailable: {source.error or 'no reason given'}"


def _is_read(gap: Gap, reads: Iterable[str]) -> bool:
    return any(touches(pointer, gap.pointer) for pointer in reads)
