"""The JSON Schema (2020-12) of a dataclass tree, as the codec reads and writes it."""

import dataclasses
import types
import typing
from enum import Enum
from typing import Any

from auditor.model.codec import is_required
from auditor.model.missing import Missing

Schema = dict[str, Any]
_SCALARS: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object"}


def schema_of(cls: type, *, identifier: str, title: str) -> Schema:
    """The complete schema of `cls`; each dataclass below it is described once, under `$defs`."""
    definitions: dict[str, Schema] = {}
    root = describe(cls, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": identifier,
        "title": title,
        "$ref": f"#/$defs/{root}",
        "$defs": dict(sorted(definitions.items())),
    }


def describe(cls: type, definitions: dict[str, Schema]) -> str:
    """The name of the definition of `cls`, which is added to `definitions` with all that it refers to."""
    name: str = _reference(cls, definitions)["$ref"].removeprefix("#/$defs/")
    return name


def _describe(hint: Any, definitions: dict[str, Schema]) -> Schema:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return _union(hint, definitions)
    if origin is tuple:
        return {"type": "array", "items": _describe(typing.get_args(hint)[0], definitions)}
    if origin is typing.Literal:
        return {"type": "string", "enum": list(typing.get_args(hint))}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"type": "string", "enum": [item.value for item in hint]}
    if dataclasses.is_dataclass(hint):
        return _reference(typing.cast("type", hint), definitions)
    if origin is dict or hint is dict:
        return {"type": "object"}
    if hint not in _SCALARS:
        raise TypeError(f"{hint!r} has no JSON form")
    return {"type": _SCALARS[hint]}


def _union(hint: Any, definitions: dict[str, Schema]) -> Schema:
    kinds = [kind for kind in typing.get_args(hint) if kind not in (Missing, type(None))]
    schema = _describe(kinds[0], definitions)
    if type(None) not in typing.get_args(hint):
        return schema
    if "type" in schema:
        nullable = {**schema, "type": [schema["type"], "null"]}
        return {**nullable, "enum": [*schema["enum"], None]} if "enum" in schema else nullable
    return {"anyOf": [schema, {"type": "null"}]}


def _reference(cls: type, definitions: dict[str, Schema]) -> Schema:
    name = f"{cls.__module__.rsplit('.', 1)[-1]}.{cls.__name__}"
    if name not in definitions:
        definitions[name] = {}  # a place holder, for a tree that contains itself
        hints = typing.get_type_hints(cls)
        fields = dataclasses.fields(cls)
        definitions[name] = {
            "type": "object",
            "description": " ".join((cls.__doc__ or "").split("\n\n")[0].split()),
            "properties": {field.name.removesuffix("_"): _describe(hints[field.name], definitions) for field in fields},
            "required": [field.name.removesuffix("_") for field in fields if is_required(field, hints[field.name])],
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}
