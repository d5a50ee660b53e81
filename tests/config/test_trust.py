"""A file is trusted by path and bytes, in a store that only its user can write; without trust it gets nothing."""

import json
from pathlib import Path

import pytest

from auditor.config import Config, Gitea, History, Nas, Publish, Secrets, Slot, SshKey, WebhookNotice
from auditor.config.fact import config_facts
from auditor.config.secret import SecretRef
from auditor.config.trust import is_trusted, state_folder, trust, without_credentials
from auditor.errors import ConfigError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policies.yaml"
    path.write_text("schema: 1\nid: a\n")
    return path


def test_a_file_is_trusted_until_a_byte_of_it_changes(file: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert not is_trusted(file, state)
    trust(file, state)
    assert is_trusted(file, state)
    assert (state / "trust.json").stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in state.iterdir()] == ["trust.json"]
    file.write_text("schema: 1\nid: b\n")
    assert not is_trusted(file, state)


def test_the_same_bytes_elsewhere_are_not_trusted(file: Path, tmp_path: Path) -> None:
    trust(file, tmp_path / "state")
    copy = tmp_path / "b" / "policies.yaml"
    copy.parent.mkdir()
    copy.write_bytes(file.read_bytes())
    assert not is_trusted(copy, tmp_path / "state")


def test_trust_is_added_and_kept(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("id: c\n")
    trust(file, tmp_path / "state")
    trust(other, tmp_path / "state")
    assert is_trusted(file, tmp_path / "state")
    assert is_trusted(other, tmp_path / "state")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"files": 3}', '{"files": [{}]}', '{"files": [3]}', "[" * 100_000])
def test_a_damaged_store_trusts_nothing(file: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "trust.json").write_text(text)
    assert not is_trusted(file, tmp_path)


def test_a_store_that_others_can_write_trusts_nothing(file: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    trust(file, state)
    (state / "trust.json").chmod(0o666)
    assert not is_trusted(file, state)


def test_a_missing_file_is_not_trusted_and_a_store_that_cannot_be_written_is_told(file: Path, tmp_path: Path) -> None:
    assert not is_trusted(tmp_path / "none.yaml", tmp_path)
    with pytest.raises(ConfigError, match="trust can't be kept in"):
        trust(file, file / "below-a-file")


def test_the_store_holds_a_path_and_a_hash_alone(file: Path, tmp_path: Path) -> None:
    trust(file, tmp_path / "state")
    stored = json.loads((tmp_path / "state" / "trust.json").read_text())
    assert [sorted(entry) for entry in stored["files"]] == [["path", "sha256"]]


def test_a_found_file_gets_no_secret_tells_nobody_and_writes_nowhere() -> None:
    secret = SecretRef(env="TOKEN")
    config = Config(
        id="a",
        gitea=Gitea(base="https://g", owner="o", repo="r", token=secret),
        nas=Nas(root="/r", slots=(Slot(name="a", port=1),), ssh="a@b", key=SshKey(agent=True), host_key="k"),
        secrets=Secrets(key=secret, verify=True),
        history=History(path=Path("/tmp/elsewhere")),
        notify=(WebhookNotice(webhook=secret),),
        publish=Publish(token=secret),
    )
    bare = without_credentials(config)
    assert "SecretRef" not in repr(bare)
    assert "SshKey" not in repr(bare)
    assert (bare.trusted, bare.secrets.verify, bare.history) == (False, False, None)
    assert not config_facts(bare).trusted


def test_the_state_folder_is_the_platforms_unless_the_file_names_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert state_folder() == tmp_path / ".local" / "state" / "auditor"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    assert state_folder() == tmp_path / "s" / "auditor"
    monkeypatch.setattr("sys.platform", "darwin")
    assert state_folder() == tmp_path / "Library" / "Application Support" / "auditor"
    named = Config(id="a", history=History(path=tmp_path / "h"))
    assert state_folder(named) == tmp_path / "h"
