"""Dataclass trees to JSON-ready values and back; a wrong type or an unknown key is an error with its place."""

import base64
import binascii
import dataclasses
import json
import sys
import types
import typing
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from auditor.model.missing import MISSING, Missing

Json = Any
Decoder = Callable[[Json, str], Any]
T = TypeVar("T")
_JSON = frozenset({str, int, float, bool, type(None)})


class DecodeError(ValueError):
    """A value that does not fit; the message starts with the JSON pointer of its place."""


def canonical(value: Json) -> str:
    """The one text of a JSON-ready value: sorted keys, no spaces, ASCII alone."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def encode(value: object) -> Json:
    """The JSON-ready form of a dataclass tree: fields that are MISSING are absent, tuples become lists."""
    kind: Any = type(value)
    if kind in _JSON:  # nearly everything: asked first here and below, for a snapshot holds a hundred thousand of them
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (tuple, list)):
        return [item if type(item) in _JSON else encode(item) for item in value]
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    return {
        key: item if type(item) in _JSON else encode(item)
        for key, name in _names(kind).items()
        if (item := getattr(value, name)) is not MISSING
    }


@cache
def _names(cls: Any) -> dict[str, str]:
    """The fields by their JSON keys: `pass_` is the key `pass`, which Python reserves."""
    if not dataclasses.is_dataclass(cls):
        raise TypeError(f"{cls.__name__} has no JSON form")
    return {field.name.removesuffix("_"): field.name for field in dataclasses.fields(cls)}


def decode(cls: type[T], value: Json, pointer: str = "") -> T:
    """The dataclass tree of type `cls` that `value` describes; raises DecodeError at the first place that differs."""
    hint: Any = cls
    result: T = _decoder(hint)(value, pointer)
    return result


@cache
def _decoder(hint: Any) -> Decoder:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return _optional(hint)
    if origin is tuple:
        return _sequence(typing.get_args(hint)[0])
    if origin is typing.Literal:
        return _choice(typing.get_args(hint), {value: value for value in typing.get_args(hint)})
    if origin is dict or hint is dict:
        return _plain(dict, "an object")
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _choice(tuple(item.value for item in hint), {item.value: item for item in hint})
    if dataclasses.is_dataclass(hint):
        return _record(typing.cast("type", hint))
    return _scalar(hint)


def _scalar(hint: Any) -> Decoder:
    names = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
    if hint is Any or hint is object:
        return lambda value, _pointer: value
    if hint is bytes:
        return _base64
    if hint not in names:
        raise TypeError(f"{hint!r} has no JSON form")
    if hint is float:
        return _number
    if hint is int:
        return _whole
    return _plain(hint, names[hint])


def _number(value: Json, pointer: str) -> float:
    """A number that can be written again: JSON has no infinity, which `1e999` is to Python."""
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not abs(value) <= sys.float_info.max:
        raise DecodeError(f"{pointer or '/'}: {_short(value)} is not a number")
    return float(value)


def _whole(value: Json, pointer: str) -> int:
    """A whole number of at most 64 bits: expressions know no larger one."""
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**63) <= value < 2**63:
        raise DecodeError(f"{pointer or '/'}: {_short(value)} is not a whole number")
    return value


def _plain(accepted: Any, name: str) -> Decoder:
    def plain(value: Json, pointer: str) -> Any:
        # bool is an int to Python, and not to JSON
        if not isinstance(value, accepted) or (isinstance(value, bool) and accepted is not bool):
            raise DecodeError(f"{pointer or '/'}: {_short(value)} is not {name}")
        return value

    return plain


def _base64(value: Json, pointer: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise DecodeError(f"{pointer or '/'}: {_short(value)} is not base64") from error


def _choice(shown: tuple[Json, ...], values: dict[Json, Any]) -> Decoder:
    def choice(value: Json, pointer: str) -> Any:
        if not isinstance(value, (str, int)) or value not in values:
            raise DecodeError(f"{pointer or '/'}: {_short(value)} is not one of {', '.join(map(str, shown))}")
        return values[value]

    return choice


def _optional(hint: Any) -> Decoder:
    kinds = [kind for kind in typing.get_args(hint) if kind is not Missing]
    nullable = type(None) in kinds
    inner = [kind for kind in kinds if kind is not type(None)]
    if len(inner) != 1:
        raise TypeError(f"{hint!r} has more than one JSON form")
    decoder = _decoder(inner[0])
    if not nullable:
        return decoder
    return lambda value, pointer: None if value is None else decoder(value, pointer)


def _sequence(item: Any) -> Decoder:
    decoder = _decoder(item)

    def sequence(value: Json, pointer: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise DecodeError(f"{pointer or '/'}: {_short(value)} is not a list")
        return tuple(decoder(entry, f"{pointer}/{index}") for index, entry in enumerate(value))

    return sequence


def is_required(field: dataclasses.Field[Any], hint: Any) -> bool:
    """Whether the JSON form must have this field: it has no default, and can't stay unobserved."""
    plain = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    return plain and Missing not in typing.get_args(hint)


def _record(cls: type) -> Decoder:
    hints = typing.get_type_hints(cls)
    fields = _names(cls)
    decoders = {key: _decoder(hints[name]) for key, name in fields.items()}
    required = [field.name for field in dataclasses.fields(cls) if is_required(field, hints[field.name])]
    absent = {name: MISSING for name, hint in hints.items() if Missing in typing.get_args(hint)}

    def record(value: Json, pointer: str) -> Any:
        if not isinstance(value, dict):
            raise DecodeError(f"{pointer or '/'}: {_short(value)} is not an object")
        arguments: dict[str, Any] = {**absent}
        for key, item in value.items():
            if key not in decoders:
                raise DecodeError(f"{pointer}/{key}: unknown key")
            arguments[fields[key]] = decoders[key](item, f"{pointer}/{key}")
        for name in required:
            if name not in arguments:
                raise DecodeError(f"{pointer}/{name.removesuffix('_')}: missing")
        return cls(**arguments)

    return record


def _short(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=True, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
