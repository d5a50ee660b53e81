"""The facts as rules see them: by root, JSON-ready, with the gaps that say what could not be observed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from auditor.frozen import frozen
from auditor.model.facts.witness import Gap
from auditor.policy.compiler import CompiledRule

Facts = Mapping[str, Any]


@frozen
class Observation:
    """The facts as rules see them, by root, and what could not be observed of them.

    `absent` gives, for a source that this run has nothing of, the reason (`nas is not configured`).
    """

    facts: Facts
    gaps: tuple[Gap, ...]
    absent: Mapping[str, str]
    now: datetime


def visible(group: Sequence[CompiledRule], facts: Facts) -> dict[str, Any]:
    """The facts that the group's expressions name; CEL converts each root anew for each activation."""
    found: dict[str, Any] = {}
    for compiled in group:
        for use in compiled.roots:
            value = facts.get(use.root)
            if value is None:
                continue
            if use.members is None or not isinstance(value, dict):
                found[use.root] = value
            elif found.get(use.root) is not value:
                known = found.setdefault(use.root, {})
                known.update({name: value[name] for name in use.members if name in value})
    return found


def items_at(facts: Facts, path: str) -> list[Any] | None:
    """The list of facts at a dotted path; None where it was not observed."""
    value: Any = facts
    for member in path.split("."):
        if not isinstance(value, Mapping) or member not in value:
            return None
        value = value[member]
    return value if isinstance(value, list) else None


def gaps_of(facts: Facts) -> Iterator[Gap]:
    """Every gap that a root of the facts carries."""
    for root in facts.values():
        if isinstance(root, dict):
            for gap in root.get("gaps", ()):
                yield Gap(**gap)
