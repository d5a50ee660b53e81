"""What a name can stand for: a constant, a parameter, an import, what another script left in the window."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from tree_sitter import Node

from auditor.extraction.collection import with_later_changes
from auditor.extraction.operation import augmented
from auditor.extraction.scope import Definition
from auditor.extraction.script import Module
from auditor.extraction.syntax import bound_names, child_of, parameters
from auditor.extraction.url import with_later_calls
from auditor.extraction.value import (
    DEEPEST,
    MOST,
    UNDEFINED,
    Function,
    Items,
    Record,
    Values,
    is_unknown,
    place_of,
    unknown,
)

if TYPE_CHECKING:  # the folder calls this module
    from auditor.extraction.fold import Folder, Frame


def named(folder: "Folder", name: str, at: Node, frame: "Frame") -> Values:
    """What a name can stand for where it is used."""
    if name == "undefined":
        return (UNDEFINED,)
    definition = frame.module.names.resolve(name, at)
    if definition is None:
        return global_value(folder, name, frame)
    if definition.kind == "parameter":
        given = _parameter(folder, definition.scope, name, frame)
        values = _with(folder, given, frame.module.names.assigned(name, definition), frame)
    else:
        values = _defined(folder, definition, name, frame)
    return with_later_changes(folder, name, definition, values, frame)


def _parameter(folder: "Folder", function: Node, name: str, frame: "Frame") -> Values:
    for index, parameter in enumerate(parameters(function)):
        for bound, path in bound_names(frame.module, parameter):
            if bound == name:
                return _argument(folder, function, index, path, name, frame)
    return (unknown(name),)


def _argument(folder: "Folder", function: Node, index: int, path: tuple[Any, ...], name: str, frame: "Frame") -> Values:
    given = frame.arguments.get(place_of(frame.module, function))
    if given is None:
        return (unknown(name),)
    if path[:1] == (None,):
        return folder.along((Items(tuple(given[index:])),), path[1:], name, frame)
    values = given[index] if index < len(given) else (UNDEFINED,)
    return folder.along(values, path, name, frame)


def _defined(folder: "Folder", definition: Definition, name: str, frame: "Frame") -> Values:
    if definition.kind == "hidden":
        return (unknown(name),)
    if definition.kind == "function":
        return (Function(frame.module, definition.node),)
    if definition.kind == "import":
        return exported(folder, urljoin(frame.module.path, definition.source), str(definition.path[0]), frame)
    value = child_of(definition.node, "value")
    assigned = frame.module.names.assigned(name, definition)
    if value is None and not assigned:
        return (unknown(name),)
    base = () if value is None else folder.along(folder.values(value, frame), definition.path, name, frame)
    return with_later_calls(folder, name, definition, _with(folder, base, assigned, frame), frame)


def _with(folder: "Folder", base: Values, assignments: Sequence[Node], frame: "Frame") -> Values:
    for node in assignments[:MOST]:
        left = child_of(node, "left")
        if left is None or left.type != "identifier":
            # counted up, or taken out of something
            base = (*base, unknown("…"))
            continue
        right = folder.values(child_of(node, "right"), frame)
        base = augmented(base, _operator(node, frame), right)
    return base


def _operator(assignment: Node, frame: "Frame") -> str:
    operator = child_of(assignment, "operator")
    return "=" if operator is None else frame.module.text(operator)


def exported(folder: "Folder", path: str, name: str, frame: "Frame") -> Values:
    """What a module exports under a name; a hole for a module that was not read."""
    module = folder.modules.get(path)
    if module is None or frame.depth > DEEPEST:
        return (unknown(name),)
    inner = replace(frame, module=module, depth=frame.depth + 1)
    if name == "*":
        known = {key: exported(folder, path, key, inner) for key in module.exports if not key.startswith("*")}
        return (Record(known),)
    target = module.exports.get(name)
    if target is None:
        stars = [entry[0] for key, entry in module.exports.items() if key.startswith("*") and isinstance(entry, tuple)]
        found = (exported(folder, urljoin(path, source), name, inner) for source in stars)
        return next((values for values in found if not is_unknown(values[0])), (unknown(name),))
    if isinstance(target, tuple):
        return exported(folder, urljoin(path, target[0]), target[1], inner)
    return _export_value(folder, target, name, inner)


def _export_value(folder: "Folder", target: Node, name: str, frame: "Frame") -> Values:
    if target.type in ("lexical_declaration", "variable_declaration"):
        definition = frame.module.names.resolve(name, target)
        return (unknown(name),) if definition is None else _defined(folder, definition, name, frame)
    return folder.values(target, frame)


def global_value(folder: "Folder", name: str, frame: "Frame") -> Values:
    """A name that the module doesn't bind: one of the page's own, or what another script left in the window."""
    if name in ("window", "globalThis", "self", "document", "location"):
        return (unknown(name),)
    if name not in folder.globals:
        folder.globals[name] = _of_window(folder, name)
    known = folder.globals[name]
    if known is None or frame.depth > DEEPEST:
        return (unknown(name),)
    return folder.values(known[1], replace(frame, module=known[0], depth=frame.depth + 1))


def _of_window(folder: "Folder", name: str) -> tuple[Module, Node] | None:
    named = re.compile(rb"(?:window|globalThis|self)\s*(?:\.|\?\.)\s*" + re.escape(name.encode()) + rb"(?![\w$])")
    if _is_changed(folder, name):
        return None
    for path, module in folder.modules.items():
        if (module.classic and name.encode() in module.source) or named.search(module.source):
            if path not in folder.windows:
                folder.windows[path] = _window_names(module)
            if name in folder.windows[path]:
                return module, folder.windows[path][name]
    return None


def _is_changed(folder: "Folder", name: str) -> bool:
    """Whether any script sets a field of a global, or the global itself a second time."""
    text = re.escape(name.encode())
    field = re.compile(rb"(?<![\w$])" + text + rb"(?:\.[\w$]+|\[[^\]]{1,80}\])+\s*[-+?|&]{0,2}=(?![=>])")
    whole = re.compile(rb"(?:window|globalThis|self)\." + text + rb"\s*=(?![=>])")
    sources = [module.source for module in folder.modules.values()]
    return any(field.search(one) for one in sources) or sum(len(whole.findall(one)) for one in sources) > 1


def is_written(folder: "Folder", key: str) -> bool:
    """Whether a script writes the data attribute of that key, which another then reads."""
    written = re.compile(rb"\.dataset\." + re.escape(key.encode()) + rb"\s*=(?!=)")
    return any(written.search(module.source) for module in folder.modules.values())


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
