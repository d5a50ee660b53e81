"""What git does to content at check-in, as far as no program is needed: line ends, and LFS pointers.

Anything else, an `ident`, an encoding or another filter, is said not to be judged; nothing is run.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from auditor.gitfile.attribute import Value

LineEnds = Literal["keep", "text", "auto"]
_LFS = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-.*\n)*oid sha256:([0-9a-f]{64})\nsize (\d+)\n"
)
_CARRIAGE_RETURN_PAIR = b"\r\n"
_PRINTABLE_CONTROLS = b"\b\x1b\f\t"
_NOT_PRINTABLE = bytes(code for code in [*range(32), 127] if code not in (*_PRINTABLE_CONTROLS, 10, 13))


@dataclass(frozen=True)
class CheckIn:
    """How a path's content is to be compared; `program` is what would have to run, None where nothing must."""

    line_ends: LineEnds
    lfs: bool
    program: str | None


def check_in_of(attributes: Mapping[bytes, Value], auto_crlf: Literal["true", "input", "false"]) -> CheckIn:
    """The conversion that these attributes and core.autocrlf ask for."""
    name = attributes.get(b"filter")
    lfs = name == b"lfs"
    program = None
    if isinstance(name, bytes) and not lfs:
        program = "filter"
    elif attributes.get(b"ident") is True:
        program = "ident"
    elif isinstance(attributes.get(b"working-tree-encoding"), bytes):
        program = "working-tree-encoding"
    return CheckIn(_line_ends(attributes, auto_crlf), lfs, program)


def _line_ends(attributes: Mapping[bytes, Value], auto_crlf: str) -> LineEnds:
    spoken = (attributes.get(b"text"), attributes.get(b"crlf"))
    text = next((value for value in spoken if value in (True, False, b"auto", b"input")), None)
    if text is False:
        return "keep"
    if text == b"auto":
        return "auto"
    if text is not None or attributes.get(b"eol") in (b"lf", b"crlf"):
        return "text"
    return "keep" if auto_crlf == "false" else "auto"


def normalised(content: bytes, line_ends: LineEnds, stored: bytes) -> bytes:
    """The content that git would store; `stored` is the blob of the index, whose own CRLF stops a guess."""
    if line_ends == "keep" or _CARRIAGE_RETURN_PAIR not in content:
        return content
    if line_ends == "text":
        return content.replace(b"\r\n", b"\n")
    if looks_binary(content) or (_CARRIAGE_RETURN_PAIR in stored and not looks_binary(stored)):
        return content
    return content.replace(b"\r\n", b"\n")


def looks_binary(content: bytes) -> bool:
    """Git's guess (convert.c): a NUL, a lone CR, or more than one in 128 that no text has."""
    if b"\0" in content or content.count(b"\r") != content.count(b"\r\n"):
        return True
    controls = len(content) - len(content.translate(None, _NOT_PRINTABLE))
    ends = content.count(b"\n") + content.count(b"\r")
    printable = len(content) - ends - controls
    # an end-of-file mark of DOS is forgiven
    odd = controls - content.endswith(b"\x1a")
    return printable >> 7 < odd


def lfs_pointer(stored: bytes) -> tuple[str, int] | None:
    """The sha256 and size that a pointer names; None if `stored` is no pointer."""
    match = _LFS.fullmatch(stored) if len(stored) < 1024 else None
    return (match[1].decode(), int(match[2])) if match else None
