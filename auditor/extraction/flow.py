"""Where a piece of a link goes within the scripts: the whole expression around it, the uses of the name it is given."""

import re
from collections.abc import Iterator, Sequence

from tree_sitter import Node

from auditor.extraction.script import Module
from auditor.extraction.syntax import child_of, enclosing_functions

MOST_USES = 400
_SINKS = re.compile(r"(?:^|\.)(?:open|assign|replace|navigate|push)$")
# what is asked of these, or told to them, is compared, looked up or said
_IDLE = re.compile(
    r"(?:^|\.)(?:startsWith|endsWith|includes|indexOf|lastIndexOf|match|matches|test|querySelector|querySelectorAll"
    r"|closest|has|delete|log|info|warn|error|debug|trace|fetch|\w*Error)$"
)
_CHANGING = ("replace", "replaceAll")
_ADDRESS = ("href", "protocol", "host", "hostname", "port", "pathname")
_KEEPING = ("URL", "window.URL", "String", "encodeURI", "decodeURI", "decodeURIComponent")
_GOES_ON = frozenset({"binary_expression", "parenthesized_expression", "ternary_expression", "await_expression"})


def whole_expression(module: Module, node: Node) -> Node:
    """The largest expression around a string that still is that string, put together with others."""
    while (above := node.parent) is not None and _belongs(module, node, above):
        node = above
    return node


def _belongs(module: Module, node: Node, above: Node) -> bool:
    match above.type:
        case "string_fragment" | "string" | "template_string" | "template_substitution" | "array":
            return True
        case "sequence_expression":
            return above.named_children[-1] == node
        case "ternary_expression":
            return child_of(above, "condition") != node
        case "member_expression":
            return child_of(above, "object") == node and above.parent is not None and _is_callee(above)
        case "call_expression":
            return child_of(above, "function") == node
        case "new_expression":
            return False
        case "arguments":
            return _keeps_text(module, above)
    return above.type in _GOES_ON


def _is_callee(member: Node) -> bool:
    call = member.parent
    return call is not None and call.type == "call_expression" and child_of(call, "function") == member


def _keeps_text(module: Module, arguments: Node) -> bool:
    call = arguments.parent
    callee = None if call is None else child_of(call, "function") or child_of(call, "constructor")
    if callee is None:
        return False
    name = module.text(callee) if callee.end_byte - callee.start_byte < 80 else module.text(callee)[-20:]
    return name.endswith(".concat") or name in _KEEPING


def climbed(module: Module, node: Node) -> Node:
    """As `whole_expression`, through the arguments of `new URL(…)` and `"".concat(…)` too."""
    node = whole_expression(module, node)
    while node.type == "arguments" and node.parent is not None:
        node = whole_expression(module, node.parent)
    return node


def is_opened(module: Module, node: Node) -> bool:
    """Whether an expression is what the page opens: an argument of `open`, an `href`, an address that is assigned."""
    above = node.parent
    if above is None:
        return False
    if above.type == "arguments" and above.parent is not None:
        callee = child_of(above.parent, "function")
        return callee is not None and bool(_SINKS.search(module.text(callee)[-40:]))
    if above.type == "assignment_expression":
        left = child_of(above, "left")
        return left is not None and re.search(r"(?:^|\.)(?:href|location)$", module.text(left)) is not None
    key = child_of(above, "key") if above.type == "pair" else None
    return key is not None and module.text(key).strip("'\"") == "href"


def is_idle(module: Module, node: Node) -> bool:
    """Whether an expression is compared, looked up, said or never used: it leads nobody anywhere."""
    above = node.parent
    match above.type if above is not None else "":
        case "pair":
            return above is not None and child_of(above, "key") == node
        case "subscript_expression":
            return above is not None and child_of(above, "index") == node
        case "arguments":
            call = None if above is None else above.parent
            callee = None if call is None else child_of(call, "function") or child_of(call, "constructor")
            return callee is not None and _IDLE.search(module.text(callee)[-40:]) is not None
        case "variable_declarator":
            return above is not None and _is_unused(module, above)
    return False


def _is_unused(module: Module, declarator: Node) -> bool:
    """Whether a name that no other script sees stands in its own declaration alone."""
    target = child_of(declarator, "name")
    definition = None
    if target is not None and target.type == "identifier":
        definition = module.names.resolve(module.text(target), target)
    if target is None or definition is None or _is_seen_outside(module, declarator, definition.scope):
        return False
    name = re.compile(rb"(?<![\w$])" + re.escape(module.text(target).encode()) + rb"(?![\w$])")
    scope = definition.scope
    return len(name.findall(module.source, scope.start_byte, scope.end_byte)) < 2


def _is_seen_outside(module: Module, declarator: Node, scope: Node) -> bool:
    statement = None if declarator.parent is None else declarator.parent.parent
    exported = statement is not None and statement.type == "export_statement"
    return exported or (module.classic and scope.parent is None)


def is_changed(use: Node) -> bool:
    """Whether a use makes another text of a value: `x.replace(…)`, or an assignment to a part of the address x."""
    return is_set(use) or _member_of(use, _CHANGING) is not None


def is_set(use: Node) -> bool:
    """Whether a use is given a part of an address (`x.host = …`)."""
    member = _member_of(use, _ADDRESS)
    above = None if member is None else member.parent
    return above is not None and above.type.endswith("assignment_expression") and child_of(above, "left") == member


def _member_of(use: Node, names: Sequence[str]) -> Node | None:
    above = use.parent
    if above is None or above.type != "member_expression" or child_of(above, "object") != use:
        return None
    name = child_of(above, "property")
    return above if name is not None and (name.text or b"").decode() in names else None


def conditions(node: Node) -> Iterator[tuple[Node, bool]]:
    """The conditions under which an expression is reached, each with the truth that it takes."""
    while (above := node.parent) is not None:
        condition = child_of(above, "condition")
        if above.type in ("if_statement", "ternary_expression") and condition is not None and condition != node:
            yield condition, child_of(above, "consequence") == node
        if above.type == "binary_expression" and child_of(above, "right") == node:
            operator, left = child_of(above, "operator"), child_of(above, "left")
            if operator is not None and left is not None and operator.type in ("&&", "||"):
                yield left, operator.type == "&&"
        node = above


def uses(module: Module, node: Node) -> Iterator[Node]:
    """The places where the value of an expression is used under the name, key or function that it is given."""
    above = node.parent
    if above is None:
        return
    if above.type == "variable_declarator":
        yield from _of_target(module, child_of(above, "name"), above)
    elif above.type in ("assignment_expression", "augmented_assignment_expression"):
        yield from _of_target(module, child_of(above, "left"), above)
    elif above.type == "pair":
        key = child_of(above, "key")
        yield from _members(module, module.text(key).strip("'\""), above) if key is not None else ()
    elif above.type == "return_statement" or (above.type == "arrow_function" and child_of(above, "body") == node):
        function = next(enclosing_functions(node), None)
        for name in () if function is None else function_names(module, function):
            yield from module.calls.get(name, [])[:MOST_USES]


def _of_target(module: Module, target: Node | None, above: Node) -> Iterator[Node]:
    """The uses of what a declaration or an assignment names; a part of an address stands for the whole of it."""
    if target is not None and target.type == "member_expression":
        key = child_of(target, "property")
        name = "" if key is None else module.text(key)
        if name not in ("pathname", "search"):
            yield from _members(module, name, above)
            return
        target = child_of(target, "object")
    if target is not None and target.type == "identifier":
        yield from _names(module, module.text(target), target)


def _names(module: Module, name: str, at: Node) -> Iterator[Node]:
    definition = module.names.resolve(name, at)
    if definition is None:
        return
    start, end = definition.scope.start_byte, definition.scope.end_byte
    pattern = re.compile(rb"(?<![\w$.])" + re.escape(name.encode()) + rb"(?![\w$])")
    for count, match in enumerate(pattern.finditer(module.source, start, end)):
        node = module.node_at(match.start(), match.end())
        if count > MOST_USES:
            return
        if node is None or node.type != "identifier" or node == at or _is_assigned(node):
            continue
        if module.names.resolve(name, node) is definition:
            yield node


def _is_assigned(node: Node) -> bool:
    """Whether the name stands here to be given a value, not to be read."""
    above = node.parent
    if above is None:
        return False
    if above.type.endswith("assignment_expression"):
        return child_of(above, "left") == node
    return above.type == "variable_declarator" and child_of(above, "name") == node


def _members(module: Module, key: str, before: Node) -> Iterator[Node]:
    pattern = re.compile(rb"\.\s*" + re.escape(key.encode()) + rb"(?![\w$])")
    for count, match in enumerate(pattern.finditer(module.source)):
        node = module.node_at(match.end() - 1, match.end())
        member = None if node is None else node.parent
        if count > MOST_USES:
            return
        if member is None or member.type != "member_expression" or child_of(member, "property") != node:
            continue
        if before.start_byte > member.start_byte or member.start_byte >= before.end_byte:
            yield member


def function_names(module: Module, function: Node) -> Iterator[str]:
    """The names by which a function is called in its own module."""
    named = child_of(function, "name")
    if named is not None:
        yield module.text(named)
    above = function.parent
    target = None if above is None or above.type != "variable_declarator" else child_of(above, "name")
    if target is not None and target.type == "identifier":
        yield module.text(target)
