"""The report as SARIF 2.1.0 (OASIS): failures as results, what could not be observed as notifications of the run.

Consumers ignore `kind`, so passes are left out; every rule is listed, silent ones too, so that they can close alerts.
"""

import json
import re
from collections.abc import Iterator, Sequence
from textwrap import indent
from typing import Any
from urllib.parse import quote

from auditor.interfaces import Style
from auditor.model.findings import Finding
from auditor.model.fleet import Fleet, SiteLine
from auditor.model.report import Report, RuleSummary
from auditor.model.rules import Outcome, Severity
from auditor.text import printable, short

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# what GitLab and GitHub read as a severity
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "3.0"}
_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOST_TAGS, _LONGEST_MESSAGE = 10, 1024


def render(report: Report, _style: Style) -> str:
    """One run, as indented JSON in ASCII."""
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report)]}
    return json.dumps(log, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def render_reports(fleet: Fleet, reports: Iterator[Report | None]) -> Iterator[str]:
    """One run a site; one that was not judged has no result, and says why."""
    yield f'{{\n  "$schema": "{SCHEMA}",\n  "runs": ['
    separator = "\n"
    for site, report in zip(fleet.sites, reports, strict=True):
        run = _blank_run(site, fleet.tool.version) if report is None else _run(report)
        yield separator + indent(json.dumps(run, indent=2, sort_keys=True, ensure_ascii=True), "    ")
        separator = ",\n"
    yield '\n  ],\n  "version": "2.1.0"\n}\n'


def _blank_run(site: SiteLine, version: str) -> dict[str, Any]:
    told = {"level": "error", "message": {"text": _text(site.error or site.word)}}
    return {
        "tool": {"driver": {"name": "auditor", "semanticVersion": version}},
        "automationDetails": {"id": _automation(site.site)},
        "invocations": [
            {"executionSuccessful": False, "exitCode": site.exit_code, "toolExecutionNotifications": [told]}
        ],
        "results": [],
    }


def _automation(site: str) -> str:
    return f"auditor/{quote(site, safe='', errors='replace')}/"


def _guid(run: str) -> dict[str, str]:
    """The run's id, which a foreign snapshot may have otherwise than as the schema wants it."""
    return {"guid": run} if _GUID.fullmatch(run) else {}


def _run(report: Report) -> dict[str, Any]:
    rules = _rules(report)
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    told = [one for one in report.findings if one.outcome is Outcome.FAIL or one.baseline == "absent"]
    return {
        "tool": {"driver": {"name": "auditor", "semanticVersion": _text(report.tool.version), "rules": rules}},
        "automationDetails": {"id": _automation(report.run.site)} | _guid(report.run.id),
        "invocations": [_invocation(report, index)],
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, index) for one in told],
    }


def _rules(report: Report) -> list[dict[str, Any]]:
    """The policy's rules; one that is found and not listed there (an old report) is listed by its id."""
    listed = [_rule(rule) for rule in report.rules]
    known = {rule["id"] for rule in listed}
    others = dict.fromkeys(name for name in map(_rule_id, report.findings) if name not in known)
    return [*listed, *({"id": name} for name in others)]


def _rule(rule: RuleSummary) -> dict[str, Any]:
    described = {
        "id": _text(rule.id),
        "shortDescription": {"text": _text(rule.title)},
        "fullDescription": {"text": _text(rule.rationale or rule.title)},
        "defaultConfiguration": {"level": _LEVELS[rule.severity], "enabled": rule.judged},
        "properties": {
            "security-severity": _SCORES[rule.severity],
            "invariant": rule.invariant.value,
            "tags": list(map(_text, dict.fromkeys((rule.invariant.value, *rule.tags))))[:_MOST_TAGS],
        },
    }
    return described | ({"help": {"text": _text(rule.remediation)}} if rule.remediation else {})


def _invocation(report: Report, index: dict[str, int]) -> dict[str, Any]:
    """How the run went: each cause of an unknown is a notification, with the rules that it leaves open."""
    unknown = [one for one in report.findings if one.outcome is Outcome.UNKNOWN]
    broken = any(source.status == "unavailable" for source in report.sources)
    return {
        "executionSuccessful": not broken and not any(one.message.startswith("rule error:") for one in unknown),
        "startTimeUtc": report.run.started_at,
        "endTimeUtc": report.run.finished_at,
        "toolExecutionNotifications": [_notification(one, index) for one in unknown],
    }


def _notification(finding: Finding, index: dict[str, int]) -> dict[str, Any]:
    return {
        "level": "warning",
        "associatedRule": {"id": _rule_id(finding), "index": index[_rule_id(finding)]},
        "message": {"text": _text(finding.message)},
        "locations": [{"logicalLocations": [_logical(finding)]}],
    }


def _result(finding: Finding, index: dict[str, int]) -> dict[str, Any]:
    failed = finding.outcome is Outcome.FAIL
    result: dict[str, Any] = {
        "ruleId": _rule_id(finding),
        "ruleIndex": index[_rule_id(finding)],
        "kind": "fail" if failed else "pass",
        "level": _LEVELS[finding.severity] if failed else "none",
        "message": {"text": _text(finding.message)},
        "locations": [_location(finding)],
        "partialFingerprints": {
            "auditor/v1": finding.fingerprint,
            "primaryLocationLineHash": finding.fingerprint,
        },
        "suppressions": list(_suppressions(finding)),
        "properties": dict(_properties(finding)),
    }
    return result | ({"baselineState": finding.baseline} if finding.baseline else {})


def _location(finding: Finding) -> dict[str, Any]:
    """The subject, and the place in a file where there is one: never the rule's own line."""
    location: dict[str, Any] = {"logicalLocations": [_logical(finding)]}
    place = finding.location
    if place is not None and place.path is not None:
        physical: dict[str, Any] = {"artifactLocation": {"uri": quote(place.path.encode("utf-8", "replace"), safe="/")}}
        if place.line is not None and place.line > 0:
            physical["region"] = {"startLine": place.line}
        location["physicalLocation"] = physical
    return location


def _logical(finding: Finding) -> dict[str, str]:
    name = _text(finding.subject)
    return {"fullyQualifiedName": name, "name": name.split(":", 2)[-1] or name, "kind": "resource"}


def _suppressions(finding: Finding) -> Iterator[dict[str, Any]]:
    waiver = finding.waiver
    if waiver is not None:
        yield {
            "kind": "external",
            "status": "accepted",
            "justification": _text(waiver.reason),
            "properties": {"owner": _text(waiver.owner), "expires": _text(waiver.expires)},
        }


def _properties(finding: Finding) -> Iterator[tuple[str, Any]]:
    yield "security-severity", _SCORES[finding.severity]
    yield "invariant", finding.invariant.value
    place = finding.location
    told: Sequence[tuple[str, str | None]] = (
        ("remediation", finding.remediation or None),
        ("lastSeenClean", finding.clean_at),
        ("firstSeenDirty", finding.dirty_at),
        ("commit", None if place is None else place.commit),
        ("url", None if place is None else place.url),
    )
    yield from ((name, _text(value, keep_newlines=True)) for name, value in told if value is not None)


def _rule_id(finding: Finding) -> str:
    return _text(finding.rule_id)


def _text(text: str, *, keep_newlines: bool = False) -> str:
    return short(printable(text, keep_newlines=keep_newlines), _LONGEST_MESSAGE) or "-"
