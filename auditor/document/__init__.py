"""A YAML file as plain data together with the place of every node and key; what is ambiguous or hostile is refused."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from auditor.document.node import Builder, Fault, Node, Position, Step, Stop
from auditor.document.scalar import source_offsets
from auditor.document.source import decode_source, read_source, sha256_text
from auditor.errors import ConfigError
from auditor.text import printable, short

Steps = tuple[Step, ...]


@dataclass(frozen=True, order=True)
class Problem:
    """One error and its place; the text of it is `file:line:column: path: message`."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        return printable(f"{self.file}:{self.line}:{self.column}: {self.path}: {self.message}")


@dataclass(frozen=True, eq=False)
class Document:
    """A file: `data` is plain Python (shared where the file has aliases: never change it).

    It is parsed when it is first asked for its content, which raises ConfigError with every error that reading
    survives; `loader` is a PyYAML loader, None: libyaml's where it is there.
    """

    name: str
    text: str
    sha256: str
    loader: Any = None

    @cached_property
    def root(self) -> Node:
        return _parsed(self.name, self.text, self.loader or getattr(yaml, "CSafeLoader", yaml.SafeLoader))

    @property
    def data(self) -> Any:
        return self.root.value

    def place(self, path: Steps, *, key: bool = False) -> Position:
        """Line and column, from 1, of the node at `path`, or of its key; of the nearest node above if there is none."""
        node = self.root
        place = node.place
        for step in path:
            below = _child(node, step)
            if below is None:
                return place
            place = node.keys[step] if key and isinstance(step, str) else below.place
            node = below
        return place

    def problem(self, path: Steps, message: str, *, key: bool = False) -> Problem:
        """What is wrong with the node at `path`, or with its key."""
        return Problem(self.name, *self.place(path, key=key), path_text(path), message)

    def expression_place(self, path: Steps, line: int, column: int) -> Position:
        """Where in the file the character at `line` and `column` (from 1) of the text at `path` stands.

        Exact for plain, quoted and `|` scalars; the start of the scalar for `>` and for what is no text.
        """
        node = self.root
        for step in path:
            below = _child(node, step)
            if below is None:
                return node.place
            node = below
        if not isinstance(node.value, str) or node.style == ">":
            return node.place
        if node.style == "|":
            return self._block_place(node, line, column)
        return self._flow_place(node, line, column)

    def _block_place(self, node: Node, line: int, column: int) -> Position:
        wanted = node.value.split("\n")
        index = min(max(line, 1), len(wanted)) - 1
        number = node.place[0] + index
        lines = self.text.split("\n")
        if number >= len(lines) or not lines[number].endswith(wanted[index]):
            return node.place
        indent = len(lines[number]) - len(wanted[index])
        return number + 1, indent + min(max(column, 1), len(wanted[index]) + 1)

    def _flow_place(self, node: Node, line: int, column: int) -> Position:
        read = source_offsets(self.text[node.start : node.end], node.style)
        if read is None or read[0] != node.value:
            return node.place
        starts = [0, *(match.end() for match in re.finditer("\n", node.value)), len(node.value) + 1]
        index = min(max(line, 1), len(starts) - 1) - 1
        start, following = list(pairwise(starts))[index]
        offset = node.start + read[1][min(start + max(column, 1) - 1, following - 1)]
        before = self.text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def load_document(source: Path | str, name: str | None = None, *, loader: Any = None) -> Document:
    """The document in a file (a Path) or in a text, parsed; `name` stands for the file in messages."""
    document = open_document(source, name, loader=loader)
    _ = document.root
    return document


def open_document(source: Path | str, name: str | None = None, *, loader: Any = None) -> Document:
    """The same, not yet parsed; raises ConfigError for what is no text."""
    name = printable(name or (str(source) if isinstance(source, Path) else "<text>"))
    raw = read_source(source, name) if isinstance(source, Path) else source.encode("utf-8", "surrogatepass")
    return Document(name, decode_source(raw, name), sha256_text(raw), loader)


def _parsed(name: str, text: str, loader: Any) -> Node:
    builder = Builder()
    stopped = list(_stopped(builder, text, loader))
    problems = [_problem(name, fault) for fault in (*builder.faults, *stopped)]
    if problems:
        raise ConfigError(*map(str, sorted(problems)))
    if builder.root is None or builder.root.value is None:
        raise ConfigError(f"{name}:1:1: $: is empty: write schema: 1 and the site's values, or run auditor init")
    return builder.root


def path_text(path: Steps) -> str:
    """`$.rules[2].message`; a key that is no plain word stands in brackets and quotes."""
    parts = ["$"]
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        else:
            parts.append(f".{step}" if re.fullmatch(r"[A-Za-z_][\w-]*", step) else f"[{short(step, 80)!r}]")
    return "".join(parts)


def _child(node: Node, step: Step) -> Node | None:
    if isinstance(node.children, dict) and isinstance(step, str):
        return node.children.get(step)
    if isinstance(node.children, list) and isinstance(step, int) and 0 <= step < len(node.children):
        return node.children[step]
    return None


def _problem(name: str, fault: Fault) -> Problem:
    return Problem(name, *fault.place, path_text(fault.path), fault.message)


def _stopped(builder: Builder, text: str, loader: Any) -> Iterator[Fault]:
    """Read the text into the builder; the fault that ended it, if one did."""
    try:
        builder.read(yaml.parse(text, Loader=loader))
    except Stop as stop:
        yield stop.fault
    except yaml.MarkedYAMLError as error:
        yield _syntax_fault(text, error)
    except yaml.YAMLError as error:
        yield Fault((1, 1), (), f"is not YAML ({str(error).splitlines()[0]})")


def _syntax_fault(text: str, error: yaml.MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.split("\n")
    # a tab's own place says more than where the parser gave up
    for number in {line, max(line - 1, 0)}:
        blank = re.match(r" *\t", lines[number]) if number < len(lines) else None
        if blank:
            return Fault((number + 1, blank.end()), (), "a tab can't indent: use spaces")
    reason = ": ".join(part for part in (error.context, error.problem) if part) or "can't be understood"
    return Fault((line + 1, column + 1), (), f"{reason}: check the quotes, colons and indentation")
