"""Tables that fit: where the columns are wider than the page, each row is a few indented lines instead."""

import textwrap
from collections.abc import Iterator, Sequence

from tabulate import tabulate
from wcwidth import wcswidth


def fitting(rows: Sequence[Sequence[str]], headers: Sequence[str], width: int) -> str:
    """The rows as a table of at most `width` columns, else one below the other under the first header."""
    table = tabulate(rows, headers=headers, disable_numparse=True)
    if all(wcswidth(line) <= width for line in table.splitlines()):
        return table
    lines = (line for row in rows for line in _lines(row, width))
    return "\n".join((*wrapped(headers[0], width), *lines))


def _lines(row: Sequence[str], width: int) -> Iterator[str]:
    first, second, *more = row
    yield from wrapped(f"{first}: {second}", width, "  ")
    for cell in more:
        yield from wrapped(cell, width, "    ")


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """A text in lines of at most `width` columns; an address stays whole, to be copied."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
