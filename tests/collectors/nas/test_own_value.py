"""The real values of the NAS's env files: only HMACs under the run's key leave it, and what they are is told by key."""

import secrets
from pathlib import Path

import pytest
from frame_answer import parse_frames

from auditor.collectors.nas.own_value import told_of
from auditor.collectors.nas.visit import facts_of, own_values
from auditor.confidence import Told
from auditor.config import Config, Secrets
from auditor.detector.own_value import OwnValues
from auditor.errors import SourceError

from .conftest import NONCES, Box, occasion

TOKEN, PASSWORD = secrets.token_hex(20), "opal-garnet-ruby"


def told(box: Box, config: Config | None = None) -> Told:
    config = config or box.config()
    frames = box.frames(config)
    return told_of(own_values(frames), facts_of(frames, config, occasion()), config, NONCES.key.encode())


@pytest.fixture
def env(box: Box) -> Path:
    """An env file beside the active release's code, and another one above the releases."""
    (box.root / ".env").write_text(f"DB_PASSWORD={PASSWORD}\n")
    file = box.app / ".env"
    file.write_text(
        f"DEPLOY_TOKEN={TOKEN}\nPIN=1234\nADMIN_PASSWORD=changeme\nSITE_TITLE=a garden by the sea\n"
        f"PUBLIC_TOKEN={TOKEN}\nEMPTY_TOKEN=\n"
    )
    return file


def test_each_key_is_told_once_by_the_policy_files_name_for_its_file(box: Box, env: Path) -> None:
    assert env.exists()
    found = told(box)
    assert {mark.name for mark in found.marks} == {"nas:env:.env#DB_PASSWORD", "nas:env:.env#DEPLOY_TOKEN"}
    assert {name.rpartition("#")[2] for name, _ in found.skipped} == {"PIN", "ADMIN_PASSWORD", "SITE_TITLE"}
    own = OwnValues(found.marks, NONCES.key.encode())
    text = f"mysql -p{PASSWORD} -u site\nlogin {PASSWORD}\ncurl -H 'Authorization: token {TOKEN}'\n"
    assert [(one.name.rpartition("#")[2], one.line) for one in own.find(text.encode())] == [
        ("DB_PASSWORD", 1),
        ("DB_PASSWORD", 2),
        ("DEPLOY_TOKEN", 3),
    ]


def test_no_value_leaves_the_nas(box: Box, env: Path) -> None:
    assert env.exists()
    answer = box.run(box.config()).stdout
    assert PASSWORD.encode() not in answer
    assert answer.count(TOKEN.encode()) == 1, "of the public variable"


def test_the_identity_changes_with_a_file_and_with_nothing_else(box: Box, env: Path) -> None:
    first = told(box).identity
    assert told(box).identity == first
    env.write_text(env.read_text() + "MORE_TOKEN=another-value\n")
    assert told(box).identity != first


def test_files_that_the_policy_file_does_not_name_are_left_alone(box: Box, env: Path) -> None:
    assert env.exists()
    config = box.config()
    other = Config(id=config.id, nas=config.nas, site=config.site, secrets=Secrets(own_values=("nas:deploy/.env",)))
    found = told(box, other)
    assert (found.marks, found.skipped) == ((), ())


def test_a_file_that_can_not_be_read_is_no_empty_one(box: Box, env: Path) -> None:
    env.unlink()
    env.symlink_to("/etc/hostname")
    with pytest.raises(SourceError, match=r"app/\.env on the NAS could not be read"):
        told(box)


def test_an_answer_that_is_cut_is_no_empty_one(box: Box, env: Path) -> None:
    assert env.exists()
    answer = box.run(box.config()).stdout
    frames = parse_frames(answer[: answer.index(b" BEGIN", answer.index(b"env") - 60)], NONCES.frame)
    with pytest.raises(SourceError):
        own_values(frames)
