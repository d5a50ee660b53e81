"""What the audit says of its own blind spots: only what a rule needed and did not get."""

from dataclasses import replace

import pytest

from auditor.model.codec import encode
from auditor.model.facts.witness import Gap
from auditor.model.report import SourceStatus
from auditor.model.rules import Invariant, Outcome, Policy
from auditor.policy.compiler import compile_rules
from auditor.policy.judgement import Case, judge_case
from auditor.policy.reading import Vocabulary

from .conftest import NOW, RULE, Nas, Slot, located

HIDDEN = Gap(pointer="/nas/slots/0/head", reason="docker: none")
BLIND = replace(
    RULE,
    id="audit-sources-observed",
    invariant=Invariant.AUDIT,
    title="Everything that a rule reads was observed",
    for_each="audit.blind",
    variable="blind",
    assertion="blind.observed",
    subject="{blind.source}:gap:{blind.pointer}",
    message="{blind.pointer}",
    remediation="",
)


@pytest.mark.parametrize(
    ("changes", "blind"),
    [
        ({"assertion": "slot.head != null"}, ["nas:gap:/nas/slots/0/head"]),
        ({"assertion": "slot.head != null", "when": "slot.port == 8081"}, ["nas:gap:/nas/slots/0/head"]),
        ({"assertion": "slot.head != null", "when": "slot.port == 1"}, []),
        ({"assertion": "slot.port != null"}, []),
        (
            {
                "for_each": None,
                "variable": None,
                "assertion": "nas.slots.all(one, one.head != '')",
                "subject": "nas:slots:x",
            },
            ["nas:gap:/nas/slots/0/head"],
        ),
    ],
    ids=["read", "read where it applies", "read by a rule that does not apply", "never read", "the list as a whole"],
)
def test_a_gap_is_a_blind_spot_only_where_a_rule_that_applies_reads_it(
    vocabulary: Vocabulary, changes: dict[str, str | None], blind: list[str]
) -> None:
    rule = replace(RULE, message="x", remediation="", **changes)  # type: ignore[arg-type]  # as the fields say
    policy = Policy(rules=(rule, BLIND), sha256="0" * 64)
    facts = {"nas": encode(Nas(slots=(Slot(name="blue", port=8081),), gaps=(HIDDEN,)))}
    sources = (SourceStatus(name="nas", status="partial", gaps=(HIDDEN,)),)
    compiled = compile_rules(policy.rules, vocabulary, located)
    findings = judge_case(Case(facts=facts, sources=sources, now=NOW), compiled, policy, None)
    open_questions = [one for one in findings if one.rule_id == BLIND.id and one.outcome is Outcome.UNKNOWN]
    assert [one.subject for one in open_questions] == blind
