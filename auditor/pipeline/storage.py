"""What a run takes from the history before it, and what it leaves in it."""

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from auditor import __version__
from auditor.config import Config
from auditor.errors import HistoryError
from auditor.history.database import FILE
from auditor.history.life import Past, changed_lives
from auditor.history.record import FindingState, Judgement, Run
from auditor.history.store import History
from auditor.model.codec import DecodeError, canonical, decode, encode
from auditor.model.facts.earlier import Earlier, EarlierRun
from auditor.model.facts.snapshot import Snapshot
from auditor.model.findings import Finding
from auditor.model.report import Report
from auditor.model.rules import Outcome
from auditor.pipeline.collection import Request
from auditor.pipeline.evaluation import snapshot_text
from auditor.pipeline.override import overrides_since
from auditor.policy.baseline import EarlierFailure, Judgements


def earlier_of_site(history: History, config: Config) -> Callable[[], Earlier]:
    """What the last stored audit leaves, what went past the gate since, and where the history stands.

    The history is read now; what the audit saw is decoded where it is asked for, after the first request.
    """
    run = history.latest(config.id, mode="audit")
    text = None if run is None else history.snapshot(run)
    overrides, head = overrides_since(history, config.id), history.head()

    @cache
    def earlier() -> Earlier:
        left = Earlier(run=None) if run is None or text is None else _left_by(run, text, config)
        return replace(left, overrides=overrides, history_head=head)

    return earlier


def with_memory(request: Request, folder: Path) -> tuple[Request, tuple[str, ...]]:
    """The request of a run that is not stored, with what this machine's audits saw, and what could not be read of it.

    Where none was ever stored it is as on the first night; no history is begun.
    """
    if not (folder / FILE).exists():
        return replace(request, earlier=lambda: Earlier(run=None)), ()
    try:
        with History.open(folder, create=False) as history:
            return replace(request, earlier=earlier_of_site(history, request.config)), ()
    except HistoryError as error:
        return request, (f"what earlier audits saw is not known: {error}",)


def _left_by(run: Run, text: str, config: Config) -> Earlier:
    """What an audit leaves to the next; one that an earlier version wrote otherwise leaves its date alone."""
    from auditor.pipeline.memory import earlier_of

    try:
        previous = decode(Snapshot, json.loads(text))
    except (DecodeError, ValueError):
        return Earlier(run=EarlierRun(id=run.id, finished_at=run.finished_at, started_at=run.started_at))
    return earlier_of(previous, config)


def last_judgements(history: History, site: str) -> Judgements:
    """The baseline: what failed when each rule was judged last."""
    return {
        rule: [
            EarlierFailure(fingerprint=life.fingerprint, subject=life.subject, message=life.message)
            for life in judgement.failing.values()
        ]
        for rule, judgement in history.last_judgement(site).items()
    }


def dated_report(report: Report, history: History) -> Report:
    """The report with the interval in which each failure began: last seen right, first seen wrong."""
    site = report.run.site
    past = Past(
        lives={life.fingerprint: life for life in history.lives(site)},
        complete_at={rule: last.complete_at for rule, last in history.last_judgement(site).items()},
    )
    changed = changed_lives(past, _states(report), _judged_rules(report), report.run.started_at)
    lives = {life.fingerprint: life for life in changed}

    def dated(finding: Finding) -> Finding:
        life = lives.get(finding.fingerprint)
        if finding.outcome is not Outcome.FAIL or life is None:
            return finding
        return replace(finding, clean_at=life.clean_at, dirty_at=life.since)

    return replace(report, findings=tuple(map(dated, report.findings)))


def store_run(history: History, snapshot: Snapshot, report: Report, *, standing: bool) -> None:
    """Store a run; one without `standing` leaves the lives of findings and the baseline as they are."""
    run = Run(
        id=report.run.id,
        site=report.run.site,
        started_at=report.run.started_at,
        finished_at=report.run.finished_at,
        mode=report.run.mode,
        tool_version=__version__,
        policy_sha256=report.run.policy_sha256,
        snapshot_sha256=report.run.snapshot_sha256,
        verdict=report.verdict,
        counts=canonical(encode(report.summary)),
        host=socket.gethostname(),
    )
    history.store(
        run,
        snapshot=snapshot_text(snapshot),
        report=canonical(encode(report)),
        findings=_states(report) if standing else (),
        judged=_judged_rules(report) if standing else (),
    )


def _states(report: Report) -> list[FindingState]:
    return [
        FindingState(
            fingerprint=finding.fingerprint,
            rule_id=finding.rule_id,
            invariant=finding.invariant.value,
            severity=finding.severity.value,
            subject=finding.subject,
            outcome=finding.outcome.value,
            waived=finding.waiver is not None,
            message=finding.message,
        )
        for finding in report.findings
        if finding.outcome in (Outcome.FAIL, Outcome.UNKNOWN) or finding.baseline == "absent"
    ]


def _judged_rules(report: Report) -> list[Judgement]:
    """The rules that this run judged; one that left anything unknown did not see every element."""
    outcomes: dict[str, set[Outcome]] = {}
    for finding in report.findings:
        outcomes.setdefault(finding.rule_id, set()).add(finding.outcome)
    return [
        Judgement(rule_id=rule, complete=Outcome.UNKNOWN not in seen)
        for rule, seen in outcomes.items()
        if seen & {Outcome.PASS, Outcome.FAIL}
    ]
