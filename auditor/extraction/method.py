"""What well-known members, functions and methods give for values that are known: strings, lists, addresses, queries."""

import json
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from tree_sitter import Node

from auditor.extraction.collection import assigned_object
from auditor.extraction.syntax import child_of
from auditor.extraction.url import member_of
from auditor.extraction.value import (
    ADDRESS_SAFE,
    Items,
    Plain,
    Record,
    Search,
    Text,
    Url,
    Value,
    Values,
    encoded,
    joined,
    literal,
    text_of,
    unknown,
)

if TYPE_CHECKING:  # the folder calls this module
    from auditor.extraction.fold import Folder, Frame

# regular expressions that take slashes or white space off an end, as everybody writes them
_AT_END = re.compile(r"/\\?/(\+|\*|)\$/[gu]*")
_AT_START = re.compile(r"/\^\\?/(\+|\*|)/[gu]*")
_LARGEST_JSON = 65_536


def dashed(name: str) -> str:
    """The attribute's name for a key of `dataset` (`giteaBase`: `gitea-base`)."""
    return re.sub(r"[A-Z]", lambda match: "-" + match[0].lower(), name)


def truth(value: Value, *, nullish: bool = False) -> bool | None:
    """Whether a value counts as true (for `??`: is there at all); None where that can't be told."""
    if isinstance(value, Plain):
        return value.text not in ("undefined", "null") if nullish else value.truthy
    if isinstance(value, Text):
        if value.known == "":
            return nullish
        return None if all(not isinstance(part, str) or not part for part in value.parts) else True
    return True


def member(value: Value, name: str, whole: str) -> Values:
    """The member `name` of a value."""
    if isinstance(value, Record):
        if name in value.fields:
            return value.fields[name]
        return (Plain("undefined"),) if value.whole else (unknown(whole),)
    if isinstance(value, Items) and name.isdigit():
        return value.items[int(name)] if int(name) < len(value.items) else (Plain("undefined"),)
    if isinstance(value, Url):
        return (member_of(value, name, whole),)
    return (unknown(whole),)


def call(folder: "Folder", callee: Node, arguments: Sequence[Values], frame: "Frame") -> Values | None:
    """What the call of a well-known function or method gives; None for any other."""
    name = frame.module.text(callee)
    if callee.type == "identifier" and frame.module.names.resolve(name, callee) is None:
        return _global_call(name, arguments)
    if callee.type != "member_expression":
        return None
    known = _object_call(name, arguments) or _page_call(callee, arguments, frame)
    if known is not None:
        return known
    key, holder = child_of(callee, "property"), child_of(callee, "object")
    method = "" if key is None else frame.module.text(key)
    if method not in _METHODS or holder is None:
        return None
    found = []
    for value in folder.values(holder, frame):
        raw = frame.module.text(callee.parent) if callee.parent is not None else ""
        found.append(_METHODS[method](value, arguments, raw))
    return tuple(dict.fromkeys(found))


def _global_call(name: str, arguments: Sequence[Values]) -> Values | None:
    if name not in _GLOBAL or not arguments:
        return None
    return tuple(dict.fromkeys(_GLOBAL[name](text_of(value)) for value in arguments[0]))


def _object_call(name: str, arguments: Sequence[Values]) -> Values | None:
    if name in ("Object.freeze", "Object.seal") and arguments:
        return arguments[0]
    if name == "Object.assign" and arguments:
        return (assigned_object(arguments),)
    if name == "JSON.parse" and arguments:
        text = text_of(arguments[0][0]).known if len(arguments[0]) == 1 else None
        return None if text is None else (parsed_json(text),)
    return None


def _page_call(callee: Node, arguments: Sequence[Values], frame: "Frame") -> Values | None:
    """`element.getAttribute("data-…")`, and the content of a meta element that is found by its name."""
    key = child_of(callee, "property")
    if key is None or frame.module.text(key) != "getAttribute" or not arguments:
        return None
    name = text_of(arguments[0][0]).known
    if name == "content":
        selected = re.search(r"meta\[(?:name|property)=\\?['\"]?([^'\"\]\\]+)", frame.module.text(callee))
        name = f"meta:{selected[1]}" if selected else None
    found = () if name is None else frame.lookup(name)
    return tuple(literal(text) for text in dict.fromkeys(found)) or (unknown(name or "attribute"),)


def parsed_json(text: str) -> Value:
    """A JSON text as a value."""
    try:
        return _of_json(json.loads(text[:_LARGEST_JSON]), 0)
    except (ValueError, RecursionError):
        return unknown("JSON")


def _of_json(value: Any, depth: int) -> Value:
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, dict) and depth < 16:
        return Record({str(key): (_of_json(item, depth + 1),) for key, item in value.items()})
    if isinstance(value, list) and depth < 16:
        return Items(tuple((_of_json(item, depth + 1),) for item in value[:256]))
    return Plain(json.dumps(value)) if not isinstance(value, (dict, list)) else unknown("JSON")


Method = Callable[[Value, Sequence[Values], str], Value]


def _same(value: Value, _arguments: Sequence[Values], _raw: str) -> Value:
    return text_of(value)


def _concat(value: Value, arguments: Sequence[Values], _raw: str) -> Value:
    return joined((text_of(value), *(text_of(one[0]) if len(one) == 1 else unknown("…") for one in arguments)))


def _join(value: Value, arguments: Sequence[Values], raw: str) -> Value:
    if not isinstance(value, Items):
        return unknown(raw)
    between = text_of(arguments[0][0]) if arguments else literal(",")
    items = [text_of(one[0]) if len(one) == 1 else unknown("…") for one in value.items]
    return joined(part for index, one in enumerate(items) for part in ((between, one) if index else (one,)))


def _filter(value: Value, _arguments: Sequence[Values], raw: str) -> Value:
    if not isinstance(value, Items) or not raw.endswith("(Boolean)"):
        return unknown(raw)
    return Items(tuple(one for one in value.items if len(one) != 1 or truth(one[0]) is not False))


def _replace(value: Value, arguments: Sequence[Values], raw: str) -> Value:
    text = text_of(value)
    wanted = re.search(r"\.replace(?:All)?\(\s*(/(?:\\.|\[[^\]]*\]|[^/\\])+/[a-z]*)\s*,", raw)
    to = text_of(arguments[1][0]).known if len(arguments) > 1 else None
    if wanted is not None and to == "":
        if _AT_END.fullmatch(wanted[1]):
            return _edged(text, -1)
        if _AT_START.fullmatch(wanted[1]):
            return _edged(text, 0)
    known, old = text.known, text_of(arguments[0][0]).known if arguments else None
    if wanted is None and known is not None and old is not None and to is not None:
        return literal(known.replace(old, to, -1 if ".replaceAll(" in raw else 1))
    return unknown(raw)


def _edged(text: Text, end: int) -> Text:
    part = text.parts[end]
    if not isinstance(part, str):
        return text
    parts = list(text.parts)
    parts[end] = part.rstrip("/") if end else part.lstrip("/")
    return Text(tuple(parts))


def _of_known(change: Callable[[str], str]) -> Method:
    def changed(value: Value, _arguments: Sequence[Values], raw: str) -> Value:
        known = text_of(value).known
        return unknown(raw) if known is None else literal(change(known))

    return changed


def _test(check: Callable[[str, str], bool]) -> Method:
    def tested(value: Value, arguments: Sequence[Values], raw: str) -> Value:
        known, other = text_of(value).known, text_of(arguments[0][0]).known if arguments else None
        return unknown(raw) if known is None or other is None else Plain("true" if check(known, other) else "false")

    return tested


def _slice(value: Value, arguments: Sequence[Values], raw: str) -> Value:
    known = text_of(value).known
    bounds = [text_of(one[0]).known for one in arguments]
    if known is None or not all(bound is not None and re.fullmatch(r"\d{1,6}", bound) for bound in bounds):
        # `-1` is a unary expression, and the one negative bound that occurs
        return literal(known[:-1]) if known is not None and raw.endswith("(0,-1)") else unknown(raw)
    return literal(
        known[slice(*(int(bound or 0) for bound in bounds[:2]))] if len(bounds) == 2 else known[int(bounds[0] or 0) :]
    )


def _got(value: Value, arguments: Sequence[Values], raw: str) -> Value:
    key = text_of(arguments[0][0]).known if arguments else None
    if isinstance(value, Search) and all(name != "…" for name, _ in value.pairs):
        return next((text for name, text in value.pairs if name == key), Plain("null"))
    return unknown(raw)


_METHODS: dict[str, Method] = {
    "toString": _same,
    "valueOf": _same,
    "concat": _concat,
    "join": _join,
    "filter": _filter,
    "replace": _replace,
    "replaceAll": _replace,
    "trim": _of_known(str.strip),
    "trimEnd": _of_known(str.rstrip),
    "toLowerCase": _of_known(str.lower),
    "toUpperCase": _of_known(str.upper),
    "endsWith": _test(str.endswith),
    "startsWith": _test(str.startswith),
    "includes": _test(str.__contains__),
    "slice": _slice,
    "get": _got,
}
_GLOBAL: dict[str, Callable[[Text], Text]] = {
    "encodeURIComponent": encoded,
    "encodeURI": lambda text: encoded(text, lambda part: quote(part, safe=ADDRESS_SAFE)),
    "decodeURI": lambda text: encoded(text, unquote),
    "decodeURIComponent": lambda text: encoded(text, unquote),
    "String": lambda text: text,
}
