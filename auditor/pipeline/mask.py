"""The last door before a snapshot: no text of another's making that holds a secret gets in whole.

Names of branches and files, subjects of commits and answers of servers are facts, and anybody may have put a secret in
one. Such a text is cut where the value begins.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from auditor.detector.own_value import SHORTEST, OwnValues
from auditor.detector.search import search

Facts = TypeVar("Facts")
Find = Callable[[Sequence[bytes]], list[int]]
_SHORTEST = 12
_HASH = re.compile(r"(?:sha[0-9]{1,3}:)?[0-9a-f]{40,128}")
# farther than any judge looks around a candidate
_SEAM = b"\n" * 64
_CUT = "…"


def masked(facts: Facts) -> Facts:
    """The facts with every text cut before the first secret in it; the same object where there is none."""
    return _masked(facts, _SHORTEST, _secrets_in)


def masked_own(facts: Facts, own: OwnValues) -> Facts:
    """The facts with every text cut before the first of the site's own values, which may be of plain words."""
    return _masked(facts, SHORTEST, lambda parts: [one.start for one in own.find(_SEAM.join(parts))])


def _masked(facts: Facts, shortest: int, find: Find) -> Facts:
    texts = list(dict.fromkeys(_texts(facts, shortest)))
    cuts = _cuts(texts, find)
    return _replaced(facts, cuts) if cuts else facts


def _texts(value: Any, shortest: int) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if len(one) >= shortest and not _HASH.fullmatch(one):
                yield one
        elif isinstance(one, tuple):
            waiting.extend(one)
        elif is_dataclass(one) and not isinstance(one, type):
            waiting.extend(getattr(one, field.name) for field in fields(one))


def _cuts(texts: Sequence[str], find: Find) -> dict[str, str]:
    """The texts that hold a secret, and what may be shown of them."""
    parts = [text.encode("utf-8", "surrogatepass") for text in texts]
    starts, size = [], 0
    for part in parts:
        starts.append(size)
        size += len(part) + len(_SEAM)
    cuts: dict[str, str] = {}
    for place in sorted(find(parts)):
        number = bisect_right(starts, place) - 1
        before = parts[number][: place - starts[number]].decode("utf-8", "replace")
        cuts.setdefault(texts[number], before + _CUT)
    return cuts


def _secrets_in(parts: Sequence[bytes]) -> list[int]:
    """Where secrets begin in the texts, joined by seams."""
    found = search(_SEAM.join(parts), place="", key=b"")
    if found.complete:
        return [secret.start for secret in found.secrets]
    places, start = [], 0
    for part in parts:
        places += [start + one.start for one in search(part, place="", key=b"").secrets]
        start += len(part) + len(_SEAM)
    return places


def _replaced(value: Any, cuts: dict[str, str]) -> Any:
    if isinstance(value, str):
        return cuts.get(value, value)
    if isinstance(value, tuple):
        return tuple(_replaced(one, cuts) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        old = {field.name: getattr(value, field.name) for field in fields(value)}
        new = {name: _replaced(one, cuts) for name, one in old.items()}
        changed = {name: one for name, one in new.items() if one != old[name]}
        return replace(value, **changed) if changed else value
    return value
