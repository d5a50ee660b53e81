"""The report as JUnit XML, by the schema of Jenkins' xunit plugin (junit-10.xsd): one suite an invariant.

What could not be observed is an error, what is waived or does not apply is skipped with its reason.
"""

from collections import Counter
from collections.abc import Sequence
from xml.etree import ElementTree

from auditor.interfaces import Style
from auditor.model.findings import Finding
from auditor.model.report import Report
from auditor.model.rules import Invariant, Outcome
from auditor.text import parse_time, printable

_STATES = {Outcome.FAIL: "failure", Outcome.UNKNOWN: "error", Outcome.NOT_APPLICABLE: "skipped"}


def render(report: Report, _style: Style) -> str:
    """The suites in the order of the invariants; names are the subjects, classes the rules."""
    counts = _counts(report.findings)
    del counts["skipped"]  # which the schema lets suites alone have
    root = ElementTree.Element("testsuites", {"name": _text(f"auditor {report.run.site}"), **counts})
    for invariant in Invariant:
        own = [finding for finding in report.findings if finding.invariant is invariant]
        if own:
            _suite(root, invariant, own, report)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _suite(root: ElementTree.Element, invariant: Invariant, findings: Sequence[Finding], report: Report) -> None:
    began, ended = parse_time(report.run.started_at), parse_time(report.run.finished_at)
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        {
            "name": invariant.value,
            **_counts(findings),
            "time": f"{(ended - began).total_seconds():.3f}",
            "timestamp": report.run.started_at.removesuffix("Z"),
        },
    )
    for finding in findings:
        name = {"name": _text(finding.subject), "classname": f"{finding.invariant.value}.{finding.rule_id}"}
        case = ElementTree.SubElement(suite, "testcase", name)
        state = _state(finding)
        if state is not None:
            told = ElementTree.SubElement(case, state, {"type": finding.severity.value, "message": _message(finding)})
            told.text = _text(_detail(finding))


def _state(finding: Finding) -> str | None:
    return "skipped" if finding.waiver is not None else _STATES.get(finding.outcome)


def _counts(findings: Sequence[Finding]) -> dict[str, str]:
    states = Counter(_state(finding) for finding in findings)
    return {
        "tests": str(len(findings)),
        "failures": str(states["failure"]),
        "errors": str(states["error"]),
        "skipped": str(states["skipped"]),
    }


def _message(finding: Finding) -> str:
    waiver = finding.waiver
    reason = "" if waiver is None else f" (waived by {waiver.owner} until {waiver.expires}: {waiver.reason})"
    state = f"{finding.baseline}: " if finding.baseline else ""
    return _text(f"{state}{finding.message}{reason}")


def _detail(finding: Finding) -> str:
    since = f"since between {finding.clean_at or 'the beginning'} and {finding.dirty_at}" if finding.dirty_at else ""
    return "\n".join(part for part in (since, finding.remediation) if part)


def _text(text: str) -> str:
    """A text that XML 1.0 can hold."""
    return "".join(char if char not in "\ufffe\uffff" else "�" for char in printable(text, keep_newlines=True))
