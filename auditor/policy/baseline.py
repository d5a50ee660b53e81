"""Today's findings against the last run that judged the same rule: new, unchanged, or absent now."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from auditor.frozen import frozen
from auditor.model.findings import Finding
from auditor.model.rules import Outcome


@frozen
class EarlierFailure:
    """A failure of the last run that judged its rule."""

    fingerprint: str
    subject: str
    message: str


# by rule id; a rule that no stored run has judged is absent
Judgements = Mapping[str, Sequence[EarlierFailure]]


def compare(findings: Sequence[Finding], earlier: Judgements) -> tuple[Finding, ...]:
    """`findings` with their baseline, and a passing `absent` one for each failure that is right again.

    What was not observed today is not gone: a rule with an unknown has no absent ones.
    """
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule_id, []).append(finding)
    compared: list[Finding] = []
    for rule, group in by_rule.items():
        known = earlier.get(rule)
        compared += group if known is None else _compared(group, known)
    return tuple(compared)


def _compared(group: list[Finding], known: Sequence[EarlierFailure]) -> list[Finding]:
    before = {failure.fingerprint for failure in known}
    result = [
        replace(finding, baseline="unchanged" if finding.fingerprint in before else "new")
        if finding.outcome is Outcome.FAIL
        else finding
        for finding in group
    ]
    observed = all(finding.outcome in (Outcome.FAIL, Outcome.PASS) for finding in group)
    now = {finding.fingerprint for finding in group if finding.outcome is Outcome.FAIL}
    gone = [failure for failure in known if failure.fingerprint not in now] if observed else []
    return result + [_absent(group[0], failure) for failure in gone]


def _absent(model: Finding, failure: EarlierFailure) -> Finding:
    return Finding(
        rule_id=model.rule_id,
        invariant=model.invariant,
        outcome=Outcome.PASS,
        severity=model.severity,
        subject=failure.subject,
        message=f"right again: {failure.message}",
        fingerprint=failure.fingerprint,
        baseline="absent",
    )
