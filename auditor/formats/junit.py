"""The report as JUnit XML, by the schema of Jenkins' xunit plugin (junit-10.xsd): one suite an invariant, or a site.

What could not be observed is an error, what is waived or does not apply is skipped with its reason.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

from auditor.interfaces import Style
from auditor.model.findings import Finding
from auditor.model.fleet import Fleet, SiteLine
from auditor.model.report import Report
from auditor.model.rules import Invariant, Outcome
from auditor.text import parse_time, printable

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_STATES = {Outcome.FAIL: "failure", Outcome.UNKNOWN: "error", Outcome.NOT_APPLICABLE: "skipped"}


def render(report: Report, _style: Style) -> str:
    """The suites in the order of the invariants; names are the subjects, classes the rules."""
    counts = _counts(report.findings)
    del counts["skipped"]  # which the schema lets suites alone have
    root = ElementTree.Element("testsuites", {"name": _text(f"auditor {report.run.site}"), **counts})
    for invariant in Invariant:
        own = [finding for finding in report.findings if finding.invariant is invariant]
        if own:
            root.append(_suite(invariant.value, own, report))
    ElementTree.indent(root)
    return f"{_DECLARATION}{ElementTree.tostring(root, encoding='unicode')}\n"


def render_reports(fleet: Fleet, reports: Iterator[Report | None]) -> Iterator[str]:
    """One suite a site, the worst first; one that was not judged is an error."""
    root = ElementTree.Element("testsuites", {"name": "auditor fleet", **_sums(fleet)})
    yield f"{_DECLARATION}{ElementTree.tostring(root, encoding='unicode').removesuffix(' />')}>\n"
    for site, report in zip(fleet.sites, reports, strict=True):
        suite = _blank_suite(site) if report is None else _suite(_text(site.site), report.findings, report)
        ElementTree.indent(suite)
        yield f"{ElementTree.tostring(suite, encoding='unicode')}\n"
    yield "</testsuites>\n"


def _sums(fleet: Fleet) -> dict[str, str]:
    judged = [site.summary for site in fleet.sites if site.summary is not None]
    blank = len(fleet.sites) - len(judged)
    tests = sum(one.pass_ + one.fail + one.unknown + one.not_applicable + one.waived for one in judged)
    failures, errors = sum(one.fail for one in judged), sum(one.unknown for one in judged)
    return {"tests": str(tests + blank), "failures": str(failures), "errors": str(errors + blank)}


def _blank_suite(site: SiteLine) -> ElementTree.Element:
    counts = {"tests": "1", "failures": "0", "errors": "1", "skipped": "0"}
    suite = ElementTree.Element("testsuite", {"name": _text(site.site), **counts})
    case = ElementTree.SubElement(suite, "testcase", {"name": _text(site.file), "classname": "audit"})
    why = {"type": f"exit code {site.exit_code}", "message": _text(site.error or site.word)}
    ElementTree.SubElement(case, "error", why)
    return suite


def _suite(name: str, findings: Sequence[Finding], report: Report) -> ElementTree.Element:
    began, ended = parse_time(report.run.started_at), parse_time(report.run.finished_at)
    suite = ElementTree.Element(
        "testsuite",
        {
            "name": name,
            **_counts(findings),
            "time": f"{(ended - began).total_seconds():.3f}",
            "timestamp": report.run.started_at.removesuffix("Z"),
        },
    )
    for finding in findings:
        named = {"name": _text(finding.subject), "classname": _text(f"{finding.invariant.value}.{finding.rule_id}")}
        case = ElementTree.SubElement(suite, "testcase", named)
        state = _state(finding)
        if state is not None:
            told = ElementTree.SubElement(case, state, {"type": finding.severity.value, "message": _message(finding)})
            told.text = _text(_detail(finding))
    return suite


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
