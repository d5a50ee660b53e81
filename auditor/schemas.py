"""JSON Schemas that ship with the program, and validation by them: every error at once, each with its place.

A schema may say its own words under `x-error`: {keyword: message}. No message quotes what could be a secret.
"""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

from auditor import notation
from auditor.document import Document, Problem
from auditor.errors import ConfigError
from auditor.text import short

Json = Any
VERSION = 1
_NAMES = {
    "object": "a map of keys",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def data_file(name: str) -> Path:
    """The path of a shipped file (`policies.yaml`, `schemas/…`), in the wheel or in the source tree."""
    package = Path(__file__).parent
    shipped = package / "_data" / name
    return shipped if shipped.exists() else package.parent / name


@cache
def load_schema(name: str) -> Json:
    """The schema `schemas/NAME.schema.json`; never change what is returned."""
    path = data_file(f"schemas/{name}.schema.json")
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"the schema {name!r} can't be read: install the program again") from error


def validate(document: Document, name: str) -> tuple[Problem, ...]:
    """Every error of the document by the schema `name`, by place; another version of the format is the only one."""
    version = document.data.get("schema") if isinstance(document.data, dict) else None
    if isinstance(version, int) and not isinstance(version, bool) and version != VERSION:
        message = f"written for format {version}, this tool reads {VERSION}: install the auditor that reads it"
        return (document.problem(("schema",), message),)
    found = {problem for error in _errors(name, document.data) for problem in _problems(document, error)}
    return tuple(sorted(found))


def suggestion(word: str, known: Iterable[str]) -> str:
    """`, did you mean 'x'?` where something known is near, else nothing."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f", did you mean '{near[0]}'?" if near else ""


def quoted(value: Json) -> str:
    """A value as messages show it: cut, and without a password before an @."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = re.sub(r"[^\s/@'\"]*:[^\s/@]*@", "***@", text)
    return f"'{short(text, 60)}'"


def _errors(name: str, data: Json) -> Iterator[Any]:
    from jsonschema import Draft202012Validator, FormatChecker, validators

    checker = FormatChecker(formats=())
    for form, parse in FORMATS.items():
        checker.checks(form, raises=ValueError)(_accepts(parse))
    validator = cast("Any", validators).extend(Draft202012Validator, {"pattern": _pattern})
    yield from validator(load_schema(name), format_checker=checker).iter_errors(data)


def _pattern(_validator: Any, pattern: str, instance: Json, _schema: Json) -> Iterator[Any]:
    """The keyword as JSON Schema means it: Python's $ would let a newline through at the end."""
    from jsonschema import ValidationError

    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"does not match {pattern}")


def _accepts(parse: Callable[[str], object]) -> Callable[[object], bool]:
    def accepts(value: object) -> bool:
        if isinstance(value, str):
            parse(value)
        return True

    return accepts


def _problems(document: Document, error: Any) -> Iterator[Problem]:
    """The problems that one error of jsonschema stands for; `error` is a jsonschema ValidationError."""
    path = tuple(error.absolute_path)
    own = error.schema.get("x-error", {}).get(error.validator) if isinstance(error.schema, dict) else None
    if error.validator in ("anyOf", "oneOf") and own is None and error.context:
        for deeper in _deepest_branch(error.context):
            yield from _problems(document, deeper)
    elif error.validator == "additionalProperties" and isinstance(error.validator_value, bool):
        yield from _unknown_keys(document, path, error)
    elif error.validator in ("required", "dependentRequired"):
        yield from _missing_keys(document, path, error)
    elif "propertyNames" in error.schema_path:
        key = str(error.instance)
        message = f"the key {quoted(key)} {own or _words(error)}"
        yield document.problem((*path, key), message, key=True)
    else:
        shown = f"{quoted(error.instance)} " if own is None and error.validator in _QUOTING else ""
        yield document.problem(path, f"{shown}{own or _words(error)}")


def _deepest_branch(context: Iterable[Any]) -> list[Any]:
    """The errors of that branch whose nearest error lies deepest: the one that the author most likely meant."""
    branches: dict[int, list[Any]] = {}
    for error in context:
        branches.setdefault(error.schema_path[0], []).append(error)
    return max(branches.values(), key=lambda errors: (max(len(error.path) for error in errors), -len(errors)))


def _unknown_keys(document: Document, path: tuple[str | int, ...], error: Any) -> Iterator[Problem]:
    known = error.schema.get("properties", {})
    free = [re.compile(pattern) for pattern in error.schema.get("patternProperties", {})]
    for key in error.instance:
        if key not in known and not any(pattern.search(key) for pattern in free):
            hint = suggestion(key, known) or f": known are {', '.join(known)}"
            yield document.problem((*path, key), f"unknown key {quoted(key)}{short(hint, 400)}", key=True)


def _missing_keys(document: Document, path: tuple[str | int, ...], error: Any) -> Iterator[Problem]:
    if error.validator == "required":
        for key in error.validator_value:
            if key not in error.instance:
                yield document.problem(path, f"missing key '{key}'")
        return
    for present, needed in error.validator_value.items():
        for key in needed if present in error.instance else ():
            if key not in error.instance:
                yield document.problem((*path, present), f"'{present}' needs the key '{key}' beside it", key=True)


def _type_words(error: Any) -> str:
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    got = _type_name(error.instance)
    remedy = ": quote it" if "string" in wanted and got in ("a number", "true or false") else ""
    return f"expected {' or '.join(_NAMES[name] for name in wanted)}, got {got}{remedy}"


def _type_name(value: Json) -> str:
    if value is None:
        return "nothing"
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list"}
    return kinds.get(type(value), "a map of keys")


def _enum_words(error: Any) -> str:
    choices = [str(choice) for choice in error.validator_value]
    return f"is not one of {', '.join(choices)}{suggestion(str(error.instance), choices)}"


def _count(error: Any) -> str:
    noun = {"Length": "character", "Items": "entry", "Properties": "key"}[error.validator[3:]]
    plural = noun if error.validator_value == 1 else noun.replace("entry", "entrie") + "s"
    if error.validator.startswith("max"):
        return f"holds more than {error.validator_value} {plural}: shorten it"
    return f"needs at least {error.validator_value} {plural}"


def _words(error: Any) -> str:
    """What is wrong, in our own words, to be said after the value where `_QUOTING` has the keyword."""
    words = _WORDS.get(error.validator)
    return words(error) if words else str(error.message)


# the keywords whose message starts with the value
_QUOTING = {"enum", "const", "format", "pattern", "minimum", "maximum"}
_WORDS: dict[str, Callable[[Any], str]] = {
    "type": _type_words,
    "enum": _enum_words,
    "const": lambda error: f"is not {json.dumps(error.validator_value)}",
    "format": lambda error: str(error.cause),
    "pattern": lambda error: f"does not match {error.validator_value}",
    "minimum": lambda error: f"is less than {error.validator_value}",
    "maximum": lambda error: f"is more than {error.validator_value}",
    "uniqueItems": lambda _error: "holds an entry twice: remove one",
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _count),
    "not": lambda _error: "is not allowed here",
}
FORMATS: dict[str, Callable[[str], object]] = {
    "duration": notation.duration_seconds,
    "time": notation.moment,
    "date-or-time": notation.end_of,
    "host-port": notation.host_port,
    "host-name": notation.host_name,
    "ssh-address": notation.ssh_target,
    "http-address": notation.http_address,
    "git-address": notation.git_address,
    "re2": notation.re2_pattern,
    "branch-name": notation.branch_name,
    "remote-path": notation.remote_path,
    "own-value": notation.own_value,
    "mail-address": notation.mail_address,
    "plain-text": notation.plain_text,
    "one-line": notation.one_line,
}
