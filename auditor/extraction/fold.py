"""Expressions folded to what they can stand for: constants, templates, members, calls of small functions, imports.

Nothing is run. What can't be told stays a hole; where a script chooses at run time, every choice is kept.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

from tree_sitter import Node

from auditor.extraction import method
from auditor.extraction.scope import Definition
from auditor.extraction.script import Module
from auditor.extraction.syntax import (
    FUNCTIONS,
    bound_names,
    child_of,
    key_text,
    parameters,
    string_text,
    unescaped,
)
from auditor.extraction.value import (
    Function,
    Items,
    Plain,
    Record,
    Search,
    Text,
    Url,
    Value,
    Values,
    is_unknown,
    joined,
    literal,
    resolved,
    text_of,
    unknown,
)

MOST = 8
_DEEPEST = 40
_MOST_STEPS = 20_000
_UNDEFINED = Plain("undefined")

Key = tuple[str, int, int]
# the values of an attribute or a meta element on the page at hand, by its name
Lookup = Callable[[str], tuple[str, ...]]


@dataclass(frozen=True)
class Frame:
    """Where an expression is read: the module, the arguments of the calls that led here, what the page holds."""

    module: Module
    arguments: Mapping[Key, Sequence[Values]] = field(default_factory=dict)
    lookup: Lookup = lambda _name: ()
    depth: int = 0


def place_of(module: Module, node: Node) -> Key:
    """What names a node among all modules."""
    return module.path, node.start_byte, node.end_byte


class Folder:
    """Folds expressions of the modules of one site; `site` is the page's own address."""

    def __init__(self, modules: Mapping[str, Module], site: str) -> None:
        self.modules = modules
        self.site = site
        self.steps = 0
        self._globals: dict[str, tuple[Module, Node] | None] = {}
        self._windows: dict[str, dict[str, Node]] = {}

    def values(self, node: Node | None, frame: Frame) -> Values:
        """Every value that the expression can have, at most eight; one hole where there would be more."""
        self.steps += 1
        if node is None:
            return (_UNDEFINED,)
        if frame.depth > _DEEPEST or self.steps > _MOST_STEPS:
            return (unknown(node.type),)
        reader = self._READERS.get(node.type)
        if reader is None:
            return (self._hole(node, frame),)
        found = reader(self, node, replace(frame, depth=frame.depth + 1))
        return found if len(found) <= MOST else (self._hole(node, frame),)

    def _hole(self, node: Node, frame: Frame) -> Text:
        return unknown(frame.module.text(node)) if node.end_byte - node.start_byte < 60 else unknown("…")

    # literals

    def _string(self, node: Node, frame: Frame) -> Values:
        return (literal(string_text(frame.module, node)),)

    def _number(self, node: Node, frame: Frame) -> Values:
        return (Plain(frame.module.text(node)),)

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
        return self._joined(pieces)

    def _raw(self, module: Module, start: int, end: int) -> Text:
        return literal(unescaped(module.source[start:end].decode("utf-8", "replace")))

    def _joined(self, pieces: Sequence[Values]) -> Values:
        texts = [tuple(dict.fromkeys(text_of(value) for value in piece)) for piece in pieces]
        if any(len(piece) > MOST for piece in texts) or _count(texts) > MOST:
            texts = [piece if len(piece) == 1 else (unknown("…"),) for piece in texts]
        return tuple(joined(choice) for choice in product(*texts))

    def _object(self, node: Node, frame: Frame) -> Values:
        fields: dict[str, Values] = {}
        whole = True
        for child in node.named_children:
            if child.type == "pair":
                key = child_of(child, "key")
                fields[key_text(frame.module, key) if key else ""] = self.values(child_of(child, "value"), frame)
            elif child.type == "shorthand_property_identifier":
                fields[frame.module.text(child)] = self._name(frame.module.text(child), child, frame)
            elif child.type == "spread_element" and child.named_children:
                spread = self.values(child.named_children[0], frame)
                known = len(spread) == 1 and isinstance(spread[0], Record)
                fields |= spread[0].fields if known and isinstance(spread[0], Record) else {}
                whole = whole and known
        return (Record(fields, whole),)

    def _array(self, node: Node, frame: Frame) -> Values:
        children = [child for child in node.named_children if child.type != "comment"]
        if len(children) > 256 or any(child.type == "spread_element" for child in children):
            return (self._hole(node, frame),)
        return (Items(tuple(self.values(child, frame) for child in children)),)

    # names

    def _identifier(self, node: Node, frame: Frame) -> Values:
        return self._name(frame.module.text(node), node, frame)

    def _name(self, name: str, at: Node, frame: Frame) -> Values:
        if name == "undefined":
            return (_UNDEFINED,)
        definition = frame.module.names.resolve(name, at)
        if definition is None:
            return self._global(name, frame)
        if definition.kind == "parameter":
            return self._parameter(definition.scope, name, frame)
        return self._defined(definition, name, frame)

    def _parameter(self, function: Node, name: str, frame: Frame) -> Values:
        for index, parameter in enumerate(parameters(function)):
            for bound, path in bound_names(frame.module, parameter):
                if bound == name:
                    return self._argument(function, index, parameter, path, name, frame)
        return (unknown(name),)

    def _argument(
        self, function: Node, index: int, parameter: Node, path: tuple[Any, ...], name: str, frame: Frame
    ) -> Values:
        given = frame.arguments.get(place_of(frame.module, function))
        if given is None:
            return (unknown(name),)
        values = given[index] if index < len(given) else (_UNDEFINED,)
        found = self._along(values, path, name)
        if parameter.type == "assignment_pattern" and found == (_UNDEFINED,):
            return self.values(child_of(parameter, "right"), frame)
        return found

    def _defined(self, definition: Definition, name: str, frame: Frame) -> Values:
        if definition.kind == "hidden":
            return (unknown(name),)
        if definition.kind == "function":
            return (Function(frame.module, definition.node),)
        if definition.kind == "import":
            return self.exported(urljoin(frame.module.path, definition.source), str(definition.path[0]), frame)
        value = child_of(definition.node, "value")
        assigned = frame.module.names.assigned(name, definition)
        if value is None and not assigned:
            return (unknown(name),)
        base = () if value is None else self._along(self.values(value, frame), definition.path, name)
        return method.with_later_calls(self, name, definition, self._with(base, assigned, frame), frame)

    def _with(self, base: Values, assignments: Sequence[Node], frame: Frame) -> Values:
        for node in assignments[:MOST]:
            right = self.values(child_of(node, "right"), frame)
            if node.type == "augmented_assignment_expression":
                base = self._joined((base or (unknown("…"),), right))
            else:
                base = tuple(dict.fromkeys((*base, *right)))
        return base

    def exported(self, path: str, name: str, frame: Frame) -> Values:
        """What a module exports under a name; a hole for a module that was not read."""
        module = self.modules.get(path)
        if module is None or frame.depth > _DEEPEST:
            return (unknown(name),)
        inner = replace(frame, module=module, depth=frame.depth + 1)
        if name == "*":
            known = {key: self.exported(path, key, inner) for key in module.exports if not key.startswith("*")}
            return (Record(known),)
        target = module.exports.get(name)
        if target is None:
            stars = [
                entry[0] for key, entry in module.exports.items() if key.startswith("*") and isinstance(entry, tuple)
            ]
            found = (self.exported(urljoin(path, source), name, inner) for source in stars)
            return next((values for values in found if not is_unknown(values[0])), (unknown(name),))
        if isinstance(target, tuple):
            return self.exported(urljoin(path, target[0]), target[1], inner)
        return self._export_value(target, name, inner)

    def _export_value(self, target: Node, name: str, frame: Frame) -> Values:
        if target.type in ("lexical_declaration", "variable_declaration"):
            definition = frame.module.names.resolve(name, target)
            return (unknown(name),) if definition is None else self._defined(definition, name, frame)
        return self.values(target, frame)

    def _global(self, name: str, frame: Frame) -> Values:
        """A name that the module doesn't bind: one of the page's own, or what another script left in the window."""
        if name in ("window", "globalThis", "self", "document", "location"):
            return (unknown(name),)
        if name not in self._globals:
            self._globals[name] = self._global_value(name)
        known = self._globals[name]
        if known is None or frame.depth > _DEEPEST:
            return (unknown(name),)
        return self.values(known[1], replace(frame, module=known[0], depth=frame.depth + 1))

    def _global_value(self, name: str) -> tuple[Module, Node] | None:
        named = re.compile(rb"(?:window|globalThis|self)\s*(?:\.|\?\.)\s*" + re.escape(name.encode()) + rb"(?![\w$])")
        for path, module in self.modules.items():
            if (module.classic and name.encode() in module.source) or named.search(module.source):
                if path not in self._windows:
                    self._windows[path] = _window_names(module)
                if name in self._windows[path]:
                    return module, self._windows[path][name]
        return None

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
            return (self._hole(node, frame),)
        return self._of_member(self.values(child_of(node, "object"), frame), name, frame.module.text(node))

    def _of_page(self, whole: str, frame: Frame) -> Values | None:
        """What the page itself tells: its address, a data attribute."""
        if whole.startswith(("window.", "globalThis.", "self.")) and whole.count(".") == 1 and "location" not in whole:
            return self._global(whole.partition(".")[2], frame)
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
            return _looked_up(frame.lookup("data-" + method.dashed(name)), f"data-{method.dashed(name)}")
        return None

    def _of_member(self, objects: Values, name: str, whole: str) -> Values:
        found: list[Value] = []
        for one in objects:
            found += method.member(one, name, whole)
        return tuple(found)

    def _along(self, values: Values, path: tuple[Any, ...], name: str) -> Values:
        for step in path:
            values = self._of_member(values, str(step), name)
        return values

    def _call(self, node: Node, frame: Frame) -> Values:
        callee = child_of(node, "function")
        listed = child_of(node, "arguments")
        given = [] if listed is None else [one for one in listed.named_children if one.type != "comment"]
        if callee is None or listed is None or listed.type != "arguments":
            return (self._hole(node, frame),)
        arguments = [self.values(one, frame) for one in given[:MOST]]
        known = method.call(self, callee, arguments, frame)
        if known is not None:
            return known
        functions = self.values(callee, frame)
        if len(functions) == 1 and isinstance(functions[0], Function):
            return self.called(functions[0], arguments, frame)
        return (self._hole(node, frame),)

    def called(self, function: Function, arguments: Sequence[Values], frame: Frame) -> Values:
        """What a function returns for these arguments."""
        place = place_of(function.module, function.node)
        if place in frame.arguments or frame.depth > _DEEPEST // 2:
            return (unknown("…"),)
        inner = replace(
            frame, module=function.module, arguments={**frame.arguments, place: arguments}, depth=frame.depth + 1
        )
        body = child_of(function.node, "body")
        if body is None or body.type != "statement_block":
            return self.values(body, inner)
        returned = [value for statement in _returns(body) for value in self.values(_operand(statement), inner)]
        return tuple(dict.fromkeys(returned)) or (_UNDEFINED,)

    def _new(self, node: Node, frame: Frame) -> Values:
        callee = child_of(node, "constructor")
        listed = child_of(node, "arguments")
        arguments = [self.values(one, frame) for one in (listed.named_children if listed else [])]
        name = "" if callee is None else frame.module.text(callee).removeprefix("window.")
        if name == "URL" and arguments:
            bases = arguments[1] if len(arguments) > 1 else (None,)
            return tuple(_url(text_of(one), base) for one, base in list(product(arguments[0], bases))[:MOST])
        if name == "URLSearchParams":
            return method.search_of(arguments[0] if arguments else ())
        return (self._hole(node, frame),)

    # operators

    def _binary(self, node: Node, frame: Frame) -> Values:
        operator = child_of(node, "operator")
        kind = "" if operator is None else frame.module.text(operator)
        if kind in ("||", "??", "&&"):
            return self._either(kind, node, frame)
        if kind != "+":
            return self._compared(kind, node, frame)
        pieces: list[Values] = []
        left: Node | None = node
        while left is not None and left.type == "binary_expression" and _is_plus(left) and len(pieces) < 256:
            pieces.append(self.values(child_of(left, "right"), frame))
            left = child_of(left, "left")
        pieces.append(self.values(left, frame))
        return self._joined(pieces[::-1])

    def _either(self, kind: str, node: Node, frame: Frame) -> Values:
        found: list[Value] = []
        for one in self.values(child_of(node, "left"), frame):
            decided = method.truth(one, nullish=kind == "??")
            if decided is None or decided is (kind != "&&"):
                found.append(one)
            if decided is None or decided is (kind == "&&"):
                found += self.values(child_of(node, "right"), frame)
        return tuple(dict.fromkeys(found))

    def _compared(self, kind: str, node: Node, frame: Frame) -> Values:
        left, right = (self.values(child_of(node, side), frame) for side in ("left", "right"))
        texts = [text_of(one[0]).known if len(one) == 1 else None for one in (left, right)]
        if None in texts or kind not in ("===", "==", "!==", "!="):
            return (unknown("…"),)
        return (Plain("true" if (texts[0] == texts[1]) is (kind[0] == "=") else "false"),)

    def _ternary(self, node: Node, frame: Frame) -> Values:
        condition = self.values(child_of(node, "condition"), frame)
        decided = method.truth(condition[0]) if len(condition) == 1 else None
        found: list[Value] = []
        if decided is not False:
            found += self.values(child_of(node, "consequence"), frame)
        if decided is not True:
            found += self.values(child_of(node, "alternative"), frame)
        return tuple(dict.fromkeys(found))

    def _unary(self, node: Node, frame: Frame) -> Values:
        operator = frame.module.text(node)[:1]
        if frame.module.text(node).startswith("void"):
            return (_UNDEFINED,)
        inner = self.values(child_of(node, "argument"), frame)
        decided = method.truth(inner[0]) if len(inner) == 1 else None
        if operator == "!" and decided is not None:
            return (Plain("false" if decided else "true"),)
        return (self._hole(node, frame),)

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
        "object": _object,
        "array": _array,
        "identifier": _identifier,
        "member_expression": _member,
        "subscript_expression": _subscript,
        "call_expression": _call,
        "new_expression": _new,
        "binary_expression": _binary,
        "ternary_expression": _ternary,
        "unary_expression": _unary,
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


def _is_plus(node: Node) -> bool:
    operator = child_of(node, "operator")
    return operator is not None and operator.type == "+"


def _count(pieces: Sequence[Sequence[Any]]) -> int:
    count = 1
    for piece in pieces:
        count *= len(piece)
    return count


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


def _window_names(module: Module) -> dict[str, Node]:
    """What a script leaves for others: `window.x = …`, and the outermost names of a classic script."""
    found: dict[str, Node] = {}
    for node in module.found("assignment"):
        left, right = child_of(node, "left"), child_of(node, "right")
        if left is not None and right is not None and left.type == "member_expression":
            holder, key = child_of(left, "object"), child_of(left, "property")
            if holder is not None and key is not None and module.text(holder) in ("window", "globalThis", "self"):
                found.setdefault(module.text(key), right)
    for name, one in module.names.outermost().items() if module.classic else ():
        value = one.node if one.kind == "function" else child_of(one.node, "value")
        if value is not None and not one.path:
            found.setdefault(name, value)
    return found


__all__ = ["Folder", "Frame", "Search", "place_of"]
