"""Pieces of JavaScript's syntax as tree-sitter names them: functions, parameters, patterns, the text of literals."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tree_sitter import Node

if TYPE_CHECKING:  # a module is made of these pieces
    from auditor.extraction.script import Module

FUNCTIONS = frozenset(
    {
        "function_declaration",
        "function_expression",
        "arrow_function",
        "method_definition",
        "generator_function_declaration",
        "generator_function",
    }
)
STRINGS = ("string", "template_string")
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|[\s\S]))")
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}
_DEEPEST = 400
_DEEPEST_PATTERN = 16


def holds(outer: Node, inner: Node) -> bool:
    """Whether `inner` lies within `outer`."""
    return outer.start_byte <= inner.start_byte and inner.end_byte <= outer.end_byte


def enclosing_functions(node: Node) -> Iterator[Node]:
    """The functions around a node, the innermost first."""
    above = node.parent
    for _ in range(_DEEPEST):
        if above is None:
            return
        if above.type in FUNCTIONS:
            yield above
        above = above.parent


def parameters(function: Node) -> list[Node]:
    """The parameters of a function, in order."""
    single = function.child_by_field_name("parameter")
    if single is not None:
        return [single]
    several = function.child_by_field_name("parameters")
    return [] if several is None else [one for one in several.named_children if one.type != "comment"]


def bound_names(module: "Module", target: Node, path: tuple[Any, ...] = ()) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The names that a binding target introduces, each with the steps that lead to its value.

    A step is a key or an index, the node of a default that stands for `undefined`, or None: what a rest takes.
    """
    if target.type == "identifier":
        yield module.text(target), path
    elif target.type == "shorthand_property_identifier_pattern":
        yield module.text(target), (*path, module.text(target))
    elif target.type == "object_assignment_pattern":
        left, right = child_of(target, "left"), child_of(target, "right")
        if left is not None:
            yield module.text(left), (*path, module.text(left), right)
    elif len(path) < _DEEPEST_PATTERN:
        for child, step in _inner_targets(module, target):
            yield from bound_names(module, child, (*path, *step))


def _inner_targets(module: "Module", target: Node) -> Iterator[tuple[Node, tuple[Any, ...]]]:
    match target.type:
        case "object_pattern":
            yield from ((child, ()) for child in target.named_children)
        case "array_pattern":
            yield from ((child, (index,)) for index, child in enumerate(target.named_children))
        case "pair_pattern":
            key, value = child_of(target, "key"), child_of(target, "value")
            if key is not None and value is not None:
                yield value, (key_text(module, key),)
        case "assignment_pattern":
            left = child_of(target, "left")
            if left is not None:
                yield left, (child_of(target, "right"),)
        case "rest_pattern":
            yield from ((child, (None,)) for child in target.named_children)


def child_of(node: Node, name: str) -> Node | None:
    """The child in a field, if there is one."""
    return node.child_by_field_name(name)


def key_text(module: "Module", key: Node) -> str:
    """The text of an object's key, or of a member's name."""
    if key.type == "string":
        return string_text(module, key)
    if key.type == "computed_property_name" and key.named_children:
        inner = key.named_children[0]
        return string_text(module, inner) if inner.type in STRINGS else ""
    return module.text(key)


def string_text(module: "Module", node: Node) -> str:
    """The value of a string literal, or of a template without substitutions; empty for any other node."""
    if node.type not in STRINGS or any(child.type == "template_substitution" for child in node.named_children):
        return ""
    return unescaped(module.text(node)[1:-1])


def number_text(text: str) -> str:
    """A number's literal as it is printed."""
    plain = text.replace("_", "").removesuffix("n").lower()
    try:
        number = int(plain, 0) if plain[:2] in ("0x", "0o", "0b") else float(plain)
    except ValueError:
        return text
    return str(int(number)) if number == int(number) and number < 1e21 else plain


def unescaped(text: str) -> str:
    """The text that a literal's source stands for (ECMA-262, 12.9.4)."""

    def decoded(match: re.Match[str]) -> str:
        digits = match[1] or match[2] or match[3]
        if digits is None:
            return _SIMPLE.get(match[4], match[4])
        code = int(digits, 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"

    return _ESCAPE.sub(decoded, text) if "\\" in text else text


def declared_names(module: "Module", declaration: Node) -> Iterator[str]:
    """The names that a declaration introduces."""
    named = declaration.child_by_field_name("name")
    if named is not None:
        yield module.text(named)
    for child in declaration.named_children:
        target = child.child_by_field_name("name") if child.type == "variable_declarator" else None
        if target is not None:
            yield from (name for name, _ in bound_names(module, target))
