"""Visits of real SSH servers: what comes back, what is refused, what each failure is called, what is left."""

import logging
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import paramiko
import pytest

from auditor.errors import TransportError
from auditor.transports.ssh.target import SshTarget, Visit, VisitLimits
from auditor.transports.ssh.visit import visit

sys.path.insert(0, str(Path(__file__).parents[1] / "lab"))

from delay import delay_proxy
from sshd import SshBox, keygen, run_agent, run_dropbear, run_sshd

pytestmark = pytest.mark.lab

FRAME = "0f" * 16
KEY = "ab" * 16
SENDER = Path(__file__).with_name("frames.sh").read_text()
QUICK = VisitLimits(wake_seconds=0, seconds=20)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="another account, PAM and StrictModes need root")


def script(body: str, *, last: str = "framed_answer all") -> bytes:
    return f"frame={FRAME}\nkey={KEY}\n{SENDER}\nall() {{\n{body}\n}}\n{last}\n".encode()


HELLO = script("framed first echo hello\nframed second echo world")


def go(
    box: SshBox, stdin: bytes = HELLO, *, limits: VisitLimits = QUICK, forced: bool = False, **changes: Any
) -> Visit:
    return visit(SshTarget(**box.target(**changes)), stdin=stdin, frame=FRAME, limits=limits, forced=forced)


def refusal(box: SshBox, stdin: bytes = HELLO, **more: Any) -> str:
    with pytest.raises(TransportError) as caught:
        go(box, stdin, **more)
    message = str(caught.value)
    assert "\n" not in message
    assert FRAME not in message
    assert KEY not in message
    return message


def bodies(seen: Visit) -> dict[str, bytes]:
    return {section.name: section.body for section in seen.frames.sections}


@pytest.fixture(scope="module")
def box() -> Iterator[SshBox]:
    with run_sshd(host_keys=("ed25519", "ecdsa", "rsa")) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 20
    while (left := set(threading.enumerate()) - before) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not left


# what comes back


def test_a_visit_brings_every_section_through_banner_and_noise(box: SshBox) -> None:
    seen = go(box, b"echo noise; echo 'Could not chdir to home directory' >&2\n" + HELLO)
    assert bodies(seen) == {"first": b"hello\n", "second": b"world\n"}
    assert (seen.frames.complete, seen.fault, seen.exit_status) == (True, None, 0)
    assert "Could not chdir" in seen.stderr_tail
    assert seen.server_version.startswith("SSH-2.0-OpenSSH")
    assert seen.warnings == ()


def test_a_visit_without_pam_and_strict_modes_works_as_any_user() -> None:
    with run_sshd(pam=False) as box:
        assert go(box).frames.complete


def test_a_box_of_busybox_and_dropbear_answers_the_same() -> None:
    with run_dropbear() as box:
        seen = go(box)
        assert bodies(seen) == {"first": b"hello\n", "second": b"world\n"}
        assert "dropbear" in seen.server_version


def test_a_large_section_comes_whole(box: SshBox) -> None:
    seen = go(box, script("framed big dd if=/dev/zero bs=1000000 count=8"))
    assert bodies(seen) == {"big": bytes(8_000_000)}
    assert seen.bytes_received > 8_000_000


def test_standard_error_may_be_large_and_only_its_end_is_kept_without_nonces(box: SshBox) -> None:
    noise = 'dd if=/dev/zero bs=1000000 count=5 >&2; printf "\\033[31m key=' + KEY + ' https://me:pw@nas.lan/\\n" >&2'
    seen = go(box, noise.encode() + b"\n" + HELLO)
    assert seen.frames.complete
    assert len(seen.stderr_tail) < 3000
    assert seen.stderr_tail.endswith(r"\x1b[31m key=*** https://***@nas.lan/")


def test_a_visit_is_one_connection_one_login_and_one_command() -> None:
    with run_sshd() as box, delay_proxy(box.port) as proxy:
        assert go(box, port=proxy.port).frames.complete
        assert proxy.connections == 1
        box.logged("Closing connection|Disconnected")
        assert len(box.logged("Accepted publickey")) == 1
        assert len(box.logged("Starting session: command")) == 1
        assert not re.search("Failed|Invalid|none", box.log())


def test_forty_milliseconds_of_distance_cost_at_most_twelve_round_trips(box: SshBox) -> None:
    near = min(go(box).took_seconds for _ in range(3))
    with delay_proxy(box.port, seconds_each_way=0.02) as proxy:
        seen = [go(box, port=proxy.port) for _ in range(3)]
    assert min(visit.round_trips for visit in seen) <= 12
    # the least of several: what else the machine does is no distance
    assert min(visit.took_seconds for visit in seen) - near <= 12 * 0.04


def test_a_forced_command_gets_the_line_of_nonces_and_no_script(tmp_path: Path) -> None:
    (tmp_path / "probe").write_text(
        "IFS=: read -r log frame key; log=${log#nonce=}\n" + SENDER + 'all() { framed said echo "$1" "$log"; }\n'
        'framed_answer all "$SSH_ORIGINAL_COMMAND"\n'
    )
    with run_sshd(forced=f"sh {tmp_path}/probe") as box:
        seen = go(box, f"nonce=77:{FRAME}:{KEY}\n".encode(), forced=True)
    assert bodies(seen) == {"said": b"auditor-probe 77\n"}


# what is never trusted


def test_a_connection_cut_at_any_byte_never_gives_more_than_whole_sections() -> None:
    whole = {"first": b"hello\n", "second": b"world\n"}
    chance = random.Random(7)
    with run_sshd(pam=False) as box:
        with delay_proxy(box.port, cut_after=1 << 30) as proxy:
            assert go(box, port=proxy.port).frames.complete
            total = proxy.bytes_back
        for cut in [0, 10, *(chance.randrange(total) for _ in range(14)), total - 300, total - 200]:
            with delay_proxy(box.port, cut_after=cut) as proxy:
                try:
                    seen = go(box, port=proxy.port)
                except TransportError as error:
                    assert "\n" not in str(error)
                    continue
            found = bodies(seen)
            assert found == dict(list(whole.items())[: len(found)])
            assert seen.frames.complete == (seen.fault is None)
            assert not seen.frames.complete or found == whole


def test_a_cut_within_the_answer_is_the_visits_fault(box: SshBox) -> None:
    slow = script(
        "framed first echo hello\nframed second cat /proc/self/mounts\nframed big dd if=/dev/zero bs=1M count=9"
    )
    with delay_proxy(box.port, cut_after=1_000_000) as proxy:
        seen = go(box, slow, port=proxy.port)
    assert "first" in bodies(seen)
    assert "big" not in bodies(seen)
    assert seen.fault == "the connection was cut"
    assert ("big", "the connection was cut") in [(fault.section, fault.reason) for fault in seen.frames.faults]


def test_the_deadline_ends_a_visit_and_keeps_what_was_verified(box: SshBox) -> None:
    start = time.monotonic()
    seen = go(
        box, script("framed first echo hello\nframed slow sleep 30"), limits=VisitLimits(wake_seconds=0, seconds=3)
    )
    assert time.monotonic() - start < 25
    assert (bodies(seen), seen.fault) == ({"first": b"hello\n"}, "the visit took longer than 3s")


def test_a_script_that_hangs_before_its_first_frame_ends_at_the_deadline(box: SshBox) -> None:
    message = refusal(box, b"sleep 30\n", limits=VisitLimits(wake_seconds=0, seconds=2))
    assert "took longer than 2s" in message


def test_an_answer_larger_than_the_limit_is_cut_there(box: SshBox) -> None:
    limits = VisitLimits(wake_seconds=0, seconds=20, answer_bytes=100_000)
    seen = go(box, script("framed first echo hello\nframed big cat /dev/zero"), limits=limits)
    assert (bodies(seen), seen.fault) == ({"first": b"hello\n"}, "the answer is larger than the limit")


# the host key


def test_every_pinned_key_type_is_asked_for_so_that_no_other_is_shown(box: SshBox, tmp_path: Path) -> None:
    for kind, line in zip(("ed25519", "ecdsa", "rsa"), box.known_hosts.read_text().splitlines(), strict=True):
        path = tmp_path / kind
        path.write_text(line + "\n")
        assert go(box, known_hosts=path).frames.complete


def test_a_key_of_another_type_than_the_pinned_is_no_attack(box: SshBox) -> None:
    with run_sshd(host_keys=("ecdsa",)) as other:
        pins = other.folder / "pins"
        pins.write_text(box.known_hosts.read_text().splitlines()[0].replace(f":{box.port} ", f":{other.port} "))
        assert "has no host key of a pinned type" in refusal(other, known_hosts=pins)


def test_another_host_key_is_refused_before_the_login(box: SshBox) -> None:
    wrong = "SHA256:" + "A" * 43
    with run_sshd() as other:
        message = refusal(other, host_key=wrong)
        assert wrong in message
        assert other.fingerprints["ed25519"] in message
        assert "ssh-keygen -lf" in message
        assert not re.search("publickey", other.log())


# logins


def test_a_refused_key_is_tried_once_and_the_causes_are_listed(tmp_path: Path) -> None:
    with run_sshd(options=["LogLevel DEBUG2"]) as box, delay_proxy(box.port) as proxy:
        message = refusal(box, key=keygen(tmp_path / "key"), port=proxy.port)
        for cause in ("authorized_keys", "777", "chmod"):
            assert cause in message
        assert proxy.connections == 1
        box.logged("Connection closed by authenticating user")
        assert len(box.logged("userauth-request for user .* method")) == 1


@as_root
def test_a_key_file_that_others_may_write_is_refused_with_the_remedy() -> None:
    with run_sshd(pam=True) as box:
        box.authorized_keys.chmod(0o666)
        assert "chmod 600 ~/.ssh/authorized_keys" in refusal(box)
        assert box.logged("bad ownership or modes")


def test_a_machine_that_takes_no_keys_says_what_it_takes() -> None:
    with run_sshd(options=["PubkeyAuthentication no", "PasswordAuthentication yes"]) as box:
        assert "takes no keys" in refusal(box)


def test_an_agent_that_does_not_sign_is_not_mistaken_for_a_refusal(
    box: SshBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run_agent(tmp_path) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
        monkeypatch.setenv("SSH_ASKPASS", "/bin/false")
        subprocess.run(["ssh-add", "-q", "-c", box.key], check=True, capture_output=True)
        assert "the SSH agent did not sign" in refusal(box, key=None, agent=True)


def test_the_agents_key_opens_the_machine(box: SshBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with run_agent(tmp_path) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
        subprocess.run(["ssh-add", "-q", box.key], check=True, capture_output=True)
        assert go(box, key=None, agent=True).frames.complete


@as_root
def test_a_second_step_of_the_login_is_named() -> None:
    with run_sshd(options=["AuthenticationMethods publickey,password", "PasswordAuthentication yes"]) as box:
        assert "wants more than the key" in refusal(box)


@as_root
def test_an_account_without_a_shell_is_named() -> None:
    with run_sshd(users={"nobody": []}) as box:
        assert "has no shell (nologin)" in refusal(box, user="nobody")


def test_an_account_for_sftp_only_is_named() -> None:
    with run_sshd(options=["ForceCommand internal-sftp"]) as box:
        assert "may use SFTP only" in refusal(box)


def test_a_machine_without_a_free_session_is_named() -> None:
    with run_sshd(options=["MaxSessions 0"]) as box:
        assert "MaxSessions" in refusal(box)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("echo 'sudo: a password is required' >&2; exit 1", "sudo asks"),
        ("exec no-such-program", "is bound to no command"),
        ("echo this is another program; exit 3", "it said 'this is another program'"),
        ("exit 1", "it said nothing"),
        ("kill -9 $PPID", "closed the connection before the probe answered"),
    ],
)
def test_a_key_bound_to_something_else_asks_for_the_probe_to_be_reinstalled(command: str, reason: str) -> None:
    with run_sshd(forced=command) as box:
        message = refusal(box, f"nonce=77:{FRAME}:{KEY}\n".encode(), forced=True)
    assert reason in message
    assert "probe" in message


def test_a_machine_that_answers_a_login_with_garbage_is_named(tmp_path: Path) -> None:
    class Garbage(paramiko.ServerInterface):
        def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
            return paramiko.AUTH_FAILED

        def get_allowed_auths(self, username: str) -> Any:
            return b"\xff\xfe"

    with paramiko_server(Garbage()) as box:
        message = refusal(box, key=keygen(tmp_path / "key"))
    assert "closed the connection during the login" in message


def test_a_machine_that_runs_no_command_is_named(tmp_path: Path) -> None:
    class Idle(paramiko.ServerInterface):
        def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
            return paramiko.AUTH_SUCCESSFUL

        def check_channel_request(self, kind: str, chanid: int) -> int:
            return paramiko.OPEN_SUCCEEDED

    with paramiko_server(Idle()) as box:
        assert "runs no command" in refusal(box, key=keygen(tmp_path / "key"))


def test_a_script_that_meets_a_forced_command_says_which_access_fits() -> None:
    with run_sshd(forced="echo hello") as box:
        assert "access: command" in refusal(box)


@pytest.mark.parametrize(
    ("host_keys", "option", "reason"),
    [
        (("ed25519",), "KexAlgorithms diffie-hellman-group14-sha1", "outdated ways of key exchange"),
        (("ed25519",), "Ciphers chacha20-poly1305@openssh.com", "outdated ways of cipher"),
        (("rsa",), "HostKeyAlgorithms ssh-rsa", "ssh-rsa with SHA-1"),
    ],
)
def test_a_machine_that_is_too_old_is_said_to_be_so(host_keys: tuple[str, ...], option: str, reason: str) -> None:
    with run_sshd(host_keys=host_keys, options=[option]) as box:
        assert reason in refusal(box, host_key="SHA256:" + "A" * 43)


# machines that are no SSH servers, or asleep


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port: int = reserved.getsockname()[1]
        return port


@contextmanager
def listener(answer: Callable[[socket.socket], None]) -> Iterator[SshBox]:
    """A port that answers each connection as told."""
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                answer(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    folder = Path("/nonexistent")
    try:
        yield SshBox(folder, port, "auditor", folder, {"ed25519": "SHA256:" + "A" * 43}, 0)
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


@contextmanager
def paramiko_server(interface: paramiko.ServerInterface) -> Iterator[SshBox]:
    """A server whose answers the test decides."""
    host_key = paramiko.ECDSAKey.generate()

    def answer(connection: socket.socket) -> None:
        transport = paramiko.Transport(connection)
        transport.add_server_key(host_key)
        transport.start_server(server=interface)
        transport.join(5)

    with listener(answer) as box:
        box.fingerprints = {"ecdsa": host_key.fingerprint}
        yield box


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "Auto Block"),
        (b"Exceeded MaxStartups\r\n", "MaxStartups"),
        (b"Not allowed at this time\r\n", "PerSourcePenalties"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak SSH"),
        (b"SSH-1.5-old\r\n", "outdated ways of protocol"),
        (b"SSH-2.0-cut\r\n", "ended the connection while the keys"),
        (b"SSH-2.0-\xff\xfe\r\n" + b"\xff" * 50, "ended the connection while the keys"),
        (b"SSH-2.0-x\r\n\0\0\0\x0c\x0a\x14\xff" + b"\xff" * 90, "outdated ways of key exchange"),
        (b"x" * 3_000_000, "sent more than the limit"),
    ],
)
def test_what_is_no_greeting_of_ssh_is_named(tmp_path: Path, sent: bytes, reason: str) -> None:
    def answer(connection: socket.socket) -> None:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass
        except OSError:
            pass

    with listener(answer) as box:
        assert reason in refusal(box, key=keygen(tmp_path / "key"))


def test_a_machine_that_takes_the_connection_and_stays_silent_is_named(tmp_path: Path) -> None:
    with listener(lambda connection: time.sleep(1.5)) as box:
        limits = VisitLimits(wake_seconds=0, seconds=1)
        assert "stayed silent" in refusal(box, key=keygen(tmp_path / "key"), limits=limits)


def test_a_machine_that_wakes_up_in_time_is_visited(box: SshBox) -> None:
    said: list[str] = []
    with ExitStack() as stack:
        port = free_port()
        awake = threading.Timer(0.7, lambda: stack.enter_context(delay_proxy(box.port, port=port)))
        awake.start()
        target = SshTarget(**box.target(port=port))
        limits = VisitLimits(wake_seconds=20, seconds=20)
        seen = visit(target, stdin=HELLO, frame=FRAME, limits=limits, progress=said.append)
        awake.join()
    assert seen.frames.complete
    assert any("waiting" in line for line in said)


def test_a_machine_that_stays_asleep_is_given_up_after_its_time(box: SshBox) -> None:
    start = time.monotonic()
    message = refusal(box, port=free_port(), limits=VisitLimits(wake_seconds=1, seconds=5))
    assert "refuses connections" in message
    assert 0.9 < time.monotonic() - start < 20


def test_a_name_that_nobody_knows_is_not_waited_for(box: SshBox) -> None:
    start = time.monotonic()
    assert "can't be resolved" in refusal(box, host="nas.invalid", limits=VisitLimits(wake_seconds=30))
    assert time.monotonic() - start < 20


# secrets and logs


def test_nothing_is_logged_and_nothing_is_shown(box: SshBox, capfd: pytest.CaptureFixture[str]) -> None:
    records: list[logging.LogRecord] = []
    handler = logging.Handler(level=logging.DEBUG)
    handler.emit = records.append  # type: ignore[method-assign]  # the shortest handler
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        go(box)
        refusal(box, host_key="SHA256:" + "A" * 43)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert records == []
    assert capfd.readouterr() == ("", "")
