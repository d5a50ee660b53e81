"""One audit from start to end: remember, collect, judge, store."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path

from auditor.config import Config, HeartbeatNotice
from auditor.errors import HistoryError
from auditor.frozen import frozen
from auditor.history.lock import site_lock
from auditor.history.record import HistoryUnwritableError
from auditor.history.store import History
from auditor.model.facts.snapshot import Snapshot
from auditor.model.report import Report
from auditor.pipeline.collection import Request, collect
from auditor.pipeline.evaluation import Bench, Terms, evaluate
from auditor.pipeline.storage import dated_report, earlier_of_site, last_judgements, store_run
from auditor.pipeline.trend import with_trend
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
            request = replace(request, earlier=earlier_of_site(history, request.config))
            terms = replace(terms, earlier=last_judgements(history, request.config.id))
        except HistoryUnwritableError as error:
            return replace(judged(collect(request), bench, terms), warnings=(f"this run is not stored: {error}",))
        audited = judged(collect(request), bench, terms)
        audited = replace(audited, report=dated_report(audited.report, history))
        try:
            store_run(history, audited.snapshot, audited.report, standing=True)
        except HistoryUnwritableError as error:
            return replace(audited, warnings=(f"this run is not stored: {error}",))
        audited = replace(audited, report=with_trend(audited.report, history))
        request.say("notify", "telling what changed")
        warnings += _told(history, audited.report, request.config, None if previous is None else previous.started_at)
        request.say("notify", "")
        warnings += _published(history, audited, request.config)
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
