"""One audit from start to end: remember, collect, judge, store."""

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path

from auditor import __version__
from auditor.config import Config, HeartbeatNotice
from auditor.errors import HistoryError
from auditor.frozen import frozen
from auditor.history.life import Past, changed_lives
from auditor.history.lock import site_lock
from auditor.history.record import FindingState, HistoryUnwritableError, Judgement, LastJudgement, Run
from auditor.history.store import History
from auditor.model.codec import DecodeError, canonical, decode, encode
from auditor.model.facts.earlier import Earlier, EarlierRun
from auditor.model.facts.snapshot import Snapshot
from auditor.model.findings import Finding
from auditor.model.report import Report
from auditor.model.rules import Outcome
from auditor.pipeline.collection import Request, collect
from auditor.pipeline.evaluation import Bench, Terms, evaluate, snapshot_text
from auditor.pipeline.override import overrides_since
from auditor.pipeline.trend import with_trend
from auditor.policy.baseline import EarlierFailure, Judgements
from auditor.text import time_text


@frozen
class Audited:
    """What an audit gave; `warnings` are what could not be done besides (a history that can't be written)."""

    snapshot: Snapshot
    report: Report
    warnings: tuple[str, ...] = ()


def audit(request: Request, bench: Bench, terms: Terms, folder: Path | None) -> Audited:
    """Collect and judge; with a `folder`, under the site's lock, against its history, stored there, and told of.

    Raises LockError while another audit of the site runs. A folder that can't be written is a warning: what needs
    earlier runs is then unknown, and the rest is judged. So is a notice that does not arrive.
    """
    if folder is None:
        return judged(collect(request), bench, terms)
    warnings: list[str] = []
    with ExitStack() as stack:
        try:
            stack.enter_context(site_lock(folder, request.config.id, at=time_text(request.clock())))
            history = stack.enter_context(History.open(folder))
            stack.enter_context(_heartbeat(request.config, warnings.append))
            previous = history.latest(request.config.id, mode="audit")
            request = replace(request, earlier=earlier_for(history, request.config))
            terms = replace(terms, earlier=_judgements(history.last_judgement(request.config.id)))
        except HistoryUnwritableError as error:
            return replace(judged(collect(request), bench, terms), warnings=(f"this run is not stored: {error}",))
        audited = judged(collect(request), bench, terms)
        audited = replace(audited, report=_dated(audited.report, history))
        try:
            store_run(history, audited, standing=True)
        except HistoryUnwritableError as error:
            return replace(audited, warnings=(f"this run is not stored: {error}",))
        request.say("notify", "telling what changed")
        warnings += _told(history, audited.report, request.config, None if previous is None else previous.started_at)
        request.say("notify", "")
        warnings += _published(history, audited, request.config)
        audited = replace(audited, report=with_trend(audited.report, history))
    return replace(audited, warnings=tuple(warnings))


def _heartbeat(config: Config, warn: Callable[[str], None]) -> AbstractContextManager[None]:
    """What surrounds a run for the services that notice its absence."""
    notices = [notice for notice in config.notify if isinstance(notice, HeartbeatNotice)]
    if not notices:
        return nullcontext()
    from auditor.notify.heartbeat import beating

    return beating(notices, {one.source: one.target for one in config.connect}, warn)


def _told(history: History, report: Report, config: Config, previous: str | None) -> Iterator[str]:
    """Tell the channels what changed; gives a warning for each that could not be told."""
    if not config.notify:
        return
    from auditor.notify.delivery import deliver

    try:
        for delivery in deliver(history, report, config, previous=previous):
            if delivery.error is not None:
                yield f"{delivery.channel} was not told of {delivery.changes} changes: {delivery.error}"
    except HistoryError as error:
        yield f"what was told is not noted: {error}"


def _published(history: History, audited: Audited, config: Config) -> tuple[str, ...]:
    """Mirror the verdict on Gitea, where the policy file asks for it; gives a warning for what could not be done."""
    if config.publish is None:
        return ()
    from auditor.publish.delivery import publish_audit

    return publish_audit(history, audited.snapshot, audited.report, config)


def judged(snapshot: Snapshot, bench: Bench, terms: Terms) -> Audited:
    """The snapshot with its report."""
    return Audited(snapshot=snapshot, report=evaluate(snapshot, bench, terms))


def earlier_for(history: History, config: Config) -> Earlier:
    """What the last stored audit leaves, what went past the gate since, and where the history stands."""
    last = _last_audit(history, config)
    return replace(last, overrides=overrides_since(history, config.id), history_head=history.head())


def _last_audit(history: History, config: Config) -> Earlier:
    """One that an earlier version wrote otherwise leaves its date alone."""
    run = history.latest(config.id, mode="audit")
    if run is None:
        return Earlier(run=None)
    from auditor.pipeline.memory import earlier_of

    try:
        previous = decode(Snapshot, json.loads(history.snapshot(run)))
    except (DecodeError, ValueError):
        return Earlier(run=EarlierRun(id=run.id, finished_at=run.finished_at, started_at=run.started_at))
    return earlier_of(previous, config)


def _dated(report: Report, history: History) -> Report:
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


def _judgements(last: Mapping[str, LastJudgement]) -> Judgements:
    return {
        rule: [
            EarlierFailure(fingerprint=life.fingerprint, subject=life.subject, message=life.message)
            for life in judgement.failing.values()
        ]
        for rule, judgement in last.items()
    }


def store_run(history: History, audited: Audited, *, standing: bool) -> None:
    """Store a run; one without `standing` leaves the lives of findings and the baseline as they are."""
    report = audited.report
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
        snapshot=snapshot_text(audited.snapshot),
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
