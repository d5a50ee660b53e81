"""A secret is never shown, and what can't be read says how to mend it without a part of it."""

import logging
import os
import pickle
from pathlib import Path

import pytest

from auditor.config.secret import Secret, SecretRef
from auditor.errors import ConfigError

VALUE = "s" * 12


def test_no_way_of_printing_shows_the_value(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(VALUE)
    logging.getLogger("test").warning("%s %r", secret, {"a": secret})
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r:>30}", str([secret]), caplog.text]
    assert not [text for text in shown if VALUE in text]
    assert secret.reveal() == VALUE
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_a_variable_gives_its_value_and_its_absence_a_remedy() -> None:
    reference = SecretRef(env="TOKEN", name="gitea.token")
    assert reference.resolve({"TOKEN": f"{VALUE}\n"}) == Secret(VALUE)
    for environ in ({}, {"TOKEN": " "}):
        with pytest.raises(ConfigError, match=r"gitea\.token: the variable 'TOKEN' is not set or empty: set it"):
            reference.resolve(environ)


def test_a_file_gives_its_text_and_a_warning_if_others_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(f"{VALUE}\n")
    path.chmod(0o600)
    reference = SecretRef(file=path, name="gitea.token")
    assert reference.resolve() == Secret(VALUE)
    assert reference.warning() is None
    path.chmod(0o644)
    assert reference.warning() == f"gitea.token: others can read '{path}' (mode 0644): run chmod 600 on it"


@pytest.mark.parametrize(
    ("raw", "said"), [(b"", "is empty"), (b"\xff\xfe" + b"x" * 9, "is not UTF-8"), (b"x" * 70_000, "is larger than")]
)
def test_a_file_that_holds_no_secret_is_told_without_its_bytes(tmp_path: Path, raw: bytes, said: str) -> None:
    path = tmp_path / "token"
    path.write_bytes(raw)
    with pytest.raises(ConfigError, match=said) as caught:
        SecretRef(file=path).resolve()
    assert "xxxx" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_missing_file_a_folder_and_a_fifo_are_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name, said in (("none", "does not exist"), ("", "is no file"), ("fifo", "is no file")):
        with pytest.raises(ConfigError, match=said):
            SecretRef(file=tmp_path / name).resolve()
    assert SecretRef(file=tmp_path / "none").warning() is None


def test_a_references_repr_names_the_place_and_nothing_read_from_it(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(VALUE)
    reference = SecretRef(file=path)
    reference.resolve()
    assert VALUE not in repr(reference)
