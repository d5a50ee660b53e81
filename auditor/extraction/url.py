"""The objects URL and URLSearchParams, with what later statements set in them (https://url.spec.whatwg.org/)."""

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from tree_sitter import Node

from auditor.extraction.scope import Definition
from auditor.extraction.syntax import child_of, holds
from auditor.extraction.value import Record, Search, Text, Url, Value, Values, joined, literal, text_of, unknown

if TYPE_CHECKING:  # the folder calls this module
    from auditor.extraction.fold import Folder, Frame


_PARTS = ("href", "protocol", "host", "hostname", "port", "pathname", "search")


def member_of(url: Url, name: str, whole: str) -> Value:
    """The member `name` of a URL."""
    if name == "href":
        return url.text()
    if name == "searchParams":
        return url.search
    known = url.address.known
    if known is not None and name in ("origin", "pathname", "host", "hostname"):
        parts = urlsplit(known)
        texts = {"origin": f"{parts.scheme}://{parts.netloc}", "pathname": parts.path, "host": parts.netloc}
        return literal(texts.get(name, parts.hostname or ""))
    return unknown(whole)


def search_of(values: Values) -> Values:
    """What `new URLSearchParams(init)` makes of its argument."""
    found: list[Value] = []
    for value in values or (literal(""),):
        if isinstance(value, Record):
            pairs = ((key, text_of(one[0]) if len(one) == 1 else unknown(key)) for key, one in value.fields.items())
            found.append(Search(tuple(pairs)))
        elif isinstance(value, Text) and value.known is not None:
            query = parse_qsl(value.known.removeprefix("?"), keep_blank_values=True)
            found.append(Search(tuple((key, literal(text)) for key, text in query)))
        elif isinstance(value, Search):
            found.append(value)
        else:
            found.append(Search((("…", unknown("…")),)))
    return tuple(found)


def with_later_calls(folder: "Folder", name: str, definition: Definition, values: Values, frame: "Frame") -> Values:
    """An address or a query with what later statements set in it (`u.searchParams.set`, `u.pathname = …`)."""
    if len(values) != 1 or not isinstance(values[0], (Url, Search)):
        return values
    value: Value = values[0]
    for node in frame.module.found("method"):
        callee = child_of(node, "function")
        if callee is None or not holds(definition.scope, node):
            continue
        words = frame.module.text(callee).split(".")
        if words[0] == name and words[-1] in ("set", "append") and len(words) in (2, 3):
            value = _with_pair(folder, value, node, frame)
    for node in frame.module.found("assignment"):
        left = child_of(node, "left")
        if left is not None and holds(definition.scope, node) and isinstance(value, Url):
            holder, _, part = frame.module.text(left).rpartition(".")
            if holder == name and part in _PARTS:
                right = folder.values(child_of(node, "right"), frame)
                value = _with_part(value, part, right, added=node.type != "assignment_expression")
    return (value,)


def _with_pair(folder: "Folder", value: Value, node: Node, frame: "Frame") -> Value:
    listed = child_of(node, "arguments")
    given = [folder.values(one, frame) for one in (listed.named_children if listed else [])]
    key = text_of(given[0][0]).known if len(given) == 2 else None
    if key is None:
        return value
    pair = (key, text_of(given[1][0]) if len(given[1]) == 1 else unknown(key))
    if isinstance(value, Url):
        return replace(value, search=Search((*value.search.pairs, pair)))
    return Search((*value.pairs, pair)) if isinstance(value, Search) else value


def _with_part(url: Url, part: str, values: Values, *, added: bool) -> Url:
    known = url.address.known
    text = text_of(values[0]) if len(values) == 1 else unknown(part)
    if known is None:
        return url
    if part not in ("pathname", "search") or (added and part == "search"):
        return replace(url, address=unknown(part))
    split = urlsplit(known)
    if part == "search":
        return replace(url, address=joined((url.address, literal("" if _begins(text, "?") else "?"), text)))
    origin = literal(urlunsplit((split.scheme, split.netloc, "", "", "")))
    if added:
        text = joined((literal(split.path or "/"), text))
    return replace(url, address=joined((origin, literal("" if _begins(text, "/") else "/"), text)))


def _begins(text: Text, start: str) -> bool:
    first = text.parts[0]
    return isinstance(first, str) and first.startswith(start)
