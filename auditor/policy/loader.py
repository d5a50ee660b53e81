"""From the policy files to the Policy: the standard rules, changed and added to by the site's own entries."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from auditor.config.loader import Loaded
from auditor.document import Document, Problem, Steps, path_text
from auditor.model.rules import (
    EvidenceExpression,
    Invariant,
    LocationExpressions,
    Outcome,
    Place,
    Policy,
    Rule,
    Severity,
)
from auditor.policy.compiler import Locate

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Written:
    """Where a rule is written in full."""

    document: Document
    index: int


def load_policy(loaded: Loaded) -> tuple[Policy, Locate]:
    """The policy of a valid configuration, and the function that finds a position of a rule's text in its file."""
    rules: dict[str, Rule] = {}
    written: dict[Place | None, Written] = {}
    for document in loaded.documents:
        for index, entry in enumerate(document.data.get("rules") or ()):
            known = rules.get(entry["id"])
            rule = _rule(entry, document, index) if known is None else _overridden(known, entry)
            written.setdefault(rule.place, Written(document, index))
            rules[rule.id] = rule
    policy = Policy(rules=tuple(rules.values()), waivers=loaded.config.waivers, sha256=loaded.sha256)
    return policy, _locator(written)


def load_drafts(documents: Iterable[Document], problems: Iterable[Problem]) -> tuple[tuple[Rule, ...], Locate]:
    """The rules of files with `problems`, as far as their expressions can be checked all the same."""
    faults = {(problem.file, problem.path) for problem in problems}
    written: dict[Place | None, Written] = {}
    rules = []
    for document in documents:
        faulty = [path for file, path in faults if file == document.name]
        for index, entry in _expressions(document):
            sound = {name: text for name, text in entry.items() if not _touched(("rules", index, name), faulty)}
            # without its list, a rule's element would be misspelt everywhere
            if all((name in sound) is (name in entry) for name in ("for_each", "as")):
                rule = _rule({**_NEUTRAL, **sound}, document, index)
                written[rule.place] = Written(document, index)
                rules.append(rule)
    return tuple(rules), _locator(written)


# what holds expressions, or says what they are about; the rest of a rule's keys concerns none
_CHECKED = ("for_each", "as", "when", "assert", "message", "key", "subject", "content", "needs", "evidence", "location",
            "remediation")  # fmt: skip
_NEUTRAL = {"id": "draft", "invariant": "audit", "severity": "low", "title": "", "assert": "true", "message": ""}


def _expressions(document: Document) -> Iterator[tuple[int, Entry]]:
    """Those keys of each rule that is switched on and has any, by the rule's index."""
    rules = document.data.get("rules") if isinstance(document.data, dict) else None
    for index, entry in enumerate(rules if isinstance(rules, list) else ()):
        on = isinstance(entry, dict) and entry.get("enabled") is not False
        if texts := {name: entry[name] for name in _CHECKED if on and name in entry}:
            yield index, texts


def _touched(steps: Steps, faulty: Iterable[str]) -> bool:
    """Whether a fault lies at the place or below it."""
    place = path_text(steps)
    return any(path == place or path.startswith((f"{place}.", f"{place}[")) for path in faulty)


def _locator(written: Mapping[Place | None, Written]) -> Locate:
    return lambda rule, field, line, column, message: _problem(written[rule.place], field, line, column, message)


def _problem(written: Written, field: str, line: int, column: int, message: str) -> Problem:
    path: Steps = ("rules", written.index, *field.split("."))
    position = written.document.expression_place(path, line, column)
    return Problem(written.document.name, *position, path_text(path), message)


def _overridden(rule: Rule, entry: Entry) -> Rule:
    return replace(
        rule,
        severity=Severity(entry["severity"]) if "severity" in entry else rule.severity,
        tags=tuple(entry["tags"]) if "tags" in entry else rule.tags,
        enabled=entry.get("enabled", rule.enabled),
        disabled_reason=entry.get("reason", rule.disabled_reason),
    )


def _rule(entry: Entry, document: Document, index: int) -> Rule:
    line, column = document.place(("rules", index))
    return Rule(
        id=entry["id"],
        invariant=Invariant(entry["invariant"]),
        severity=Severity(entry["severity"]),
        title=entry["title"],
        assertion=entry["assert"],
        message=entry["message"],
        for_each=entry.get("for_each"),
        variable=entry.get("as"),
        when=entry.get("when"),
        otherwise=entry.get("otherwise"),
        key=entry.get("key"),
        subject=entry.get("subject"),
        content=entry.get("content"),
        needs=tuple(entry["needs"]) if "needs" in entry else None,
        empty=Outcome(entry.get("empty", "pass")),
        evidence=tuple(
            EvidenceExpression(name=name, expression=text) for name, text in entry.get("evidence", {}).items()
        ),
        location=LocationExpressions(
            **{name: text for name, text in entry.get("location", {}).items() if not name.startswith("x-")}
        ),
        rationale=entry.get("rationale", ""),
        remediation=entry.get("remediation", ""),
        tags=tuple(entry.get("tags", ())),
        needs_rights=tuple(entry.get("needs-rights", ())),
        enabled=entry.get("enabled", True),
        disabled_reason=entry.get("reason"),
        place=Place(file=document.name, line=line, column=column),
    )
