"""In which order refs are fetched, and in which order what we have is offered to the server (pure)."""

import re
from collections.abc import Iterable, Iterator

from auditor.transports.mirror.state import Ref

_PIECES = 8
_KINDS = ("refs/tags/", "refs/pull/", "refs/heads/", "refs/notes/")


def oldest_first(refs: Iterable[Ref]) -> list[Ref]:
    """Tags and pull requests by number before branches: the best guess at age that names allow."""
    return sorted(refs, key=_age)


def piece(refs: list[Ref]) -> int:
    """How many refs the next piece holds when all of `refs` were too much."""
    return max(1, len(refs) // _PIECES)


def likeliest_first(held: set[str], old: Iterable[Ref], new: Iterable[Ref]) -> Iterator[str]:
    """What is held, for a server that hears a few hundred: where refs moved from, then the rest, latest first."""
    new = list(new)
    now = {ref.name: ref.sha for ref in new}
    moved = [ref for ref in old if now.get(ref.name) != ref.sha]
    refs = [*reversed(oldest_first(moved)), *reversed(oldest_first(new))]
    yield from dict.fromkeys(ref.sha for ref in refs if ref.sha in held)
    yield from sorted(held.difference(ref.sha for ref in refs))


def _age(ref: Ref) -> tuple[int, list[tuple[int, str]], str]:
    kind = next(place for place, prefix in enumerate(_KINDS) if ref.name.startswith(prefix))
    parts = [(int(number or 0), text) for text, number in re.findall(r"(\D*)(\d{1,18})?", ref.name)]
    return kind, parts, ref.name
