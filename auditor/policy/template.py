"""Texts with expressions in braces: `{branch.name} is behind`; `{{` and `}}` stand for the braces themselves."""

import json
import re
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
UNKNOWN = "<unknown>"


@dataclass(frozen=True)
class Slot:
    """An expression inside a template; `offset` is where it starts, counted in characters from 0."""

    expression: str
    offset: int


class TemplateError(ValueError):
    """A brace without its partner; `offset` is its place in the template."""

    def __init__(self, offset: int) -> None:
        super().__init__("a single brace: write {{ or }} for the brace itself")
        self.offset = offset


def parse_template(text: str) -> tuple[str | Slot, ...]:
    """The literal parts and the expressions of `text`, in order."""
    parts: list[str | Slot] = []
    end = 0
    for match in _TOKEN.finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
        if match[0] in ("{{", "}}"):
            parts.append(match[0][0])
        elif match[1] is None:
            raise TemplateError(match.start())
        else:
            parts.append(Slot(match[1], match.start() + 1))
    parts.append(text[end:])
    return tuple(part for part in parts if part != "")


def shown(value: Any) -> str:
    """A value as a sentence shows it."""
    if isinstance(value, str):
        return value
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return ", ".join(shown(item) for item in value) or "none"
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return UNKNOWN
