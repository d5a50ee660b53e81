"""The key of the HMACs: the configured one, else the state folder's, made once and for its owner alone."""

import stat
from dataclasses import replace
from pathlib import Path

from auditor.config import Config, Secrets
from auditor.config.hmac_key import load_hmac_key
from auditor.config.secret import SecretRef

CONFIG = Config(id="site")


def test_the_key_is_made_once_and_private(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert load_hmac_key(CONFIG, state) == load_hmac_key(CONFIG, state)
    (file,) = state.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_two_folders_have_two_keys(tmp_path: Path) -> None:
    assert load_hmac_key(CONFIG, tmp_path / "a") != load_hmac_key(CONFIG, tmp_path / "b")


def test_the_configured_key_wins(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40 + "\n")
    config = replace(CONFIG, secrets=Secrets(key=SecretRef(file=tmp_path / "key")))
    assert load_hmac_key(config, tmp_path / "state") == b"k" * 40
    assert not (tmp_path / "state").exists()


def test_without_a_folder_the_key_is_of_this_run_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert load_hmac_key(CONFIG, None) != load_hmac_key(CONFIG, None)
    assert len(load_hmac_key(CONFIG, tmp_path / "file" / "state")) == 64
