"""The report for node_exporter's textfile collector; alert on staleness too, not on findings alone.

The text format of Prometheus, version 0.0.4, as prometheus_client writes it.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from auditor.interfaces import Style
from auditor.model.fleet import Fleet
from auditor.model.report import Report
from auditor.model.rules import Invariant, Outcome, Severity
from auditor.text import parse_time, printable

_UP = {"ok": 1, "brought": 1, "partial": 1, "unavailable": 0}


def render(report: Report, _style: Style) -> str:
    """Gauges, every series of the findings there even where it is 0, so that a rule that is fixed is seen to be."""
    registry = CollectorRegistry()
    site = printable(report.run.site)
    _findings(registry, report, site)
    _compliance(registry, report, site)
    _run(registry, report, site)
    return generate_latest(registry).decode("utf-8")


def render_reports(fleet: Fleet, reports: Iterator[Report | None]) -> Iterator[str]:
    """The same gauges of every site, each family once, and how each site's audit ended.

    Of several reports of one site the newest counts: a series has one value.
    """
    newest = {site.site: site for site in sorted(fleet.sites, key=lambda one: one.finished_at or "")}
    families: dict[str, dict[str, None]] = {}
    for site, report in zip(fleet.sites, reports, strict=True):
        if report is not None and newest[site.site] is site:
            for head, samples in _families(render(report, Style())):
                families.setdefault(head, {}).update(dict.fromkeys(samples))
    registry = CollectorRegistry()
    ended = Gauge("auditor_exit_code", "What the audit of a site ended with", ("site",), registry=registry)
    for name, site in newest.items():
        ended.labels(printable(name)).set(site.exit_code)
    yield generate_latest(registry).decode("utf-8")
    yield from (head + "".join(samples) for head, samples in families.items())


def _families(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each family's two lines of comment, and its samples."""
    for block in re.split(r"^(?=# HELP )", text, flags=re.MULTILINE)[1:]:
        about, kind, *samples = block.splitlines(keepends=True)
        yield about + kind, samples


def _findings(registry: CollectorRegistry, report: Report, site: str) -> None:
    labels = ("site", "invariant", "severity", "outcome")
    gauge = Gauge("auditor_findings", "Findings of the last run", labels, registry=registry)
    counts = Counter(
        (one.invariant, one.severity, _outcome(one.outcome.value, waived=one.waiver is not None))
        for one in report.findings
    )
    outcomes = [*(outcome.value for outcome in Outcome), "waived"]
    for invariant in Invariant:
        for severity in Severity:
            for outcome in outcomes:
                found = counts[invariant, severity, outcome]
                gauge.labels(site, invariant.value, severity.value, outcome).set(found)


def _outcome(outcome: str, *, waived: bool) -> str:
    return "waived" if waived else outcome


def _compliance(registry: CollectorRegistry, report: Report, site: str) -> None:
    text = "1 compliant, 0 not, NaN where something could not be observed"
    gauge = Gauge("auditor_compliant", text, ("site", "invariant"), registry=registry)
    for invariant in Invariant:
        own = {one.outcome for one in report.findings if one.invariant is invariant and one.waiver is None}
        unseen = 1.0 if Outcome.UNKNOWN not in own else math.nan
        gauge.labels(site, invariant.value).set(0.0 if Outcome.FAIL in own else unseen)


def _run(registry: CollectorRegistry, report: Report, site: str) -> None:
    begun, ended = parse_time(report.run.started_at), parse_time(report.run.finished_at)
    last = Gauge("auditor_last_run_timestamp_seconds", "When the last run ended", ("site",), registry=registry)
    last.labels(site).set(ended.timestamp())
    if report.summary.unknown == 0:
        whole = "auditor_last_complete_timestamp_seconds"
        complete = Gauge(whole, "When the last run ended that saw everything", ("site",), registry=registry)
        complete.labels(site).set(ended.timestamp())
    length = Gauge("auditor_duration_seconds", "How long the last run took", ("site",), registry=registry)
    length.labels(site).set((ended - begun).total_seconds())
    up = Gauge("auditor_collector_up", "Whether a source could be observed", ("site", "collector"), registry=registry)
    for source in report.sources:
        if source.status in _UP:
            up.labels(site, printable(source.name)).set(_UP[source.status])
    info = Gauge("auditor_info", "What judged", ("version", "policy_sha"), registry=registry)
    info.labels(printable(report.tool.version), report.run.policy_sha256).set(1)
