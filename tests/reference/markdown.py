"""Texts made safe to stand in Markdown: prose that stays prose, code that ends where it should."""

import re

from auditor.text import printable

_SPECIAL = re.compile(r"([\\`*\[\]<>|~#&])|(?<![^\W_])_|_(?![^\W_])")


def prose(text: str) -> str:
    """A text on one line, each of whose characters is shown as it is."""
    return _SPECIAL.sub(lambda match: "\\" + match[0], printable(_line(text)))


def code(text: str) -> str:
    """A code span on one line, in a table too; its fence is longer than any run of backticks in it."""
    plain = printable(_line(text)).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall("`+", plain)), default=0) + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def block(text: str, language: str) -> str:
    """A fenced block, which none of its lines can end."""
    plain = printable(text.strip("\n"), keep_newlines=True)
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", plain)), default=0) + 1)
    return f"{fence}{language}\n{plain}\n{fence}"


def marked(text: str) -> str:
    """Prose in which what stands between backticks is code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return prose(text)
    return "".join(code(part) if number % 2 else _spaced(part) for number, part in enumerate(parts) if part)


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _spaced(text: str) -> str:
    """Prose that keeps the blanks at its ends, for code stands beside it."""
    inner = prose(text.strip())
    return f"{' ' * text[:1].isspace()}{inner}{' ' * (text[-1:].isspace() and bool(inner))}"


def _line(text: str) -> str:
    return " ".join(text.split())
