"""A rule as documentation: the same sections for the terminal and for docs/rules.md; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from auditor.model.rules import Invariant, Outcome, Rule

STAGES = ("deploy", "switch", "after")
_EMPTY = {
    Outcome.PASS: "passes",
    Outcome.NOT_APPLICABLE: "makes the rule not applicable",
    Outcome.UNKNOWN: "is UNKNOWN",
    Outcome.FAIL: "fails",
}
_HOLDS_CEL = "{…} holds an expression over the facts"


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it; `code` says that its text is CEL, a template, or commands to paste."""

    heading: str
    text: str
    code: bool = False


def sections_of(rule: Rule) -> Iterator[Section]:
    """Everything that a reader wants to know of a rule, in the order of the questions."""
    yield Section("Why", rule.rationale or "not said")
    yield Section("How it is judged", "\n".join(_circumstances(rule)))
    yield Section("It holds when", rule.assertion.strip(), code=True)
    yield Section("A finding says", rule.message, code=True)
    yield Section("Its subject", rule.subject or "named by the source and the element, or the rule itself", code=True)
    if rule.evidence:
        yield Section("Its evidence", "\n".join(f"{one.name}: {one.expression}" for one in rule.evidence), code=True)
    yield Section("Remedy", rule.remediation.strip() or "none given", code=bool(rule.remediation))
    yield Section("Rights it needs", "\n".join(rule.needs_rights) or "none")


def stages_of(rule: Rule) -> tuple[str, ...]:
    """The stages of the gate that judge the rule."""
    return tuple(stage for stage in STAGES if {"gate", f"gate:{stage}"} & set(rule.tags))


def page(rule: Rule) -> str:
    """The rule for a terminal."""
    state = "" if rule.enabled else f", switched off: {rule.disabled_reason}"
    lines = [f"{rule.id}: {rule.title}", f"  {rule.severity.value}, {rule.invariant.value}{state}", ""]
    for section in sections_of(rule):
        lines += [section.heading, *(f"  {line}".rstrip() for line in section.text.splitlines()), ""]
    return "\n".join([*lines, f"In messages and remedies {_HOLDS_CEL}."]) + "\n"


def overview(rules: Iterable[Rule]) -> str:
    """The rules by invariant, a line each."""
    from tabulate import tabulate

    rules = sorted(rules, key=lambda rule: list(Invariant).index(rule.invariant))
    rows = [(rule.id, rule.severity.value if rule.enabled else "off", rule.title) for rule in rules]
    lines = tabulate(rows, tablefmt="plain").splitlines()
    shown = []
    for number, rule in enumerate(rules):
        if number == 0 or rule.invariant is not rules[number - 1].invariant:
            shown += ["", rule.invariant.value]
        shown.append(f"  {lines[number]}")
    return "\n".join([*shown[1:], "", f"{len(rules)} rules; auditor rules show ID explains one"]) + "\n"


def _circumstances(rule: Rule) -> Iterator[str]:
    """Of what, when, and at which stages, in words."""
    if rule.for_each:
        yield f"For each of {rule.for_each}, called {rule.variable}; an empty list {_EMPTY[rule.empty]}."
    else:
        yield "Once, of the site as a whole."
    if rule.when:
        otherwise = f': "{rule.otherwise}"' if rule.otherwise else ""
        yield f"Only where {_one_line(rule.when)}, else not applicable{otherwise}."
    if rule.needs:
        yield f"Without {' and '.join(_source(need) for need in rule.needs)} there is nothing to judge."
    stages = stages_of(rule)
    yield f"The gate judges it at {' and '.join(stages)}." if stages else "The gate does not judge it."


def _source(need: str) -> str:
    """`local|nas` is without both."""
    return f"any of {' and '.join(need.split('|'))}" if "|" in need else need


def _one_line(text: str) -> str:
    return " ".join(text.split())
