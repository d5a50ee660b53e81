"""What is wrong with a rule is said at load, all of it, each at its place."""

from collections.abc import Callable
from typing import Any

import pytest

from auditor.errors import ConfigError
from auditor.model.rules import EvidenceExpression
from auditor.policy.compiler import CompiledRule, RootUse

Compiled = Callable[..., CompiledRule]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"assertion": "slot.haed == 'x'"}, "assert:1:5: $: undefined field 'haed'"),
        ({"assertion": "gitea.main == slot.head &&\n  nas.slot == 1"}, "assert:2:6: $: undefined field 'slot'"),
        ({"assertion": "slot.port"}, "assert:1:1: $: gives"),
        ({"assertion": "slot.port + 'x' == 'y'"}, "no matching overload"),
        ({"assertion": "site.url == ''"}, "undeclared reference to 'site"),
        ({"assertion": "slot.name =="}, "Syntax error"),
        ({"assertion": "has(slot.head)"}, "not observed pass"),
        ({"assertion": "slot.?head == 'x'"}, "assert:1:"),
        ({"when": "slot.nmae == ''"}, "when:1:5: $: undefined field 'nmae'"),
        ({"for_each": "nas.slotz"}, "for_each:1:1: $: no such list of facts: 'nas.slotz'"),
        ({"for_each": "nas.commit"}, "no such list"),
        ({"for_each": "moon.slots"}, "no such list"),
        ({"message": "{slot.name} is {slot.hed}"}, "message:1:21: $: undefined field 'hed'"),
        ({"message": "a { brace"}, "message:1:3: $: a single brace"),
        ({"remediation": "{nope}"}, "remediation:1:2: $: undeclared reference"),
        ({"subject": "nas:slot:{slot.x}"}, "subject:1:15: $: undefined field 'x'"),
        ({"evidence": (EvidenceExpression(name="e", expression="slot.x"),)}, "evidence.e:1:5: $: undefined field 'x'"),
    ],
)
def test_a_mistake_is_an_error_at_its_place(compiled: Compiled, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compiled(**changes)
    assert problem in str(caught.value)


def test_all_mistakes_of_a_rule_are_said_at_once(compiled: Compiled) -> None:
    with pytest.raises(ConfigError) as caught:
        compiled(assertion="slot.a == 'x'", message="{slot.b}", subject="{slot.c}")
    assert len(caught.value.problems) >= 3


def test_needs_are_the_sources_that_decide(compiled: Compiled) -> None:
    assert compiled().needs == ("gitea", "nas")
    assert compiled(assertion="slot.name == 'x'", message="{gitea.main}").needs == ("nas",)
    assert compiled(needs=("local",)).needs == ("local",)


def test_reads_are_what_decides_and_roots_what_is_named_beside_the_element(compiled: Compiled) -> None:
    rule = compiled(assertion="slot.name == 'x' || 'nas.commit' == gitea.main", message="{nas.commit}")
    assert rule.reads == ("/gitea/main", "/nas/slots", "/nas/slots/*/name")
    assert rule.roots == (RootUse(root="gitea", members=("main",)), RootUse(root="nas", members=("commit",)))


def test_nullable_facts_can_be_compared_with_null(compiled: Compiled) -> None:
    compiled(assertion="slot.port != null && slot.port > 80 || slot.head == null")


def test_a_subject_is_made_of_source_variable_and_key_where_none_is_given(compiled: Compiled) -> None:
    rule = compiled(subject=None, key="slot.name", needs=("nas",))
    assert rule.subject[0].text == "nas:slot:"
