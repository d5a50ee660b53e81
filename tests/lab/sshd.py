"""Real SSH servers on loopback: OpenSSH with the habits of DSM, and a box that has busybox and dropbear alone.

    with run_sshd() as box:                      # as root with PAM and StrictModes; otherwise for the own user alone
        visit(SshTarget(**box.target()), …)
Both skip the test, with the reason, where their programs are missing (lab_need.py).
"""

import getpass
import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab_need import lack, need

BANNER = "Synology strongly advises you not to run commands as the root user\n"
_POOR_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
# below the range that Linux takes for outgoing connections: a port may stay unused for a while between two servers
_PORTS = range(20_000, 32_000)


@dataclass
class SshBox:
    """A running server; `known_hosts` and `fingerprints` (by key type, `ssh-keygen -lf`) are those of its host keys."""

    folder: Path
    port: int
    user: str
    key: Path
    fingerprints: Mapping[str, str]
    pid: int

    @property
    def known_hosts(self) -> Path:
        """The pins of all its host keys."""
        return self.folder / "known_hosts"

    @property
    def authorized_keys(self) -> Path:
        """The file of the keys that open it."""
        return self.folder / "keys" / self.user

    def target(self, **changes: Any) -> dict[str, Any]:
        """The fields of an SshTarget that reaches it."""
        fields = {"host": "127.0.0.1", "port": self.port, "user": self.user, "key": self.key}
        pin = {} if "known_hosts" in changes else {"host_key": next(iter(self.fingerprints.values()))}
        return fields | pin | changes

    def log(self) -> str:
        """What the server has logged so far."""
        return (self.folder / "log").read_text("utf-8", "replace")

    def logged(self, pattern: str, seconds: float = 20) -> list[str]:
        """The log's lines that match, once there is one; the server writes them a moment later."""
        deadline = time.monotonic() + seconds
        while True:
            found = [line for line in self.log().splitlines() if re.search(pattern, line)]
            if found or time.monotonic() > deadline:
                return found
            time.sleep(0.02)


@contextmanager
def run_sshd(
    *,
    host_keys: Sequence[str] = ("ed25519",),
    forced: str | None = None,
    options: Sequence[str] = (),
    users: Mapping[str, Sequence[str]] | None = None,
    pam: bool | None = None,
    wrapper: Sequence[str] = (),
) -> Iterator[SshBox]:
    """OpenSSH until the block ends; `options` come first and win, `forced` binds the key to a command.

    `users` are more accounts that the same key opens, each with its own options. `pam` also stands for StrictModes:
    by default both are on as root, and off otherwise, where only the own user can log in. `wrapper` is a command that
    executes the server in its own place.
    """
    program = need("sshd", "openssh-server")
    root = os.geteuid() == 0
    pam = root if pam is None else pam
    with _folder(root) as folder:
        for kind in host_keys:
            keygen(folder / f"host_{kind}", kind)
        key = keygen(folder / "id_audit")
        box = SshBox(folder, free_port(), getpass.getuser(), key, _fingerprints(folder, host_keys), 0)
        _write_pins(box, host_keys)
        _write_keys(box, (box.user, *(users or ())), forced)
        config = _config(box, host_keys, options, users or {}, pam)
        (folder / "sshd_config").write_text(config)
        with _running([*wrapper, program, "-D", "-f", str(folder / "sshd_config"), "-E", str(folder / "log")], box):
            yield box


@contextmanager
def run_dropbear() -> Iterator[SshBox]:
    """A box with nothing but busybox and dropbear, in its own root folder and mount namespace; needs root."""
    dropbear, busybox = need("dropbear", "dropbear-bin"), need("busybox", "busybox-static")
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        lack("dropbear's box needs root and mount namespaces")
    with _folder(root=True) as folder:
        box_root = folder / "box"
        _install(box_root, busybox, dropbear)
        subprocess.run(
            [need("dropbearkey", "dropbear-bin"), "-t", "ed25519", "-f", box_root / "hostkey"],
            check=True,
            capture_output=True,
        )
        keygen(folder / "id_audit")
        shutil.copy(folder / "id_audit.pub", box_root / "root/.ssh/authorized_keys")
        (box_root / "root/.ssh/authorized_keys").chmod(0o600)
        printed = subprocess.run(["dropbearkey", "-y", "-f", box_root / "hostkey"], check=True, capture_output=True)
        public = next(line for line in printed.stdout.decode().splitlines() if line.startswith("ssh-ed25519 "))
        (folder / "host_ed25519.pub").write_text(public + "\n")
        box = SshBox(folder, free_port(), "root", folder / "id_audit", _fingerprints(folder, ["ed25519"]), 0)
        _write_pins(box, ["ed25519"])
        script = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"'
        serve = ["/bin/dropbear", "-F", "-E", "-s", "-r", "/hostkey", "-p", f"127.0.0.1:{box.port}"]
        with _running(["unshare", "-m", "sh", "-c", script, str(box_root), *serve], box):
            yield box


@contextmanager
def run_agent(folder: Path) -> Iterator[Path]:
    """An empty SSH agent until the block ends; gives its socket, for SSH_AUTH_SOCK."""
    path = folder / "agent"
    process = subprocess.Popen([need("ssh-agent", "openssh-client"), "-D", "-a", path], stdout=subprocess.DEVNULL)
    try:
        while not path.exists() and process.poll() is None:
            time.sleep(0.01)
        yield path
    finally:
        process.terminate()
        process.wait(60)


def keygen(path: Path, kind: str = "ed25519", *more: str) -> Path:
    """Makes a key pair without a passphrase, unless `more` says otherwise."""
    options = more or ("-N", "")
    program = need("ssh-keygen", "openssh-client")
    subprocess.run([program, "-q", "-t", kind, "-C", "lab", *options, "-f", path], check=True, capture_output=True)
    return path


@contextmanager
def _folder(root: bool) -> Iterator[Path]:
    """A folder that StrictModes accepts: as root outside /tmp, which all may write."""
    parent = Path("/run") if root and Path("/run").is_dir() else Path(tempfile.gettempdir())
    with tempfile.TemporaryDirectory(prefix="auditor-sshd-", dir=parent) as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        yield folder


def _config(
    box: SshBox, host_keys: Sequence[str], options: Sequence[str], users: Mapping[str, Sequence[str]], pam: bool
) -> str:
    (box.folder / "banner").write_text(BANNER)
    strict = "yes" if pam else "no"
    lines = [
        *options,
        f"Port {box.port}",
        "ListenAddress 127.0.0.1",
        *(f"HostKey {box.folder}/host_{kind}" for kind in host_keys),
        f"PidFile {box.folder}/pid",
        f"UsePAM {strict}",
        f"StrictModes {strict}",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PermitRootLogin prohibit-password",
        f"AuthorizedKeysFile {box.folder}/keys/%u",
        "AllowTcpForwarding no",
        f"SetEnv PATH={_POOR_PATH}",
        f"Banner {box.folder}/banner",
        "Subsystem sftp internal-sftp -f DAEMON -u 000",
        "LogLevel VERBOSE",
    ]
    for user, own in users.items():
        lines += [f"Match User {user}", *own]
    return "\n".join(lines) + "\n"


def _write_keys(box: SshBox, users: Sequence[str], forced: str | None) -> None:
    line = (box.folder / "id_audit.pub").read_text()
    if forced is not None:
        line = 'restrict,command="' + forced.replace('"', r"\"") + '" ' + line
    (box.folder / "keys").mkdir(mode=0o755)
    for user in users:
        (box.folder / "keys" / user).write_text(line)
        (box.folder / "keys" / user).chmod(0o644)


def _fingerprints(folder: Path, kinds: Sequence[str]) -> dict[str, str]:
    found = {}
    for kind in kinds:
        command = ["ssh-keygen", "-lf", folder / f"host_{kind}.pub"]
        found[kind] = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[1]
    return found


def _write_pins(box: SshBox, kinds: Sequence[str]) -> None:
    lines = (box.folder.joinpath(f"host_{kind}.pub").read_text() for kind in kinds)
    box.known_hosts.write_text("".join(f"[127.0.0.1]:{box.port} {line}" for line in lines))


def _install(root: Path, busybox: str, dropbear: str) -> None:
    for name in ("bin", "etc", "proc", "dev", "tmp"):
        (root / name).mkdir(parents=True)
    for name in ("root", "root/.ssh"):
        (root / name).mkdir(mode=0o700)
    shutil.copy(dropbear, root / "bin/dropbear")
    shutil.copy(busybox, root / "bin/busybox")
    for applet in subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True).stdout.split():
        if applet != "busybox":
            (root / "bin" / applet).symlink_to("busybox")
    for library in re.findall(r"(/\S+)", subprocess.run(["ldd", dropbear], capture_output=True, text=True).stdout):
        path = root / library.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, path)
    (root / "etc/passwd").write_text("root:*:0:0:root:/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
    (root / "etc/shells").write_text("/bin/sh\n")


def free_port() -> int:
    """A port of loopback that nobody listens on, and that no outgoing connection is given."""
    for port in random.sample(_PORTS, 1000):
        with socket.socket() as candidate, suppress(OSError):
            candidate.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port of loopback is free")


@contextmanager
def _running(command: Sequence[str], box: SshBox) -> Iterator[None]:
    """The server until the block ends; its sessions end with their connections."""
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with (box.folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    box.pid = process.pid
    try:
        _await_port(box, process)
        yield
    finally:
        process.terminate()
        process.wait(60)


def connects(port: int) -> bool:
    """Whether somebody listens on a port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _await_port(box: SshBox, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if connects(box.port):
            return
        time.sleep(0.02)
    raise RuntimeError(f"the server did not start: {box.log()}")
