"""A script as tree-sitter parses it: what its names are bound to, what it imports and exports. It runs nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property

from tree_sitter import Language, Node, Parser, Query, QueryCursor, Tree

from auditor.extraction.scope import Names
from auditor.extraction.syntax import STRINGS, declared_names, string_text, unescaped

_QUERIES = {
    "declarator": "(variable_declarator) @found",
    "function": "(function_declaration) @found (generator_function_declaration) @found (class_declaration) @found",
    "import": "(import_statement) @found",
    "export": "(export_statement) @found",
    # one walk through the tree for all that names another module
    "source": "(import_statement) @found (export_statement source: (string)) @found "
    "(call_expression function: (import)) @found",
    "call": "(call_expression function: (identifier)) @found",
    "method": "(call_expression function: (member_expression)) @found",
    "assignment": "(assignment_expression) @found (augmented_assignment_expression) @found",
    "mutation": "(call_expression function: (member_expression property: (property_identifier) @name) "
    '(#any-of? @name "push" "pop" "shift" "unshift" "splice" "reverse" "sort" "fill" "copyWithin")) @found',
    "update": "(update_expression argument: (identifier)) @found",
    "deletion": '(unary_expression operator: "delete" argument: (member_expression)) @found '
    '(unary_expression operator: "delete" argument: (subscript_expression)) @found',
    "argument": "(arguments (identifier) @found)",
    "component": "(arguments . (identifier) . (object)) @found",
}
# what an import has in common with much else: only the parser knows them apart, and it takes its time
_IMPORT = re.compile(rb"""(?:\bimport|\bfrom|\()(?:\s|/\*.{0,500}?\*/){0,9}["'`]([^"'`\n]{1,500})["'`]""", re.DOTALL)
_MOST_NODES = 50_000


@cache
def _language() -> Language:
    import tree_sitter_javascript

    return Language(tree_sitter_javascript.language())


@cache
def _query(name: str) -> Query:
    return Query(_language(), _QUERIES[name])


@dataclass(eq=False)
class Module:
    """A parsed script. `path` is where it is served; `shift` are the lines that stand before it in its page."""

    path: str
    source: bytes = field(repr=False)
    classic: bool = False
    shift: int = 0
    _found: dict[str, tuple[Node, ...]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def tree(self) -> Tree:
        """The syntax tree, made when it is first asked for: most scripts are never looked into."""
        return Parser(_language()).parse(self.source)

    @property
    def root(self) -> Node:
        return self.tree.root_node

    def forget(self) -> None:
        """Let the tree go; it is made again where it is asked for again."""
        for name in ("tree", "names", "exports", "calls"):
            self.__dict__.pop(name, None)
        self._found.clear()

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
    def names(self) -> Names:
        """What its names are bound to."""
        return Names(self)

    @cached_property
    def calls(self) -> dict[str, list[Node]]:
        """The calls of each name."""
        known: dict[str, list[Node]] = {}
        for call in self.found("call"):
            callee = call.child_by_field_name("function")
            if callee is not None:
                known.setdefault(self.text(callee), []).append(call)
        return known

    @cached_property
    def exports(self) -> dict[str, Node | tuple[str, str]]:
        """What each exported name stands for: a node, or source and name of another module; `*SOURCE` for all."""
        known: dict[str, Node | tuple[str, str]] = {}
        for statement in self.found("export"):
            known.update(self._exported(statement))
        return known

    def may_import(self) -> Iterator[str]:
        """Texts that may be the names of imported modules: all that are, and some that only look so."""
        for match in _IMPORT.finditer(self.source):
            yield unescaped(match[1].decode("utf-8", "replace"))

    @cached_property
    def imported(self) -> tuple[str, ...]:
        """The texts of all static and dynamic imports and re-exports, as written."""
        if _IMPORT.search(self.source) is None:
            return ()
        nodes = [_source_of(node) for node in self.found("source")]
        texts = (string_text(self, node) for node in nodes if node is not None and node.type in STRINGS)
        return tuple(dict.fromkeys(text for text in texts if text))

    def specified(self, specifier: Node) -> tuple[str, str]:
        """Name and alias of an import or export specifier; the alias is the name where it has none."""
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
            for name in declared_names(self, declaration):
                yield "default" if default else name, declaration
        clause = next((child for child in statement.named_children if child.type == "export_clause"), None)
        if clause is None and origin is not None:
            yield f"*{origin}", (origin, "*")
        for one in clause.named_children if clause else ():
            name, alias = self.specified(one)
            local = one.child_by_field_name("name")
            if local is not None:
                yield alias, (origin, name) if origin is not None else local


def _source_of(node: Node) -> Node | None:
    """The text that names the module which a statement or a call of `import` loads."""
    arguments = node.child_by_field_name("arguments")
    if arguments is None:
        return node.child_by_field_name("source")
    return next((child for child in arguments.named_children if child.type != "comment"), None)
