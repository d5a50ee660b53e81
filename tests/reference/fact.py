"""docs/facts.md: everything that a rule's expressions may name, by root, from the types of the code."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.policy.reading import Vocabulary

from .markdown import code, marked, table

Schema = Mapping[str, Any]
_HEAD = """# The facts

<!-- made from the dataclasses of auditor/model/facts and auditor/derive; mended by: {command} -->

What the expressions of a rule can name: the sources' own facts (`local`, `gitea`, `nas`, `canon`, `site`, `leaks`),
what earlier runs saw (`earlier`), the gate's subject (`target`), this site's file (`config`, `limits`), the audit's own
(`audit`), and what is derived from them. `now` is the snapshot's time.

A fact that was not observed is absent: whatever needs it is UNKNOWN, while `null` and an empty list were observed. The
last column says which facts are there whenever the thing itself is. Times are texts for `timestamp()`, the `limits` for
`duration()`. `auditor collect` writes the facts of a site, and `auditor validate` finds a misspelt one.
"""
_SCALARS = {"string": "text", "integer": "int", "number": "double", "boolean": "bool", "object": "map", "null": "null"}


def render_facts(vocabulary: Vocabulary, command: str) -> str:
    """The page: each root with the types below it, a type that several roots share under the first."""
    lines, told = [_HEAD.format(command=command)], set[str]()
    for root, name in sorted(vocabulary.roots.items()):
        lines.append(f"## {root}\n")
        for below in _below(name, vocabulary.definitions):
            if below not in told:
                told.add(below)
                lines += _entry(below, vocabulary.definitions[below], root if below == name else None)
    return "\n".join(lines)


def _below(name: str, definitions: Mapping[str, Schema]) -> Iterator[str]:
    """The type and those that it refers to, in the order of their mention."""
    waiting, seen = [name], set[str]()
    while waiting:
        current = waiting.pop(0)
        if current not in seen:
            seen.add(current)
            yield current
            waiting += re.findall(r"#/\$defs/([\w.]+)", str(definitions[current]["properties"]))


def _entry(name: str, definition: Schema, root: str | None) -> Iterator[str]:
    if root is None:
        yield f"### {name}\n"
    yield f"{marked(definition['description'])}\n"
    rows = [
        [code(f"{root}.{field}" if root else field), _type(kind), "yes" if field in definition["required"] else ""]
        for field, kind in definition["properties"].items()
    ]
    yield table(["fact", "type", "always"], rows) + "\n"


def _type(kind: Schema) -> str:
    if "$ref" in kind:
        name = kind["$ref"].removeprefix("#/$defs/")
        return f"[{name}](#{name.replace('.', '').lower()})"
    if "anyOf" in kind:
        return " or ".join(map(_type, kind["anyOf"]))
    if "enum" in kind:
        return ", ".join("null" if value is None else code(value) for value in kind["enum"])
    names = [kind["type"]] if isinstance(kind["type"], str) else kind["type"]
    return " or ".join(f"list of {_type(kind['items'])}" if name == "array" else _SCALARS[name] for name in names)
