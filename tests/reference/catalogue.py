"""docs/rules.md: every rule of the standard policy, by invariant, as `auditor rules show` explains it."""

import itertools
from collections.abc import Iterator, Sequence

from auditor.cli.rule_page import Section, sections_of, stages_of
from auditor.model.rules import Invariant, Rule

from .markdown import block, code, marked, prose, table

_HEAD = """# The rules

<!-- made from policies.yaml; mended by: {command} -->

What `auditor audit` judges, by what it keeps. Ids are permanent. A rule is data in [policies.yaml](../policies.yaml):
an expression in [CEL](https://cel.dev) over the facts that [facts.md](facts.md) lists. A site's own file can change
rules and add to them: see [configuration.md](configuration.md#rules). What was not observed makes a rule UNKNOWN: it
never passes, and never fails, for want of a fact. Where a source is not configured, its rules are not applicable. In
findings and remedies, `{{…}}` holds an expression.
"""
_KEPT = {
    Invariant.SOURCE_OF_TRUTH: "Gitea's main is the only truth: protected, changed by pull request with green CI "
    "alone, never rewritten; the clones agree with it.",
    Invariant.NAS_INVENTS_NOTHING: "What production runs, and what the public gets, is byte for byte a commit of main; "
    "a hotfix is reported by a pull request and short-lived.",
    Invariant.PROPOSER_LINKS_WORK: "The link that a reader follows leads to the right repository's form for issues.",
    Invariant.SECRETS_STAY_OUT: "No env file, token or password lies in the repository, a remote, an image, or what is "
    "served.",
    Invariant.AUDIT: "The audit itself is sound: it saw what it should see, when it should, and what it was told to "
    "overlook is told.",
}


def render_rules(rules: Sequence[Rule], command: str) -> str:
    """The page."""
    lines = [_HEAD.format(command=command)]
    for invariant in Invariant:
        own = [rule for rule in rules if rule.invariant is invariant]
        lines += [f"## {invariant.value}\n", f"{_KEPT[invariant]}\n", _overview(own) + "\n"]
        lines += itertools.chain.from_iterable(_entry(rule) for rule in own)
    return "\n".join(lines)


def _overview(rules: Sequence[Rule]) -> str:
    rows = [
        [f"[{code(rule.id)}](#{rule.id})", rule.severity.value, ", ".join(stages_of(rule)), prose(rule.title)]
        for rule in rules
    ]
    return table(["rule", "severity", "gate", "holds when"], rows)


def _entry(rule: Rule) -> Iterator[str]:
    yield f"### {rule.id}\n"
    yield f"**{rule.severity.value}** · {prose(rule.title)}\n"
    for section in sections_of(rule):
        yield f"*{section.heading}*\n\n{_body(section)}\n"


def _body(section: Section) -> str:
    if section.code:
        return block(section.text, "text")
    lines = [marked(line) for line in section.text.splitlines()]
    return lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines)
