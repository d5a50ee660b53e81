"""Refs as they lie on disk, loose and packed, and the time of a ref's last reflog entry; nothing is locked."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH114, PTH115, PTH118

import os
import re
from dataclasses import dataclass

from auditor.collectors.local.gap import GapList, reason_of
from auditor.collectors.local.moment import utc_text
from auditor.errors import SourceError
from auditor.gitfile.layout import Layout, small_file
from auditor.model.facts.local import Head
from auditor.text import name_text

_PACKED_LIMIT = 256 * 1024 * 1024
_REFLOG_TAIL = 64 * 1024
_REFLOG_TIME = re.compile(rb"> (\d{1,18}) [+-]\d{4}(?:\t|$)")
_SYMREF_DEPTH = 5
_HEX = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
HEADS = b"refs/heads/"
REMOTES = b"refs/remotes/"


@dataclass(frozen=True)
class Refs:
    """Every direct ref by its full name, and the symbolic ones with the name that they hold."""

    direct: dict[bytes, bytes]
    symbolic: dict[bytes, bytes]

    def resolve(self, name: bytes) -> bytes | None:
        """The object that a ref leads to."""
        for _ in range(_SYMREF_DEPTH):
            if name in self.direct:
                return self.direct[name]
            if name not in self.symbolic:
                return None
            name = self.symbolic[name]
        return None

    def below(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        """Name and object of the direct refs below a prefix, by name."""
        return sorted((name, oid) for name, oid in self.direct.items() if name.startswith(prefix))


def read_refs(layout: Layout, gaps: GapList) -> Refs:
    """The refs of the common directory; one that is damaged is a gap of the branches."""
    direct = _packed(os.path.join(layout.common_dir, b"packed-refs"))
    symbolic: dict[bytes, bytes] = {}
    for folder, folders, files in os.walk(os.path.join(layout.common_dir, b"refs")):
        folders[:] = [name for name in folders if not os.path.islink(os.path.join(folder, name))]
        for file in files:
            path = os.path.join(folder, file)
            name = os.path.relpath(path, layout.common_dir)
            if not file.endswith(b".lock"):
                _read_loose(path, name, direct, symbolic, gaps)
    return Refs(direct, symbolic)


def _read_loose(
    path: bytes, name: bytes, direct: dict[bytes, bytes], symbolic: dict[bytes, bytes], gaps: GapList
) -> None:
    try:
        text = small_file(path)
        if text is None:
            return
        kind, value = _parsed(text)
    except (SourceError, OSError) as fault:
        direct.pop(name, None)
        for pointer in ("branches", "tracking_branches", "main"):
            gaps.add(pointer, f"ref {name_text(name)}: {reason_of(fault)}", "run git fsck")
    else:
        # a loose ref counts more than a packed one of its name
        direct.pop(name, None)
        (symbolic if kind == "symbolic" else direct)[name] = value


def _parsed(text: bytes) -> tuple[str, bytes]:
    if text.startswith(b"ref:"):
        return "symbolic", text[4:].strip()
    match = _HEX.match(text)
    if not match or text[match.end() :].strip():
        raise SourceError("it holds no object id")
    return "direct", bytes.fromhex(match[0].decode())


def _packed(path: bytes) -> dict[bytes, bytes]:
    found = {}
    for line in (small_file(path, _PACKED_LIMIT) or b"").splitlines():
        match = _HEX.match(line)
        if match and line[match.end() : match.end() + 1] == b" ":
            found[line[match.end() + 1 :]] = bytes.fromhex(match[0].decode())
        elif not line.startswith((b"#", b"^")):
            raise SourceError("packed-refs is damaged: run git fsck, then clone again")
    return found


def head_name(git_dir: bytes) -> tuple[bytes | None, bytes | None]:
    """The ref that a HEAD file names, or the object that it holds; raises SourceError if it is neither."""
    path = os.path.join(git_dir, b"HEAD")
    if os.path.islink(path):
        return os.readlink(path), None
    text = small_file(path)
    if text is None:
        raise SourceError("HEAD is gone: clone again")
    try:
        kind, value = _parsed(text)
    except SourceError as fault:
        raise SourceError("HEAD is damaged: write the branch into it, or clone again") from fault
    return (value, None) if kind == "symbolic" else (None, value)


def read_head(git_dir: bytes, refs: Refs) -> Head:
    """What a worktree's HEAD names."""
    name, oid = head_name(git_dir)
    if name is None:
        return Head(kind="detached", branch=None, commit=oid.hex() if oid else None)
    branch = name_text(name.removeprefix(HEADS))
    commit = refs.resolve(name)
    if commit is None:
        return Head(kind="unborn", branch=branch, commit=None)
    return Head(kind="branch", branch=branch, commit=commit.hex())


def last_logged(common_dir: bytes, name: bytes) -> str | None:
    """The time of a ref's last reflog entry; None without one."""
    if b".." in name.split(b"/"):
        return None
    try:
        # not blocked by what is no file
        handle = os.open(os.path.join(common_dir, b"logs", name), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _REFLOG_TAIL))
            lines = log.read(_REFLOG_TAIL).splitlines()
    except (OSError, ValueError):
        return None
    match = _REFLOG_TIME.search(lines[-1]) if lines else None
    return utc_text(int(match[1])) if match else None
