"""Every shipped rule is whole, and judges both of its own examples as they say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.config import Config
from auditor.config.loader import load_standard
from auditor.document import load_document
from auditor.model.rules import Outcome, Rule
from auditor.pipeline.evaluation import Bench, prepare, vocabulary
from auditor.policy.engine import judge
from auditor.policy.observation import Observation, gaps_of
from auditor.text import parse_time

NOW = "2026-02-01T03:00:00Z"
FILE = Path(__file__).parent.parent / "policies.yaml"
ENTRIES = {entry["id"]: entry for entry in load_document(FILE).data["rules"]}


@pytest.fixture(scope="module")
def bench() -> Bench:
    return prepare(load_standard(Config(id="catalogue")), None)


def examples(kind: str) -> list[Any]:
    return list(_examples(kind))


def _examples(kind: str) -> Iterator[Any]:
    for name, entry in ENTRIES.items():
        given = entry.get("examples", {}).get(kind)
        for number, facts in enumerate(given if isinstance(given, list) else [given]):
            yield pytest.param(name, facts, id=f"{name}-{number}")


def outcomes(bench: Bench, name: str, facts: dict[str, Any]) -> set[Outcome]:
    compiled = [rule for rule in bench.compiled if rule.rule.id == name]
    now = parse_time(facts.pop("now", NOW))
    found = judge(compiled, Observation(facts=facts, gaps=tuple(gaps_of(facts)), absent={}, now=now))
    for finding in found:
        assert "<unknown>" not in finding.message + finding.subject + finding.remediation, finding
    return {finding.outcome for finding in found}


@pytest.mark.parametrize(("name", "facts"), examples("pass"))
def test_a_rule_passes_its_passing_example(bench: Bench, name: str, facts: dict[str, Any]) -> None:
    assert outcomes(bench, name, dict(facts)) == {Outcome.PASS}


@pytest.mark.parametrize(("name", "facts"), examples("fail"))
def test_a_rule_fails_its_failing_example(bench: Bench, name: str, facts: dict[str, Any]) -> None:
    assert outcomes(bench, name, dict(facts)) == {Outcome.FAIL}


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_a_shipped_rule_explains_itself(bench: Bench, name: str) -> None:
    rule: Rule = next(rule for rule in bench.policy.rules if rule.id == name)
    assert rule.rationale.endswith(".")
    assert rule.remediation
    assert rule.subject or rule.for_each is None
    assert rule.needs is not None
    assert not rule.title.endswith(".")


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_an_empty_world_is_never_a_pass(bench: Bench, name: str) -> None:
    compiled = [rule for rule in bench.compiled if rule.rule.id == name]
    found = judge(compiled, Observation(facts={}, gaps=(), absent={}, now=parse_time(NOW)))
    assert {finding.outcome for finding in found} == {Outcome.UNKNOWN}


def test_no_name_in_the_facts_is_a_reserved_word_of_the_language() -> None:
    reserved = {"package", "namespace", "import", "function", "in", "as", "if", "for", "loop", "var", "true", "false"}
    words = set(vocabulary().roots)
    for definition in vocabulary().definitions.values():
        words |= set(definition["properties"])
    assert not words & reserved
