"""The last door before a snapshot: no text of another's making that holds a secret gets in whole.

Names of branches and files, subjects of commits and answers of servers are facts, and anybody may have put a secret in
one. Such a text is cut where the value begins.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from auditor.detector.search import search

Facts = TypeVar("Facts")
_SHORTEST = 12
_HASH = re.compile(r"(?:sha[0-9]{1,3}:)?[0-9a-f]{40,128}")
# farther than any judge looks around a candidate
_SEAM = b"\n" * 64
_CUT = "…"


def masked(facts: Facts) -> Facts:
    """The facts with every text cut before the first secret in it; the same object where there is none."""
    texts = list(dict.fromkeys(_texts(facts)))
    cuts = _cuts(texts)
    return _replaced(facts, cuts) if cuts else facts


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if len(one) >= _SHORTEST and not _HASH.fullmatch(one):
                yield one
        elif isinstance(one, tuple):
            waiting.extend(one)
        elif is_dataclass(one) and not isinstance(one, type):
            waiting.extend(getattr(one, field.name) for field in fields(one))


def _cuts(texts: Sequence[str]) -> dict[str, str]:
    """The texts that hold a secret, and what may be shown of them."""
    parts = [text.encode("utf-8", "surrogatepass") for text in texts]
    starts, size = [], 0
    for part in parts:
        starts.append(size)
        size += len(part) + len(_SEAM)
    found = search(_SEAM.join(parts), place="", key=b"")
    places = [secret.start for secret in found.secrets]
    if not found.complete:
        alone = [search(part, place="", key=b"").secrets for part in parts]
        places = [starts[number] + one.start for number, secrets in enumerate(alone) for one in secrets]
    cuts: dict[str, str] = {}
    for place in sorted(places):
        number = bisect_right(starts, place) - 1
        before = parts[number][: place - starts[number]].decode("utf-8", "replace")
        cuts.setdefault(texts[number], before + _CUT)
    return cuts


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
