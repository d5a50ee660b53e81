"""The report as one page that needs nothing besides itself: no script, no request, light and dark, ready to print."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from auditor.formats.html.picture import SIGNS, draw
from auditor.formats.html.plot import plot_of
from auditor.interfaces import Style
from auditor.model.findings import Finding
from auditor.model.fleet import Fleet
from auditor.model.report import Report
from auditor.model.rules import Invariant, Outcome
from auditor.text import printable, span_text

if TYPE_CHECKING:
    from jinja2 import Template

_SENTENCES = {
    "compliant": "Everything that was judged is as it must be.",
    "non-compliant": "Something is not as it must be.",
    "inconclusive": "Nothing was seen to fail, but not everything could be observed.",
}


@dataclass(frozen=True)
class Group:
    """The failures of one rule: what is said of it once, and each element."""

    rule_id: str
    severity: str
    rationale: str
    findings: tuple[Finding, ...]
    remedies: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """The failures of one invariant."""

    invariant: str
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Cause:
    """What could not be observed, and the rules that are unknown for it."""

    reason: str
    rules: tuple[str, ...]
    remedies: tuple[str, ...]


def render(report: Report, _style: Style) -> str:
    """The page, ended by a line feed."""
    return _template("page").render(
        report=report,
        sentence=_SENTENCES[report.verdict],
        picture=draw(report),
        signs=SIGNS,
        plot=plot_of(report.trend),
        sections=tuple(_sections(report)),
        causes=tuple(_causes(report)),
        waived=[one for one in report.findings if one.waiver is not None],
        fixed=[one for one in report.findings if one.baseline == "absent"],
        passed=[one for one in report.findings if one.outcome is Outcome.PASS and one.baseline != "absent"],
        inapplicable=[one for one in report.findings if one.outcome is Outcome.NOT_APPLICABLE],
    )


def render_fleet(fleet: Fleet, _style: Style) -> str:
    """The page of many sites: a table, the worst first."""
    return _template("fleet").render(fleet=fleet)


@cache
def _template(name: str) -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("auditor.formats.html", "")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    # what the engine gives may hold control and bidirectional characters, which no escaping of HTML makes harmless
    environment.finalize = lambda value: printable(value, keep_newlines=True) if type(value) is str else value
    environment.filters["span"] = span_text
    return environment.get_template(f"{name}.html.j2")


def _sections(report: Report) -> Iterator[Section]:
    rationales = {rule.id: rule.rationale for rule in report.rules}
    failed = [one for one in report.findings if one.outcome is Outcome.FAIL and one.waiver is None]
    for invariant in Invariant:
        own = [one for one in failed if one.invariant is invariant]
        own.sort(key=lambda one: (-one.severity.weight, one.rule_id))
        groups = (list(group) for _, group in groupby(own, key=lambda one: one.rule_id))
        if own:
            yield Section(invariant.value, tuple(_group(each, rationales) for each in groups))


def _group(findings: Sequence[Finding], rationales: dict[str, str]) -> Group:
    first = findings[0]
    return Group(
        rule_id=first.rule_id,
        severity=first.severity.value,
        rationale=rationales.get(first.rule_id, ""),
        findings=tuple(findings),
        remedies=tuple(dict.fromkeys(one.remediation for one in findings if one.remediation)),
    )


def _causes(report: Report) -> Iterator[Cause]:
    unknown = sorted((one for one in report.findings if one.outcome is Outcome.UNKNOWN), key=lambda one: one.message)
    for reason, group in groupby(unknown, key=lambda one: one.message):
        findings = list(group)
        yield Cause(
            reason=reason,
            rules=tuple(sorted({one.rule_id for one in findings})),
            remedies=tuple(dict.fromkeys(one.remediation for one in findings if one.remediation)),
        )
