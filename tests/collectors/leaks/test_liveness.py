import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from auditor.collectors.leaks import collect
from auditor.config import Config, Gitea, Local, Secrets
from auditor.interfaces import Context, Deadline
from auditor.model.facts.leaks import Leaks
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot
from auditor.model.missing import MISSING

from .conftest import Repo

NOW = datetime(2026, 2, 1, 3, tzinfo=UTC)
LEAKED = "".join(random.Random(11).choices("0123456789abcdef", k=40))


@dataclass
class Server:
    """A server of which `status` says what it answers to a token; it keeps every request."""

    status: Callable[[str], int]
    asked: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def serving(server: Server) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.headers.get("authorization", "").removeprefix("token ")
            server.asked.append((self.path, token))
            self.send_response(server.status(token))
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=httpd.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}"
    finally:
        httpd.shutdown()
        httpd.server_close()


def facts(repo: Repo, base: str, tmp_path: Path, *, verify: bool = True) -> Leaks:
    snapshot = Snapshot(
        schema_version=SCHEMA_VERSION,
        tool_version="0",
        id="i",
        site_id="site",
        mode="audit",
        started_at="2026-02-01T03:00:00Z",
        finished_at="2026-02-01T03:00:00Z",
        sources=(),
    )
    config = Config(
        id="site",
        local=Local(path=repo.path),
        gitea=Gitea(base=base, owner="o", repo="r"),
        secrets=Secrets(verify=verify),
    )
    return collect(
        Context(
            config=config,
            seen=snapshot,
            state=tmp_path / "state",
            deadline=Deadline.after(60),
            now=NOW,
            progress=lambda _: None,
        )
    )


@pytest.fixture
def leaking(repo: Repo) -> Repo:
    repo.commit({"deploy.sh": f'curl -H "Authorization: token {LEAKED}" https://git.example.net/\n'.encode()})
    repo.commit({"deploy.sh": b"true\n"})
    return repo


@pytest.mark.parametrize(("status", "alive"), [(200, True), (401, False)])
def test_a_leaked_token_is_tried_after_a_token_of_zeros(
    leaking: Repo, tmp_path: Path, status: int, alive: bool
) -> None:
    server = Server(lambda token: status if token == LEAKED else 401)
    with serving(server) as base:
        found = facts(leaking, base, tmp_path)
    assert found.tokens is not MISSING
    assert [token.alive for token in found.tokens] == [alive]
    assert server.asked == [("/api/v1/version", "0" * 40), ("/api/v1/version", LEAKED)]
    assert LEAKED not in repr(found)
    assert not any(LEAKED.encode() in path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())


def test_where_zeros_are_let_in_no_leaked_token_is_sent_and_nothing_is_known(leaking: Repo, tmp_path: Path) -> None:
    server = Server(lambda _: 200)
    with serving(server) as base:
        found = facts(leaking, base, tmp_path)
    assert found.tokens is MISSING
    assert [gap.reason for gap in found.gaps if gap.pointer == "/leaks/tokens"] == [
        "the server does not refuse a token of zeros: a proxy or cache answers in its place"
    ]
    assert all(token != LEAKED for _, token in server.asked)


def test_an_answer_that_is_neither_yes_nor_no_is_unknown(leaking: Repo, tmp_path: Path) -> None:
    with serving(Server(lambda token: 403 if token == LEAKED else 401)) as base:
        assert facts(leaking, base, tmp_path).tokens is MISSING


def test_without_verify_nothing_is_asked(leaking: Repo, tmp_path: Path) -> None:
    server = Server(lambda _: 401)
    with serving(server) as base:
        assert facts(leaking, base, tmp_path, verify=False).tokens is MISSING
    assert server.asked == []


def test_over_plain_http_to_another_machine_nothing_is_asked(leaking: Repo, tmp_path: Path) -> None:
    found = facts(leaking, "http://192.168.77.77:3000", tmp_path)
    assert found.tokens is MISSING
    assert any("https" in gap.reason for gap in found.gaps)


def test_a_clean_repository_has_no_token_to_try(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"f": b"1"})
    server = Server(lambda _: 401)
    with serving(server) as base:
        found = facts(repo, base, tmp_path)
    assert (found.tokens, server.asked) == ((), [])
    assert found.secrets == ()
    assert any("gitea" in gap.reason for gap in found.gaps), "Gitea's objects were not searched, and nothing says so"
