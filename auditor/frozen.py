"""Frozen dataclasses that share their methods.

`dataclasses` writes and compiles six methods for each class, which for the three hundred of this program takes a third
of the time until the first network byte. Fields, defaults, `replace`, equality and the types are those of a
`@dataclass(frozen=True, kw_only=True)`; slots and inheritance are what this refuses to do.
"""

from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from typing import Any, NoReturn, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """The class as a frozen dataclass whose fields are given by name."""
    made: Any = dataclass(kw_only=True, init=False, repr=False, eq=False)(cls)
    made.__blanks__ = tuple((one.name, one.default, one.default_factory) for one in fields(made))
    made.__init__ = _init
    made.__repr__ = _repr
    made.__eq__ = _eq
    made.__hash__ = _hash
    made.__setattr__ = _refuse_to_set
    made.__delattr__ = _refuse_to_delete
    return cls


def _init(self: Any, /, **given: Any) -> None:
    cls = type(self)
    for name, default, factory in cls.__blanks__:
        value = given.pop(name, default)
        if value is MISSING:
            if factory is MISSING:
                raise TypeError(f"{cls.__qualname__} needs the value '{name}'")
            value = factory()
        # one by one, so that all objects of a class share the names of their fields
        object.__setattr__(self, name, value)
    if given:
        raise TypeError(f"{cls.__qualname__} knows no value '{next(iter(given))}'")
    if hasattr(self, "__post_init__"):
        self.__post_init__()


def _repr(self: Any) -> str:
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _eq(self: object, other: object) -> object:
    if type(other) is not type(self):
        return NotImplemented
    return _values(self) == _values(other)


def _hash(self: Any) -> int:
    return hash(_values(self))


def _values(self: Any) -> tuple[Any, ...]:
    # not the whole of __dict__: a cached property keeps its value there too
    return tuple(getattr(self, name) for name, _, _ in type(self).__blanks__)


def _refuse_to_set(_self: object, name: str, _value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_self: object, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")
