"""The audits before a run, as its report shows them; they are not stored with it: the history has them already."""

import json
from dataclasses import replace

from auditor.history.record import Run
from auditor.history.store import History
from auditor.model.report import Night, Report

NIGHTS = 90


def with_trend(report: Report, history: History) -> Report:
    """The report of a stored run with the audits up to it, its own last: two may have started in one second."""
    run = report.run
    before = history.runs(run.site, limit=NIGHTS - 1, mode="audit", preceding=run.id)
    own = Night(
        finished_at=run.finished_at,
        verdict=report.verdict,
        fail=report.summary.fail,
        unknown=report.summary.unknown,
        waived=report.summary.waived,
    )
    return replace(report, trend=(*map(_night, reversed(before)), own))


def _night(run: Run) -> Night:
    counts = json.loads(run.counts)
    return Night(
        finished_at=run.finished_at,
        verdict=run.verdict,
        fail=counts.get("fail", 0),
        unknown=counts.get("unknown", 0),
        waived=counts.get("waived", 0),
    )
