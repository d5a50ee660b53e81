"""The findings, or the sites, as a table for spreadsheets; a cell that one would run as a formula is text."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from auditor.interfaces import Style
from auditor.model.findings import Finding, Location
from auditor.model.fleet import Fleet, SiteLine
from auditor.model.report import Report
from auditor.text import printable

COLUMNS = (
    *("rule_id", "invariant", "outcome", "severity", "subject", "message", "path", "line", "commit", "url"),
    *("remediation", "fingerprint", "baseline", "waiver"),
)
SITE_COLUMNS = (
    *("site", "file", "verdict", "exit_code", "finished_at", "pass", "fail", "unknown", "not_applicable", "waived"),
    *("low", "medium", "high", "critical", "rule_id", "outcome", "severity", "subject", "fingerprint", "error"),
)
# what may stand before it is nothing to some readers; tab and carriage return are shown as escapes anyhow
_FORMULA = ("=", "+", "-", "@")


def render(report: Report, _style: Style) -> str:
    """One line a finding, in the report's order, lines ended as RFC 4180 has them."""
    return _table(COLUMNS, map(_row, report.findings))


def render_fleet(fleet: Fleet, _style: Style) -> str:
    """One line a site, the worst first."""
    return _table(SITE_COLUMNS, map(_site_row, fleet.sites))


def _table(columns: Sequence[str], rows: Iterable[Iterable[str | int | None]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return stream.getvalue()


def _row(finding: Finding) -> Iterator[str | int | None]:
    place = finding.location or Location()
    waiver = finding.waiver
    yield from (finding.rule_id, finding.invariant.value, finding.outcome.value, finding.severity.value)
    yield from (finding.subject, finding.message, place.path, place.line, place.commit, place.url)
    yield from (finding.remediation, finding.fingerprint, finding.baseline)
    yield None if waiver is None else f"{waiver.owner} until {waiver.expires}: {waiver.reason}"


def _site_row(site: SiteLine) -> Iterator[str | int | None]:
    summary, gravest = site.summary, site.gravest
    yield from (site.site, site.file, site.verdict, site.exit_code, site.finished_at)
    if summary is None:
        yield from [None] * 9
    else:
        yield from (summary.pass_, summary.fail, summary.unknown, summary.not_applicable, summary.waived)
        by = summary.by_severity
        yield from (by.low, by.medium, by.high, by.critical)
    if gravest is None:
        yield from [None] * 5
    else:
        yield from (gravest.rule_id, gravest.outcome.value, gravest.severity.value, gravest.subject)
        yield gravest.fingerprint
    yield site.error


def _cell(value: str | int | None) -> str:
    text = "" if value is None else printable(str(value), keep_newlines=True)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
