"""A waived failure stays visible; a waiver that no longer holds says so."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.model.findings import Finding
from auditor.model.rules import Invariant, Outcome, Severity, Waiver
from auditor.policy.waivers import apply_waivers

NOW = datetime(2026, 2, 1, tzinfo=UTC)
FAILURE = Finding(
    rule_id="r",
    invariant=Invariant.SOURCE_OF_TRUTH,
    outcome=Outcome.FAIL,
    severity=Severity.HIGH,
    subject="nas:file:a",
    message="bad",
)
WAIVER = Waiver(
    rule="r",
    subject="nas:file:a",
    owner="ops@example.net",
    reason="planned",
    expires="2026-12-31",
    expires_at="2027-01-01T00:00:00Z",
)


def applied(findings: list[Finding], waiver: Waiver) -> tuple[tuple[Finding, ...], str]:
    marked, states = apply_waivers(findings, [waiver], frozenset({"r"}), NOW)
    return marked, states[0].state


def test_a_live_waiver_marks_the_failure_and_leaves_its_outcome() -> None:
    (marked,), state = applied([FAILURE], WAIVER)
    assert state == "live"
    assert marked.outcome is Outcome.FAIL
    assert marked.waiver is not None
    assert marked.waiver.owner == "ops@example.net"


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"expires_at": "2026-02-01T00:00:00Z"}, "expired"),
        ({"subject": "nas:file:b"}, "unused"),
        ({"subject": "nas:file:*"}, "unused"),
        ({"rule": "nope"}, "unknown-rule"),
        ({"content": "sha256:1"}, "content-changed"),
    ],
)
def test_a_waiver_that_does_not_hold_waives_nothing(changes: dict[str, Any], state: str) -> None:
    (marked,), found = applied([FAILURE], replace(WAIVER, **changes))
    assert marked.waiver is None
    assert found == state


def test_it_holds_through_the_second_before_it_expires() -> None:
    (marked,), _ = applied([FAILURE], replace(WAIVER, expires_at="2026-02-01T00:00:01Z"))
    assert marked.waiver is not None


def test_an_expired_waiver_is_named_in_the_finding() -> None:
    (marked,), _ = applied([FAILURE], replace(WAIVER, expires="2026-01-31", expires_at="2026-02-01T00:00:00Z"))
    assert "expired 2026-01-31" in marked.message
    assert marked.fingerprint == FAILURE.fingerprint


def test_globs_cover_several_subjects_and_the_same_content_is_covered() -> None:
    others = [FAILURE, replace(FAILURE, subject="nas:file:b", fingerprint="")]
    marked, state = applied(others, replace(WAIVER, subject=None, subjects=("nas:file:*",)))
    assert all(finding.waiver for finding in marked)
    assert state == "live"
    (same,), state = applied([replace(FAILURE, content="sha256:1")], replace(WAIVER, content="sha256:1"))
    assert same.waiver is not None
    assert state == "live"


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.NOT_APPLICABLE])
def test_what_was_not_judged_makes_no_waiver_useless(outcome: Outcome) -> None:
    (marked,), state = applied([replace(FAILURE, outcome=outcome)], WAIVER)
    assert marked.waiver is None
    assert state == "live"
