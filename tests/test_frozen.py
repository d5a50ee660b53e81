"""The shared methods do what those of a dataclass do."""

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, is_dataclass, replace
from functools import cached_property

import pytest

from auditor.frozen import frozen


@frozen
class Point:
    """A place."""

    x: int
    y: int = 0
    names: list[str] = field(default_factory=list)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Plain:
    x: int
    y: int = 0
    names: list[str] = field(default_factory=list)
    secret: str = field(default="", repr=False)


@frozen
class Pair:
    first: int
    second: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "second", self.first if self.second is None else self.second)

    @cached_property
    def total(self) -> int:
        return self.first + (self.second or 0)


def test_it_is_a_dataclass_with_the_same_fields() -> None:
    assert is_dataclass(Point)
    shape = [
        [(one.name, one.default, one.default_factory, one.kw_only) for one in fields(cls)] for cls in (Point, Plain)
    ]
    assert shape[0] == shape[1]
    assert list(vars(Point(y=2, x=1))) == list(vars(Plain(y=2, x=1))) == ["x", "y", "names", "secret"]
    assert Point.__doc__ == "A place."


def test_defaults_are_filled_in_and_each_object_has_its_own() -> None:
    one, other = Point(x=1), Point(x=1)
    assert (one.y, one.names) == (0, [])
    one.names.append("a")
    assert other.names == []
    assert Pair(first=2).total == 4


@pytest.mark.parametrize("given", [{}, {"y": 1}, {"x": 1, "z": 2}])
def test_too_little_and_too_much_is_refused(given: dict[str, int]) -> None:
    for cls in (Point, Plain):
        with pytest.raises(TypeError):
            cls(**given)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Point(1)  # type: ignore[misc]


def test_nothing_of_it_can_be_changed() -> None:
    point = Point(x=1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del point.x
    assert replace(point, x=2) == Point(x=2)
    assert point.x == 1


def test_equal_values_are_equal_and_another_class_is_not() -> None:
    assert Point(x=1) == Point(x=1, y=0)
    assert Point(x=1) != Point(x=2)
    assert Point(x=1) != Plain(x=1)
    assert hash(Pair(first=1)) == hash(Pair(first=1, second=1))
    with pytest.raises(TypeError):
        hash(Point(x=1))  # a list in it can't be hashed
    asked, unasked = Pair(first=1), Pair(first=1)
    assert asked.total == 2
    assert (asked, hash(asked)) == (unasked, hash(unasked))
    assert copy.deepcopy(Point(x=1)) == Point(x=1)
    assert pickle.loads(pickle.dumps(Pair(first=1))) == Pair(first=1)


def test_what_is_not_to_be_shown_is_not() -> None:
    assert repr(Point(x=1, secret="s3cret")) == repr(Plain(x=1, secret="s3cret")).replace("Plain", "Point")
