"""A commit read from its raw bytes; it takes what real histories hold (no author, odd zones, any encoding)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from auditor.transports.mirror.fault import MirrorMalformedError

_SECONDS = re.compile(rb"-?\d{1,18}")
_SHA = re.compile(rb"[0-9a-f]{40}")
_ENCODING = re.compile(r"(?i)(iso-?8859-?\d+|latin-?1|cp125\d|windows-125\d|gbk|euc-\w+)")
_MESSAGE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Person:
    """Who and when, as the commit claims; `seconds` since 1970, 0 where it says nothing readable."""

    name: str
    email: str
    seconds: int

    @property
    def at(self) -> str | None:
        """The moment as RFC 3339 in UTC; None where it lies outside the years 1 to 9999."""
        try:
            return datetime.fromtimestamp(self.seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
        except (ValueError, OverflowError, OSError):
            return None


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit; `message` is cut at 64 KiB, and its undecodable bytes are shown as `\\xNN`."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str
    signed: bool

    @property
    def summary(self) -> str:
        """The message's first line."""
        return self.message.lstrip("\n").partition("\n")[0].rstrip("\r")


def parse_commit(sha: str, raw: bytes) -> Commit:
    """The commit `sha` whose object holds `raw`; raises MirrorMalformedError where it names no tree."""
    head, _, message = raw.partition(b"\n\n")
    tree, parents, author, committer, encoding, signed = b"", [], b"", b"", "utf-8", False
    for line in head.split(b"\n"):
        key, _, value = line.partition(b" ")
        if key == b"tree":
            tree = tree or value
        elif key == b"parent":
            parents.append(_hex(sha, value))
        elif key == b"author":
            author = author or value
        elif key == b"committer":
            committer = committer or value
        elif key == b"encoding":
            encoding = value.decode("ascii", "replace")
        elif key in (b"gpgsig", b"gpgsig-sha256"):
            signed = True
    return Commit(
        sha=sha,
        tree=_hex(sha, tree),
        parents=tuple(parents),
        author=_person(author, encoding),
        committer=_person(committer, encoding),
        message=_decoded(message[:_MESSAGE_BYTES], encoding),
        signed=signed,
    )


def parse_parents(sha: str, raw: bytes) -> tuple[str, ...]:
    """The parents alone, for walks through long histories."""
    head = raw.partition(b"\n\n")[0].split(b"\n")
    return tuple(_hex(sha, line[7:]) for line in head if line.startswith(b"parent "))


def _hex(sha: str, value: bytes) -> str:
    if not _SHA.fullmatch(value):
        raise MirrorMalformedError(f"commit {sha} is malformed: {value[:60]!r} is no object id")
    return value.decode("ascii")


def _person(value: bytes, encoding: str) -> Person:
    name, _, rest = value.partition(b"<")
    email, _, _ = rest.partition(b">")
    when = value.rpartition(b">")[2].split()[:1]
    seconds = int(when[0]) if when and _SECONDS.fullmatch(when[0]) else 0
    return Person(_decoded(name.strip(), encoding), _decoded(email, encoding), seconds)


def _decoded(raw: bytes, encoding: str) -> str:
    # A commit names its encoding freely, and Python's codecs are many: only those of text are taken at their word
    for name in ("utf-8", encoding if _ENCODING.fullmatch(encoding) else "utf-8"):
        try:
            return raw.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("utf-8", "backslashreplace")
