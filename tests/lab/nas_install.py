"""The probe as its owner installs it by the printed recipe, on a machine like this one, which is left as it was.

The server runs in a mount namespace with users, sudoers and /usr/local/sbin of its own.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from lab_need import lack, need, need_root
from nas_world import NEW, OLD, World
from sshd import SshBox, run_sshd

from auditor.collectors.nas.recipe import install_recipe
from auditor.collectors.nas.script import render_script

USER, USER_ID = "auditlab", 64123
_MOUNT = """set -eu
for one in passwd shadow group; do mount --bind "$0/$one" "/etc/$one"; done
mount --bind "$0/sbin" /usr/local/sbin; mount --bind "$0/sudoers.d" /etc/sudoers.d; mount --bind "$1" "$0/volume"
sh -eu "$0/install" >&2
shift && exec "$@"
"""


@dataclass(frozen=True)
class Installed:
    """A server whose key is bound to the installed probe; `sudoers` is the file that gives it what needs root."""

    box: SshBox
    sudoers: Path


@contextmanager
def run_installed(world: World) -> Iterator[Installed]:
    """The world's NAS after the recipe, until the block ends; the world is led there."""
    need_root("another machine's users and sudoers")
    need("sudo", "sudo")
    need("visudo", "sudo")
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        lack("there are no mount namespaces here")
    for release in (OLD, NEW):
        os.chown(world.tree.release(release) / ".env", USER_ID, -1)
    # where a user without rights may go
    with tempfile.TemporaryDirectory(prefix="auditor-machine-", dir="/run") as name:
        _make_machine(Path(name))
        with _installed(world, Path(name)) as made:
            yield made


@contextmanager
def _installed(world: World, machine: Path) -> Iterator[Installed]:
    world.changes["nas"] = {"access": "command", "root": str(machine / "volume"), "ssh": f"{USER}@nas.lan:22"}
    recipe = install_recipe(world.config())
    (machine / "nas-audit").write_text(render_script(world.config()))
    (machine / "install").write_text(_steps(recipe, machine))
    _write_sudoers(machine / "sudoers.d/nas-audit", recipe)
    wrapper = ["unshare", "-m", "sh", "-c", _MOUNT, str(machine), str(world.tree.root)]
    with run_sshd(options=world.lab.ssh_options(), users={USER: ()}, wrapper=wrapper) as made:
        box = replace(made, user=USER)
        key = (box.folder / "id_audit.pub").read_text().strip()
        line = next(line.strip() for line in recipe.splitlines() if line.strip().startswith("from="))
        box.authorized_keys.write_text(line.replace("ADDRESS", "127.0.0.1").replace("ssh-ed25519 AAAA… auditor", key))
        world.box = box
        del world.changes["nas"]["ssh"]
        yield Installed(box, machine / "sudoers.d/nas-audit")


def _make_machine(machine: Path) -> None:
    machine.chmod(0o755)
    for name in ("sbin", "sudoers.d", "volume"):
        (machine / name).mkdir()
    lines = {
        "passwd": f"{USER}:x:{USER_ID}:65534::/nonexistent:/bin/sh\n",
        "shadow": f"{USER}:*:20000:0:99999:7:::\n",
        "group": "",
    }
    for name, line in lines.items():
        (machine / name).write_text(Path("/etc", name).read_text() + line)
    (machine / "shadow").chmod(0o640)
    # the lab's daemon does not listen where a NAS's own does
    (machine / "sudoers.d/lab").write_text('Defaults env_keep += "DOCKER_HOST"\n')
    (machine / "sudoers.d/lab").chmod(0o440)


def _steps(recipe: str, machine: Path) -> str:
    """What the recipe's second step says, each line as it stands there; the copy lies in a folder of the lab."""
    step = re.search(r"^2\. .*?(?=^3\. )", recipe, re.DOTALL | re.MULTILINE)
    assert step is not None
    lines = [line.strip() for line in step[0].splitlines() if line.startswith("     ")]
    return "\n".join(lines).replace("/tmp/", f"{machine}/") + "\n"


def _write_sudoers(file: Path, recipe: str) -> None:
    line = next(line.strip() for line in recipe.splitlines() if " ALL=(root) " in line)
    file.write_text(line + "\n")
    file.chmod(0o440)
    subprocess.run([need("visudo", "sudo"), "-cf", file], check=True, capture_output=True)
