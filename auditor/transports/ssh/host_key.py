"""Which host keys a machine may show: a fingerprint or a known_hosts file; nothing is learnt, nothing is written."""

import binascii
import hmac
from base64 import b64decode, b64encode
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path

from auditor.errors import TransportError
from auditor.transports.ssh.target import SshTarget

_LARGEST_BYTES = 4 << 20
# SHA-1 and DSA: paramiko 5 dropped them, paramiko 4 still offers the first
_UNSAFE = ("ssh-rsa", "ssh-dss")
# the key types that are spoken, with the names under which they sign
_ALGORITHMS = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}


@dataclass(frozen=True)
class Pin:
    """One host key that is trusted, or was revoked; `kind` is None where only the fingerprint is known."""

    fingerprint: str
    kind: str | None = None
    revoked: bool = False


def load_pins(target: SshTarget) -> tuple[Pin, ...]:
    """The host keys that the target may show; raises TransportError where there is none."""
    if target.host_key is not None:
        return (Pin(target.host_key.rstrip("=")),)
    if target.known_hosts is None:
        raise TransportError(f"no host key is pinned for {target.place}: write nas.host_key; {_compare(target)}")
    pins = parse_known_hosts(_read(target.known_hosts), target.known_name)
    kinds = {pin.kind for pin in pins if pin.kind and not pin.revoked}
    if kinds & _ALGORITHMS.keys():
        return pins
    if kinds:
        raise TransportError(
            f"{str(target.known_hosts)!r} pins only a {' and a '.join(sorted(kinds))} key of {target.place}, a type "
            f"too old or unknown: pin its ed25519 key; {_compare(target)}"
        )
    name = repr(target.known_name)
    hint = ""
    if target.port != 22 and parse_known_hosts(_read(target.known_hosts), target.host.lower()):
        hint = f" (it knows '{target.host}' at port 22 only)"
    raise TransportError(
        f"{str(target.known_hosts)!r} knows no host key of {name}{hint}: add a line for it; {_compare(target)}"
    )


def parse_known_hosts(text: bytes, name: str) -> tuple[Pin, ...]:
    """The keys that a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT") holds for `name`.

    Names may be hashed, patterns or negated. `@revoked` keys are marked, `@cert-authority` lines and broken ones left.
    """
    return tuple(pin for line in text.splitlines() if (pin := _parse_line(line, name)))


def refused_algorithms(pins: tuple[Pin, ...]) -> tuple[str, ...]:
    """The host key algorithms not to offer, so that the machine shows a key that is pinned if it has one."""
    kinds = {pin.kind for pin in pins if not pin.revoked}
    if None in kinds:
        return _UNSAFE
    return _UNSAFE + tuple(name for kind, names in _ALGORITHMS.items() if kind not in kinds for name in names)


def check_host_key(target: SshTarget, pins: tuple[Pin, ...], kind: str, blob: bytes) -> None:
    """Raises TransportError unless the key that the machine showed is pinned."""
    shown = fingerprint(blob)
    if Pin(shown, kind, revoked=True) in pins:
        raise TransportError(f"{target.place} shows the revoked {kind} key {shown}: do not connect; {_compare(target)}")
    trusted = [pin for pin in pins if not pin.revoked]
    if any(hmac.compare_digest(pin.fingerprint, shown) for pin in trusted):
        return
    pinned = " or ".join(pin.fingerprint for pin in trusted if pin.kind in (kind, None))
    raise TransportError(
        f"{target.place} shows another host key than the pinned one: {kind} {shown}, not {pinned}; this may be an "
        f"attack, a reset, or a pin of another key type: {_compare(target, kind)}, and pin it only if they are equal"
    )


def fingerprint(blob: bytes) -> str:
    """The SHA-256 fingerprint of a public key's bytes, as ssh-keygen prints it."""
    return "SHA256:" + b64encode(sha256(blob).digest()).decode().rstrip("=")


def _compare(target: SshTarget, kind: str = "ssh-ed25519") -> str:
    stem = {"ssh-rsa": "rsa", "ssh-ed25519": "ed25519"}.get(kind, "ecdsa")
    return f"on the console of {target.host} compare with: ssh-keygen -lf /etc/ssh/ssh_host_{stem}_key.pub"


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise TransportError(f"the known_hosts file {str(path)!r} does not exist: create it, or write nas.host_key")
        with path.open("rb") as stream:
            return stream.read(_LARGEST_BYTES)
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise TransportError(f"the known_hosts file {str(path)!r} can't be read ({reason}): change its mode") from error


def _parse_line(line: bytes, name: str) -> Pin | None:
    words = line.decode("utf-8", "replace").split()
    marker = words.pop(0) if words and words[0].startswith("@") else ""
    if len(words) < 3 or words[0].startswith("#") or marker not in ("", "@revoked"):
        return None
    if not _names(words[0], name):
        return None
    try:
        blob = b64decode(words[2], validate=True)
    except binascii.Error:
        return None
    return Pin(fingerprint(blob), words[1], revoked=bool(marker))


def _names(field: str, name: str) -> bool:
    """Whether a first column is about `name`; a negated pattern outweighs the others."""
    if field.startswith("|1|"):
        return _is_hash_of(field, name)
    patterns = field.lower().split(",")
    if any(_matches(pattern[1:], name) for pattern in patterns if pattern.startswith("!")):
        return False
    return any(_matches(pattern, name) for pattern in patterns)


def _matches(pattern: str, name: str) -> bool:
    # brackets are literal in known_hosts, `*` and `?` alone are not
    return fnmatchcase(name, "".join("[[]" if char == "[" else char for char in pattern))


def _is_hash_of(field: str, name: str) -> bool:
    parts = field.split("|")
    if len(parts) != 4:
        return False
    try:
        salt, digest = b64decode(parts[2], validate=True), b64decode(parts[3], validate=True)
    except binascii.Error:
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode(), "sha1").digest(), digest)
