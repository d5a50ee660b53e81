"""Pins: which host keys a fingerprint or a known_hosts file admits, judged against ssh-keygen where it is there."""

import shutil
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import TransportError
from auditor.transports.ssh.host_key import (
    Pin,
    check_host_key,
    fingerprint,
    load_pins,
    parse_known_hosts,
    refused_algorithms,
)
from auditor.transports.ssh.target import SshTarget

BLOB = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + b"k" * 32
OTHER = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + b"o" * 32
KEY = "ssh-ed25519 " + b64encode(BLOB).decode()
TARGET = SshTarget(host="nas.lan", user="auditor", host_key=fingerprint(BLOB))


def pins(text: str, name: str = "nas.lan") -> tuple[Pin, ...]:
    return parse_known_hosts(text.encode(), name)


@pytest.mark.parametrize(
    ("field", "name", "known"),
    [
        ("nas.lan", "nas.lan", True),
        ("NAS.lan", "nas.lan", True),
        ("other,nas.lan", "nas.lan", True),
        ("*.lan", "nas.lan", True),
        ("nas.la?", "nas.lan", True),
        ("*.lan,!nas.lan", "nas.lan", False),
        ("nas.lan", "[nas.lan]:2222", False),
        ("[nas.lan]:2222", "[nas.lan]:2222", True),
        ("[nas.lan]:2222", "nas.lan", False),
        ("[abc]as.lan", "nas.lan", False),
        ("|1|bm90IGEgaGFzaA==|eHh4", "nas.lan", False),
        ("|1|broken", "nas.lan", False),
    ],
)
def test_a_line_is_about_the_names_that_it_lists(field: str, name: str, known: bool) -> None:
    assert bool(pins(f"{field} {KEY} comment", name)) is known


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen is not installed (Debian: openssh-client)")
@pytest.mark.parametrize("name", ["nas.lan", "[nas.lan]:2222"])
def test_names_that_ssh_keygen_hashed_are_found(tmp_path: Path, name: str) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(f"{name} {KEY}\nelse.lan {KEY}\n")
    subprocess.run(["ssh-keygen", "-H", "-f", path], check=True, capture_output=True)
    assert "nas.lan" not in path.read_text()
    assert parse_known_hosts(path.read_bytes(), name) == (Pin(fingerprint(BLOB), "ssh-ed25519"),)


@pytest.mark.parametrize("line", ["", "#nas.lan " + KEY, "nas.lan", "nas.lan ssh-rsa", "nas.lan ssh-rsa *", "@x", "@"])
def test_a_comment_or_a_broken_line_pins_nothing(line: str) -> None:
    assert pins(line) == ()


def test_a_certificate_authority_is_no_host_key() -> None:
    assert pins(f"@cert-authority nas.lan {KEY}") == ()


@given(st.binary(max_size=200))
def test_no_file_breaks_the_reading(text: bytes) -> None:
    parse_known_hosts(text, "nas.lan")


def test_only_algorithms_of_pinned_types_are_offered() -> None:
    refused = refused_algorithms((Pin("SHA256:x", "ssh-rsa"),))
    assert set(refused) == {
        "ssh-rsa",
        "ssh-dss",
        "ssh-ed25519",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
    }
    assert refused_algorithms((Pin("SHA256:x"),)) == ("ssh-rsa", "ssh-dss")


def test_the_pinned_key_is_taken() -> None:
    check_host_key(TARGET, load_pins(TARGET), "ssh-ed25519", BLOB)


def test_another_key_is_refused_with_both_fingerprints_and_the_command_to_compare() -> None:
    with pytest.raises(TransportError) as caught:
        check_host_key(TARGET, load_pins(TARGET), "ssh-ed25519", OTHER)
    for part in (fingerprint(BLOB), fingerprint(OTHER), "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"):
        assert part in str(caught.value)


def test_a_revoked_key_is_refused_even_if_another_line_trusts_it() -> None:
    with pytest.raises(TransportError, match="revoked"):
        check_host_key(TARGET, pins(f"nas.lan {KEY}\n@revoked nas.lan {KEY}"), "ssh-ed25519", BLOB)


def test_without_a_pin_there_is_no_visit(tmp_path: Path) -> None:
    with pytest.raises(TransportError, match="no host key is pinned"):
        load_pins(SshTarget(host="nas.lan", user="auditor"))
    path = tmp_path / "known_hosts"
    with pytest.raises(TransportError, match="does not exist"):
        load_pins(SshTarget(host="nas.lan", user="auditor", known_hosts=path))
    path.write_text(f"nas.lan {KEY}\nold.lan ssh-dss AAAA\n")
    with pytest.raises(TransportError, match="at port 22 only"):
        load_pins(SshTarget(host="nas.lan", user="auditor", port=2222, known_hosts=path))
    with pytest.raises(TransportError, match=r"ssh-dss key of old[.]lan:22, a type too old"):
        load_pins(SshTarget(host="old.lan", user="auditor", known_hosts=path))
