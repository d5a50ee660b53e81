"""Nights and gates as Gitea shows them: one issue, one comment, one status, and nothing that strangers may not read."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from loopback import Handler, Server

from auditor.config import Config, Gitea, Publish
from auditor.config.secret import SecretRef
from auditor.history.store import History
from auditor.model.facts.gitea import Gitea as GiteaFacts
from auditor.model.facts.gitea import MainBranch, Pull, Repository
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.target import Target
from auditor.model.findings import Finding
from auditor.model.missing import MISSING
from auditor.model.report import Report, RunInfo, Tool
from auditor.model.rules import Invariant, Outcome, Severity
from auditor.policy.verdict import summarise
from auditor.publish import content
from auditor.publish.delivery import publish_audit, publish_gate

MOMENT = "2026-02-01T03:00:00Z"
TIP = "1" * 40
HOSTILE = "x`@all\n# <img src=x> --> [a](https://evil.example)"
_ROOT = "/api/v1/repos/Acme/site"


def finding(rule: str, invariant: Invariant = Invariant.SOURCE_OF_TRUTH, **changes: Any) -> Finding:
    made = Finding(
        rule_id=rule,
        invariant=invariant,
        outcome=Outcome.FAIL,
        severity=Severity.HIGH,
        subject=f"gitea:commit:{rule}",
        message=f"what {rule} says",
    )
    return replace(made, **changes)


def report(*findings: Finding, verdict: str | None = None) -> Report:
    run = RunInfo(
        id="019b76da-0001-7000-8000-000000000001",
        site="my-site",
        started_at=MOMENT,
        finished_at=MOMENT,
        mode="audit",
        policy_sha256="",
        snapshot_sha256="",
    )
    return Report(
        schema_version=1,
        tool=Tool(name="auditor", version="0"),
        run=run,
        verdict=verdict or ("non-compliant" if findings else "compliant"),
        summary=summarise(findings),
        sources=(),
        findings=findings,
    )


def snapshot(*, private: bool | Any = False, **changes: Any) -> Snapshot:
    gitea = GiteaFacts(
        available=True,
        observed_at=MOMENT,
        repository=Repository(id=1, private=private),
        main=MainBranch(name="main", commit=TIP),
        **changes,
    )
    return Snapshot(
        schema_version=1,
        tool_version="0",
        id="x",
        site_id="my-site",
        mode="audit",
        started_at=MOMENT,
        finished_at=MOMENT,
        sources=(),
        gitea=gitea,
    )


@dataclass
class Board:
    """What Gitea keeps: issues, comments, statuses; `refuse` is a status for everything that would write."""

    issues: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refuse: int | None = None
    authorized: set[str] = field(default_factory=set)

    def answer(self, handler: Handler) -> None:
        sent = handler.server.asked[-1]
        self.authorized.add(sent.headers.get("authorization", ""))
        path = sent.path.partition("?")[0]
        body = json.loads(sent.body) if sent.body else {}
        if self.refuse is not None and sent.method != "GET":
            handler.json(b'{"message": "token-value"}', status=self.refuse)
            return
        handler.json(json.dumps(self._reply(sent.method, path, body)).encode())

    def _reply(self, method: str, path: str, body: dict[str, Any]) -> Any:
        if path == "/api/v1/user":
            return {"login": "reporter"}
        if path.startswith(f"{_ROOT}/statuses/"):
            self.statuses.append((path.rpartition("/")[2], body))
            return {}
        rows = self.comments if "comments" in path else self.issues
        number = re.search(r"/(?:issues|comments)/(\d+)$", path)
        if method == "PATCH" and number:
            rows[int(number[1]) - 1].update(body)
            return rows[int(number[1]) - 1]
        if method == "POST":
            made = {
                "id": len(rows) + 1,
                "number": len(rows) + 1,
                "state": "open",
                "user": {"login": "reporter"},
                **body,
            }
            rows.append(made)
            return made
        return rows


@dataclass
class Desk:
    """A history, a configuration, and the server that is published to."""

    history: History
    board: Board
    config: Config

    def audit(self, made: Report, seen: Snapshot | None = None) -> tuple[str, ...]:
        return publish_audit(self.history, seen or snapshot(), made, self.config)


@pytest.fixture
def desk(tmp_path: Path, serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    board = Board()
    server = serve(board.answer)
    monkeypatch.setenv("A_TOKEN", "token-value")
    publish = Publish(token=SecretRef(env="A_TOKEN"), issue=True, comment=True, status=True)
    config = Config(id="my-site", gitea=Gitea(base=server.url, owner="Acme", repo="site"), publish=publish)
    with History.open(tmp_path / "state") as history:
        yield Desk(history, board, config)


def test_one_issue_mirrors_the_verdict_through_the_nights(desk: Desk) -> None:
    states = []
    for made in (report(), report(finding("a")), report(finding("a"), finding("b")), report(), report(finding("a"))):
        assert desk.audit(made) == ()
        states.append([issue["state"] for issue in desk.board.issues])
    assert states == [[], ["open"], ["open"], ["closed"], ["open"]]
    assert "1 failed" in desk.board.issues[0]["body"]


def test_what_is_merely_unknown_neither_opens_nor_closes_it(desk: Desk) -> None:
    blind = report(finding("a", outcome=Outcome.UNKNOWN), verdict="inconclusive")
    desk.audit(blind)
    assert desk.board.issues == []
    desk.audit(report(finding("a")))
    desk.audit(report())
    desk.audit(blind)
    assert desk.board.issues[0]["state"] == "closed"


def test_an_issue_whose_note_was_lost_is_found_again_and_a_strangers_is_not_taken(desk: Desk, tmp_path: Path) -> None:
    mark = content.marker("issue", "my-site")
    desk.board.issues.append({"id": 1, "number": 1, "state": "open", "body": mark, "user": {"login": "mallory"}})
    desk.audit(report(finding("a")))
    with History.open(tmp_path / "another") as fresh:
        publish_audit(fresh, snapshot(), report(finding("a"), finding("b")), desk.config)
    assert [issue["user"]["login"] for issue in desk.board.issues] == ["mallory", "reporter"]
    assert desk.board.issues[0]["body"] == mark
    assert "2 failed" in desk.board.issues[1]["body"]


@pytest.mark.parametrize(("private", "whole"), [(True, True), (False, False), (MISSING, False)])
def test_in_a_public_repository_only_counts_and_ids_of_rules_are_told_and_of_secrets_nothing(
    desk: Desk, private: Any, whole: bool
) -> None:
    secret = finding("secrets-none-at-tip", Invariant.SECRETS_STAY_OUT)
    desk.audit(report(finding("gitea-main-protected"), secret), snapshot(private=private))
    body = desk.board.issues[0]["body"]
    assert "`gitea-main-protected`" in body
    assert ("secrets-none-at-tip" in body) == whole
    assert ("what gitea-main-protected says" in body) == whole


def test_hostile_names_stay_inert(desk: Desk) -> None:
    desk.audit(report(finding("a", message=HOSTILE, subject=f"nas:file:{HOSTILE}")), snapshot(private=True))
    body = desk.board.issues[0]["body"]
    [line] = [line for line in body.splitlines() if "evil.example" in line]
    outside = re.sub(r"`[^`]*`", "", line)
    assert outside == "- fail:  : "
    assert body.count("-->") == 1


def test_the_status_of_mains_tip_holds_the_head_of_the_history(desk: Desk) -> None:
    desk.audit(report(finding("a")))
    [(commit, status)] = desk.board.statuses
    assert (commit, status["state"], status["context"]) == (TIP, "failure", "auditor")
    # the note of the issue is a record too, and came after the status would have been read otherwise
    assert desk.history.head() in status["description"]
    assert len(status["description"]) <= 140


def test_the_gates_comment_is_edited_in_place(desk: Desk) -> None:
    pull = Pull(
        number=7, state="closed", merged=True, merged_at=MOMENT, merged_by="ada", merge_commit=TIP, merge_base="0" * 40,
        base_branch="main", base_repository="Acme/site", head_branch="feat/x", head_repository="Acme/site",
        head_commit="2" * 40, author="ada", title="x", url="https://git.example.net/7", created_at=MOMENT,
        updated_at=MOMENT, closed_at=MOMENT,
    )  # fmt: skip
    seen = replace(snapshot(pulls=(pull,)), target=Target(stage="deploy", commit=TIP))
    for made in (report(finding("a")), report()):
        assert publish_gate(seen, made, desk.config) == ()
    [comment] = desk.board.comments
    assert "**compliant**" in comment["body"]
    other = replace(seen, target=Target(stage="deploy", commit="3" * 40))
    publish_gate(other, report(finding("a")), desk.config)
    assert len(desk.board.comments) == 1, "a commit of no pull request is told nobody"


@pytest.mark.parametrize(("status", "remedy"), [(401, "make a new token"), (403, "write access"), (500, "Gitea's log")])
def test_a_refusal_is_a_warning_with_the_remedy_and_without_the_token(desk: Desk, status: int, remedy: str) -> None:
    desk.board.refuse = status
    warnings = desk.audit(report(finding("a")))
    assert [warning.split(" was not")[0] for warning in warnings] == ["the issue", "the commit status"]
    assert all(remedy in warning and "token-value" not in warning for warning in warnings)


def test_the_token_of_publish_alone_is_sent(desk: Desk) -> None:
    desk.audit(report(finding("a")))
    assert desk.board.authorized == {"token token-value"}


def test_nothing_is_published_unless_it_is_asked_for(desk: Desk) -> None:
    asked = Publish(token=SecretRef(env="NOT_SET_AT_ALL"))
    quiet = replace(desk.config, publish=asked)
    assert publish_gate(snapshot(), report(finding("a")), quiet) == ()
    assert publish_audit(desk.history, snapshot(), report(), replace(desk.config, publish=None)) == ()
    assert (desk.board.issues, desk.board.comments) == ([], [])
