"""Commands that an owner can paste, with every name quoted: a file name is whatever somebody made it."""

import shlex

from auditor.config import Nas


def ssh_command(nas: Nas | None) -> str:
    """How the owner reaches the NAS with an account of his own: the auditor's may only audit."""
    if nas is None or not nas.ssh:
        return "ssh NAS"
    host, colon, port = nas.ssh.rpartition("@")[2].rpartition(":")
    if not colon or not port.isdigit():
        return f"ssh {shlex.quote(nas.ssh.rpartition('@')[2])}"
    return f"ssh -p {port} {shlex.quote(host)}"


def reading_command(nas: Nas | None, folder: str, path: str) -> str:
    """What prints a file of a release, as it lies on the NAS; `folder` is the release's code, relative to the root."""
    root = "" if nas is None else nas.root.rstrip("/")
    return f"{ssh_command(nas)} {shlex.quote('cat ' + shlex.quote(f'{root}/{folder}/{path}'))}"
