"""What goes wrong with SSH, each as one line that names cause and remedy; remote text is quoted short and harmless."""

import re

from auditor.text import printable, short
from auditor.transports.ssh.target import SshTarget

_DIGITS = re.compile(r"[0-9A-Fa-f]{32,}")
_CREDENTIALS = re.compile(r"(://)[^\s/@]+@")
_BLOCKED = (
    "if it did so before, DSM blocks this machine's address (Control Panel > Security > Protection > Auto Block): "
    "unblock it and put it on the allow list"
)
# the first that the machine's text contains decides; each is measured on Debian's OpenSSH or quoted in reference/nas.md
_ANSWERS = (
    (
        "account is currently not available",
        "the user '{user}' has no shell (nologin): on DSM make it a member of administrators, else give it a shell",
    ),
    (
        "allows sftp connections only",
        "the user '{user}' may use SFTP only: remove ForceCommand internal-sftp for it in sshd_config",
    ),
    (
        "password is required",
        "sudo asks '{user}' for a password: put the recipe's line into /etc/sudoers.d (auditor probe --install)",
    ),
    ("password has expired", "the password of '{user}' has expired, so its key is refused a session: renew it"),
    ("change your password", "the password of '{user}' has expired, so its key is refused a session: renew it"),
)


def scrubbed(raw: bytes, limit: int = 2000) -> str:
    """The end of what a machine printed, made harmless: no control characters, no nonces, no credentials of URLs."""
    text = printable(raw.decode("utf-8", "replace"), keep_newlines=True)
    text = _CREDENTIALS.sub(r"\1***@", _DIGITS.sub("***", text)).strip()
    return text if len(text) <= limit else "…" + text[-limit:]


def silence(target: SshTarget, head: bytes, *, ended: bool) -> str:
    """Why the machine never said that it speaks SSH; `head` is what it sent instead."""
    if b"MaxStartups" in head:
        return f"{target.place} has too many logins going on (MaxStartups): try again in a minute"
    if head.startswith(b"Not allowed at this time"):
        return f"{target.place} keeps this machine out for a while (sshd's PerSourcePenalties): exempt its address"
    if head and not head.startswith(b"SSH-"):
        return f"{target.place} does not speak SSH: correct the port in nas.ssh"
    if ended:
        return f"{target.place} closed the connection before its greeting: {_BLOCKED}"
    return f"{target.place} took the connection and stayed silent: it may still be waking up, or lack memory; try again"


def disagreement(target: SshTarget, error: Exception | None, *, pinned_kinds: bool) -> str:
    """Why no encrypted connection came about after the greeting."""
    text = str(error)
    if "no acceptable host key" in text:
        reason = (
            "of a pinned type: pin its ed25519 key" if pinned_kinds else "but ssh-rsa with SHA-1: update its system"
        )
        return f"{target.place} has no host key {reason}"
    for part, name in (("kex", "key exchange"), ("cipher", "cipher"), ("macs", "MAC"), ("Incompatible", "protocol")):
        if part in text and "Incompatible" in text:
            return (
                f"{target.place} offers only outdated ways of {name} that are no longer safe: update its system, "
                "the auditor does not go down to them"
            )
    if "Signature verification" in text:
        return f"{target.place} can't prove that it owns its host key: someone may sit in between; do not go on"
    return f"{target.place} ended the connection while the keys were being exchanged: {_BLOCKED}"


def refused_login(target: SshTarget, allowed: tuple[str, ...] | None) -> str:
    """Why the key was not taken; `allowed` are the ways of logging in that the machine takes instead, if it said so."""
    if allowed is not None and "publickey" not in allowed:
        ways = printable(", ".join(allowed)) or "none"
        return (
            f"{target.place} takes no keys from '{target.user}', only {short(ways, 80)}: allow PubkeyAuthentication "
            "in sshd_config"
        )
    return (
        f"{target.place} refused the key of '{target.user}'; it was tried once, for DSM blocks addresses: see that the "
        "key is in ~/.ssh/authorized_keys there, the user exists and may log in, and no one else can write its home "
        "(chmod 755 ~; chmod 700 ~/.ssh; chmod 600 ~/.ssh/authorized_keys; on DSM the home must not have mode 777)"
    )


def broken_login(target: SshTarget, error: Exception) -> str:
    """Why the login did not come to an answer: the agent, the key's type, or the machine hung up."""
    text = str(error)
    if "agent" in text or ("signing a" not in text and "for signing" in text):
        return "the SSH agent did not sign: unlock it, or name a key file in nas.key"
    if "signing a" in text:
        return f"{target.place} takes no RSA signature but SHA-1: log in with an ed25519 key (ssh-keygen -t ed25519)"
    return f"{target.place} closed the connection during the login of '{target.user}': {_BLOCKED}"


def second_step(target: SshTarget, allowed: tuple[str, ...]) -> str:
    """The key was right, and not enough."""
    ways = short(printable(", ".join(allowed)), 80)
    return (
        f"{target.place} wants more than the key from '{target.user}' ({ways}): exempt this user from the second step"
    )


def cut_session(target: SshTarget) -> str:
    """The key was right, and the machine hung up before the command ran."""
    return (
        f"{target.place} closed the connection right after the login of '{target.user}': on DSM administrators alone "
        "may log in; its sshd log says more; if the network broke, try again"
    )


def no_session(target: SshTarget) -> str:
    """The login went well, and yet no session is to be had."""
    return (
        f"{target.place} let '{target.user}' in and refused the session: too many may be open (MaxSessions), "
        "or none is allowed to this user: close some, or allow it a shell"
    )


def no_command(target: SshTarget) -> str:
    """A session opened, and no command may run in it."""
    return f"{target.place} runs no command for '{target.user}': allow it a shell, or bind its key to the probe"


def strange_answer(target: SshTarget, said: bytes, exit_status: int | None, *, forced: bool) -> str:
    """Why an answer held no frame: who else answered in the probe's place."""
    text = said.decode("utf-8", "replace").lower()
    for mark, message in _ANSWERS:
        if mark in text:
            return f"{target.place}: " + message.format(user=target.user)
    if exit_status is None:
        return f"{target.place} closed the connection before the probe answered: see its sshd log, and try again"
    if forced and exit_status == 127:
        return (
            f"the key of '{target.user}' is bound to no command, or that is gone: reinstall the probe "
            "(auditor probe --install prints the recipe)"
        )
    quoted = short(scrubbed(said, 160).replace("\n", " | "), 160)
    said_text = f"it said '{quoted}'" if quoted else "it said nothing: is its shell nologin or false?"
    remedy = (
        "reinstall the probe (auditor probe --install)"
        if forced
        else "is the key bound to a command? use access: command"
    )
    return f"{target.place} ended with status {exit_status} without the probe's answer; {said_text}; {remedy}"
