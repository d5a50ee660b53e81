"""What operators give for values that are known: concatenation, defaults, comparisons, choices."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tree_sitter import Node

from auditor.extraction.method import truth
from auditor.extraction.syntax import child_of
from auditor.extraction.value import UNDEFINED, Plain, Text, Value, Values, joined_values, literal, text_of, unknown

if TYPE_CHECKING:  # the folder calls this module
    from auditor.extraction.fold import Folder, Frame

_TYPES = {
    **dict.fromkeys(("window", "document", "navigator", "location", "globalThis", "self"), "object"),
    **dict.fromkeys(("process", "require", "module", "exports", "Deno", "Bun"), "undefined"),
}


def binary(folder: "Folder", node: Node, frame: "Frame") -> Values:
    """What an operator between two operands gives; a long sum is taken apart without recursion."""
    operator = child_of(node, "operator")
    kind = "" if operator is None else frame.module.text(operator)
    if kind in ("||", "??", "&&"):
        return _either(folder, kind, node, frame)
    if kind != "+":
        return _compared(folder, kind, node, frame)
    pieces: list[Values] = []
    left: Node | None = node
    while left is not None and left.type == "binary_expression" and _is_plus(left) and len(pieces) < 256:
        pieces.append(folder.values(child_of(left, "right"), frame))
        left = child_of(left, "left")
    pieces.append(folder.values(left, frame))
    return joined_values(pieces[::-1])


def _either(folder: "Folder", kind: str, node: Node, frame: "Frame") -> Values:
    left = folder.values(child_of(node, "left"), frame)
    return _chosen(left, kind, lambda: folder.values(child_of(node, "right"), frame))


def _chosen(values: Values, kind: str, other: Callable[[], Values]) -> Values:
    """What `||`, `??` and `&&` choose of the left values and the right ones, which are asked for where they count."""
    found: list[Value] = []
    for one in values:
        decided = truth(one, nullish=kind == "??")
        if decided is None or decided is (kind != "&&"):
            found.append(one)
        if decided is None or decided is (kind == "&&"):
            found += other()
    return tuple(dict.fromkeys(found))


def augmented(values: Values, operator: str, right: Values) -> Values:
    """What a name can stand for after an assignment."""
    if operator == "=":
        return tuple(dict.fromkeys((*values, *right)))
    if operator == "+=":
        return joined_values((values or (unknown("…"),), right))
    if operator in ("||=", "??=", "&&="):
        return _chosen(values or (UNDEFINED,), operator[:-1], lambda: right)
    return (unknown("…"),)


def _compared(folder: "Folder", kind: str, node: Node, frame: "Frame") -> Values:
    left, right = (folder.values(child_of(node, side), frame) for side in ("left", "right"))
    known = None
    if len(left) == len(right) == 1:
        equal = kind in ("===", "==", "!==", "!=")
        known = _equal(left[0], right[0], kind) if equal else _ordered(left[0], right[0], kind)
    return (unknown("…") if known is None else Plain("true" if known else "false"),)


def _equal(left: Value, right: Value, kind: str) -> bool | None:
    """Whether two values are equal, or for `!==` and `!=` are not (ECMA-262, 7.2.13 and 7.2.14)."""
    known = None
    texts = [text_of(one).known for one in (left, right)]
    if isinstance(left, (Plain, Text)) and isinstance(right, (Plain, Text)) and None not in texts:
        plain = [one for one in (left, right) if isinstance(one, Plain)]
        nullish = [one.text in ("null", "undefined") for one in plain]
        if len(kind) == 3 or not plain:
            known = len(plain) != 1 and texts[0] == texts[1]
        elif any(nullish):
            known = len(plain) == 2 and all(nullish)
    return known if known is None or kind[0] == "=" else not known


def _ordered(left: Value, right: Value, kind: str) -> bool | None:
    """Whether a text stands before another, as minifiers ask of `typeof x` (`typeof window > "u"`)."""
    texts = [one.known if isinstance(one, Text) else None for one in (left, right)]
    if texts[0] is None or texts[1] is None or kind not in ("<", ">"):
        return None
    return texts[0] < texts[1] if kind == "<" else texts[0] > texts[1]


def ternary(folder: "Folder", node: Node, frame: "Frame") -> Values:
    """What `a ? b : c` gives: both sides where the condition is not known."""
    condition = folder.values(child_of(node, "condition"), frame)
    decided = truth(condition[0]) if len(condition) == 1 else None
    found: list[Value] = []
    if decided is not False:
        found += folder.values(child_of(node, "consequence"), frame)
    if decided is not True:
        found += folder.values(child_of(node, "alternative"), frame)
    return tuple(dict.fromkeys(found))


def unary(folder: "Folder", node: Node, frame: "Frame") -> Values:
    """What an operator before its operand gives."""
    operator = frame.module.text(node)[:1]
    if frame.module.text(node).startswith("void"):
        return (UNDEFINED,)
    if frame.module.text(node).startswith("typeof"):
        return _type(child_of(node, "argument"), frame)
    inner = folder.values(child_of(node, "argument"), frame)
    decided = truth(inner[0]) if len(inner) == 1 else None
    if operator == "!" and decided is not None:
        return (Plain("false" if decided else "true"),)
    return (folder.hole(node, frame),)


def _type(name: Node | None, frame: "Frame") -> Values:
    """What `typeof` says of the names that a browser has, and of those that only other places have."""
    text = "" if name is None else frame.module.text(name)
    known = _TYPES.get(text)
    if name is None or known is None or frame.module.names.resolve(text, name) is not None:
        return (unknown("typeof"),)
    return (literal(known),)


def _is_plus(node: Node) -> bool:
    operator = child_of(node, "operator")
    return operator is not None and operator.type == "+"
