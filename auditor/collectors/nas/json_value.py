"""Reading foreign JSON: what is absent or of another type counts as empty; only what is no JSON object raises."""

import json
from collections.abc import Mapping
from typing import Any

from auditor.errors import SourceError
from auditor.text import printable, short

JsonObject = Mapping[str, Any]
_DEPTH = 64
_TEXT_LIMIT = 4096


def parse_object(raw: bytes, what: str) -> JsonObject:
    """The first object of an answer, noise before it passed over; raises SourceError without one.

    Noise are lines before the first that starts with `{` (`synowebapi` prints some, and Docker warns).
    """
    start = 0 if raw.lstrip().startswith(b"{") else raw.find(b"\n{") + 1
    if not raw[start:].lstrip().startswith(b"{"):
        raise SourceError(f"{what}: no JSON came")
    try:
        value, _end = json.JSONDecoder().raw_decode(raw[start:].decode("utf-8", "replace").lstrip())
    except (ValueError, RecursionError) as fault:
        raise SourceError(f"{what}: the JSON is damaged") from fault
    if not isinstance(value, dict) or _depth(value) > _DEPTH:
        raise SourceError(f"{what}: the JSON is none that can be read")
    return value


def at(value: Any, *keys: str) -> Any:
    """The value below some keys; None where one of them leads nowhere."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text_at(value: Any, *keys: str) -> str:
    """A text, safe to show and of limited length; empty without one."""
    found = at(value, *keys)
    return short(printable(found), _TEXT_LIMIT) if isinstance(found, str) else ""


def number_at(value: Any, *keys: str) -> int:
    """A whole number, also if it is written as text; 0 without one."""
    found = at(value, *keys)
    if isinstance(found, bool):
        return 0
    if isinstance(found, int):
        return found
    return int(found) if isinstance(found, str) and found.isdecimal() and len(found) < 19 else 0


def list_at(value: Any, *keys: str) -> list[Any]:
    """A list; empty without one."""
    found = at(value, *keys)
    return found if isinstance(found, list) else []


def map_at(value: Any, *keys: str) -> dict[str, Any]:
    """An object; empty without one."""
    found = at(value, *keys)
    return found if isinstance(found, dict) else {}


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level and depth <= _DEPTH:
        depth += 1
        inner = [list(one.values()) if isinstance(one, dict) else one for one in level if isinstance(one, (dict, list))]
        level = [item for one in inner for item in one]
    return depth
