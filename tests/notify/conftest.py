"""Reports and lives of findings, night by night."""

from dataclasses import replace

from auditor.history.record import FindingLife
from auditor.model.findings import Finding, WaiverNote
from auditor.model.report import Report, RunInfo, Tool
from auditor.model.rules import Invariant, Outcome, Severity
from auditor.policy.verdict import summarise

NOTE = WaiverNote(owner="ops@example.net", reason="known", expires="2026-12-31")


def night(number: int) -> str:
    """The start of a night's run."""
    return f"2026-02-{number:02d}T03:00:00Z"


def finding(name: str, outcome: Outcome = Outcome.FAIL, **changes: object) -> Finding:
    made = Finding(
        rule_id="some-rule",
        invariant=Invariant.SOURCE_OF_TRUTH,
        outcome=outcome,
        severity=Severity.HIGH,
        subject=f"local:file:{name}",
        message=f"{name} is wrong",
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # as the fields say


def report(number: int, *findings: Finding) -> Report:
    """What the run of a night says."""
    verdict = "non-compliant" if any(one.outcome is Outcome.FAIL for one in findings) else "compliant"
    return Report(
        schema_version=1,
        tool=Tool(name="auditor", version="0"),
        run=RunInfo(
            id=f"019b76da-{number:04x}-7000-8000-{number:012x}",
            site="my-site",
            started_at=night(number),
            finished_at=night(number).replace(":00Z", ":09Z"),
            mode="audit",
            policy_sha256="0" * 64,
            snapshot_sha256="0" * 64,
        ),
        verdict=verdict,
        summary=summarise(findings),
        sources=(),
        findings=findings,
    )


def life(
    one: Finding, *, since: int | None, resolved: int | None = None, outcome_since: int | None = None
) -> FindingLife:
    """A finding's life: failing since a night, right again from another."""
    start = night(since or outcome_since or 1)
    return FindingLife(
        fingerprint=one.fingerprint,
        rule_id=one.rule_id,
        invariant=one.invariant.value,
        severity=one.severity.value,
        subject=one.subject,
        message=one.message,
        outcome="pass" if resolved else one.outcome.value,
        waived=one.waiver is not None,
        failing=resolved is None and since is not None,
        first_seen=start,
        clean_at=None,
        since=None if since is None else night(since),
        last_seen=start,
        outcome_since=night(outcome_since or resolved or since or 1),
        resolved_at=None if resolved is None else night(resolved),
        occurrences=1,
    )
