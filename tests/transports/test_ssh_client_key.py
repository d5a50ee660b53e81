"""The key of a visit: the named file or the agent's one key, and nothing else."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.errors import TransportError
from auditor.transports.ssh.client_key import client_key, key_warnings
from auditor.transports.ssh.target import SshTarget

sys.path.insert(0, str(Path(__file__).parents[1] / "lab"))

from sshd import keygen, run_agent


def target(key: Path | None, *, agent: bool = False) -> SshTarget:
    return SshTarget(host="nas.lan", user="auditor", key=key, agent=agent)


def refusal(key: Path | None, *, agent: bool = False) -> str:
    with pytest.raises(TransportError) as caught, client_key(target(key, agent=agent)):
        pass
    return str(caught.value)


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty SSH agent of the test's own."""
    with run_agent(tmp_path) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
        yield


def add(*paths: Path) -> None:
    subprocess.run(["ssh-add", "-q", *paths], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("kind", "more"), [("ed25519", ()), ("ecdsa", ()), ("rsa", ()), ("rsa", ("-N", "", "-m", "PEM"))]
)
def test_a_key_of_every_kind_is_read(tmp_path: Path, kind: str, more: tuple[str, ...]) -> None:
    with client_key(target(keygen(tmp_path / "key", kind, *more))) as key:
        assert kind in key.get_name()


def test_a_missing_an_unreadable_and_a_foreign_file_are_named(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "none")
    assert "is no file" in refusal(tmp_path)
    (tmp_path / "text").write_bytes(b"\xff" + b"no key " * 3)
    assert "holds no SSH private key" in refusal(tmp_path / "text")


@pytest.mark.parametrize("more", [(), ("-m", "PEM")])
def test_a_key_with_a_passphrase_is_named_and_not_quoted(tmp_path: Path, more: tuple[str, ...]) -> None:
    path = keygen(tmp_path / "key", "rsa", "-N", "secret words", *more)
    message = refusal(path)
    assert "has a passphrase" in message
    assert not re.search("secret|[A-Za-z0-9+/]{40}", message.replace(str(path), ""))


def test_no_key_and_no_agent_asks_for_one() -> None:
    assert "no SSH key is named" in refusal(None)


def test_a_key_that_others_can_read_is_a_warning(tmp_path: Path) -> None:
    path = keygen(tmp_path / "key")
    assert key_warnings(target(path)) == ()
    path.chmod(0o644)
    assert "0644" in key_warnings(target(path))[0]
    assert key_warnings(target(tmp_path / "key.pub")) == ()


def test_no_agent_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    assert "holds no key, or none runs" in refusal(None, agent=True)


def test_the_agents_only_key_is_taken_and_never_one_of_two(tmp_path: Path, agent: None) -> None:
    first, second = keygen(tmp_path / "first"), keygen(tmp_path / "second")
    add(first)
    with client_key(target(None, agent=True)) as key:
        assert key.get_base64() in (tmp_path / "first.pub").read_text()
    add(second)
    assert "holds 2 keys" in refusal(None, agent=True)


def test_a_public_key_chooses_among_the_agents(tmp_path: Path, agent: None) -> None:
    add(keygen(tmp_path / "first"), keygen(tmp_path / "second"))
    with client_key(target(tmp_path / "second.pub")) as key:
        assert key.get_base64() in (tmp_path / "second.pub").read_text()
    keygen(tmp_path / "third")
    assert "does not hold the key SHA256:" in refusal(tmp_path / "third.pub")


def test_an_agent_is_not_asked_unless_told(tmp_path: Path, agent: None) -> None:
    add(keygen(tmp_path / "first"))
    assert "no SSH key is named" in refusal(None)
