"""Each channel against a real server of its kind on loopback."""

import hashlib
import hmac
import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from loopback import Answer, Authority, Handler, Server

from auditor.config import AppriseNotice, HeartbeatNotice, MailNotice, WebhookNotice
from auditor.config.secret import SecretRef
from auditor.interfaces import Deadline
from auditor.notify import apprise, letter, mail, webhook
from auditor.notify.digest import Digest, digest_of
from auditor.notify.fault import NoticeError
from auditor.notify.heartbeat import beating
from auditor.transports.http.retry import Patience

from .conftest import finding, report
from .test_digest import SITE

Serve = Callable[..., Server]
QUICK = Patience(attempts=3, total_seconds=5, sleep=lambda _: None)
HOSTILE = "x\x1b[2J\r\nBcc: all@example.net\r\n\u202egnp"


def digest(name: str = "a") -> Digest:
    return digest_of(report(5, finding(name)), SITE, (), None, None)


def ref(monkeypatch: pytest.MonkeyPatch, value: str, name: str = "A_SECRET") -> SecretRef:
    monkeypatch.setenv(name, value)
    return SecretRef(env=name, name="notify[0]")


def answering(*statuses: int) -> Answer:
    left = list(statuses)

    def answer(handler: Handler) -> None:
        handler.send(b"no: token-in-path", status=left.pop(0) if len(left) > 1 else left[0])

    return answer


class TestWebhook:
    def notice(self, monkeypatch: pytest.MonkeyPatch, url: str) -> WebhookNotice:
        key = ref(monkeypatch, "signing key", "A_KEY")
        return WebhookNotice(webhook=ref(monkeypatch, url + "/hooks/token-in-path"), secret=key)

    def send(self, notice: WebhookNotice) -> None:
        webhook.send(notice, digest(), Deadline.after(20), {}, QUICK)

    def test_the_receiver_can_prove_who_sent_it(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        server = serve(answering(204))
        self.send(self.notice(monkeypatch, server.url))
        [asked] = server.asked
        signed = asked.headers["x-auditor-timestamp"].encode() + b"." + asked.body
        mark = hmac.new(b"signing key", signed, hashlib.sha256).hexdigest()
        assert asked.headers["x-auditor-signature"] == f"sha256={mark}"
        payload = json.loads(asked.body)
        assert (payload["site"], payload["verdict"]) == ("my-site", "non-compliant")
        assert [change["event"] for change in payload["changes"]] == ["new"]
        assert asked.headers["idempotency-key"] == payload["run"]["id"]

    def test_a_passing_fault_is_tried_again_under_the_same_key(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server = serve(answering(503, 502, 200))
        self.send(self.notice(monkeypatch, server.url))
        assert len({asked.headers["idempotency-key"] for asked in server.asked}) == 1
        assert len(server.asked) == 3

    @pytest.mark.parametrize("status", [302, 404, 503])
    def test_a_refusal_names_the_status_and_not_the_address(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch, status: int
    ) -> None:
        server = serve(answering(status))
        with pytest.raises(NoticeError, match=str(status)) as caught:
            self.send(self.notice(monkeypatch, server.url))
        assert "token-in-path" not in str(caught.value)

    def test_a_server_that_is_gone_is_named_by_its_origin_alone(
        self, unused_port: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(NoticeError, match=r"'http://127\.0\.0\.1:\d+'") as caught:
            self.send(self.notice(monkeypatch, f"http://127.0.0.1:{unused_port}"))
        assert "token-in-path" not in str(caught.value)

    def test_nothing_leaves_the_private_network_unencrypted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(NoticeError, match="use https") as caught:
            self.send(self.notice(monkeypatch, "http://hooks.example.com"))
        assert "token-in-path" not in str(caught.value)

    def test_an_address_that_is_none_is_not_quoted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(NoticeError, match="correct it") as caught:
            self.send(self.notice(monkeypatch, "gopher://x"))
        assert "token-in-path" not in str(caught.value)


class Inbox:
    """Keeps what a mail server took."""

    def __init__(self) -> None:
        self.mails: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 -- its name there
        self.mails.append(envelope.content.decode())
        return "250 OK"


def authenticator(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=data == LoginPassword(b"ops", b"right"), handled=False)


@pytest.fixture
def inbox(
    authority: Authority, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[Inbox, int]]]:
    """Starts mail servers that offer STARTTLS, or none; the auditor trusts the test's authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    running: list[Controller] = []

    def start(context: ssl.SSLContext | None) -> tuple[Inbox, int]:
        kept = Inbox()
        controller = Controller(
            kept,
            hostname="127.0.0.1",
            port=unused_port,
            tls_context=context,
            require_starttls=context is not None,
            authenticator=authenticator,
            auth_required=context is not None,
        )
        controller.start()
        running.append(controller)
        return kept, unused_port

    yield start
    for controller in running:
        controller.stop()


class TestMail:
    def notice(self, monkeypatch: pytest.MonkeyPatch, port: int, password: str = "right") -> MailNotice:
        return MailNotice(
            smtp=f"127.0.0.1:{port}",
            sender="audit@example.net",
            to=("ops@example.net",),
            user="ops",
            password=ref(monkeypatch, password),
        )

    def test_a_digest_arrives_over_verified_tls(
        self, inbox: Callable[..., Any], authority: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept, port = inbox(authority.context("127.0.0.1"))
        mail.send(self.notice(monkeypatch, port), digest(), Deadline.after(20))
        [text] = kept.mails
        assert "Subject: [auditor] my-site: 1 new (non-compliant)" in text
        assert "high some-rule local:file:a: a is wrong" in text

    def test_a_hostile_name_adds_no_header(
        self, inbox: Callable[..., Any], authority: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept, port = inbox(authority.context("127.0.0.1"))
        mail.send(self.notice(monkeypatch, port), digest(HOSTILE), Deadline.after(20))
        assert not any(line.startswith("Bcc:") for line in kept.mails[0].splitlines())
        assert "\x1b" not in kept.mails[0]

    def test_a_server_without_starttls_gets_nothing(
        self, inbox: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept, port = inbox(None)
        with pytest.raises(NoticeError, match="STARTTLS"):
            mail.send(self.notice(monkeypatch, port), digest(), Deadline.after(20))
        assert not kept.mails

    def test_a_certificate_of_an_unknown_authority_gets_nothing(
        self, inbox: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept, port = inbox(Authority(tmp_path).context("127.0.0.1"))
        with pytest.raises(NoticeError, match="not trusted"):
            mail.send(self.notice(monkeypatch, port), digest(), Deadline.after(20))
        assert not kept.mails

    def test_a_wrong_password_is_named_without_it(
        self, inbox: Callable[..., Any], authority: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _, port = inbox(authority.context("127.0.0.1"))
        with pytest.raises(NoticeError, match="535") as caught:
            mail.send(self.notice(monkeypatch, port, "wrong-one"), digest(), Deadline.after(20))
        assert "wrong-one" not in str(caught.value)

    def test_a_server_that_is_gone_is_said(self, unused_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(NoticeError, match="reachable"):
            mail.send(self.notice(monkeypatch, unused_port), digest(), Deadline.after(20))


class TestApprise:
    def notice(self, monkeypatch: pytest.MonkeyPatch, url: str) -> AppriseNotice:
        return AppriseNotice(apprise=ref(monkeypatch, url))

    def test_a_digest_arrives(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        server = serve(answering(200))
        apprise.send(self.notice(monkeypatch, f"json://{server.place}/token-in-path"), digest())
        assert json.loads(server.asked[0].body)["title"] == "my-site: 1 new (non-compliant)"

    def test_a_refusal_shows_no_address(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        server = serve(answering(500))
        with pytest.raises(NoticeError) as caught:
            apprise.send(self.notice(monkeypatch, f"json://{server.place}/token-in-path"), digest())
        assert "token-in-path" not in str(caught.value) + "".join(capfd.readouterr())

    def test_a_url_that_is_none_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(NoticeError, match="does not understand"):
            apprise.send(self.notice(monkeypatch, "nonsense"), digest())


class TestHeartbeat:
    def test_the_service_hears_of_the_start_and_of_the_end(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        server = serve(answering(200))
        said: list[str] = []
        with beating([HeartbeatNotice(heartbeat=ref(monkeypatch, f"{server.url}/uuid"))], {}, said.append):
            assert [asked.path for asked in server.asked] == ["/uuid/start"]
        assert [asked.path for asked in server.asked] == ["/uuid/start", "/uuid"]
        assert not said

    def test_it_hears_of_a_run_that_broke_off(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        server = serve(answering(200))
        beat = beating([HeartbeatNotice(heartbeat=ref(monkeypatch, f"{server.url}/uuid/"))], {}, pytest.fail)
        with pytest.raises(KeyboardInterrupt), beat:
            raise KeyboardInterrupt
        assert [asked.path for asked in server.asked] == ["/uuid/start", "/uuid/fail"]

    def test_a_service_that_does_not_answer_is_a_warning_without_its_address(
        self, serve: Serve, unused_port: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        said: list[str] = []
        for url in (f"http://127.0.0.1:{unused_port}/uuid", f"{serve(answering(410)).url}/uuid"):
            with beating([HeartbeatNotice(heartbeat=ref(monkeypatch, url))], {}, said.append):
                pass
        missing = HeartbeatNotice(heartbeat=SecretRef(env="NOT_SET_AT_ALL", name="notify[0].heartbeat"))
        with beating([missing], {}, said.append):
            pass
        assert len(said) == 6
        assert not any("uuid" in text for text in said)


def test_a_letter_of_many_changes_is_cut_and_says_so() -> None:
    many = report(5, *(finding(str(number)) for number in range(80)))
    text = letter.body(digest_of(many, SITE, (), None, None))
    assert "… and 30 more" in text
    assert text.endswith(f"the whole report: auditor export {many.run.id}\n")
