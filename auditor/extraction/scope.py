"""What the names of one script are bound to, and which binding a place sees (ECMA-262, 8 and 9.1)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from tree_sitter import Node

from auditor.extraction.syntax import FUNCTIONS, bound_names, child_of, holds, parameters, string_text

if TYPE_CHECKING:  # a module asks for its names
    from auditor.extraction.script import Module

_SCOPES = FUNCTIONS | {
    *("program", "statement_block", "for_statement", "for_in_statement", "catch_clause", "class_static_block"),
}
# a minified bundle binds `e` thousands of times; beyond this nobody looks, and the name stays unknown
_MOST_BINDINGS = 2_000


@dataclass(frozen=True)
class Definition:
    """What a name is bound to: a value behind a destructuring path, a function, or an import (`source`, `path`).

    `scope` is the function itself for a parameter. `hidden` is what a loop or a catch binds, and a name of which too
    many bindings compete to be told apart.
    """

    kind: Literal["value", "function", "import", "parameter", "hidden"]
    node: Node
    scope: Node
    path: tuple[str | int, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Binding:
    """A binding whose scope was not looked for yet: a node's parent costs a walk from the root."""

    kind: Literal["value", "function", "import"]
    node: Node
    path: tuple[str | int, ...] = ()
    source: str = ""


class Names:
    """The bindings and the assignments of a script, by name."""

    def __init__(self, module: "Module") -> None:
        self._module = module
        self._defined: dict[tuple[str, int], Definition] = {}
        self._seen: dict[tuple[str, int, int], Definition | None] = {}

    def resolve(self, name: str, at: Node) -> Definition | None:
        """The innermost binding of `name` that is visible at a node."""
        scope = at
        while True:
            scope = scope_of(scope)
            found = self._in_scope(name, scope)
            if found is not None or scope.parent is None:
                return found

    def _in_scope(self, name: str, scope: Node) -> Definition | None:
        place = name, scope.start_byte, scope.end_byte
        if place not in self._seen:
            self._seen[place] = self._look(name, scope)
        return self._seen[place]

    def _look(self, name: str, scope: Node) -> Definition | None:
        if scope.parent is None and name in self._outermost:
            found = self._outermost[name]
            # a block within may declare it again
            several = found.kind == "value" and _is_var(found.node) and len(self.bindings[name]) > 1
            return self._declared(name, scope) if several else found
        return self._declared(name, scope) or self._introduced(name, scope)

    def _introduced(self, name: str, scope: Node) -> Definition | None:
        """What a scope binds by its own head: parameters, the variable of a loop, what is caught."""
        if scope.type in FUNCTIONS:
            targets = parameters(scope)
        elif scope.type == "for_in_statement" and child_of(scope, "kind") is not None:
            targets = [one for one in (child_of(scope, "left"),) if one is not None]
        else:
            targets = [one for one in (child_of(scope, "parameter"),) if one is not None]
        kind: Literal["parameter", "hidden"] = "parameter" if scope.type in FUNCTIONS else "hidden"
        bound = (one for target in targets for one, _ in bound_names(self._module, target))
        return Definition(kind, scope, scope) if name in bound else None

    def _declared(self, name: str, scope: Node) -> Definition | None:
        starts = self._starts.get(name, [])
        first, last = bisect_left(starts, scope.start_byte), bisect_right(starts, scope.end_byte)
        indexes = range(first, min(last, first + _MOST_BINDINGS))
        found = [one for one in (self._definition(name, index) for index in indexes) if _is_same(one.scope, scope)]
        # of two declarations in one scope nobody can tell here which holds
        doubtful = len(found) > 1 or last - first > _MOST_BINDINGS
        return Definition("hidden", scope, scope) if doubtful else next(iter(found), None)

    @cached_property
    def _starts(self) -> dict[str, list[int]]:
        return {name: [one.node.start_byte for one in bindings] for name, bindings in self.bindings.items()}

    def _definition(self, name: str, index: int) -> Definition:
        if (name, index) not in self._defined:
            one = self.bindings[name][index]
            hoisted = one.kind == "value" and _is_var(one.node)
            scope = self._module.root if one.kind == "import" else scope_of(one.node, hoisted=hoisted)
            self._defined[name, index] = Definition(one.kind, one.node, scope, one.path, one.source)
        return self._defined[name, index]

    @cached_property
    def _outermost(self) -> dict[str, Definition]:
        """The bindings that stand outside every block, found without looking into any."""
        statements = {
            (child.start_byte, child.end_byte)
            for one in self._module.root.named_children
            for child in (one, *(one.named_children if one.type == "export_statement" else ()))
            for child in (child, *(child.named_children if child.type.endswith("_declaration") else ()))
        }
        known: dict[str, Definition] = {}
        for name, bindings in self.bindings.items():
            for index, one in enumerate(bindings):
                if (one.node.start_byte, one.node.end_byte) in statements:
                    twice = name in known
                    root = self._module.root
                    known[name] = Definition("hidden", root, root) if twice else self._definition(name, index)
        return known

    def outermost(self) -> dict[str, Definition]:
        """What a classic script leaves in the window: its bindings outside every function."""
        return dict(self._outermost)

    @cached_property
    def bindings(self) -> dict[str, list[Binding]]:
        """Every binding but parameters, by name, in the order of the source."""
        known: dict[str, list[Binding]] = {}
        module = self._module
        for node in module.found("declarator"):
            target = child_of(node, "name")
            for name, path in bound_names(module, target) if target is not None else ():
                known.setdefault(name, []).append(Binding("value", node, path))
        for node in module.found("function"):
            named = child_of(node, "name")
            if named is not None:
                known.setdefault(module.text(named), []).append(Binding("function", node))
        for node in module.found("import"):
            for name, exported, source in self._imports(node):
                known.setdefault(name, []).append(Binding("import", node, (exported,), source))
        for found in known.values():
            found.sort(key=lambda one: one.node.start_byte)
        return known

    @cached_property
    def _assignments(self) -> dict[str, list[Node]]:
        known: dict[str, list[Node]] = {}
        for node in (*self._module.found("assignment"), *self._module.found("update")):
            left = child_of(node, "left") or child_of(node, "argument")
            for name, _ in () if left is None else bound_names(self._module, left):
                known.setdefault(name, []).append(node)
        return known

    def assigned(self, name: str, definition: Definition) -> list[Node]:
        """The assignments to a name where it is bound so, in their order; of very many, the first alone."""
        known = self._assignments.get(name, [])[:_MOST_BINDINGS]
        within = [node for node in known if holds(definition.scope, node)]
        return [node for node in within if self.resolve(name, node) is definition]

    @cached_property
    def _changes(self) -> dict[str, list[Node]]:
        """What gives a field of a name a value, or has one of its methods change it, by the name."""
        known: dict[str, list[Node]] = {}
        for node in self._module.found("assignment"):
            left = child_of(node, "left")
            if left is not None and left.type in ("member_expression", "subscript_expression"):
                self._note(known, child_of(left, "object"), node)
        for node in self._module.found("deletion"):
            member = child_of(node, "argument")
            self._note(known, None if member is None else child_of(member, "object"), node)
        for node in self._module.found("mutation"):
            callee = child_of(node, "function")
            self._note(known, None if callee is None else child_of(callee, "object"), node)
        return known

    @cached_property
    def _handed(self) -> dict[str, list[Node]]:
        known: dict[str, list[Node]] = {}
        for node in self._module.found("argument"):
            self._note(known, node, node)
        return known

    def _note(self, known: dict[str, list[Node]], holder: Node | None, node: Node) -> None:
        if holder is not None and holder.type == "identifier":
            known.setdefault(self._module.text(holder), []).append(node)

    def changed(self, name: str, definition: Definition) -> list[Node]:
        """The assignments to fields of a name where it is bound so, and the calls of methods that change a list."""
        return self._of(name, definition, self._changes.get(name, ()))

    def handed(self, name: str, definition: Definition) -> list[Node]:
        """The places where a name that is bound so is an argument."""
        return self._of(name, definition, self._handed.get(name, ()))

    def _of(self, name: str, definition: Definition, nodes: Sequence[Node]) -> list[Node]:
        within = [node for node in nodes[:_MOST_BINDINGS] if holds(definition.scope, node)]
        return [node for node in within if self.resolve(name, node) is definition]

    def _imports(self, statement: Node) -> Iterator[tuple[str, str, str]]:
        source = statement.child_by_field_name("source")
        origin = "" if source is None else string_text(self._module, source)
        for clause in (child for child in statement.named_children if child.type == "import_clause"):
            for child in clause.named_children:
                for name, exported in self._import_names(child):
                    yield name, exported, origin

    def _import_names(self, clause: Node) -> Iterator[tuple[str, str]]:
        if clause.type == "identifier":
            yield self._module.text(clause), "default"
        elif clause.type == "namespace_import":
            yield self._module.text(clause.named_children[-1]), "*"
        elif clause.type == "named_imports":
            for one in clause.named_children:
                name, alias = self._module.specified(one)
                yield alias, name


def scope_of(node: Node, *, hoisted: bool = False) -> Node:
    """The innermost scope around a node; the root for the root itself."""
    above = node.parent
    while above is not None and above.parent is not None:
        if above.type in (FUNCTIONS if hoisted else _SCOPES):
            return above
        above = above.parent
    return above or node


def _is_same(one: Node, other: Node) -> bool:
    # by place: a script may have been parsed again since
    return (one.start_byte, one.end_byte, one.type) == (other.start_byte, other.end_byte, other.type)


def _is_var(declarator: Node) -> bool:
    return declarator.parent is not None and declarator.parent.type == "variable_declaration"
