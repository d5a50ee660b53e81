"""The header of a commit object: parents, committer's date, subject."""

import re
from dataclasses import dataclass

from auditor.collectors.local.moment import utc_text
from auditor.model.facts.local import CommitLine
from auditor.text import name_text, short

_HEADER = re.compile(rb"tree [0-9a-f]+\n((?:parent [0-9a-f]+\n)*)")
_COMMITTER = re.compile(rb"^committer .*?> ?(-?[0-9]{1,18}) [+-][0-9]{4}$", re.MULTILINE)
_SUBJECT_LIMIT = 200


@dataclass(frozen=True, slots=True)
class CommitHeader:
    """What a walk needs of a commit; `committed` is in seconds since 1970, 0 where the header can't be read."""

    parents: tuple[bytes, ...]
    committed: int


def parse_header(content: bytes) -> CommitHeader:
    """The header of a commit."""
    match = _HEADER.match(content)
    parents = tuple(bytes.fromhex(line[7:].decode()) for line in match[1].splitlines()) if match else ()
    return CommitHeader(parents, _committed(content))


def _committed(content: bytes) -> int:
    match = _COMMITTER.search(content.partition(b"\n\n")[0])
    return int(match[1]) if match else 0


def commit_line(oid: bytes, content: bytes) -> CommitLine:
    """A commit as a fact."""
    message = content.partition(b"\n\n")[2].lstrip(b"\n")
    return CommitLine(commit=oid.hex(), committed_at=utc_text(_committed(content)), subject=message_line(message))


def message_line(message: bytes) -> str:
    """The first line of a message, cut to a readable length."""
    return short(name_text(message.partition(b"\n")[0].strip()), _SUBJECT_LIMIT)
