"""Objects and lists as a literal writes them, and with what later statements put into them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tree_sitter import Node

from auditor.extraction.scope import Definition
from auditor.extraction.syntax import child_of, key_text
from auditor.extraction.value import Function, Items, Record, Value, Values, place_of, text_of, unknown

if TYPE_CHECKING:  # the folder calls this module
    from auditor.extraction.fold import Folder, Frame

_LONGEST_LIST = 256
_ANYTHING: Values = (unknown("…"),)


def object_literal(folder: "Folder", node: Node, frame: "Frame") -> Values:
    """The object that a literal makes, as far as its keys are known."""
    record = Record({})
    for child in node.named_children:
        record = _with_entry(folder, record, child, frame)
    # an empty one is there to be filled
    return (replace(record, whole=record.whole and bool(record.fields)),)


def _with_entry(folder: "Folder", record: Record, child: Node, frame: "Frame") -> Record:
    match child.type:
        case "pair":
            values = folder.values(child_of(child, "value"), frame)
            return _with_field(record, _key(folder, child_of(child, "key"), frame), values)
        case "shorthand_property_identifier":
            return _with_field(record, frame.module.text(child), folder.values(child, frame))
        case "method_definition":
            return _with_field(record, _key(folder, child_of(child, "name"), frame), _method(folder, child, frame))
        case "spread_element":
            return _merged(record, folder.values(child.named_children[0], frame))
    return record


def _key(folder: "Folder", key: Node | None, frame: "Frame") -> str | None:
    """The name of a field; None where it is computed of what is not known."""
    if key is None or key.type != "computed_property_name":
        return "" if key is None else key_text(frame.module, key)
    found = folder.values(key.named_children[0], frame)
    return text_of(found[0]).known if len(found) == 1 else None


def _method(folder: "Folder", node: Node, frame: "Frame") -> Values:
    kinds = {child.type for child in node.children}
    if "get" in kinds:
        return folder.called(Function(frame.module, node), (), frame)
    return _ANYTHING if "set" in kinds else (Function(frame.module, node),)


def _with_field(record: Record, key: str | None, values: Values) -> Record:
    if key == "__proto__":
        return replace(record, whole=False)
    return _doubted(record) if key is None else replace(record, fields={**record.fields, key: values})


def _merged(record: Record, spread: Values) -> Record:
    first = spread[0]
    if len(spread) == 1 and isinstance(first, Record):
        kept = record if first.whole else _doubted(record)
        return Record({**kept.fields, **first.fields}, kept.whole and first.whole)
    return _doubted(record)


def _doubted(record: Record) -> Record:
    """The object after something that may have set any of its fields."""
    return Record({key: (*values, *_ANYTHING) for key, values in record.fields.items()}, whole=False)


def assigned_object(values: Sequence[Values]) -> Record:
    """What `Object.assign` makes of its arguments."""
    record = Record({})
    for one in values:
        record = _merged(record, one)
    return record


def array_literal(folder: "Folder", node: Node, frame: "Frame") -> Values:
    """The list that a literal makes; anything where it is long or not known."""
    items = folder.listed(node, frame)
    return _ANYTHING if items is None or len(items) > _LONGEST_LIST else (Items(tuple(items)),)


def with_later_changes(folder: "Folder", name: str, definition: Definition, values: Values, frame: "Frame") -> Values:
    """Objects and lists with what later statements assign to their fields, or may have done to them."""
    place = *place_of(frame.module, definition.node), name
    if place in folder.changing or not any(isinstance(value, (Record, Items)) for value in values):
        return values
    names = frame.module.names
    changes, handed = names.changed(name, definition), names.handed(name, definition)
    if not changes and not handed:
        return values
    folder.changing.add(place)
    try:
        return tuple(_changed(folder, value, changes, handed, frame) for value in values)
    finally:
        folder.changing.discard(place)


def _changed(folder: "Folder", value: Value, changes: Sequence[Node], handed: Sequence[Node], frame: "Frame") -> Value:
    if isinstance(value, Items):
        return unknown("…") if changes else value
    if not isinstance(value, Record):
        return value
    for node in changes:
        value = _with_change(folder, value, node, frame)
    for node in handed:
        value = _after_call(folder, value, node, frame)
    return value


def _with_change(folder: "Folder", record: Record, node: Node, frame: "Frame") -> Record:
    """The object after an assignment to one of its fields, which may or may not have been made yet."""
    left = child_of(node, "left")
    if left is None or node.type != "assignment_expression":
        return _doubted(record)
    name, index = child_of(left, "property"), child_of(left, "index")
    found = () if index is None else folder.values(index, frame)
    key = frame.module.text(name) if name is not None else text_of(found[0]).known if len(found) == 1 else None
    if key is None:
        return _doubted(record)
    values = (*record.fields.get(key, ()), *folder.values(child_of(node, "right"), frame))
    return _with_field(record, key, tuple(dict.fromkeys(values)))


def _after_call(folder: "Folder", record: Record, argument: Node, frame: "Frame") -> Record:
    """The object after a function got it as an argument."""
    listed = argument.parent
    call = None if listed is None else listed.parent
    callee = None if call is None else child_of(call, "function")
    name = "" if callee is None else frame.module.text(callee)
    if name in _HARMLESS or name.startswith("console."):
        return record
    if name != "Object.assign" or listed is None:
        return replace(record, whole=False)
    if listed.named_children[0] != argument:
        return record
    given = folder.listed(listed, frame)
    added = Record({}, whole=False) if given is None else assigned_object(given[1:])
    later = {key: (*record.fields.get(key, ()), *values) for key, values in added.fields.items()}
    kept = record if added.whole else _doubted(record)
    return Record({**kept.fields, **later}, whole=False)


_HARMLESS = frozenset(
    {
        "Object.freeze",
        "Object.seal",
        "Object.keys",
        "Object.values",
        "Object.entries",
        "JSON.stringify",
        "structuredClone",
    }
)
