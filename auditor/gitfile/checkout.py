"""What git does to content at check-out on Linux, as far as no program is needed (convert.c, crlf_to_worktree).

An `ident`, an encoding or a filter but LFS is said not to be judged; nothing is run.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from auditor.gitfile.attribute import Value
from auditor.gitfile.conversion import check_in_of, lfs_pointer, looks_binary

LineEnds = Literal["keep", "crlf", "auto-crlf"]
# git compares these names without case, and converts nothing for them
_UTF_8 = (b"", b"utf-8", b"utf8")


@dataclass(frozen=True, slots=True)
class CheckOut:
    """How a path's blob becomes a file; `program` is what would have to run, None where nothing must."""

    line_ends: LineEnds
    lfs: bool
    program: str | None


@dataclass(frozen=True, slots=True)
class Content:
    """A file by hashes, as `CanonFile` has them."""

    sha256: str
    size: int
    other_eol_sha256: str | None
    lfs_sha256: str | None


def check_out_of(attributes: Mapping[bytes, Value]) -> CheckOut:
    """The conversion that these attributes ask for, without any configuration: as a fresh git in a container has it."""
    encoding = attributes.get(b"working-tree-encoding")
    if isinstance(encoding, bytes) and encoding.lower() in _UTF_8:
        attributes = {name: value for name, value in attributes.items() if name != b"working-tree-encoding"}
    check_in = check_in_of(attributes, "false")
    # set or unset, an encoding makes git refuse the path
    program = "working-tree-encoding" if isinstance(encoding, bool) else check_in.program
    line_ends: LineEnds = "keep"
    # on Linux a text without an eol is written as it is stored, line ends of Windows included
    if attributes.get(b"eol") == b"crlf" and check_in.line_ends != "keep":
        line_ends = "auto-crlf" if check_in.line_ends == "auto" else "crlf"
    return CheckOut(line_ends, check_in.lfs, program)


def checked_out(stored: bytes, line_ends: LineEnds) -> bytes:
    """The bytes of the file that git makes of a blob."""
    if line_ends == "keep":
        return stored
    if line_ends == "auto-crlf" and (b"\r" in stored or looks_binary(stored)):
        return stored
    return stored.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def content_of(stored: bytes, line_ends: LineEnds, *, lfs: bool) -> Content:
    """The hashes of the file that a blob becomes; with `lfs` the blob may be a pointer to another content."""
    file = checked_out(stored, line_ends)
    other = _other_line_ends(file)
    pointer = lfs_pointer(stored) if lfs else None
    return Content(
        sha256=hashlib.sha256(file).hexdigest(),
        size=len(file),
        other_eol_sha256=None if other is None else hashlib.sha256(other).hexdigest(),
        lfs_sha256=pointer[0] if pointer else None,
    )


def _other_line_ends(file: bytes) -> bytes | None:
    """The text with LF for CRLF, else with CRLF for LF; None for a binary, and for a single line without an end."""
    if b"\n" not in file or looks_binary(file):
        return None
    if b"\r\n" in file:
        return file.replace(b"\r\n", b"\n")
    return file.replace(b"\n", b"\r\n")
