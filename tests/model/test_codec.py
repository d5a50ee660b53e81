"""Facts to JSON and back without loss, and what does not fit named with its place."""

import dataclasses
import json
import types
import typing
from collections.abc import Callable
from enum import Enum
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from auditor.model.codec import DecodeError, canonical, decode, encode
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING, Missing
from auditor.model.report import Report
from auditor.model.shape import schema_of
from auditor.policy.compiler import CompiledRule

TEXTS = ("", "a", "é", "日本", "\x1b[2J", "a\nb", '"', "\\xff", "\U0001f333")
SCALARS: dict[Any, Callable[[Random], Any]] = {
    str: lambda chance: chance.choice(TEXTS),
    int: lambda chance: chance.choice((0, -1, 2**63 - 1, -(2**63), chance.randrange(1000))),
    float: lambda chance: chance.choice((0.0, -1.5, 1e-300, 1e300, chance.random())),
    bool: lambda chance: chance.random() < 0.5,
    bytes: lambda chance: chance.randbytes(chance.randrange(4)),
}


def made(hint: Any, chance: Random) -> Any:
    """A value that a field of this type may hold; strategies for trees of this size are too slow to draw from."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        kind = chance.choice(typing.get_args(hint))
        return MISSING if kind is Missing else None if kind is type(None) else made(kind, chance)
    if origin is tuple:
        return tuple(made(typing.get_args(hint)[0], chance) for _ in range(chance.choice((0, 1, 1, 2))))
    if origin is typing.Literal:
        return chance.choice(typing.get_args(hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return chance.choice(list(hint))
    if dataclasses.is_dataclass(hint):
        return typing.cast("Any", hint)(**{name: made(kind, chance) for name, kind in hints_of(hint).items()})
    return SCALARS[hint](chance)


@cache
def hints_of(cls: Any) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def tree(cls: type, known: dict[type, None]) -> dict[type, None]:
    """`cls` and every dataclass below it."""
    if cls not in known:
        known[cls] = None
        waiting = list(typing.get_type_hints(cls).values())
        while waiting:
            hint = waiting.pop()
            waiting += typing.get_args(hint)
            if dataclasses.is_dataclass(hint):
                tree(typing.cast("type", hint), known)
    return known


CLASSES = [*tree(Snapshot, {}), *tree(Report, {}), CompiledRule]
seeds = st.integers(0, 2**32)
quick = settings(max_examples=15, deadline=None)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__qualname__)
def test_what_is_encoded_is_decoded_to_the_same(cls: type) -> None:
    @quick
    @given(seeds)
    def law(seed: int) -> None:
        value = made(cls, Random(seed))
        text = canonical(encode(value))
        assert text.isascii()
        assert decode(cls, json.loads(text)) == value

    law()


SCHEMAS = [(Snapshot, 12), (Report, 12)]


@pytest.mark.parametrize(("cls", "count"), SCHEMAS)
def test_what_is_encoded_is_valid_by_the_schema_of_its_shape(cls: type, count: int) -> None:
    validator = Draft202012Validator(schema_of(cls, identifier="urn:test", title="Test"))

    @settings(max_examples=count, deadline=None)
    @given(seeds)
    def law(seed: int) -> None:
        assert [error.message for error in validator.iter_errors(encode(made(cls, Random(seed))))] == []

    law()


@pytest.mark.parametrize("cls", [Snapshot, Report])
def test_what_the_decoder_refuses_the_schema_refuses_too(cls: type) -> None:
    validator = Draft202012Validator(schema_of(cls, identifier="urn:test", title="Test"))
    for seed in range(10):
        data = encode(made(cls, Random(seed)))
        for change in ({"moon": 1}, {"schema_version": "1"}):
            with pytest.raises(DecodeError):
                decode(cls, {**data, **change})
            assert not validator.is_valid({**data, **change})


class Colour(Enum):
    RED = "red"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Leaf:
    name: str
    size: int = 0
    share: float | None = None
    dead: bool | Missing = MISSING


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plant:
    pass_: int
    colour: Colour = Colour.RED
    kind: typing.Literal["tree", "herb"] = "tree"
    leaves: tuple[Leaf, ...] | Missing | None = MISSING
    seed: bytes = b""


def test_a_fact_that_is_missing_is_absent_and_null_is_null() -> None:
    assert encode(Plant(pass_=1)) == {"pass": 1, "colour": "red", "kind": "tree", "seed": ""}
    assert encode(Plant(pass_=1, leaves=None))["leaves"] is None
    assert decode(Plant, {"pass": 1}).leaves is MISSING
    assert decode(Plant, {"pass": 1, "leaves": None}).leaves is None
    assert decode(Plant, {"pass": 1, "leaves": []}).leaves == ()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([], "/: [] is not an object"),
        ({}, "/pass: missing"),
        ({"pass_": 1}, "/pass_: unknown key"),
        ({"pass": "1"}, '/pass: "1" is not a whole number'),
        ({"pass": 1.0}, "/pass: 1.0 is not a whole number"),
        ({"pass": True}, "/pass: true is not a whole number"),
        ({"pass": 2**63}, f"/pass: {2**63} is not a whole number"),
        ({"pass": None}, "/pass: null is not a whole number"),
        ({"pass": 1, "colour": "blue"}, '/colour: "blue" is not one of red'),
        ({"pass": 1, "colour": []}, "/colour: [] is not one of red"),
        ({"pass": 1, "kind": 1}, "/kind: 1 is not one of tree, herb"),
        ({"pass": 1, "leaves": {}}, "/leaves: {} is not a list"),
        ({"pass": 1, "leaves": [{"name": "a"}, {}]}, "/leaves/1/name: missing"),
        ({"pass": 1, "leaves": [{"name": 1}]}, "/leaves/0/name: 1 is not text"),
        ({"pass": 1, "leaves": [{"name": "a", "share": "x"}]}, '/leaves/0/share: "x" is not a number'),
        ({"pass": 1, "leaves": [{"name": "a", "share": float("inf")}]}, "/leaves/0/share: Infinity is not a number"),
        ({"pass": 1, "leaves": [{"name": "a", "share": 10**400}]}, "/leaves/0/share: "),
        ({"pass": 1, "leaves": [{"name": "a", "dead": None}]}, "/leaves/0/dead: null is not true or false"),
        ({"pass": 1, "leaves": [{"name": "a", "dead": 0}]}, "/leaves/0/dead: 0 is not true or false"),
        ({"pass": 1, "seed": "?"}, '/seed: "?" is not base64'),
        ({"pass": 1, "seed": 1}, "/seed: 1 is not base64"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(value: Any, told: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(Plant, value)
    assert str(caught.value).startswith(told)
    assert len(str(caught.value)) < 200


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=4),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner),
    )
)
def test_any_json_is_decoded_or_refused_and_never_crashes(value: Any) -> None:
    try:
        assert isinstance(decode(Plant, value), Plant)
    except DecodeError as error:
        assert str(error).startswith("/")


def test_what_json_has_no_form_for_is_refused_at_once() -> None:
    with pytest.raises(TypeError):
        encode(object())
    with pytest.raises(TypeError):
        decode(dataclasses.make_dataclass("Odd", [("field", complex)]), {"field": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical(float("nan"))


def test_a_missing_fact_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError):
        bool(MISSING)
    assert repr(MISSING) == "MISSING"
