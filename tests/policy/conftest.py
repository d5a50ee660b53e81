"""A small world of facts, and rules over it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from auditor.document import Problem
from auditor.model.facts.witness import Gap
from auditor.model.findings import Finding
from auditor.model.missing import MISSING, Missing
from auditor.model.rules import Invariant, Rule, Severity
from auditor.policy.compiler import CompiledRule, compile_rules
from auditor.policy.engine import judge
from auditor.policy.judgement import vocabulary_of
from auditor.policy.observation import Observation, gaps_of
from auditor.policy.reading import Vocabulary
from auditor.text import parse_time

NOW = "2026-02-01T03:00:00Z"


@dataclass(frozen=True, kw_only=True)
class Slot:
    name: str
    head: str | Missing | None = MISSING
    port: int | None = None
    healthy: bool | Missing = MISSING


@dataclass(frozen=True, kw_only=True)
class Nas:
    available: bool = True
    error: str | None = None
    commit: str | Missing = MISSING
    moved_at: str | Missing = MISSING
    slots: tuple[Slot, ...] | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Gitea:
    available: bool = True
    error: str | None = None
    main: str | Missing = MISSING
    checks: tuple[str, ...] | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


RULE = Rule(
    id="nas-slot-head",
    invariant=Invariant.NAS_INVENTS_NOTHING,
    severity=Severity.HIGH,
    title="Every slot runs main",
    for_each="nas.slots",
    variable="slot",
    assertion="slot.head == gitea.main",
    subject="nas:slot:{slot.name}",
    message="{slot.name} runs {slot.head}, main is {gitea.main}",
    rationale="Because.",
    remediation="deploy {slot.name}",
)


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return vocabulary_of({"nas": Nas, "gitea": Gitea})


def located(rule: Rule, field: str, line: int, column: int, message: str) -> Problem:
    """The field as a file of its own."""
    return Problem(f"{rule.id}.{field}", line, column, "$", message)


@pytest.fixture(scope="session")
def compiled(vocabulary: Vocabulary) -> Callable[..., CompiledRule]:
    def compile_one(**changes: Any) -> CompiledRule:
        rule = replace(RULE, **changes)
        return compile_rules((rule,), vocabulary, located)[0]

    return compile_one


@pytest.fixture(scope="session")
def judged(compiled: Callable[..., CompiledRule]) -> Callable[..., tuple[Finding, ...]]:
    """The findings of one rule (RULE with changes) over facts by root."""

    def judge_one(
        facts: Mapping[str, Any], *, absent: Mapping[str, str] | None = None, **changes: Any
    ) -> tuple[Finding, ...]:
        observation = Observation(facts=facts, gaps=tuple(gaps_of(facts)), absent=absent or {}, now=parse_time(NOW))
        return judge([compiled(**changes)], observation)

    return judge_one
