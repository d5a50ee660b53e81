"""The real values of a clone's env files: told by HMAC alone, those that mean nothing by name, no link followed out."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.collectors.local.own_value import share_own_values
from auditor.confidence import Confidence, Told
from auditor.config import Config, Gitea, Local, Secrets
from auditor.detector.own_value import OwnValues
from auditor.interfaces import Context, Deadline
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot

AT = "2026-02-03T12:00:00Z"
TOKEN, PASSWORD = secrets.token_hex(20), "opal-garnet-ruby"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What of a clone is read: its folder, and the configuration of its repository."""
    git = tmp_path / "clone" / ".git"
    for folder in ("objects", "refs"):
        (git / folder).mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "config").write_text(f'[remote "origin"]\n\turl = https://ada:{TOKEN}@git.example.net/Acme/site.git\n')
    return git.parent


def shared(clone: Path, *files: str) -> Confidence:
    own = Confidence(listening=True)
    share_own_values(
        Context(
            config=Config(
                id="acme-site",
                local=Local(path=clone),
                gitea=Gitea(base="https://git.example.net", owner="Acme", repo="garden-site"),
                secrets=Secrets(own_values=tuple(f"local:{file}" for file in files or (".env",))),
            ),
            seen=Snapshot(
                schema_version=SCHEMA_VERSION, tool_version="0", id="0", site_id="x", mode="audit",
                started_at=AT, finished_at=AT, sources=(),
            ),
            state=clone.parent / "state",
            deadline=Deadline.after(20),
            now=datetime.now(UTC),
            progress=lambda _text: None,
            own=own,
        )
    )  # fmt: skip
    return own


def told(own: Confidence) -> Told:
    return own.told["local"]


def test_values_are_told_by_mark_and_the_rest_by_name_and_reason(clone: Path) -> None:
    (clone / ".env").write_text(
        f"DEPLOY_TOKEN={TOKEN}\nDB_PASSWORD='{PASSWORD}'\nPUBLIC_SITE_TOKEN={TOKEN}\nEMPTY_TOKEN=\n"
        "PIN=1234\nADMIN_PASSWORD=changeme\nSITE_TITLE=A garden by the sea\nDB_PASS=garden-site\n"
        'DEPLOY_KEY="-----BEGIN KEY-----\nabcdefgh\n-----END KEY-----"\n'
    )
    own = shared(clone)
    assert [mark.name for mark in told(own).marks] == ["local:env:.env#DEPLOY_TOKEN", "local:env:.env#DB_PASSWORD"]
    skipped = {name.rpartition("#")[2]: why for name, why in told(own).skipped}
    assert set(skipped) == {"PIN", "ADMIN_PASSWORD", "SITE_TITLE", "DB_PASS", "DEPLOY_KEY"}
    assert skipped["DB_PASS"] == skipped["ADMIN_PASSWORD"] == "its value is a placeholder or too common"
    assert TOKEN not in repr(told(own))
    assert PASSWORD not in repr(told(own))


def test_the_configuration_of_the_repository_is_heard(clone: Path) -> None:
    (clone / ".env").write_text(f"DEPLOY_TOKEN={TOKEN}\n")
    own = shared(clone)
    (heard,) = own.heard
    assert (heard.source, heard.place) == ("local", ".git/config")
    assert [one.line for one in OwnValues(own.marks, own.key.encode()).find(heard.text)] == [2]


def test_the_identity_is_that_of_the_values_and_not_of_the_run(clone: Path) -> None:
    file = clone / ".env"
    file.write_text(f"DEPLOY_TOKEN={TOKEN}\n")
    first, again = told(shared(clone)), told(shared(clone))
    assert first.identity == again.identity
    assert first.marks != again.marks, "each run has a key of its own"
    file.write_text(f"DEPLOY_TOKEN={TOKEN[:-1]}\n")
    assert told(shared(clone)).identity != first.identity
    assert replace(first, marks=()) == replace(again, marks=())


def test_a_file_that_is_not_there_has_no_values(clone: Path) -> None:
    own = shared(clone, ".env", "deploy/.env")
    assert (told(own).marks, told(own).skipped, own.lost) == ((), (), ())


def test_a_link_is_followed_within_the_clone_alone(clone: Path) -> None:
    (clone / "deploy").mkdir()
    (clone / "deploy" / ".env").write_text(f"DEPLOY_TOKEN={TOKEN}\n")
    (clone / ".env").symlink_to("deploy/.env")
    assert [mark.name for mark in told(shared(clone)).marks] == ["local:env:.env#DEPLOY_TOKEN"]
    outside = clone.parent / "outside.env"
    outside.write_text(f"DEPLOY_TOKEN={TOKEN}\n")
    (clone / ".env").unlink()
    (clone / ".env").symlink_to(outside)
    own = shared(clone)
    assert own.told == {}
    assert "a link that leads out of the clone" in own.lost[0][1]


def test_a_file_that_can_not_be_read_whole_is_a_loss(clone: Path) -> None:
    (clone / ".env").write_text("A_TOKEN=x\n" * 200_000)
    own = shared(clone)
    assert own.told == {}
    assert own.lost == (("local", "larger than 1048576 bytes"),)
