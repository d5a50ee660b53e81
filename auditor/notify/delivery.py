"""Brings each channel what it has not been told yet, and notes in the history what it was told."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from auditor.config import AppriseNotice, Config, HeartbeatNotice, MailNotice, Notice, WebhookNotice
from auditor.errors import AuditorError, HistoryError
from auditor.history.store import History
from auditor.interfaces import Deadline
from auditor.model.codec import DecodeError, decode
from auditor.model.report import Report
from auditor.notify.digest import Digest, Told, digest_of, told_of

RECORD = "notice"
_BUDGET_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How one channel fared; `error` is None where it was told, or had nothing to be told."""

    channel: str
    changes: int
    error: str | None = None


def deliver(history: History, report: Report, config: Config, *, previous: str | None) -> tuple[Delivery, ...]:
    """Tell every channel of the configuration what changed; a failure is a Delivery with its error.

    The history must hold the run already; `previous` is when the audit before it began. Raises HistoryError where what
    was told can't be noted.
    """
    lives = history.lives(config.id)
    deadline = Deadline.after(_BUDGET_SECONDS)
    connect = {one.source: one.target for one in config.connect}
    deliveries = []
    for notice in config.notify:
        if isinstance(notice, HeartbeatNotice):
            continue
        channel = channel_name(notice)
        told = _last_told(history, config.id, channel)
        digest = digest_of(report, config, lives, told, previous).of(notice.events)
        delivery = _told(notice, channel, digest, deadline, connect)
        _note(history, report, delivery)
        deliveries.append(delivery)
    return tuple(deliveries)


def channel_name(notice: Notice) -> str:
    """What a channel is called through the nights; the addresses of services are secrets, and not in it."""
    if isinstance(notice, MailNotice):
        return f"mail:{','.join(notice.to)}"
    kind, ref = (
        ("webhook", notice.webhook)
        if isinstance(notice, WebhookNotice)
        else ("apprise", notice.apprise)
        if isinstance(notice, AppriseNotice)
        else ("heartbeat", notice.heartbeat)
    )
    return f"{kind}:{ref.env or ref.file}"


def _told(notice: Notice, channel: str, digest: Digest, deadline: Deadline, connect: Mapping[str, str]) -> Delivery:
    count = len(digest.changes)
    if not count:
        return Delivery(channel=channel, changes=0)
    try:
        _send(notice, digest, deadline, connect)
    except AuditorError as error:
        return Delivery(channel=channel, changes=count, error=str(error))
    except Exception as error:  # a library's own words may hold an address
        return Delivery(channel=channel, changes=count, error=f"internal error: {type(error).__name__}")
    return Delivery(channel=channel, changes=count)


def _send(notice: Notice, digest: Digest, deadline: Deadline, connect: Mapping[str, str]) -> None:
    from auditor.notify import apprise, mail, webhook

    if isinstance(notice, WebhookNotice):
        webhook.send(notice, digest, deadline, connect)
    elif isinstance(notice, MailNotice):
        mail.send(notice, digest, deadline)
    elif isinstance(notice, AppriseNotice):
        apprise.send(notice, digest)


def _note(history: History, report: Report, delivery: Delivery) -> None:
    body = {
        "site": report.run.site,
        "run": report.run.id,
        "channel": delivery.channel,
        "changes": delivery.changes,
        "delivered": delivery.error is None,
    }
    history.append(RECORD, body, at=report.run.finished_at)


def _last_told(history: History, site: str, channel: str) -> Told | None:
    """What the channel knows; None where it was never told, or that run was pruned since."""
    bodies: Sequence[dict[str, object]] = [json.loads(record.body) for record in history.records(RECORD)]
    for body in reversed(bodies):
        if body.get("delivered") and body.get("site") == site and body.get("channel") == channel:
            try:
                return told_of(decode(Report, json.loads(history.report(history.find(site, str(body["run"]))))))
            except (HistoryError, DecodeError, ValueError):
                return None
    return None
