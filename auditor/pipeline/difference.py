"""What changed from one report to another, finding by finding; pure. What was not observed is not gone."""

from collections.abc import Iterator, Sequence
from typing import Literal

from auditor.frozen import frozen
from auditor.model.findings import Finding
from auditor.model.report import Report
from auditor.model.rules import Outcome

_WORDS = {Outcome.FAIL: "fails", Outcome.UNKNOWN: "unknown"}
Change = Literal["new", "fixed", "unknown", "unobserved", "waived", "unwaived", "worse", "better"]


@frozen
class Difference:
    """One finding whose standing differs; `finding` is the later report's where it has one, else the earlier's."""

    change: Change
    finding: Finding


def differences(before: Report, after: Report) -> tuple[Difference, ...]:
    """The findings that differ, those of the later report first, each group in the order of its report."""
    earlier, later = _standing(before), _standing(after)
    found = [*_arrived(earlier, later), *_left(earlier, later, after.findings)]
    return tuple(found)


def _standing(report: Report) -> dict[str, Finding]:
    """The failures and unknowns, by fingerprint."""
    return {one.fingerprint: one for one in report.findings if one.outcome in _WORDS}


def _arrived(earlier: dict[str, Finding], later: dict[str, Finding]) -> Iterator[Difference]:
    for fingerprint, finding in later.items():
        change = _changed(earlier.get(fingerprint), finding)
        if change is not None:
            yield Difference(change=change, finding=finding)


def _changed(known: Finding | None, finding: Finding) -> Change | None:
    if known is None or known.outcome is not finding.outcome:
        return "new" if finding.outcome is Outcome.FAIL else "unknown"
    if (known.waiver is None) is not (finding.waiver is None):
        return "unwaived" if finding.waiver is None else "waived"
    if known.severity is not finding.severity:
        return "worse" if finding.severity.weight > known.severity.weight else "better"
    return None


def _left(earlier: dict[str, Finding], later: dict[str, Finding], findings: Sequence[Finding]) -> Iterator[Difference]:
    outcomes: dict[str, set[Outcome]] = {}
    for finding in findings:
        outcomes.setdefault(finding.rule_id, set()).add(finding.outcome)
    for fingerprint, finding in earlier.items():
        if fingerprint in later:
            continue
        seen = outcomes.get(finding.rule_id, set())
        judged = seen & {Outcome.PASS, Outcome.FAIL} and Outcome.UNKNOWN not in seen
        yield Difference(change="fixed" if judged else "unobserved", finding=finding)
