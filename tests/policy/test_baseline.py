"""What was not observed is not gone."""

from dataclasses import replace

from auditor.model.findings import Finding
from auditor.model.rules import Invariant, Outcome, Severity
from auditor.policy.baseline import EarlierFailure, compare

FAILURE = Finding(
    rule_id="r",
    invariant=Invariant.SOURCE_OF_TRUTH,
    outcome=Outcome.FAIL,
    severity=Severity.HIGH,
    subject="a",
    message="bad",
)
KNOWN = EarlierFailure(fingerprint=FAILURE.fingerprint, subject="a", message="bad")
PASS = replace(FAILURE, outcome=Outcome.PASS, subject="rule", fingerprint="")


def test_a_failure_is_new_or_unchanged_and_nothing_where_no_run_judged_its_rule() -> None:
    assert compare([FAILURE], {"r": []})[0].baseline == "new"
    assert compare([FAILURE], {"r": [KNOWN]})[0].baseline == "unchanged"
    assert compare([FAILURE], {"other": [KNOWN]})[0].baseline is None


def test_a_failure_that_is_right_again_is_listed_once_as_absent() -> None:
    found = compare([PASS], {"r": [KNOWN]})
    assert [(finding.outcome, finding.baseline, finding.fingerprint) for finding in found] == [
        (Outcome.PASS, None, PASS.fingerprint),
        (Outcome.PASS, "absent", FAILURE.fingerprint),
    ]


def test_what_was_not_observed_is_not_gone() -> None:
    unknown = replace(PASS, outcome=Outcome.UNKNOWN)
    assert compare([unknown], {"r": [KNOWN]}) == (unknown,)
    inapplicable = replace(PASS, outcome=Outcome.NOT_APPLICABLE)
    assert compare([inapplicable], {"r": [KNOWN]}) == (inapplicable,)
