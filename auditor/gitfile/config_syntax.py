"""Git's configuration syntax (git-config(1), config.c) with the line of every value."""

import re
from dataclasses import dataclass

_SECTION = re.compile(rb'\[[ \t]*([A-Za-z0-9.-]+)(?:[ \t]+"((?:[^"\\\n]|\\.)*)")?\]')
_KEY = re.compile(rb"([A-Za-z][A-Za-z0-9-]*)[ \t]*")
_ESCAPES = {b"n": b"\n", b"t": b"\t", b"b": b"\b", b"\\": b"\\", b'"': b'"'}
_COMMENT = (b"#", b";")
_TOKEN = re.compile(
    rb'(?P<continued>\\\n)|(?P<escape>\\[ntb"\\])|(?P<quote>")|(?P<comment>[#;])'
    rb'|(?P<blank>[ \t\r\v\f]+)|(?P<plain>[^\\"#; \t\r\v\f\n]+)'
)


class ConfigSyntaxError(ValueError):
    """Git would refuse the file at this line; the message is that line's number."""


@dataclass(frozen=True)
class Setting:
    """One value: section and key in lower case, the subsection as written; `value` is None for a key alone."""

    section: str
    subsection: bytes | None
    key: str
    value: bytes | None
    line: int


def parse_settings(data: bytes) -> list[Setting]:
    """The settings of a configuration file in order; raises ConfigSyntaxError."""
    # git takes the end of the file for a line end
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n") + b"\n"
    settings = []
    section, subsection = "", None
    at, line = 0, 1
    while at < len(data):
        char = data[at : at + 1]
        if char in b" \t\n\v\f\r":
            line += char == b"\n"
            at += 1
        elif char in _COMMENT:
            at = _line_end(data, at)
        elif char == b"[":
            section, subsection, at = _header(data, at, line)
        else:
            match = _KEY.match(data, at)
            if not match:
                raise ConfigSyntaxError(str(line))
            value, end, lines = _value(data, match.end(), line)
            settings.append(Setting(section, subsection, match[1].decode().lower(), value, line))
            at, line = end, line + lines
    return settings


def _line_end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end


def _header(data: bytes, at: int, line: int) -> tuple[str, bytes | None, int]:
    match = _SECTION.match(data, at)
    if not match:
        raise ConfigSyntaxError(str(line))
    if match[2] is not None:
        return match[1].decode().lower(), re.sub(rb"\\(.)", rb"\1", match[2]), match.end()
    name, dot, rest = match[1].decode().lower().partition(".")
    return name, rest.encode() if dot else None, match.end()


def _value(data: bytes, at: int, line: int) -> tuple[bytes | None, int, int]:
    """The value after a key, where its last line ends, and how many line ends lie within."""
    if data[at : at + 1] in (b"\n", b""):
        return None, at, 0
    if data[at : at + 1] != b"=":
        raise ConfigSyntaxError(str(line))
    out = bytearray()
    at, lines, quoted, solid = at + 1, 0, False, 0
    while match := _TOKEN.match(data, at):
        if match.lastgroup == "comment" and not quoted:
            at = _line_end(data, at)
            break
        at = match.end()
        if match.lastgroup == "continued":
            lines += 1
        elif match.lastgroup == "blank" and not quoted:
            out += match[0] if out else b""
        elif match.lastgroup == "quote":
            quoted = not quoted
            solid = len(out)
        else:
            out += _ESCAPES[match[0][1:]] if match.lastgroup == "escape" else match[0]
            solid = len(out)
    if quoted or data[at : at + 1] not in (b"\n", b""):
        raise ConfigSyntaxError(str(line + lines))
    return bytes(out[:solid]), at, lines
