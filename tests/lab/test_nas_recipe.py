"""The recipe of `auditor probe --install`, followed to the letter: a key that can do nothing else, and every fact."""

import subprocess
from collections.abc import Iterator

import paramiko
import pytest
from nas_install import USER, Installed, run_installed
from nas_verdict import judge
from nas_world import World
from sshd import SshBox

from auditor.model.missing import MISSING

pytestmark = pytest.mark.lab


@pytest.fixture
def installed(world: World) -> Iterator[Installed]:
    with run_installed(world) as made:
        yield made


def say(box: SshBox, command: str) -> tuple[bytes, int]:
    """What a session of the auditor's key prints, and its end."""
    with paramiko.Transport(("127.0.0.1", box.port)) as transport:
        transport.connect(username=box.user, pkey=paramiko.Ed25519Key.from_private_key_file(str(box.key)))
        channel = transport.open_session(timeout=20)
        channel.exec_command(command)
        channel.shutdown_write()
        return b"".join(iter(lambda: channel.recv(1 << 16), b"")), channel.recv_exit_status()


def test_the_recipe_gives_every_fact_to_a_user_without_rights(world: World, installed: Installed) -> None:
    facts = world.collect()
    assert facts.gaps == ()
    assert facts.rights is not MISSING
    assert (facts.rights.docker, facts.rights.proxy, facts.rights.forced_command) == ("helper", "helper", True)
    assert judge(world).green
    assert (
        subprocess.run(["id", USER], capture_output=True, check=False).returncode != 0
    )  # this machine knows no such user


def test_the_key_opens_nothing_but_the_probe(installed: Installed) -> None:
    for command in ("id", "sudo -n id", "/bin/sh", "sudo -n /usr/local/sbin/nas-audit-docker x", "internal-sftp"):
        assert say(installed.box, command) == (b"", 64)
    with paramiko.Transport(("127.0.0.1", installed.box.port)) as transport:
        transport.connect(username=USER, pkey=paramiko.Ed25519Key.from_private_key_file(str(installed.box.key)))
        with pytest.raises(paramiko.SSHException):
            transport.open_session(timeout=20).get_pty()
        with pytest.raises(paramiko.SSHException):
            transport.open_channel("direct-tcpip", ("127.0.0.1", 9), ("127.0.0.1", 0), timeout=20)


def test_a_right_that_was_lost_is_named_with_what_gives_it_back(world: World, installed: Installed) -> None:
    installed.sudoers.unlink()
    facts = world.collect()
    assert facts.rights is not MISSING
    assert (facts.rights.docker, facts.rights.proxy) == ("none", "none")
    remedies = {gap.pointer: gap.remedy for gap in facts.gaps}
    assert remedies["/nas/slots/0/container"] == "install the helper nas-audit-docker: auditor probe --install"
    assert remedies["/nas/proxy/rules"] == "install the helper nas-audit-proxy: auditor probe --install"
    assert judge(world).failed == {}
