"""What operators give for values that are known: concatenation, defaults, comparisons, choices."""

from typing import TYPE_CHECKING

from tree_sitter import Node

from auditor.extraction.method import truth
from auditor.extraction.syntax import child_of
from auditor.extraction.value import UNDEFINED, Plain, Value, Values, joined_values, text_of, unknown

if TYPE_CHECKING:  # the folder calls this module
    from auditor.extraction.fold import Folder, Frame


def binary(folder: "Folder", node: Node, frame: "Frame") -> Values:
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
    found: list[Value] = []
    for one in folder.values(child_of(node, "left"), frame):
        decided = truth(one, nullish=kind == "??")
        if decided is None or decided is (kind != "&&"):
            found.append(one)
        if decided is None or decided is (kind == "&&"):
            found += folder.values(child_of(node, "right"), frame)
    return tuple(dict.fromkeys(found))


def _compared(folder: "Folder", kind: str, node: Node, frame: "Frame") -> Values:
    left, right = (folder.values(child_of(node, side), frame) for side in ("left", "right"))
    texts = [text_of(one[0]).known if len(one) == 1 else None for one in (left, right)]
    if None in texts or kind not in ("===", "==", "!==", "!="):
        return (unknown("…"),)
    return (Plain("true" if (texts[0] == texts[1]) is (kind[0] == "=") else "false"),)


def ternary(folder: "Folder", node: Node, frame: "Frame") -> Values:
    condition = folder.values(child_of(node, "condition"), frame)
    decided = truth(condition[0]) if len(condition) == 1 else None
    found: list[Value] = []
    if decided is not False:
        found += folder.values(child_of(node, "consequence"), frame)
    if decided is not True:
        found += folder.values(child_of(node, "alternative"), frame)
    return tuple(dict.fromkeys(found))


def unary(folder: "Folder", node: Node, frame: "Frame") -> Values:
    operator = frame.module.text(node)[:1]
    if frame.module.text(node).startswith("void"):
        return (UNDEFINED,)
    inner = folder.values(child_of(node, "argument"), frame)
    decided = truth(inner[0]) if len(inner) == 1 else None
    if operator == "!" and decided is not None:
        return (Plain("false" if decided else "true"),)
    return (folder.hole(node, frame),)


def _is_plus(node: Node) -> bool:
    operator = child_of(node, "operator")
    return operator is not None and operator.type == "+"
