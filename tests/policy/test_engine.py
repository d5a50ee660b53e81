"""Three values and no fourth: what was not observed neither passes nor fails."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.model.findings import Finding, fingerprint
from auditor.model.rules import EvidenceExpression, LocationExpressions, Outcome
from auditor.policy.engine import CHUNK

Judged = Callable[..., tuple[Finding, ...]]
WHOLE: dict[str, Any] = {
    "for_each": None,
    "variable": None,
    "subject": "nas:rule:x",
    "message": "bad",
    "remediation": "mend",
}


def one(findings: tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, findings
    return findings[0]


def world(*heads: str | None, main: str = "m") -> dict[str, Any]:
    slots = [{"name": f"s{index:04}", "head": head} for index, head in enumerate(heads)]
    return {"nas": {"available": True, "slots": slots}, "gitea": {"available": True, "main": main}}


def test_each_failing_element_is_one_finding_and_a_clean_list_one_pass(judged: Judged) -> None:
    found = judged(world("m", "x", "y"))
    assert [(finding.outcome, finding.subject, finding.message) for finding in found] == [
        (Outcome.FAIL, "nas:slot:s0001", "s0001 runs x, main is m"),
        (Outcome.FAIL, "nas:slot:s0002", "s0002 runs y, main is m"),
    ]
    assert found[0].fingerprint == fingerprint("nas-slot-head", "nas:slot:s0001")
    clean = one(judged(world("m", "m")))
    assert (clean.outcome, clean.subject) == (Outcome.PASS, "nas:rule:nas-slot-head")
    assert "2 looked at" in clean.message


@pytest.mark.parametrize(
    ("assertion", "outcome"),
    [
        ("false && gitea.main == 'm'", Outcome.FAIL),
        ("gitea.main == 'm' && false", Outcome.FAIL),
        ("true || gitea.main == 'm'", Outcome.PASS),
        ("gitea.main == 'm' || true", Outcome.PASS),
        ("gitea.main == 'm'", Outcome.UNKNOWN),
        ("!(gitea.main == 'm')", Outcome.UNKNOWN),
        ("gitea.main == 'm' ? true : true", Outcome.UNKNOWN),
        ("gitea.checks.size() == 0", Outcome.UNKNOWN),
        ("gitea.checks.all(c, c == 'x')", Outcome.UNKNOWN),
        ("!('x' in gitea.checks)", Outcome.UNKNOWN),
        ("nas.slots.all(s, s.healthy)", Outcome.FAIL),
        ("nas.slots.exists(s, s.healthy == false)", Outcome.PASS),
        ("nas.slots.exists(s, s.healthy)", Outcome.UNKNOWN),
    ],
)
def test_an_absent_fact_makes_unknown_unless_the_rest_decides(judged: Judged, assertion: str, outcome: Outcome) -> None:
    facts = {"nas": {"slots": [{"name": "a"}, {"name": "b", "healthy": False}]}, "gitea": {}}
    assert one(judged(facts, assertion=assertion, **WHOLE)).outcome is outcome


def test_an_unknown_element_does_not_hide_its_neighbours(judged: Judged) -> None:
    facts = world("m", "x")
    del facts["nas"]["slots"][0]["head"]
    assert [(finding.outcome, finding.subject) for finding in judged(facts)] == [
        (Outcome.FAIL, "nas:slot:s0001"),
        (Outcome.UNKNOWN, "nas:slot:s0000"),
    ]


def test_the_reason_of_an_unknown_is_its_gap_and_the_remedy_the_gaps_own(judged: Judged) -> None:
    facts = world("m", "m")
    del facts["nas"]["slots"][1]["head"]
    facts["nas"]["gaps"] = [
        {"pointer": "/nas/slots/0/head", "reason": "another one", "remedy": None},
        {"pointer": "/nas/slots/1/head", "reason": "no right to ask docker", "remedy": "grant it"},
    ]
    finding = one(judged(facts))
    assert (finding.message, finding.remediation) == ("no right to ask docker", "grant it")


def test_an_unavailable_source_makes_unknown_with_its_error(judged: Judged) -> None:
    finding = one(judged({"nas": {"available": False, "error": "refused"}, "gitea": {"main": "m"}}))
    assert (finding.outcome, finding.message) == (Outcome.UNKNOWN, "nas is unavailable: refused")


def test_a_list_that_was_cut_is_unknown_beside_what_it_shows(judged: Judged) -> None:
    facts = world("m", "m")
    facts["nas"]["gaps"] = [{"pointer": "/nas/slots", "reason": "cut at 2", "remedy": None}]
    assert one(judged(facts)).outcome is Outcome.UNKNOWN
    facts["nas"]["slots"][0]["head"] = "x"
    assert [finding.outcome for finding in judged(facts)] == [Outcome.FAIL, Outcome.UNKNOWN]


def test_a_gap_of_an_element_that_the_rule_leaves_out_is_not_its_matter(judged: Judged) -> None:
    facts = world("m", "x")
    facts["nas"]["slots"][0]["healthy"] = True
    facts["nas"]["slots"][1]["healthy"] = False
    facts["nas"]["gaps"] = [{"pointer": "/nas/slots/1/head", "reason": "not read", "remedy": None}]
    assert one(judged(facts, when="slot.healthy")).outcome is Outcome.PASS
    del facts["nas"]["slots"][1]["head"]
    assert one(judged(facts, when="slot.healthy")).outcome is Outcome.PASS
    assert one(judged(facts)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("pointer", ["/nas/slots/0/head", "/nas/slots/9/head", "/nas/slots", "/nas/slots/*/head"])
def test_any_other_gap_of_a_list_with_a_condition_is(judged: Judged, pointer: str) -> None:
    facts = world("m", "x")
    facts["nas"]["slots"][0]["healthy"] = True
    facts["nas"]["slots"][1]["healthy"] = False
    facts["nas"]["gaps"] = [{"pointer": pointer, "reason": "not whole", "remedy": None}]
    assert one(judged(facts, when="slot.healthy")).outcome is Outcome.UNKNOWN


def test_a_gap_beside_what_a_rule_reads_is_not_its_matter(judged: Judged) -> None:
    facts = world("m")
    facts["nas"]["gaps"] = [{"pointer": "/nas/commit", "reason": "not read", "remedy": None}]
    assert one(judged(facts)).outcome is Outcome.PASS


def test_a_source_that_is_not_configured_makes_not_applicable(judged: Judged) -> None:
    finding = one(judged(world("x"), absent={"gitea": "gitea is not configured"}))
    assert (finding.outcome, finding.message) == (Outcome.NOT_APPLICABLE, "gitea is not configured")


@pytest.mark.parametrize("empty", [Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.UNKNOWN, Outcome.FAIL])
def test_an_empty_list_is_what_the_rule_says(judged: Judged, empty: Outcome) -> None:
    finding = one(judged(world(), empty=empty))
    assert finding.outcome is empty
    assert "0 of 0" in finding.message


def test_when_false_everywhere_is_not_applicable(judged: Judged) -> None:
    finding = one(judged(world("x", "y"), when="slot.name == 'other'", otherwise="no slot named other"))
    assert (finding.outcome, finding.message) == (Outcome.NOT_APPLICABLE, "no slot named other")


def test_an_unknown_condition_is_unknown(judged: Judged) -> None:
    assert one(judged(world("x"), when="slot.healthy")).outcome is Outcome.UNKNOWN


def test_a_fault_of_the_rule_is_unknown_and_recognisable(judged: Judged) -> None:
    finding = one(judged(world(None), assertion="slot.head.startsWith('m')"))
    assert finding.outcome is Outcome.UNKNOWN
    assert finding.message.startswith("rule error: ")


def test_more_steps_than_the_language_allows_are_taken_element_by_element(judged: Judged) -> None:
    facts = world(*(["m"] * CHUNK))
    assertion = "nas.slots.all(a, a.head == slot.head) && slot.head == gitea.main"
    assert one(judged(facts, assertion=assertion)).outcome is Outcome.PASS


def test_two_elements_of_one_subject_are_one_finding_and_the_worse_one(judged: Judged) -> None:
    facts = world("x", "y")
    del facts["nas"]["slots"][0]["head"]
    assert one(judged(facts, subject="nas:slot:same")).outcome is Outcome.FAIL


def test_now_is_the_moment_that_was_given(judged: Judged) -> None:
    facts = {"nas": {"moved_at": "2026-02-01T02:00:00Z"}}
    assert (
        one(judged(facts, assertion="now - timestamp(nas.moved_at) < duration('2h')", **WHOLE)).outcome is Outcome.PASS
    )
    assert (
        one(judged(facts, assertion="now - timestamp(nas.moved_at) < duration('1h')", **WHOLE)).outcome is Outcome.FAIL
    )


def test_evidence_and_location_come_from_the_facts_and_never_fail(judged: Judged) -> None:
    finding = judged(
        world("x"),
        evidence=(
            EvidenceExpression(name="head", expression="slot.head"),
            EvidenceExpression(name="gone", expression="slot.healthy"),
        ),
        location=LocationExpressions(path="slot.name", commit="slot.head", url="nas.commit"),
    )[0]
    assert [(value.name, value.value) for value in finding.evidence] == [("head", "x"), ("gone", None)]
    assert finding.location is not None
    assert (finding.location.path, finding.location.commit, finding.location.url) == ("s0000", "x", None)


def test_messages_are_cut(judged: Judged) -> None:
    assert len(judged(world("x" * 5000))[0].message) == 1024


heads = st.lists(
    st.one_of(st.none(), st.sampled_from(["m", "x", "é\u202e", "a" * 300]), st.just("\x00")), max_size=2 * CHUNK
)


@settings(max_examples=40, deadline=None)
@given(heads=heads, hidden=st.sets(st.integers(0, 2 * CHUNK)))
def test_withdrawing_facts_never_makes_a_pass(judged: Judged, heads: list[str | None], hidden: set[int]) -> None:
    whole = {finding.subject: finding.outcome for finding in judged(world(*heads))}
    facts = world(*heads)
    for index in hidden:
        if index < len(heads):
            del facts["nas"]["slots"][index]["head"]
    less = {finding.subject: finding.outcome for finding in judged(facts)}
    for subject, outcome in whole.items():
        if outcome is Outcome.FAIL:
            assert less.get(subject) in (Outcome.FAIL, Outcome.UNKNOWN)
    touched = any(index < len(heads) for index in hidden)
    assert Outcome.PASS not in less.values() or not touched


@settings(max_examples=25, deadline=None)
@given(heads=heads)
def test_chunks_and_single_elements_agree_with_python(judged: Judged, heads: list[str | None]) -> None:
    failing = {f"nas:slot:s{index:04}" for index, head in enumerate(heads) if head != "m"}
    found = judged(world(*heads))
    assert {finding.subject for finding in found if finding.outcome is Outcome.FAIL} == failing


def test_findings_are_in_the_order_of_subjects_whatever_the_order_of_facts(judged: Judged) -> None:
    facts = world("x", "y", "z")
    backwards = world("x", "y", "z")
    backwards["nas"]["slots"].reverse()
    assert judged(facts) == judged(backwards)
    assert all(re.fullmatch("[0-9a-f]{64}", finding.fingerprint) for finding in judged(facts))


def test_failing_elements_cost_time_in_proportion(judged: Judged) -> None:
    few, many = world(*["x"] * 500), world(*["x"] * 4000)
    judged(few)
    started = time.process_time()
    judged(few)
    of_few = time.process_time() - started
    started = time.process_time()
    assert len(judged(many)) == 4000
    # eight times the elements; converting the list anew for each would take sixty-four times as long
    assert time.process_time() - started < 24 * of_few
