"""The findings as a table for spreadsheets; a cell that one would run as a formula is text."""

import csv
import io
from collections.abc import Iterator

from auditor.interfaces import Style
from auditor.model.findings import Finding, Location
from auditor.model.report import Report
from auditor.text import printable

COLUMNS = (
    *("rule_id", "invariant", "outcome", "severity", "subject", "message", "path", "line", "commit", "url"),
    *("remediation", "fingerprint", "baseline", "waiver"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(report: Report, _style: Style) -> str:
    """One line a finding, in the report's order, lines ended as RFC 4180 has them."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(value) for value in _row(finding)] for finding in report.findings)
    return stream.getvalue()


def _row(finding: Finding) -> Iterator[str | int | None]:
    place = finding.location or Location()
    waiver = finding.waiver
    yield from (finding.rule_id, finding.invariant.value, finding.outcome.value, finding.severity.value)
    yield from (finding.subject, finding.message, place.path, place.line, place.commit, place.url)
    yield from (finding.remediation, finding.fingerprint, finding.baseline)
    yield None if waiver is None else f"{waiver.owner} until {waiver.expires}: {waiver.reason}"


def _cell(value: str | int | None) -> str:
    text = "" if value is None else printable(str(value), keep_newlines=True)
    return f"'{text}" if text.startswith(_FORMULA) else text
