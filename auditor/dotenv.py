"""The syntax of env files, as the common readers of it agree: names, and whether each has a value."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_EXAMPLES = (b".example", b".sample", b".template", b".dist")
_NAME = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*(?:=|:(?=[ \t]))[ \t]*")
_QUOTES = "\"'`"
_PEM = re.compile(r"-----BEGIN [^\n]*-----\n(?:[^\n]*\n)*?-----END [^\n]*")


@dataclass(frozen=True)
class Assignment:
    """A variable and its value, which never shows in a representation."""

    name: str
    value: str = field(repr=False)


def is_env_name(name: bytes) -> bool:
    """Whether a file's name is that of an env file: `.env` and its variants, the examples apart."""
    lower = name.lower()
    return lower.startswith(b".env") and not lower.endswith(_EXAMPLES)


def parse_dotenv(data: bytes) -> Iterator[Assignment]:
    """The assignments of an env file in order; lines that are none are passed over. Quoted values may span lines."""
    text = _decoded(data).replace("\r\n", "\n").replace("\r", "\n")
    at = 0
    while at < len(text):
        match = _NAME.match(text, at)
        if match:
            value, at = _value(text, match.end())
            yield Assignment(match[1], value)
        end = text.find("\n", at)
        at = len(text) if end < 0 else end + 1


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


def _value(text: str, at: int) -> tuple[str, int]:
    """The value that starts at a place, and where it ends; an open quote is a plain character."""
    quote = text[at : at + 1]
    if quote and quote in _QUOTES:
        end = _closing(text, at + 1, quote)
        if end >= 0:
            return text[at + 1 : end], end + 1
    # the lines of a key that was pasted without quotes are no names
    pasted = _PEM.match(text, at)
    if pasted:
        return pasted[0], pasted.end()
    end = text.find("\n", at)
    line = text[at : len(text) if end < 0 else end]
    comment = re.search(r"(?:^|[ \t])#", line)
    return (line[: comment.start()] if comment else line).strip(), at + len(line)


def _closing(text: str, at: int, quote: str) -> int:
    """Where the quote ends, -1 if it doesn't; only double quotes know the backslash."""
    while at < len(text):
        if text[at] == "\\" and quote == '"':
            at += 2
            continue
        if text[at] == quote:
            return at
        at += 1
    return -1
