"""The one door to CEL (https://cel.dev): expressions checked against the facts' types, evaluated on plain JSON values.

A fact that was not observed is an absent key; what needs it evaluates to an `Absent`, never to true or false.
"""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from auditor.errors import ConfigError

try:
    from cel_expr_python import cel
except ImportError as error:  # no wheel for this system (musl, for instance)
    raise ConfigError(
        "cel-expr-python has no build for this system: use a glibc Linux (the container image is Debian slim) or macOS"
    ) from error

# what tells one build of it from another; asking the package's metadata for its version would take ten times as long
CEL_BUILD = f"{Path(cel.__file__).name} {Path(cel.__file__).stat().st_size} {Path(cel.__file__).stat().st_mtime_ns}"
ITEMS = "__items"
INDEX = "__i"

_EXTENSIONS = ("strings", "lists", "sets", "math", "two-var-comprehensions")
_ABSENT = re.compile(
    r'^(?:NOT_FOUND: Key not found in map : "?(?P<key>[^"]*)"?|UNKNOWN: No value with name "(?P<root>\w+)")'
)
_HAS = re.compile(r"(?<![\w.])has\s*\(")
_POSITION = re.compile(r"^(?:INVALID_ARGUMENT: )?ERROR: <input>:(\d+):(\d+): (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Absent:
    """The value of an expression that needs a fact which was not observed; `name` is that fact's own name."""

    name: str


@dataclass(frozen=True)
class Fault:
    """The value of an expression that is itself wrong for these facts; never a pass."""

    reason: str


@dataclass(frozen=True)
class ExpressionProblem:
    """One error that the check found; line and column count from 1, inside the expression."""

    line: int
    column: int
    message: str


class ExpressionError(Exception):
    """An expression that can't be compiled; `problems` holds every error of it."""

    def __init__(self, problems: tuple[ExpressionProblem, ...]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


@cache
def _config() -> Any:
    lines = [*(f"- name: {name}" for name in _EXTENSIONS)]
    return cel.NewEnvConfigFromYaml("name: auditor\nextensions:\n" + "\n".join(lines) + "\n")


class Checker:
    """Compiles expressions against the types of the facts; `definitions` are the `$defs` of their JSON Schema.

    `roots` names the definition of each variable; a rule's own variable is given to `compile`.
    """

    def __init__(self, definitions: Mapping[str, Any], roots: Mapping[str, str]) -> None:
        self._definitions = dict(definitions)
        self._roots = dict(roots)
        self._environments: dict[tuple[str | None, str | None], Any] = {}

    @cached_property
    def _pool(self) -> Any:
        from auditor.policy.descriptor import build_pool

        return build_pool(self._definitions)

    def _environment(self, variable: str | None, definition: str | None) -> Any:
        """The environment of one variable's type, made once and let go with the checker: it takes megabytes."""
        known = variable, definition
        if known not in self._environments:
            self._environments[known] = self._made_environment(variable, definition)
        return self._environments[known]

    def _made_environment(self, variable: str | None, definition: str | None) -> Any:
        from auditor.policy.descriptor import message_name

        variables = {root: cel.Type(message_name(name)) for root, name in self._roots.items()}
        variables["now"] = cel.Type.TIMESTAMP
        if variable and definition:
            element = _SCALAR_TYPES[definition] if definition in _SCALAR_TYPES else cel.Type(message_name(definition))
            variables[variable] = element
            variables[ITEMS] = cel.Type.List(element)
        return cel.NewEnv(self._pool, config=_config(), variables=variables)

    def compile(
        self,
        expression: str,
        *,
        variable: str | None = None,
        definition: str | None = None,
        wanted: str | None = None,
    ) -> bytes:
        """The checked form of `expression`; `wanted` is the type that it must have (`BOOL`, `STRING`), None for any."""
        if _HAS.search(expression):
            raise ExpressionError(
                (ExpressionProblem(1, 1, "has() lets what was not observed pass: compare the value"),)
            )
        try:
            compiled = self._environment(variable, definition).compile(expression)
        except RuntimeError as error:
            raise ExpressionError(_problems(str(error))) from None
        kind = compiled.return_type().name()
        if wanted and kind not in (wanted, "DYN"):
            raise ExpressionError((ExpressionProblem(1, 1, f"gives {kind.lower()}, and must give {wanted.lower()}"),))
        serialized: bytes = compiled.serialize()
        return serialized


_SCALAR_TYPES = {
    "string": cel.Type.STRING,
    "integer": cel.Type.INT,
    "number": cel.Type.DOUBLE,
    "boolean": cel.Type.BOOL,
}


def _problems(text: str) -> tuple[ExpressionProblem, ...]:
    found = [
        ExpressionProblem(int(line), int(column), message.removesuffix(" (in container '')"))
        for line, column, message in _POSITION.findall(text)
    ]
    return tuple(found) or (ExpressionProblem(1, 1, text.splitlines()[0]),)


@cache
def _runtime() -> Any:
    environment = cel.NewEnv(config=_config(), variables={"now": cel.Type.TIMESTAMP})
    environment.compile("true")  # before its first compile, an environment refuses a datetime
    return environment


@lru_cache(maxsize=4_096)  # several policies; a fleet brings one a site, and no two compilations give the same bytes
def _program(serialized: bytes) -> Any:
    return _runtime().deserialize(serialized)


# the binding drops a reference to None for every null that it gives, and before Python 3.12 None is freed at zero:
# a process that judges thousands of snapshots would die of that
_FEWEST_REFERENCES = 100_000
_references: list[None] = []


def _keep_none() -> None:
    if sys.getrefcount(None) < _FEWEST_REFERENCES:
        _references.extend([None] * _FEWEST_REFERENCES)


class Scope:
    """The facts that expressions see: plain JSON values by root, and `now`."""

    def __init__(self, roots: Mapping[str, Any], now: datetime) -> None:
        self._data = {**roots, "now": now.astimezone(UTC)}

    def bind(self, values: Mapping[str, Any]) -> Callable[[bytes], Any]:
        """A function that evaluates compiled expressions with `values` beside the roots.

        It gives plain Python values, an `Absent` or a `Fault`; a whole evaluation that was refused
        (too many iterations) is a Fault too.
        """
        activation = _runtime().Activation({**self._data, **values})

        def evaluate(serialized: bytes) -> Any:
            _keep_none()
            try:
                result = _program(serialized).eval(activation)
            except RuntimeError as error:
                return Fault(str(error))
            if result.type() != cel.Type.ERROR:
                return result.plain_value()
            return _error(str(result.value()))

        return evaluate


def _error(text: str) -> Absent | Fault:
    match = _ABSENT.match(text)
    if match:
        return Absent(match["key"] or match["root"] or "")
    return Fault(text)
