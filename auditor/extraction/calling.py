"""The calls that give a function its arguments: in its own module, in those that import it, by the page's islands."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from urllib.parse import urljoin

from tree_sitter import Node

from auditor.extraction.flow import MOST_USES, function_names
from auditor.extraction.fold import Folder, Frame
from auditor.extraction.script import Module
from auditor.extraction.syntax import FUNCTIONS, child_of, enclosing_functions
from auditor.extraction.value import Record, Values, place_of

_MOST_CONTEXTS = 16


class Contexts:
    """The calls that give a function its arguments, in its own module, in others, and by the page's islands."""

    def __init__(self, folder: Folder, islands: dict[str, list[Record]]) -> None:
        self._folder = folder
        self._islands = islands
        self._known: dict[tuple[str, int, int], list[list[Values]]] = {}

    def frames(self, module: Module, node: Node, frame: Frame) -> Iterator[Frame]:
        """The frames under which an expression may be read, one for each combination of calls."""
        functions = list(enclosing_functions(node))
        choices: list[Sequence[tuple[Node, list[Values]] | None]] = []
        for function in functions[:4]:
            calls = self._calls(module, function)
            choices.append([(function, call) for call in calls[:_MOST_CONTEXTS]] or [None])
        for count, choice in enumerate(product(*choices)):
            if count >= _MOST_CONTEXTS:
                return
            given = {place_of(module, one[0]): one[1] for one in choice if one is not None}
            if given:
                yield replace(frame, arguments={**frame.arguments, **given})

    def _calls(self, module: Module, function: Node) -> list[list[Values]]:
        place = place_of(module, function)
        if place not in self._known:
            self._known[place] = []
            self._known[place] = list(self._found(module, function))
        return self._known[place]

    def _found(self, module: Module, function: Node) -> Iterator[list[Values]]:
        yield from self._at_once(module, function)
        names = set(function_names(module, function))
        exported = _exported_as(module, function, names)
        for name in names:
            yield from self._named(module, name)
        for other in self._folder.modules.values():
            if other is not module and exported and module.path.rpartition("/")[2].encode() in other.source:
                for local in _imported_as(other, module.path, exported):
                    yield from self._named(other, local)
        if "default" in exported:
            for record in self._islands.get(module.path, ()):
                yield [(record,)]

    def _at_once(self, module: Module, function: Node) -> Iterator[list[Values]]:
        above = function.parent
        while above is not None and above.type == "parenthesized_expression":
            above = above.parent
        if above is not None and above.type == "call_expression":
            callee = child_of(above, "function")
            if callee is not None and callee.start_byte <= function.start_byte < callee.end_byte:
                yield self._arguments(module, above)

    def _named(self, module: Module, name: str) -> Iterator[list[Values]]:
        for call in module.calls.get(name, [])[:MOST_USES]:
            yield self._arguments(module, call)
        for listed in module.found("component"):
            first, second = listed.named_children[:2]
            if module.text(first) == name:
                yield [self._folder.values(second, Frame(module))]

    def _arguments(self, module: Module, call: Node) -> list[Values]:
        listed = child_of(call, "arguments")
        return [] if listed is None else self._folder.given(listed, Frame(module))


def _exported_as(module: Module, function: Node, names: set[str]) -> set[str]:
    found = set()
    for exported, target in module.exports.items():
        if isinstance(target, Node) and (
            target == function or module.text(target) in names or _declares(target, function)
        ):
            found.add(exported)
    return found


def _declares(declaration: Node, function: Node) -> bool:
    return declaration.type not in FUNCTIONS and declaration.start_byte <= function.start_byte < declaration.end_byte


def _imported_as(module: Module, path: str, exported: set[str]) -> Iterator[str]:
    for name, bindings in module.names.bindings.items():
        for one in bindings:
            if one.kind == "import" and urljoin(module.path, one.source) == path and one.path[0] in exported:
                yield name
