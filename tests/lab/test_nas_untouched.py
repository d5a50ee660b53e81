"""The probe touches nothing: what it opens, executes and changes, traps that must not fire, and who may speak to it."""

import re
import secrets
import shlex
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import paramiko
import pytest
from frame_answer import parse_frames
from nas_watch import digest, read_strace, strace_command
from nas_world import PATH, World, ssh_options
from sshd import SshBox, run_sshd

from auditor.collectors.nas.script import Nonces, render_script
from auditor.config import Config, Nas, Proxy, Slot
from auditor.model.missing import MISSING
from auditor.transports.frames import Frames

pytestmark = pytest.mark.lab

# what the probe's own head says that it uses, and the shell
TOOLS = {
    *("sh", "dash", "true", "cat", "tee", "head", "tail", "tr", "wc", "sort", "sed", "awk", "mawk", "gawk", "grep"),
    *("find", "stat", "sha256sum", "readlink", "tar", "base64", "date", "df", "id", "uname", "ls", "timeout"),
    *("sudo", "docker", "curl", "wget", "synowebapi"),
}


def installed(world: World, folder: Path, **changes: object) -> Path:
    world.changes["nas"] = {"access": "command", **changes}
    probe = folder / "nas-audit"
    probe.write_text(render_script(world.config()))
    probe.chmod(0o755)
    return probe


def test_nothing_is_opened_for_writing_and_only_known_tools_run(world: World, tmp_path: Path) -> None:
    world.tree.write('src/new\nline "it\'s" \\ $(touch x).md', b"odd\n")
    world.tree.write("-rf", b"dash\n")
    probe = installed(world, tmp_path)
    log = tmp_path / "strace.log"
    before = digest(world.tree.root)
    forced = strace_command(log, "/bin/sh", str(probe))
    with run_sshd(options=world.lab.ssh_options(), forced=forced) as box:
        world.box = box
        facts = world.collect()
    assert facts.gaps == ()
    assert digest(world.tree.root) == before
    seen = read_strace(log)
    assert {Path(name).name for name in seen.executed} <= TOOLS
    assert {Path(name).parent for name in seen.executed} <= {Path("/bin"), Path("/usr/bin"), Path("/usr/local/bin")}
    assert {Path("docker"), Path("find"), Path("sha256sum")} <= {Path(Path(name).name) for name in seen.executed}
    assert seen.written <= {"/dev/null", "/proc/self/fd/3", "/proc/self/fd/5"}
    assert seen.changed == ()
    assert {where for where in seen.connected if "AF_INET" in where and "127.0.0.1" not in where} == set()


TRAPS = ("git", "find", "sha256sum", "stat", "docker", "curl", "wget", "awk", "sed", "tee", "sh", "cat", "timeout")


def set_traps(world: World, folder: Path) -> Path:
    """Programs and settings that leave a mark if anything runs them; gives the folder of the marks."""
    marks, evil = folder / "marks", folder / "evil"
    marks.mkdir()
    evil.mkdir()
    for name in TRAPS:
        (evil / name).write_text(f"#!/bin/sh\n/usr/bin/touch {marks}/{name}\nexit 0\n")
        (evil / name).chmod(0o755)
    bomb = evil / "find"
    tree = world.tree
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "core.gitProxy", "diff.external"):
        tree.git("config", key, str(bomb))
    tree.git("config", "core.hooksPath", str(evil))
    tree.git("config", "alias.status", f"!{bomb}")
    for kind in ("clean", "smudge", "process"):
        tree.git("config", f"filter.trap.{kind}", str(bomb))
    (tree.app / ".git/info/attributes").write_text("* filter=trap\n")
    for hook in ("post-checkout", "pre-commit", "post-index-change"):
        file = tree.app / ".git/hooks" / hook
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\ntouch {marks}/hook\n")
        file.chmod(0o755)
    tree.write("docker-compose.yml", f"x: !!python/object/apply:os.system ['touch {marks}/yaml']\n".encode())
    tree.write("find", f"#!/bin/sh\ntouch {marks}/local\n".encode()).chmod(0o755)
    tree.write(f"$(touch {marks.name})`touch b`.md".replace("/", "_"), b"substitution\n")
    tree.write(".env.trap", f"A=$(touch {marks}/env)\nB=`touch {marks}/env`\n".encode())
    (tree.root / "docker-compose.yml").write_text("services: {web: {image: x}}\n")
    return marks


@pytest.mark.parametrize("access", ["probe", "command"])
def test_no_trap_of_the_audited_tree_fires(world: World, tmp_path: Path, access: str) -> None:
    marks = set_traps(world, tmp_path)
    probe = installed(world, tmp_path)
    world.changes["nas"] = {"access": access}
    if access == "probe":  # the login's own PATH finds sh: whoever sets that owns the account
        (tmp_path / "evil/sh").unlink()
    before = digest(world.tree.root)
    options = ssh_options(world.lab.docker, f"{tmp_path}/evil:{PATH} ENV={tmp_path}/evil/find")
    with run_sshd(options=options, forced=str(probe) if access == "command" else None) as box:
        world.box = box
        facts = world.collect()
    assert list(marks.iterdir()) == []
    assert digest(world.tree.root) == before
    assert facts.releases is not MISSING
    git = facts.releases[0].git
    assert git not in (MISSING, None)
    kinds = {disguise.kind for disguise in git.disguises}
    assert {"fsmonitor", "hooks-path", "hook", "filter", "attributes", "command"} <= kinds


# fifty commands that an attacker with the key could send

HOSTILE = (
    *("", "id", "sh", "sh -i", "/bin/sh -c id", "bash -c 'echo pwned'", "nas-audit-docker", "nas-audit-proxy", "-h"),
    *("-c id", "docker", "docker run -v /:/host busybox", "docker exec web_blue sh", "proxy", "tree", "refs", "; id"),
    *("| id", "& id", "&& id", "|| id", "$(id)", "`id`", "${IFS}id", "\n id", "\r\nid", "nonce=0:0:0", "' ; id ; '"),
    *('" ; id ; "', "\\'; id", "%s%s%n", "../../bin/sh", "/etc/shadow", "nonce=" + "0" * 32, "> /tmp/auditor-owned"),
    *("internal-sftp", "scp -t /", "scp -f /etc/shadow", "rsync --server .", "git-upload-pack /", "cat /etc/passwd"),
    *("frame=x", "export frame", "set -x", "exit 0", "kill -9 $$", "sleep 0", "A" * 4096, "é\u202e", "* ? [a-z]"),
    *("<(id)", "2>&1"),
)


@pytest.fixture(scope="module")
def forced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshBox]:
    """A key that opens the probe of a very small site."""
    folder = tmp_path_factory.mktemp("forced")
    root = folder / "web"
    (root / "releases/one/app").mkdir(parents=True)
    (root / "releases/one/app/page.md").write_text("hello\n")
    (root / "current").symlink_to("releases/one/app")
    section = Nas(root=str(root), slots=(Slot(name="blue", port=9),), docker="none", proxy=Proxy(kind="none"))
    probe = folder / "nas-audit"
    probe.write_text(render_script(Config(id="site", nas=section)))
    probe.chmod(0o755)
    with run_sshd(forced=str(probe)) as box:
        yield box


def steady(frames: Frames) -> dict[str, bytes]:
    """The sections without what time changes."""
    bodies = {section.name: section.body for section in frames.sections}
    bodies.pop("end")
    bodies["machine"] = re.sub(rb"clock\0\d+|disk\0[^\0]*", b"", bodies["machine"])
    return bodies


def ask(transport: paramiko.Transport, command: str, stdin: bytes, frame: str) -> Frames:
    channel = transport.open_session(timeout=20)
    channel.settimeout(30)
    try:
        channel.exec_command(command.encode())
        channel.sendall(stdin)
        channel.shutdown_write()
        answer = b"".join(iter(lambda: channel.recv(1 << 16), b""))
    finally:
        channel.close()
    return parse_frames(answer, frame)


@pytest.fixture(scope="module")
def transport(forced: SshBox) -> Iterator[paramiko.Transport]:
    with paramiko.Transport(("127.0.0.1", forced.port)) as made:
        made.connect(username=forced.user, pkey=paramiko.Ed25519Key.from_private_key_file(str(forced.key)))
        yield made


def nonces() -> Nonces:
    return Nonces(*(secrets.token_hex(16) for _ in range(3)))


def test_fifty_hostile_commands_give_the_same_facts(transport: paramiko.Transport) -> None:
    assert len(HOSTILE) >= 50
    own = nonces()
    usual = steady(ask(transport, "auditor-probe", own.line().encode(), own.frame))
    assert {"machine", "current", "release.0.hashes"} <= set(usual)

    def answer(command: str) -> Frames:
        own = nonces()
        return ask(transport, command, own.line().encode(), own.frame)

    with ThreadPoolExecutor(3) as pool:
        for command, frames in zip(HOSTILE, pool.map(answer, HOSTILE), strict=True):
            assert frames.complete, command
            assert steady(frames) == usual, command
    assert not Path("/tmp/auditor-owned").exists()


@pytest.mark.parametrize(
    "line",
    [
        *("", "\n", "nonce=\n", "nonce=1:2:3\n", f"nonce={'0' * 32}:{'0' * 32}\n", "id\n", "root=/etc\n"),
        f"nonce={'0' * 32}:{'g' * 32}:{'0' * 32}\n",
        f"nonce={'0' * 32}:{'0' * 31}$:{'0' * 32}\n",
        f"nonce=$(touch /tmp/auditor-owned):{'0' * 32}:{'0' * 32}\n",
    ],
)
def test_a_line_that_is_no_nonce_gets_no_answer(transport: paramiko.Transport, line: str) -> None:
    frames = ask(transport, "auditor-probe", line.encode(), "0" * 32)
    assert not frames.opened
    assert frames.sections == ()
    assert not Path("/tmp/auditor-owned").exists()


def test_what_follows_the_nonce_is_never_run(transport: paramiko.Transport, tmp_path: Path) -> None:
    own = nonces()
    more = f"touch {shlex.quote(str(tmp_path))}/ran\nroot=/etc\n"
    assert ask(transport, "auditor-probe", (own.line() + more).encode(), own.frame).complete
    assert list(tmp_path.iterdir()) == []
