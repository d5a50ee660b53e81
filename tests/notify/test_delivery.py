"""Nights in a row: what each channel is told, and what the history remembers of it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from loopback import Handler, Server

from auditor.config import Config, HeartbeatNotice, MailNotice, Notice, WebhookNotice
from auditor.config.secret import SecretRef
from auditor.history.record import FindingState, Judgement, Run
from auditor.history.store import History
from auditor.model.codec import canonical, encode
from auditor.model.findings import Finding
from auditor.model.report import Report
from auditor.notify.delivery import Delivery, channel_name, deliver

from .conftest import NOTE, finding, report


@dataclass
class Nights:
    """A history, a webhook that answers `status`, and one audit after the other."""

    history: History
    server: Server
    config: Config
    status: list[int] = field(default_factory=lambda: [200])
    previous: str | None = None

    def audit(self, number: int, *findings: Finding) -> tuple[Delivery, ...]:
        made = report(number, *findings)
        _store(self.history, made)
        told = deliver(self.history, made, self.config, previous=self.previous)
        self.previous = made.run.started_at
        return told

    @property
    def told(self) -> list[list[tuple[str, str]]]:
        """Event and subject of each change, by posted digest."""
        bodies = [json.loads(asked.body) for asked in self.server.asked]
        return [[(change["event"], change["subject"]) for change in body["changes"]] for body in bodies]


def _store(history: History, made: Report) -> None:
    run = Run(
        id=made.run.id,
        site=made.run.site,
        started_at=made.run.started_at,
        finished_at=made.run.finished_at,
        mode="audit",
        tool_version="0",
        policy_sha256=made.run.policy_sha256,
        snapshot_sha256="44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",  # of {}
        verdict=made.verdict,
        counts="{}",
        host="here",
    )
    states = [
        FindingState(
            fingerprint=one.fingerprint,
            rule_id=one.rule_id,
            invariant=one.invariant.value,
            severity=one.severity.value,
            subject=one.subject,
            outcome=one.outcome.value,
            waived=one.waiver is not None,
            message=one.message,
        )
        for one in made.findings
    ]
    judged = [Judgement(rule_id="some-rule", complete=True)]
    history.store(run, snapshot="{}", report=canonical(encode(made)), findings=states, judged=judged)


@pytest.fixture
def nights(tmp_path: Path, serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> Iterator[Nights]:
    status = [200]

    def answer(handler: Handler) -> None:
        handler.send(status=status[0])

    server = serve(answer)
    monkeypatch.setenv("A_WEBHOOK", f"{server.url}/hook")
    notice = WebhookNotice(webhook=SecretRef(env="A_WEBHOOK"), events=("new", "worse", "fixed"))
    with History.open(tmp_path / "state") as history:
        yield Nights(history, server, Config(id="my-site", notify=(notice,)), status)


def test_each_change_is_told_once(nights: Nights) -> None:
    a, b = finding("a"), finding("b")
    for number, findings in enumerate([[a], [a], [a, b], [b], [b], []], start=1):
        nights.audit(number, *findings)
    assert nights.told == [
        [("new", a.subject)],
        [("new", b.subject)],
        [("fixed", a.subject)],
        [("fixed", b.subject)],
    ]


def test_what_did_not_arrive_is_told_the_next_night(nights: Nights) -> None:
    nights.audit(1)
    nights.status[0] = 400
    [failed] = nights.audit(2, finding("a"))
    assert failed.error is not None and "400" in failed.error
    nights.status[0] = 200
    nights.audit(3, finding("a"))
    assert nights.told[-1] == [("new", "local:file:a")]
    nights.audit(4, finding("a"))
    assert len(nights.told) == 2


def test_a_waiver_that_ends_is_worse(nights: Nights) -> None:
    nights.audit(1, finding("a", waiver=NOTE))
    nights.audit(2, finding("a"))
    assert nights.told == [[("worse", "local:file:a")]]


def test_a_second_channel_starts_with_what_fails_now(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    nights.audit(1, finding("a"))
    monkeypatch.setenv("ANOTHER", f"{nights.server.url}/other")
    other = WebhookNotice(webhook=SecretRef(env="ANOTHER"))
    nights.config = replace(nights.config, notify=(*nights.config.notify, other))
    nights.audit(2, finding("a"))
    assert [asked.path for asked in nights.server.asked] == ["/hook", "/other"]


def test_a_channel_whose_last_telling_was_pruned_starts_anew(nights: Nights) -> None:
    nights.audit(1, finding("a"))
    nights.audit(2, finding("a"))
    nights.status[0] = 400
    nights.audit(3, finding("a"), finding("b"))
    nights.history.prune("my-site", before="2026-02-03T00:00:00Z", at="2026-02-03T04:00:00Z")
    nights.status[0] = 200
    nights.audit(4, finding("a"), finding("b"))
    assert nights.told[-1] == [("new", "local:file:a"), ("new", "local:file:b")]


def test_a_secret_that_is_not_there_fails_that_channel_alone(nights: Nights) -> None:
    missing = WebhookNotice(webhook=SecretRef(env="NOT_SET_AT_ALL", name="notify[0].webhook"))
    nights.config = replace(nights.config, notify=(missing, *nights.config.notify))
    first, second = nights.audit(1, finding("a"))
    assert first.error is not None and "NOT_SET_AT_ALL" in first.error
    assert second == Delivery(channel="webhook:A_WEBHOOK", changes=1)


def test_a_heartbeat_is_no_channel(nights: Nights) -> None:
    nights.config = replace(nights.config, notify=(HeartbeatNotice(heartbeat=SecretRef(env="BEAT")),))
    assert nights.audit(1, finding("a")) == ()


def test_the_history_notes_who_was_told_and_stays_whole(nights: Nights) -> None:
    nights.audit(1, finding("a"))
    [record] = nights.history.records("notice")
    assert json.loads(record.body)["channel"] == "webhook:A_WEBHOOK"
    assert nights.history.verify() == ()


@pytest.mark.parametrize(
    ("notice", "name"),
    [
        (WebhookNotice(webhook=SecretRef(file=Path("/etc/hook"))), "webhook:/etc/hook"),
        (MailNotice(smtp="h:25", sender="a@b", to=("c@d", "e@f")), "mail:c@d,e@f"),
        (HeartbeatNotice(heartbeat=SecretRef(env="BEAT")), "heartbeat:BEAT"),
    ],
)
def test_a_channel_is_named_without_its_secret(notice: Notice, name: str) -> None:
    assert channel_name(notice) == name
