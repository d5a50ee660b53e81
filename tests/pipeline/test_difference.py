"""Two reports compared: what arrived, what went, and what was merely not seen."""

from dataclasses import replace

import pytest

from auditor.model.facts.snapshot import Snapshot
from auditor.model.findings import Finding, WaiverNote
from auditor.model.report import Report
from auditor.model.rules import Invariant, Outcome, Severity
from auditor.pipeline.difference import differences
from auditor.pipeline.evaluation import Bench, Terms, evaluate

FAIL, PASS, UNKNOWN, ABSENT = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
WAIVER = WaiverNote(owner="ops", reason="known", expires="2026-12-31")


def finding(outcome: Outcome, subject: str = "local:file:a", **changes: object) -> Finding:
    plain = Finding(
        rule_id="some-rule",
        invariant=Invariant.SOURCE_OF_TRUTH,
        outcome=outcome,
        severity=Severity.MEDIUM,
        subject=subject,
        message="m",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.fixture
def report(snapshot: Snapshot, bench: Bench) -> Report:
    return evaluate(snapshot, bench, Terms())


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ([finding(FAIL)], [finding(FAIL)], []),
        ([finding(UNKNOWN)], [finding(UNKNOWN, message="another reason")], []),
        ([finding(PASS)], [finding(FAIL)], ["new"]),
        ([finding(UNKNOWN)], [finding(FAIL)], ["new"]),
        ([finding(FAIL)], [finding(UNKNOWN)], ["unknown"]),
        ([finding(FAIL)], [finding(PASS, "local:rule:some-rule")], ["fixed"]),
        ([finding(FAIL)], [finding(FAIL, "local:file:b")], ["new", "fixed"]),
        ([finding(FAIL)], [finding(UNKNOWN, "local:rule:some-rule")], ["unknown", "unobserved"]),
        ([finding(FAIL)], [finding(ABSENT, "local:rule:some-rule")], ["unobserved"]),
        ([finding(FAIL)], [], ["unobserved"]),
        ([finding(FAIL)], [finding(FAIL, waiver=WAIVER)], ["waived"]),
        ([finding(FAIL, waiver=WAIVER)], [finding(FAIL)], ["unwaived"]),
        ([finding(FAIL)], [finding(FAIL, severity=Severity.HIGH)], ["worse"]),
        ([finding(FAIL)], [finding(FAIL, severity=Severity.LOW)], ["better"]),
    ],
)
def test_each_finding_is_told_once(
    report: Report, before: list[Finding], after: list[Finding], changes: list[str]
) -> None:
    first, second = (replace(report, findings=tuple(findings)) for findings in (before, after))
    assert [one.change for one in differences(first, second)] == changes
