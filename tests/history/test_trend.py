"""The audits before a run, as its report shows them."""

from dataclasses import replace

from auditor.history.store import History
from auditor.model.report import Report, RunInfo, SeverityCount, Summary, Tool
from auditor.pipeline.trend import NIGHTS, with_trend

from .conftest import SITE, night_start, run_of


def report_of(night: int) -> Report:
    run = run_of(night)
    return Report(
        schema_version=1,
        tool=Tool(name="auditor", version="1.0.0"),
        run=RunInfo(
            id=run.id,
            site=SITE,
            started_at=night_start(night),
            finished_at=run.finished_at,
            mode="audit",
            policy_sha256=run.policy_sha256,
            snapshot_sha256=run.snapshot_sha256,
        ),
        verdict="non-compliant",
        summary=Summary(pass_=1, fail=3, unknown=2, not_applicable=0, waived=1, by_severity=SeverityCount(high=3)),
        sources=(),
    )


def test_a_trend_ends_with_its_own_run_and_knows_nothing_later(history: History) -> None:
    for night in range(4):
        history.store(run_of(night), snapshot="{}", report="{}", findings=(), judged=())
    trend = with_trend(report_of(2), history).trend
    assert [one.finished_at for one in trend] == [run_of(night).finished_at for night in range(3)]
    assert (trend[-1].verdict, trend[-1].fail, trend[-1].unknown, trend[-1].waived) == ("non-compliant", 3, 2, 1)
    assert (trend[0].verdict, trend[0].fail) == ("compliant", 0)


def test_audits_that_started_in_one_second_are_all_in_the_trend(history: History) -> None:
    for night in range(3):
        run = replace(run_of(night), started_at=night_start(1))
        history.store(run, snapshot="{}", report="{}", findings=(), judged=())
    assert [len(with_trend(report_of(night), history).trend) for night in range(3)] == [1, 2, 3]


def test_a_trend_holds_ninety_audits_and_no_gate(history: History) -> None:
    for night in range(NIGHTS + 3):
        mode = "gate" if night == NIGHTS else "audit"
        history.store(run_of(night, mode=mode), snapshot="{}", report="{}", findings=(), judged=())
    trend = with_trend(report_of(NIGHTS + 2), history).trend
    assert len(trend) == NIGHTS
    assert run_of(NIGHTS).finished_at not in [one.finished_at for one in trend]
