"""An object of the server's JSON read field by field: what is malformed is a gap of its own, never a default value."""

from typing import Any, TypeVar

from auditor.collectors.gitea.gap import GapList
from auditor.collectors.gitea.value import Kind, MalformedError
from auditor.model.missing import MISSING, Missing

T = TypeVar("T")

_ABSENT = object()


class Record:
    """One object. `pointer` is its place in the facts, to which the field's own name is added for a gap."""

    def __init__(self, value: Any, pointer: str, gaps: GapList) -> None:
        if not isinstance(value, dict):
            raise MalformedError(f"{pointer or 'the answer'} is no object")
        self._value: dict[str, Any] = value
        self._pointer = pointer
        self._gaps = gaps

    def need(self, path: str, kind: Kind[T]) -> T:
        """The value at `path` (keys with dots between them); raises MalformedError where it is absent or malformed."""
        value = self._at(path)
        if value is _ABSENT:
            raise MalformedError(f"'{path}' is absent")
        return _read(path, value, kind)

    def get(self, field: str, kind: Kind[T], path: str = "") -> T | Missing:
        """The value for the fact `field` (at `path`, else at the same name); absent or malformed, a gap."""
        return self._get(field, kind, path or field, gap=True)

    def maybe(self, field: str, kind: Kind[T], path: str = "") -> T | Missing:
        """As `get`, but no gap where it is absent: versions differ."""
        return self._get(field, kind, path or field, gap=False)

    def nullable(self, field: str, kind: Kind[T], path: str = "") -> T | Missing | None:
        """As `get`; None where the server says null there, or instead of the object that would hold it."""
        keys = (path or field).split(".")
        for end in range(1, max(len(keys), 2)):
            if self._at(".".join(keys[:end])) is None:
                return None
        return self.get(field, kind, path)

    def presence(self, field: str, key: str) -> bool | Missing:
        """Whether the object has an object at `key`; anything else there but null is a gap for the fact `field`."""
        value = self._at(key)
        if value is _ABSENT or value is None:
            return False
        if not isinstance(value, dict):
            self._gaps.add(f"{self._pointer}/{field}", f"'{key}' is no object", MalformedError.remedy)
            return MISSING
        return True

    def pointing(self, pointer: str) -> "Record":
        """The same object for facts at another place."""
        return Record(self._value, pointer, self._gaps)

    def _get(self, field: str, kind: Kind[T], path: str, *, gap: bool) -> T | Missing:
        value = self._at(path)
        if value is _ABSENT:
            if gap:
                self._gaps.add(
                    f"{self._pointer}/{field}", f"the server's answer holds no '{path}'", MalformedError.remedy
                )
            return MISSING
        return self._gaps.attempt(f"{self._pointer}/{field}", lambda: _read(path, value, kind))

    def _at(self, path: str) -> Any:
        value: Any = self._value
        for key in path.split("."):
            if not isinstance(value, dict) or key not in value:
                return _ABSENT
            value = value[key]
        return value


def _read(path: str, value: Any, kind: Kind[T]) -> T:
    try:
        return kind(value)
    except MalformedError as error:
        raise MalformedError(f"'{path}': {error}") from None
