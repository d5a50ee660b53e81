"""The one key that a visit logs in with: of a file, or of the agent where that was asked for; never a default one."""

import binascii
import stat
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import TransportError
from auditor.transports.ssh.host_key import fingerprint
from auditor.transports.ssh.target import SshTarget

if TYPE_CHECKING:
    from paramiko.agent import Agent
    from paramiko.pkey import PKey

_LARGEST_BYTES = 65_536
_PUBLIC_STARTS = ("ssh-", "ecdsa-", "sk-")


@contextmanager
def client_key(target: SshTarget) -> Iterator["PKey"]:
    """The key, usable within the block; raises TransportError where there is none, or more than one to choose from."""
    if target.key is None and not target.agent:
        raise TransportError("no SSH key is named: write nas.key: {file: PATH} or {agent: true}")
    text = _read(target.key) if target.key is not None else ""
    if target.key is not None and not text.startswith(_PUBLIC_STARTS):
        yield _parse_private(target.key, text)
        return
    with closing(_ask_agent()) as agent:
        yield _choose(agent.get_keys(), None if target.key is None else _public_blob(target.key, text))


def key_warnings(target: SshTarget) -> tuple[str, ...]:
    """What is wrong with the key file's mode; a public key may be read by all."""
    if target.key is None or target.key.suffix == ".pub":
        return ()
    try:
        mode = stat.S_IMODE(target.key.stat().st_mode)
    except OSError:
        return ()  # `client_key` says it
    if not mode & 0o077:
        return ()
    return (f"others can read the SSH key {str(target.key)!r} (mode {mode:04o}): run chmod 600 on it",)


def _read(path: Path) -> str:
    try:
        # a FIFO would wait for a writer for ever
        if not path.is_file():
            reason = "is no file" if path.exists() else "does not exist"
            raise TransportError(f"the SSH key {str(path)!r} {reason}: create it with ssh-keygen, or correct nas.key")
        with path.open("rb") as stream:
            return stream.read(_LARGEST_BYTES).decode("latin-1")
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise TransportError(f"the SSH key {str(path)!r} can't be read ({reason}): change its owner") from error


def _parse_private(path: Path, text: str) -> "PKey":
    import paramiko

    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(StringIO(text))
        except paramiko.PasswordRequiredException:
            # the causes may quote the key's text
            raise TransportError(
                f"the SSH key {str(path)!r} has a passphrase: run ssh-add on it and name the agent in nas.key, "
                "or make a key without one that is bound to the probe"
            ) from None
        except (paramiko.SSHException, ValueError, TypeError, IndexError, UnicodeError, binascii.Error):
            continue
    raise TransportError(
        f"{str(path)!r} holds no SSH private key that can be used (ed25519, ECDSA or RSA): make one with "
        "ssh-keygen -t ed25519, or convert it with ssh-keygen -p"
    )


def _public_blob(path: Path, text: str) -> bytes:
    try:
        return b64decode(text.split()[1], validate=True)
    except (IndexError, binascii.Error) as error:
        raise TransportError(f"{str(path)!r} is no public key: name a file that ssh-keygen made") from error


def _ask_agent() -> "Agent":
    import paramiko

    try:
        return paramiko.Agent()
    except (paramiko.SSHException, OSError) as error:
        raise TransportError("the SSH agent does not answer: start it, or write nas.key: {file: PATH}") from error


def _choose(keys: Sequence["PKey"], blob: bytes | None) -> "PKey":
    """The only key, or the one with these public bytes."""
    chosen = [key for key in keys if blob in (None, key.asbytes())]
    if len(chosen) == 1:
        return chosen[0]
    if blob is not None:
        raise TransportError(f"the SSH agent does not hold the key {fingerprint(blob)}: run ssh-add on it")
    if not chosen:
        raise TransportError("the SSH agent holds no key, or none runs (SSH_AUTH_SOCK): run ssh-add, or name a file")
    # each key that is refused counts as a failed login, and a few of them block this machine's address
    raise TransportError(
        f"the SSH agent holds {len(chosen)} keys and only one login is tried: write nas.key: {{file: PATH.pub}} "
        "with the public half of the right one"
    )
