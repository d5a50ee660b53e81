"""Single values out of a server's JSON, believed only in their exact form; what is malformed raises."""

import re
from collections.abc import Callable
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit, urlunsplit

from auditor.errors import SourceError
from auditor.text import name_text, parse_time, printable, short, time_text

T = TypeVar("T")
Kind = Callable[[Any], T]

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LARGEST = 1 << 53  # beyond it other readers of the snapshot's JSON lose digits
_LONGEST = 1024
_TITLE = 200
_MOST_NAMES = 10_000


class MalformedError(SourceError):
    """An answer that is not what the API promises; the message says what was expected and quotes little of it."""

    remedy = "is it a Gitea or Forgejo of a supported version, with no proxy that rewrites its answers?"


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise MalformedError(f"{_shown(value)} is neither true nor false")
    return value


def count(value: Any) -> int:
    """A whole number from 0 on."""
    if type(value) is not int or not 0 <= value < _LARGEST:
        raise MalformedError(f"{_shown(value)} is no count")
    return value


def name(value: Any) -> str:
    """A name that is compared: exact, never cut; one that is too long or holds control characters is refused."""
    if not isinstance(value, str) or len(value) > _LONGEST or printable(value) != value:
        raise MalformedError(f"{_shown(value)} is no name")
    return name_text(value.encode())


def title(value: Any) -> str:
    """Free text for people: printable, one line, cut."""
    if not isinstance(value, str):
        raise MalformedError(f"{_shown(value)} is no text")
    return short(printable(value.strip()), _TITLE)


def sha(value: Any) -> str:
    """An object id in full."""
    if not isinstance(value, str) or not _SHA.fullmatch(value):
        raise MalformedError(f"{_shown(value)} is no object id")
    return value


def moment(value: Any) -> str:
    """A time, in UTC and to the second."""
    try:
        return time_text(parse_time(value))
    except (TypeError, ValueError, OverflowError):
        raise MalformedError(f"{_shown(value)} is no time") from None


def state(value: Any) -> Literal["open", "closed"]:
    """The state of a pull request."""
    if value == "open":
        return "open"
    if value == "closed":
        return "closed"
    raise MalformedError(f"{_shown(value)} is neither open nor closed")


def object_format(value: Any) -> Literal["sha1", "sha256"]:
    """The name of a hash that git knows."""
    if value == "sha1":
        return "sha1"
    if value == "sha256":
        return "sha256"
    raise MalformedError(f"{_shown(value)} is neither sha1 nor sha256")


def address(value: Any) -> str:
    """A URL, or a path on the server, without user name, password, query and fragment."""
    if not isinstance(value, str) or len(value) > _LONGEST or printable(value) != value:
        raise MalformedError(f"{_shown(value)} is no address")
    try:
        parts = urlsplit(value)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    except ValueError:
        raise MalformedError("an address can't be taken apart") from None


def names(value: Any) -> tuple[str, ...]:
    """A list of names; so Go writes an empty one: null."""
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > _MOST_NAMES:
        raise MalformedError(f"{_shown(value)} is no list of names")
    return tuple(name(each) for each in value)


def patterns(value: Any) -> tuple[str, ...]:
    """File patterns, which Gitea keeps in one text with `;` between them."""
    if not isinstance(value, str):
        raise MalformedError(f"{_shown(value)} is no text")
    return tuple(name(each.strip()) for each in value.split(";") if each.strip())


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f"'{short(printable(value), 40)}'"
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    return "a number"
