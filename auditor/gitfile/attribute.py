"""Git's attributes of a path (gitattributes(5), attr.c), as far as they change what is checked in."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from auditor.gitfile.ignore import path_expression

# the attributes that decide about content at check-in
RELEVANT = (b"text", b"crlf", b"eol", b"ident", b"filter", b"working-tree-encoding")
_MACRO = b"[attr]"
_LINE_LIMIT = 2048

Value = bytes | bool | None  # set, unset, a text; None is unspecified
_BUILT_IN: dict[bytes, dict[bytes, Value]] = {b"binary": {b"diff": False, b"merge": False, b"text": False}}


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an attributes file, below the folder `base` (empty, or with a slash at its end)."""

    base: bytes
    name_only: bool
    expression: re.Pattern[bytes]
    values: tuple[tuple[bytes, Value], ...]


@dataclass(frozen=True)
class Rules:
    """The rules of one file in order, and the macros that it defines."""

    rules: tuple[Rule, ...] = ()
    macros: tuple[tuple[bytes, tuple[tuple[bytes, Value], ...]], ...] = ()


NO_RULES = Rules()
Reader = Callable[[bytes], Rules]


def parse_rules(data: bytes, base: bytes = b"", *, macros: bool = False, ignore_case: bool = False) -> Rules:
    """The rules of an attributes file; `macros` where it may define them (the root, info/attributes, global)."""
    rules, defined = [], []
    for raw in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        line = raw.strip(b" \t\r")
        if not line or line.startswith(b"#") or len(line) >= _LINE_LIMIT:
            continue
        pattern, rest = _pattern_and_rest(line)
        values = tuple(_value(word) for word in rest.split())
        if pattern.startswith(_MACRO):
            if macros:
                defined.append((pattern[len(_MACRO) :], values))
        elif not pattern.startswith(b"!") and not pattern.endswith(b"/"):
            name_only = b"/" not in pattern
            expression = path_expression(pattern, name_only=name_only, ignore_case=ignore_case)
            rules.append(Rule(base, name_only, expression, values))
    return Rules(tuple(rules), tuple(defined))


def _pattern_and_rest(line: bytes) -> tuple[bytes, bytes]:
    if line.startswith(b'"'):
        quoted = re.match(rb'"((?:[^"\\]|\\.)*)"', line)
        if quoted:
            return _unquoted(quoted[1]), line[quoted.end() :]
    if line.startswith(_MACRO):
        words = line[len(_MACRO) :].split(maxsplit=1)
        return _MACRO + (words[0] if words else b""), words[1] if len(words) > 1 else b""
    words = re.split(rb"[ \t\r]+", line, maxsplit=1)
    return words[0], words[1] if len(words) > 1 else b""


def _unquoted(text: bytes) -> bytes:
    """A path in C style quotes."""
    names = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}

    def char(match: re.Match[bytes]) -> bytes:
        if match[1].isdigit():
            return bytes([int(match[1], 8) & 255])
        return names.get(match[1], match[1])

    return re.sub(rb"\\([0-7]{3}|.)", char, text)


def _value(word: bytes) -> tuple[bytes, Value]:
    if word.startswith(b"-"):
        return word[1:], False
    if word.startswith(b"!"):
        return word[1:], None
    name, equals, text = word.partition(b"=")
    return name, text if equals else True


def attributes_of(path: bytes, read: Reader, info: Rules, common: Sequence[Rules]) -> dict[bytes, Value]:
    """The relevant attributes of a path; `read` gives a folder's rules, `common` are the weakest, `info` the strongest.

    An attribute that no rule speaks of, or that a rule takes back, is absent.
    """
    stack = [*common, read(b"")]
    at = path.find(b"/")
    while at >= 0:
        stack.append(read(path[: at + 1]))
        at = path.find(b"/", at + 1)
    stack.append(info)
    macros = dict(_BUILT_IN)
    for rules in stack:
        macros.update({name: dict(values) for name, values in rules.macros})
    found: dict[bytes, Value] = {}
    name = path.rpartition(b"/")[2]
    for rules in reversed(stack):
        for rule in reversed(rules.rules):
            if rule.expression.fullmatch(name if rule.name_only else path[len(rule.base) :]):
                _fill(found, rule.values, macros)
    return {key: value for key, value in found.items() if key in RELEVANT and value is not None}


def _fill(
    found: dict[bytes, Value], values: Sequence[tuple[bytes, Value]], macros: dict[bytes, dict[bytes, Value]]
) -> None:
    """Put in what is not yet decided; the last word of a line is the strongest, a macro's words come after its own."""
    for name, value in reversed(values):
        if name in found:
            continue
        found[name] = value
        if value is True and name in macros:
            _fill(found, tuple(macros[name].items()), macros)
