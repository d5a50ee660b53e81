"""Pasting a finding's remedy into a shell, as its reader does: with a clone, an ssh that knows the NAS, and Docker.

paste(world, remedy(seen, "nas-hotfix-reported", "nas:file:src/a.md"), clone(world, folder))
"""

import os
import shlex
import subprocess
from pathlib import Path

from nas_canon import run_git
from nas_tree import ORIGIN
from nas_verdict import Verdict
from nas_world import World
from sshd import SshBox


def remedy(seen: Verdict, rule: str, subject: str) -> str:
    """What the finding of a rule about a subject says is to be done."""
    return next(one.remediation for one in seen.report.findings if (one.rule_id, one.subject) == (rule, subject))


def command(text: str, start: str) -> str:
    """The one line of a remedy that begins so."""
    return next(line for line in text.splitlines() if line.startswith(start))


def clone(world: World, folder: Path) -> Path:
    """A developer's clone."""
    run_git(folder, "clone", "-q", str(world.canon.bare), "clone")
    return folder / "clone"


def paste(world: World, text: str, folder: Path) -> str:
    """What bash prints when the text is pasted there."""
    own = world.folder / "owner"
    own.mkdir(exist_ok=True)
    _write_ssh(own / "ssh", world.box)
    environment = {
        "PATH": f"{own}:{os.environ['PATH']}",
        "HOME": str(own),
        "DOCKER_HOST": world.lab.docker.host,
        "GIT_CONFIG_NOSYSTEM": "1",
        # the canonical address leads to the lab's repository
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{world.canon.bare}.insteadOf",
        "GIT_CONFIG_VALUE_0": ORIGIN,
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.net",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.net",
    }
    done = subprocess.run(["bash", "-c", text], cwd=folder, env=environment, capture_output=True, check=False)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def _write_ssh(file: Path, box: SshBox) -> None:
    """The owner's own ssh, which has a key and has been to the NAS before."""
    options = ["-F", "none", "-q", "-i", str(box.key), "-o", f"UserKnownHostsFile={box.known_hosts}"]
    file.write_text(f'#!/bin/sh\nexec /usr/bin/ssh {shlex.join(options)} "$@"\n')
    file.chmod(0o755)
