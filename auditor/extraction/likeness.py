"""Pages that are built alike: of those that propose something, one of each build is worth a visit."""

import re
from collections.abc import Iterable

from auditor.extraction.html import Attribute, Page
from auditor.model.facts.site import Flow

# what differs from page to page in scripts of one template: titles and the like, but no address
_TEXT = re.compile(r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\d+""")
_ADDRESS = ("://", "issues")


def flows_of(pages: Iterable[Page]) -> tuple[Flow, ...]:
    """The first page of each build, with the others after it."""
    builds: dict[object, list[str]] = {}
    for page in pages:
        builds.setdefault(_build(page), []).append(page.path)
    return tuple(Flow(page=first, alike=tuple(others)) for first, *others in builds.values())


def _build(page: Page) -> object:
    """What pages of one template share: scripts, islands, what their own scripts do, what proposes something."""
    return (
        frozenset(page.scripts),
        frozenset(path for path, _ in page.islands),
        tuple(_TEXT.sub(_kept, script.text) for script in page.inline),
        frozenset(_mark(one) for one in page.attributes if one.named),
    )


def _kept(match: re.Match[str]) -> str:
    return match[0] if any(word in match[0] for word in _ADDRESS) else "_"


def _mark(one: Attribute) -> tuple[str, str, str]:
    address = one.value.partition("?")[0] if any(word in one.value for word in _ADDRESS) else ""
    return one.tag, one.name, address
