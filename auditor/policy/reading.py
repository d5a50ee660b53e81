"""Which facts an expression reads, told from its text: paths through the facts' schema, as JSON pointers.

The answer may name too much, never too little: a root of which no member is named counts whole.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

_STRING = re.compile(r"r?'''.*?'''|r?\"\"\".*?\"\"\"|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_PATH = re.compile(r"(?<![\w.])([A-Za-z_]\w*)((?:\s*\.\s*[A-Za-z_]\w*)*)")


@dataclass(frozen=True)
class Vocabulary:
    """The facts by name: `definitions` are the schema's `$defs`, `roots` name the definition of each root."""

    definitions: Mapping[str, Schema]
    roots: Mapping[str, str]

    def items(self, path: str) -> str | None:
        """What the list at a dotted `path` holds: a definition's name or a scalar's type; None where no list is."""
        schema = self._walk(path.split("."))
        if schema is None or schema.get("type") != "array":
            return None
        item = _plain(schema["items"])
        return _definition(item) or str(item.get("type"))

    def reads(self, expression: str, variables: Mapping[str, str]) -> frozenset[str]:
        """The JSON pointers that `expression` may read; `variables` map a name to the pointer that it stands for."""
        pointers = set()
        for name, rest in _PATH.findall(_STRING.sub("''", expression)):
            members = [member.strip() for member in rest.split(".")[1:]]
            if name in variables:
                pointers.add("/".join([variables[name], *members]))
            elif name in self.roots:
                pointers.add(self._pointer(name, members))
        return frozenset(pointers)

    def _pointer(self, root: str, members: list[str]) -> str:
        known: list[str] = []
        for member in members:
            if self._walk([root, *known, member]) is None:
                break
            known.append(member)
        return "/" + "/".join([root, *known])

    def _walk(self, path: list[str]) -> Schema | None:
        """The schema of the member at `path`; None where the facts have no such member."""
        if path[0] not in self.roots:
            return None
        schema: Schema = {"$ref": f"#/$defs/{self.roots[path[0]]}"}
        for member in path[1:]:
            name = _definition(schema)
            if name is None or member not in self.definitions[name].get("properties", {}):
                return None
            schema = _plain(self.definitions[name]["properties"][member])
        return schema


def _plain(schema: Schema) -> Schema:
    plain: Schema = schema["anyOf"][0] if "anyOf" in schema else schema
    return plain


def _definition(schema: Schema) -> str | None:
    reference = schema.get("$ref")
    return reference.removeprefix("#/$defs/") if isinstance(reference, str) else None


@lru_cache(maxsize=16_384)  # the same reads meet the same gaps, rule by rule and night by night
def touches(pointer: str, gap: str) -> bool:
    """Whether a gap at `gap` may hide what is read at `pointer`; `*` in a pointer stands for any element."""
    read, missing = pointer.split("/"), gap.split("/")
    return all(ours in ("*", theirs) for ours, theirs in zip(read, missing, strict=False))


@lru_cache(maxsize=16_384)
def covers(gap: str, pointer: str) -> bool:
    """Whether a gap at `gap` speaks of the whole of what is read at `pointer`, or of something that holds it."""
    return gap.count("/") <= pointer.count("/") and touches(pointer, gap)


def element_of(gap: str, path: str) -> int | None:
    """The index of the element of the list at the dotted `path` that a gap is about; None where it is about no one."""
    start = "/" + path.replace(".", "/") + "/"
    index = gap.removeprefix(start).partition("/")[0] if gap.startswith(start) else ""
    return int(index) if index.isdecimal() else None
