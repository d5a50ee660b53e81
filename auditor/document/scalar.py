"""What a YAML scalar means, and where each of its characters stands in the file; ambiguous words are refused."""

import math
import re

Plain = str | int | float | bool | None

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_AMBIGUOUS = {"yes", "no", "on", "off", "y", "n"}
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)$")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)?\.([0-9]+([eE][-+]?[0-9]+)?)?$")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+(\.[0-9]*)?$|[-+]?0[xob][0-9a-fA-F_]+$")
_ESCAPES = {"0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r",
            "e": "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0",
            "L": "\u2028", "P": "\u2029"}  # fmt: skip


def plain_value(text: str) -> Plain:
    """The value of an unquoted scalar; raises ValueError with the remedy where readers differ over it."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text.lower() in _AMBIGUOUS:
        raise ValueError(f"ambiguous '{text}': write true/false or quote it")
    if _LEADING_ZERO.match(text):
        raise ValueError(f"ambiguous number '{text[:40]}': quote it, or write it without the leading zero")
    if _INT.match(text):
        if len(text) > 18:
            raise ValueError(f"the number '{text[:12]}…' is too long: quote it if it is an id")
        return int(text)
    if _FLOAT.match(text) and any(char.isdigit() for char in text):
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(f"the number '{text[:40]}' is too large")
        return number
    return text


def source_offsets(raw: str, style: str) -> tuple[str, list[int]] | None:
    """The value of a plain or quoted scalar's source, and the offset in `raw` of each of its characters.

    None where this reading fails; callers compare the value with the parser's own before they trust the offsets.
    """
    body, first = (raw[1:-1], 1) if style in ("'", '"') else (raw, 0)
    chars: list[str] = []
    offsets: list[int] = []
    index = 0
    while index < len(body):
        step = _fold(body, index) or _escape(body, index, style)
        if step is None:
            return None
        text, length = step
        chars.extend(text)
        offsets.extend([first + index] * len(text))
        index += length
    offsets.append(first + len(body))
    return "".join(chars), offsets


def _fold(body: str, index: int) -> tuple[str, int] | None:
    """A line break in a flow scalar: one is a space, more are one less newlines; blanks around it count for nothing."""
    match = re.compile(r"(?P<slash>\\)?[ \t]*\n(?P<rest>[ \t\n]*)").match(body, index)
    if not match or (match["slash"] and body[index + 1] != "\n"):
        return None
    empty_lines = match["rest"].count("\n")
    joined = "" if match["slash"] else " "
    return "\n" * empty_lines or joined, len(match[0])


def _escape(body: str, index: int, style: str) -> tuple[str, int] | None:
    char = body[index]
    if style == "'" and char == "'":
        return "'", 2
    if style != '"' or char != "\\":
        return char, 1
    code = body[index + 1 : index + 2]
    if code in _ESCAPES:
        return _ESCAPES[code], 2
    digits = {"x": 2, "u": 4, "U": 8}.get(code)
    number = body[index + 2 : index + 2 + (digits or 0)]
    if not digits or not re.fullmatch(r"[0-9A-Fa-f]+", number) or int(number, 16) > 0x10FFFF:
        return None
    return chr(int(number, 16)), 2 + digits
