"""The smallest pieces of the probe's answer: fields between NULs, times, modes; hostile until parsed."""

import stat
from dataclasses import dataclass
from datetime import UTC, datetime

from auditor.errors import SourceError
from auditor.text import printable, short, time_text

_LAST_SECOND = 253_402_300_799  # of the year 9999
_END = b"end"


@dataclass(frozen=True)
class Stat:
    """What `stat -c '%f %s %Y'` says."""

    mode: int
    size: int
    modified: int

    @property
    def modified_at(self) -> str:
        """The mtime as a fact."""
        return moment(self.modified)

    @property
    def permissions(self) -> str:
        """The permission bits as octal text."""
        return f"{stat.S_IMODE(self.mode):04o}"


def fields(body: bytes) -> list[bytes]:
    """The fields of a section, each of which a NUL ends; raises SourceError where the last one has none."""
    if not body:
        return []
    if not body.endswith(b"\0"):
        raise SourceError("a field of the probe's answer has no end")
    return body[:-1].split(b"\0")


def groups(body: bytes, size: int) -> list[tuple[bytes, ...]]:
    """The fields in groups of `size`; raises SourceError where they don't come out even."""
    found = fields(body)
    if len(found) % size:
        raise SourceError(f"{len(found)} fields of the probe's answer are not groups of {size}")
    return [tuple(found[at : at + size]) for at in range(0, len(found), size)]


def records(body: bytes) -> dict[str, bytes]:
    """Named records up to the one called `end`, which proves that none is lacking; raises SourceError without it."""
    found: dict[str, bytes] = {}
    for name, value in groups(body, 2):
        found.setdefault(name.decode("utf-8", "replace"), value)
    if found.pop(_END.decode(), None) is None:
        raise SourceError("the probe's answer ends before its last record")
    return found


def parse_stat(raw: bytes) -> Stat:
    """Mode (hex), size and mtime; raises SourceError for anything else."""
    parts = raw.split()
    try:
        mode, size, modified = parts
        return Stat(int(mode, 16), int(size), int(modified))
    except ValueError as fault:
        raise SourceError(f"{line_text(raw)!r} is not what stat prints") from fault


def moment(seconds: int) -> str:
    """A second of the Unix clock as RFC 3339; what lies outside the years 1970 to 9999 is moved to their edge."""
    return time_text(datetime.fromtimestamp(min(max(seconds, 0), _LAST_SECOND), UTC))


def line_text(raw: bytes, limit: int = 200) -> str:
    """The first line of a foreign text, safe to show."""
    return short(printable(raw.strip().split(b"\n")[0].decode("utf-8", "replace")), limit)


def whole_number(raw: bytes) -> int:
    """A decimal number of at most 18 digits; raises SourceError."""
    text = raw.strip()
    if not text.isdigit() or len(text) > 18:
        raise SourceError(f"{line_text(raw)!r} is not a number")
    return int(text)
