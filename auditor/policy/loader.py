"""From the policy files to the Policy: the standard rules, changed and added to by the site's own entries."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from auditor.config.loader import Loaded
from auditor.document import Document, Steps, path_text
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
    written: dict[str, Written] = {}
    for document in loaded.documents:
        for index, entry in enumerate(document.data.get("rules") or ()):
            known = rules.get(entry["id"])
            if known is None:
                written[entry["id"]] = Written(document, index)
            rules[entry["id"]] = _rule(entry, document, index) if known is None else _overridden(known, entry)
    policy = Policy(rules=tuple(rules.values()), waivers=loaded.config.waivers, sha256=loaded.sha256)
    return policy, lambda rule, field, line, column: _place(written[rule.id], field, line, column)


def _place(written: Written, field: str, line: int, column: int) -> str:
    path: Steps = ("rules", written.index, *field.split("."))
    position = written.document.expression_place(path, line, column)
    return f"{written.document.name}:{position[0]}:{position[1]}: {path_text(path)}"


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
