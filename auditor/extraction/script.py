"""A script as tree-sitter parses it: what its names are bound to, what it imports and exports. It runs nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Literal

from tree_sitter import Language, Node, Parser, Query, QueryCursor, Tree

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
_SCOPES = FUNCTIONS | {"program", "statement_block", "for_statement", "for_in_statement", "class_static_block"}
_QUERIES = {
    "declarator": "(variable_declarator) @found",
    "function": "(function_declaration) @found (generator_function_declaration) @found",
    "import": "(import_statement) @found",
    "export": "(export_statement) @found",
    # one walk through the tree for all that names another module
    "source": "(import_statement) @found (export_statement source: (string)) @found "
    "(call_expression function: (import)) @found",
    "call": "(call_expression function: (identifier)) @found",
    "method": "(call_expression function: (member_expression)) @found",
    "assignment": "(assignment_expression) @found (augmented_assignment_expression) @found",
    "component": "(arguments . (identifier) . (object)) @found",
}
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|[\s\S]))")
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}
_DEEPEST = 400
_MOST_BINDINGS = 300
_DEEPEST_PATTERN = 16
_MOST_NODES = 50_000


@cache
def _language() -> Language:
    import tree_sitter_javascript

    return Language(tree_sitter_javascript.language())


@cache
def _query(name: str) -> Query:
    return Query(_language(), _QUERIES[name])


@dataclass(frozen=True)
class Definition:
    """What a name is bound to: a value behind a destructuring path, a function, or an import (`source`, `path`)."""

    kind: Literal["value", "function", "import"]
    node: Node
    scope: Node
    path: tuple[str | int, ...] = ()
    source: str = ""


@dataclass(eq=False)
class Module:
    """A parsed script. `path` is where it is served; `shift` are the lines that stand before it in its page."""

    path: str
    source: bytes = field(repr=False)
    classic: bool = False
    shift: int = 0
    _found: dict[str, tuple[Node, ...]] = field(default_factory=dict, init=False, repr=False)
    _scoped: dict[str, list[Definition]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def tree(self) -> Tree:
        """The syntax tree, made when it is first asked for: most scripts are never looked into."""
        return Parser(_language()).parse(self.source)

    @property
    def root(self) -> Node:
        return self.tree.root_node

    def forget(self) -> None:
        """Let the tree go; it is made again where it is asked for again."""
        for name in ("tree", "bindings"):
            self.__dict__.pop(name, None)
        self._found.clear()
        self._scoped.clear()

    def found(self, name: str) -> tuple[Node, ...]:
        """The nodes that the query of that name finds, in their order; of very many, the first alone."""
        if name not in self._found:
            self._found[name] = self._captured(name)
        return self._found[name]

    def _captured(self, name: str) -> tuple[Node, ...]:
        nodes = QueryCursor(_query(name)).captures(self.root).get("found", [])
        return tuple(sorted(nodes, key=lambda node: node.start_byte)[:_MOST_NODES])

    def text(self, node: Node) -> str:
        """The source of a node."""
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def node_at(self, start: int, end: int) -> Node | None:
        """The smallest node that holds these bytes."""
        return self.root.descendant_for_byte_range(start, end)

    @cached_property
    def bindings(self) -> dict[str, list[tuple[str, Node, tuple[str | int, ...], str]]]:
        """Every binding but parameters, by name: its kind, its node, the path to its value, where it is imported from.

        Scopes are not in it: a node's parent costs a walk from the root.
        """
        known: dict[str, list[tuple[str, Node, tuple[str | int, ...], str]]] = {}
        for node in self.found("declarator"):
            target = node.child_by_field_name("name")
            for name, path in bound_names(self, target) if target is not None else ():
                known.setdefault(name, []).append(("value", node, path, ""))
        for node in self.found("function"):
            named = node.child_by_field_name("name")
            if named is not None:
                known.setdefault(self.text(named), []).append(("function", node, (), ""))
        for node in self.found("import"):
            for name, exported, source in self._imports(node):
                known.setdefault(name, []).append(("import", node, (exported,), source))
        return known

    def definitions(self, name: str) -> list[Definition]:
        """Every binding of a name with its scope; of very many, the first alone."""
        if name not in self._scoped:
            self._scoped[name] = [self._definition(*one) for one in self.bindings.get(name, ())[:_MOST_BINDINGS]]
        return self._scoped[name]

    def _definition(self, kind: str, node: Node, path: tuple[str | int, ...], source: str) -> Definition:
        if kind == "import":
            return Definition("import", node, self.root, path, source)
        scope = _scope_of(node, hoisted=kind == "value" and _is_var(node))
        return Definition("function" if kind == "function" else "value", node, scope, path)

    def resolve(self, name: str, at: Node) -> Definition | None:
        """The innermost binding of `name` that is visible at a node."""
        seen = [one for one in self.definitions(name) if holds(one.scope, at)]
        return min(seen, key=lambda one: one.scope.end_byte - one.scope.start_byte, default=None)

    @cached_property
    def exports(self) -> dict[str, Node | tuple[str, str]]:
        """What each exported name stands for: a node, or source and name of another module; `*SOURCE` for all."""
        known: dict[str, Node | tuple[str, str]] = {}
        for statement in self.found("export"):
            known.update(self._exported(statement))
        return known

    @cached_property
    def imported(self) -> tuple[str, ...]:
        """The texts of all static and dynamic imports and re-exports, as written."""
        if b"import" not in self.source and b"export" not in self.source:
            return ()
        nodes = [_source_of(node) for node in self.found("source")]
        texts = (string_text(self, node) for node in nodes if node is not None and node.type in _STRINGS)
        return tuple(dict.fromkeys(text for text in texts if text))

    def _imports(self, statement: Node) -> Iterator[tuple[str, str, str]]:
        source = statement.child_by_field_name("source")
        origin = "" if source is None else string_text(self, source)
        for clause in (child for child in statement.named_children if child.type == "import_clause"):
            for child in clause.named_children:
                for name, exported in self._import_names(child):
                    yield name, exported, origin

    def _import_names(self, clause: Node) -> Iterator[tuple[str, str]]:
        if clause.type == "identifier":
            yield self.text(clause), "default"
        elif clause.type == "namespace_import":
            yield self.text(clause.named_children[-1]), "*"
        elif clause.type == "named_imports":
            for one in clause.named_children:
                name, alias = self._specified(one)
                yield alias, name

    def _specified(self, specifier: Node) -> tuple[str, str]:
        """Name and alias of a specifier; the alias is the name where it has none."""
        parts = (specifier.child_by_field_name("name"), specifier.child_by_field_name("alias"))
        texts = [string_text(self, one) if one.type == "string" else self.text(one) for one in parts if one is not None]
        return (texts[0], texts[-1]) if texts else ("", "")

    def _exported(self, statement: Node) -> Iterator[tuple[str, Node | tuple[str, str]]]:
        source = statement.child_by_field_name("source")
        origin = None if source is None else string_text(self, source)
        declaration = statement.child_by_field_name("declaration")
        value = statement.child_by_field_name("value")
        if value is not None:
            yield "default", value
        elif declaration is not None:
            default = any(child.type == "default" for child in statement.children)
            for name in _declared(self, declaration):
                yield "default" if default else name, declaration
        clause = next((child for child in statement.named_children if child.type == "export_clause"), None)
        if clause is None and origin is not None:
            yield f"*{origin}", (origin, "*")
        for one in clause.named_children if clause else ():
            name, alias = self._specified(one)
            local = one.child_by_field_name("name")
            if local is not None:
                yield alias, (origin, name) if origin is not None else local


_STRINGS = ("string", "template_string")


def _source_of(node: Node) -> Node | None:
    """The text that names the module which a statement or a call of `import` loads."""
    arguments = node.child_by_field_name("arguments")
    if arguments is None:
        return node.child_by_field_name("source")
    return next(iter(arguments.named_children), None)


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


def bound_names(module: Module, target: Node, path: tuple[Any, ...] = ()) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The names that a binding target introduces, each with the keys and indexes that lead to its value."""
    if target.type == "identifier":
        yield module.text(target), path
    elif target.type == "shorthand_property_identifier_pattern":
        yield module.text(target), (*path, module.text(target))
    elif len(path) < _DEEPEST_PATTERN:
        for child, step in _inner_targets(module, target):
            yield from bound_names(module, child, (*path, *step))


def _inner_targets(module: Module, target: Node) -> Iterator[tuple[Node, tuple[Any, ...]]]:
    match target.type:
        case "object_pattern":
            yield from ((child, ()) for child in target.named_children)
        case "array_pattern":
            yield from ((child, (index,)) for index, child in enumerate(target.named_children))
        case "pair_pattern":
            key, value = child_of(target, "key"), child_of(target, "value")
            if key is not None and value is not None:
                yield value, (key_text(module, key),)
        case "assignment_pattern" | "object_assignment_pattern":
            left = child_of(target, "left")
            if left is not None:
                yield left, ()


def child_of(node: Node, name: str) -> Node | None:
    """The child in a field, if there is one."""
    return node.child_by_field_name(name)


def key_text(module: Module, key: Node) -> str:
    """The text of an object's key, or of a member's name."""
    if key.type == "string":
        return string_text(module, key)
    if key.type == "computed_property_name" and key.named_children:
        inner = key.named_children[0]
        return string_text(module, inner) if inner.type in _STRINGS else ""
    return module.text(key)


def string_text(module: Module, node: Node) -> str:
    """The value of a string literal, or of a template without substitutions; empty for any other node."""
    if node.type not in _STRINGS or any(child.type == "template_substitution" for child in node.named_children):
        return ""
    return unescaped(module.text(node)[1:-1])


def unescaped(text: str) -> str:
    """The text that a literal's source stands for (ECMA-262, 12.9.4)."""

    def decoded(match: re.Match[str]) -> str:
        digits = match[1] or match[2] or match[3]
        if digits is None:
            return _SIMPLE.get(match[4], match[4])
        code = int(digits, 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"

    return _ESCAPE.sub(decoded, text) if "\\" in text else text


def _scope_of(node: Node, *, hoisted: bool = False) -> Node:
    above = node.parent
    while above is not None and above.parent is not None:
        if above.type in (FUNCTIONS if hoisted else _SCOPES):
            return above
        above = above.parent
    return above or node


def _is_var(declarator: Node) -> bool:
    return declarator.parent is not None and declarator.parent.type == "variable_declaration"


def _declared(module: Module, declaration: Node) -> Iterator[str]:
    named = declaration.child_by_field_name("name")
    if named is not None:
        yield module.text(named)
    for child in declaration.named_children:
        target = child.child_by_field_name("name") if child.type == "variable_declarator" else None
        if target is not None:
            yield from (name for name, _ in bound_names(module, target))
