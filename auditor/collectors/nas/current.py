"""Where `current` leads, from the links that the probe followed by their text."""

import posixpath

from auditor.collectors.nas.record import fields
from auditor.errors import SourceError
from auditor.model.facts.nas import Current, Link
from auditor.model.missing import Missing
from auditor.text import name_text

_LINKS = 8  # as in the probe


def parse_current(body: bytes, root: bytes, unchanged: bool | Missing) -> Current:
    """The chain and its end, relative to `root` where it lies below; raises SourceError for another form."""
    links, rest = _links(fields(body))
    if len(rest) != 2:
        raise SourceError("the chain of current is cut short")
    end = rest[0]
    inside = end.startswith(root.rstrip(b"/") + b"/")
    relative = end[len(root.rstrip(b"/")) + 1 :] if inside else end
    folder = end.startswith(b"/")
    return Current(
        kind="link" if links else "folder" if folder else "other" if end else "absent",
        links=links,
        resolved=name_text(relative) if folder else None,
        release=_release(relative) if inside else None,
        unchanged=unchanged,
    )


def _links(parts: list[bytes]) -> tuple[tuple[Link, ...], list[bytes]]:
    links: list[Link] = []
    at = 0
    while at + 1 < len(parts) and parts[at] and len(links) <= _LINKS:
        links.append(Link(path=name_text(parts[at]), target=name_text(parts[at + 1])))
        at += 2
    if at >= len(parts) or parts[at]:
        raise SourceError("the chain of current has no end")
    return tuple(links), parts[at + 1 :]


def _release(relative: bytes) -> str | None:
    """The release's name; `releases/<name>` and `releases/<name>/app` are two ways to keep one."""
    parts = posixpath.normpath(relative).split(b"/")
    if len(parts) < 2 or parts[0] != b"releases":
        return None
    return name_text(parts[1])
