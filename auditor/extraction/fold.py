"""Expressions folded to what they can stand for: constants, templates, members, calls of small functions, imports.

Nothing is run. What can't be told stays a hole; where a script chooses at run time, every choice is kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, ClassVar
from urllib.parse import urlsplit

from tree_sitter import Node

from auditor.extraction import method
from auditor.extraction.collection import array_literal, object_literal
from auditor.extraction.naming import global_value, is_written, named
from auditor.extraction.operation import binary, ternary, unary
from auditor.extraction.script import Module
from auditor.extraction.syntax import (
    FUNCTIONS,
    child_of,
    number_text,
    string_text,
    unescaped,
)
from auditor.extraction.url import search_of
from auditor.extraction.value import (
    DEEPEST,
    MOST,
    UNDEFINED,
    Function,
    Items,
    Key,
    Plain,
    Text,
    Url,
    Value,
    Values,
    joined_values,
    literal,
    place_of,
    resolved,
    text_of,
    unknown,
)

_MOST_STEPS = 20_000

# the values of an attribute or a meta element on the page at hand, by its name
Lookup = Callable[[str], tuple[str, ...]]


@dataclass(frozen=True)
class Frame:
    """Where an expression is read: the module, the arguments of the calls that led here, what the page holds."""

    module: Module
    arguments: Mapping[Key, Sequence[Values]] = field(default_factory=dict)
    lookup: Lookup = lambda _name: ()
    depth: int = 0


class Folder:
    """Folds expressions of the modules of one site; `site` is the page's own address."""

    def __init__(self, modules: Mapping[str, Module], site: str) -> None:
        self.modules = modules
        self.site = site
        self.steps = 0
        self.globals: dict[str, tuple[Module, Node] | None] = {}
        self.windows: dict[str, dict[str, Node]] = {}
        # what is looked at for later changes: one may be made of itself
        self.changing: set[tuple[*Key, str]] = set()

    def values(self, node: Node | None, frame: Frame) -> Values:
        """Every value that the expression can have, at most eight; one hole where there would be more."""
        self.steps += 1
        if node is None:
            return (UNDEFINED,)
        if frame.depth > DEEPEST or self.steps > _MOST_STEPS:
            return (unknown(node.type),)
        reader = self._READERS.get(node.type)
        if reader is None:
            return (self.hole(node, frame),)
        found = reader(self, node, replace(frame, depth=frame.depth + 1))
        return found if len(found) <= MOST else (self.hole(node, frame),)

    def hole(self, node: Node, frame: Frame) -> Text:
        return unknown(frame.module.text(node)) if node.end_byte - node.start_byte < 60 else unknown("…")

    # literals

    def _string(self, node: Node, frame: Frame) -> Values:
        return (literal(string_text(frame.module, node)),)

    def _number(self, node: Node, frame: Frame) -> Values:
        return (Plain(number_text(frame.module.text(node))),)

    def _template(self, node: Node, frame: Frame) -> Values:
        pieces: list[Values] = []
        at = node.start_byte + 1
        for child in node.named_children:
            if child.type != "template_substitution":
                continue
            pieces.append((self._raw(frame.module, at, child.start_byte),))
            inner = child.named_children
            pieces.append(self.values(inner[0], frame) if inner else (literal(""),))
            at = child.end_byte
        pieces.append((self._raw(frame.module, at, node.end_byte - 1),))
        return joined_values(pieces)

    def _raw(self, module: Module, start: int, end: int) -> Text:
        return literal(unescaped(module.source[start:end].decode("utf-8", "replace")))

    def listed(self, node: Node, frame: Frame) -> list[Values] | None:
        """The values of a list's members, or of a call's arguments; None where a spread hides how many there are."""
        found: list[Values] = []
        for child in node.named_children:
            if child.type == "spread_element":
                spread = self.values(child.named_children[0], frame)
                if len(spread) != 1 or not isinstance(spread[0], Items):
                    return None
                found += spread[0].items
            elif child.type != "comment":
                found.append(self.values(child, frame))
        return found

    def given(self, node: Node, frame: Frame) -> list[Values]:
        """The values of a call's arguments; behind a spread that is not known each may be anything."""
        known = self.listed(node, frame)
        return [(unknown("…"),)] * MOST if known is None else known

    def _identifier(self, node: Node, frame: Frame) -> Values:
        return named(self, frame.module.text(node), node, frame)

    # members and calls

    def _member(self, node: Node, frame: Frame) -> Values:
        whole = frame.module.text(node) if node.end_byte - node.start_byte < 400 else "…"
        known = self._of_page(whole, frame)
        if known is not None:
            return known
        key = child_of(node, "property")
        name = frame.module.text(key) if key else ""
        return self._of_member(self.values(child_of(node, "object"), frame), name, whole)

    def _subscript(self, node: Node, frame: Frame) -> Values:
        index = self.values(child_of(node, "index"), frame)
        name = text_of(index[0]).known if len(index) == 1 else None
        if name is None:
            return (self.hole(node, frame),)
        return self._of_member(self.values(child_of(node, "object"), frame), name, frame.module.text(node))

    def _of_page(self, whole: str, frame: Frame) -> Values | None:
        """What the page itself tells: its address, a data attribute."""
        if whole.startswith(("window.", "globalThis.", "self.")) and whole.count(".") == 1 and "location" not in whole:
            return global_value(self, whole.partition(".")[2], frame)
        plain = whole.removeprefix("window.").removeprefix("document.").removeprefix("globalThis.")
        if plain.startswith("location."):
            parts = urlsplit(self.site)
            known = {
                "origin": f"{parts.scheme}://{parts.netloc}",
                "hostname": parts.hostname or "",
                "host": parts.netloc,
                "protocol": f"{parts.scheme}:",
            }.get(plain.removeprefix("location."))
            return (unknown(plain),) if known is None else (literal(known),)
        _, dataset, name = whole.rpartition(".dataset.")
        if dataset and name.isidentifier():
            if is_written(self, name):
                return (unknown(whole),)
            return _looked_up(frame.lookup("data-" + method.dashed(name)), f"data-{method.dashed(name)}")
        return None

    def _of_member(self, objects: Values, name: str, whole: str) -> Values:
        found: list[Value] = []
        for one in objects:
            found += method.member(one, name, whole)
        return tuple(found)

    def along(self, values: Values, path: tuple[Any, ...], name: str, frame: Frame) -> Values:
        """What a binding takes out of values, step by step (`bound_names`)."""
        for step in path:
            if isinstance(step, Node):
                default = self.values(step, frame) if UNDEFINED in values else ()
                values = (*(one for one in values if one != UNDEFINED), *default)
            else:
                values = (unknown(name),) if step is None else self._of_member(values, str(step), name)
        return values

    def _call(self, node: Node, frame: Frame) -> Values:
        callee = child_of(node, "function")
        listed = child_of(node, "arguments")
        if callee is None or listed is None or listed.type != "arguments":
            return (self.hole(node, frame),)
        arguments = self.given(listed, frame)
        known = method.call(self, callee, arguments, frame)
        if known is not None:
            return known
        functions = self.values(callee, frame)
        if len(functions) == 1 and isinstance(functions[0], Function):
            return self.called(functions[0], arguments, frame)
        return (self.hole(node, frame),)

    def called(self, function: Function, arguments: Sequence[Values], frame: Frame) -> Values:
        """What a function returns for these arguments."""
        place = place_of(function.module, function.node)
        if place in frame.arguments or frame.depth > DEEPEST // 2:
            return (unknown("…"),)
        inner = replace(
            frame, module=function.module, arguments={**frame.arguments, place: arguments}, depth=frame.depth + 1
        )
        body = child_of(function.node, "body")
        if body is None or body.type != "statement_block":
            return self.values(body, inner)
        returned = [value for statement in _returns(body) for value in self.values(_operand(statement), inner)]
        return tuple(dict.fromkeys(returned)) or (UNDEFINED,)

    def _new(self, node: Node, frame: Frame) -> Values:
        callee = child_of(node, "constructor")
        listed = child_of(node, "arguments")
        arguments = [] if listed is None else self.given(listed, frame)
        name = "" if callee is None else frame.module.text(callee).removeprefix("window.")
        if name == "URL" and arguments:
            bases = arguments[1] if len(arguments) > 1 else (None,)
            return tuple(_url(text_of(one), base) for one, base in list(product(arguments[0], bases))[:MOST])
        if name == "URLSearchParams":
            return search_of(arguments[0] if arguments else ())
        return (self.hole(node, frame),)

    def _inner(self, node: Node, frame: Frame) -> Values:
        return self.values(node.named_children[-1] if node.named_children else None, frame)

    def _function(self, node: Node, frame: Frame) -> Values:
        return (Function(frame.module, node),)

    def _constant(self, node: Node, frame: Frame) -> Values:
        return (Plain(frame.module.text(node)),)

    def _right(self, node: Node, frame: Frame) -> Values:
        return self.values(child_of(node, "right"), frame)

    _READERS: ClassVar[dict[str, "Callable[[Folder, Node, Frame], Values]"]] = {
        "string": _string,
        "number": _number,
        "template_string": _template,
        "object": object_literal,
        "array": array_literal,
        "identifier": _identifier,
        "shorthand_property_identifier": _identifier,
        "member_expression": _member,
        "subscript_expression": _subscript,
        "call_expression": _call,
        "new_expression": _new,
        "binary_expression": binary,
        "ternary_expression": ternary,
        "unary_expression": unary,
        "parenthesized_expression": _inner,
        "sequence_expression": _inner,
        "await_expression": _inner,
        "assignment_expression": _right,
        "arrow_function": _function,
        "function_expression": _function,
        "function_declaration": _function,
        "method_definition": _function,
        "true": _constant,
        "false": _constant,
        "null": _constant,
        "undefined": _constant,
    }


def _looked_up(found: tuple[str, ...], name: str) -> Values:
    return tuple(literal(text) for text in dict.fromkeys(found))[:MOST] or (unknown(name),)


def _url(relative: Text, base: Value | None) -> Url:
    address = relative if base is None else resolved(relative, text_of(base))
    return Url(address)


def _returns(body: Node) -> list[Node]:
    """The return statements of a body, not those of functions in it."""
    found: list[Node] = []
    waiting = [body]
    while waiting and len(found) < MOST:
        node = waiting.pop()
        if node.type == "return_statement":
            found.append(node)
        elif node is body or node.type not in FUNCTIONS:
            waiting += reversed(node.named_children)
    return found


def _operand(statement: Node) -> Node | None:
    return statement.named_children[0] if statement.named_children else None
