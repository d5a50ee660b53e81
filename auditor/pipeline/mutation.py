"""Snapshots that differ from a given one in one fact: what a drift, great or small, would make of it. Pure.

Each change is of what was observed: a value takes another of its type, a list loses an element or gains one.
"""

import dataclasses
import re
import types
import typing
from collections.abc import Iterator
from enum import Enum
from typing import Any

from auditor.frozen import frozen
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING, Missing

# the first elements of a list stand for all: a file is a file
_ELEMENTS = 2
_DEEPEST = 8
_PAST, _FUTURE = "2000-01-01T00:00:00Z", "2199-01-01T00:00:00Z"
_HEX = re.compile(r"[0-9a-f]{32,64}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT.*Z")
# what describes the run and not the world
_NOT_FACTS = frozenset(("available", "error", "gaps", "observed_at", "evidence"))
ROOTS = ("local", "gitea", "nas", "canon", "site")


@frozen
class Mutant:
    """The changed snapshot; `root` is the source, `text` says what was changed: `nas.slots[0].port: 8081 → 8082`."""

    root: str
    text: str
    snapshot: Snapshot


def mutants(snapshot: Snapshot) -> Iterator[Mutant]:
    """Every single change, source by source; made one at a time, for together they would fill the memory."""
    hints = typing.get_type_hints(Snapshot)
    for root in ROOTS:
        facts = getattr(snapshot, root)
        if facts is MISSING or not facts.available:
            continue
        for text, changed in _changes(facts, hints[root], root, 0):
            yield Mutant(root=root, text=text, snapshot=dataclasses.replace(snapshot, **{root: changed}))


def _changes(value: Any, hint: Any, place: str, depth: int) -> Iterator[tuple[str, Any]]:
    """What stands at `place` with one thing changed, and the words for it."""
    kind = _kind(hint)
    if value is MISSING:
        return
    if dataclasses.is_dataclass(kind) and dataclasses.is_dataclass(value):
        yield from _record_changes(value, place, depth)
    elif typing.get_origin(kind) is tuple and isinstance(value, tuple):
        yield from _list_changes(value, typing.get_args(kind)[0], place, depth)
    else:
        yield from _others(value, kind, place)
    if type(None) in typing.get_args(hint):
        yield from _nothing(value, kind, place)


def _nothing(value: Any, kind: Any, place: str) -> Iterator[tuple[str, Any]]:
    """What could be there and is not, and the other way round."""
    if value is not None:
        yield f"{place} is gone", None
        return
    for plain in (True, False):
        yield f"{place} appears", _sample(kind, plain=plain)


def _record_changes(value: Any, place: str, depth: int) -> Iterator[tuple[str, Any]]:
    hints = typing.get_type_hints(type(value))
    for field in dataclasses.fields(value):
        if field.name in _NOT_FACTS or depth > _DEEPEST:
            continue
        inner = getattr(value, field.name)
        for text, changed in _changes(inner, hints[field.name], f"{place}.{field.name}", depth + 1):
            yield text, dataclasses.replace(value, **{field.name: changed})


def _list_changes(value: tuple[Any, ...], hint: Any, place: str, depth: int) -> Iterator[tuple[str, Any]]:
    for plain in (True, False):
        yield f"{place} gains an element", (*value, _sample(hint, plain=plain))
    if value:
        yield f"{place} loses its first element", value[1:]
        yield f"{place} loses all of {len(value)}", ()
    for index, item in enumerate(value[:_ELEMENTS]):
        for text, changed in _changes(item, hint, f"{place}[{index}]", depth + 1):
            yield text, (*value[:index], changed, *value[index + 1 :])


def _others(value: Any, kind: Any, place: str) -> Iterator[tuple[str, Any]]:
    for other in _values(value, kind):
        yield f"{place}: {_shown(value)} → {_shown(other)}", other


def _values(value: Any, kind: Any) -> Iterator[Any]:
    """Other values of a scalar's type."""
    if typing.get_origin(kind) is typing.Literal:
        yield from (one for one in typing.get_args(kind) if one != value)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield from (value + 1, 0 if value else 7)
    elif isinstance(value, Enum):
        yield from (one for one in type(value) if one is not value)
    elif isinstance(value, str):
        yield from (other for other in _texts(value) if other != value)


def _texts(value: str) -> Iterator[str]:
    if _HEX.fullmatch(value):
        yield value[::-1] if value != value[::-1] else "0" * len(value)
    elif _MOMENT.fullmatch(value):
        yield from (_PAST, _FUTURE)
    else:
        yield from (f"{value}-other", value.swapcase(), "")


def _sample(hint: Any, name: str = "", *, plain: bool) -> Any:
    """A value of a type, made up: with every flag down and short of detail where it is `plain`, else the reverse."""
    kind = _kind(hint)
    if type(None) in typing.get_args(hint) and plain:
        return None
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        made = {one.name: _sample(hints[one.name], one.name, plain=plain) for one in dataclasses.fields(kind)}
        return typing.cast("Any", kind)(**made)
    if typing.get_origin(kind) is tuple:
        return ()
    if typing.get_origin(kind) is typing.Literal:
        return typing.get_args(kind)[0 if plain else -1]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return list(kind)[0 if plain else -1]
    return {bool: not plain, int: 0 if plain else 1, float: 0.0, str: _text_of(name)}.get(kind)


def _text_of(name: str) -> str:
    """A text that may stand in a field of that name: derivations may rely on what the snapshot's reader enforces."""
    if name.endswith("_at") or name in ("since", "until"):
        return _PAST
    if "sha256" in name:
        return "5a" * 32
    return "5a" * 20 if "commit" in name or "object" in name else f"made-up-{name}"


def _kind(hint: Any) -> Any:
    """The type without `Missing` and None."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return next(kind for kind in typing.get_args(hint) if kind not in (Missing, type(None)))
    return hint


def _shown(value: Any) -> str:
    text = str(value.value) if isinstance(value, Enum) else str(value)
    return repr(text if len(text) <= 40 else f"{text[:12]}…")
