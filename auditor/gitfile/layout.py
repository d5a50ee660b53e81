"""Where a clone keeps what: work tree, git directory, common directory; no program is asked, no variable honoured."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH112, PTH116, PTH118, PTH120

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from auditor.errors import SourceError
from auditor.text import name_text

_FILE_LIMIT = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The folders of a clone as absolute bytes; `work_tree` is None for a bare repository.

    `git_dir` holds HEAD and the index, `common_dir` (the same but in a linked worktree) objects, refs and config.
    """

    work_tree: bytes | None
    git_dir: bytes
    common_dir: bytes

    @property
    def linked(self) -> bool:
        """Whether this is a worktree that was added to another clone."""
        return self.git_dir != self.common_dir


def find_layout(path: Path) -> Layout:
    """The layout of the repository at `path` itself, parents are not searched; raises SourceError."""
    shown = repr(str(path))
    try:
        return _layout(os.path.realpath(os.fsencode(path)), shown)
    except FileNotFoundError as fault:
        raise SourceError(f"no such folder {shown}: set local.path to a clone") from fault
    except OSError as fault:
        raise SourceError(f"can't look into {shown}: {(fault.strerror or 'error').lower()}") from fault
    except ValueError as fault:
        raise SourceError(f"{shown} is no path: set local.path to a clone") from fault


def _layout(root: bytes, shown: str) -> Layout:
    if not stat.S_ISDIR(os.stat(root).st_mode):
        raise SourceError(f"{shown} is no folder: set local.path to a clone")
    dot_git = os.path.join(root, b".git")
    if os.path.lexists(dot_git):
        git_dir = _git_dir(dot_git)
        return Layout(work_tree=root, git_dir=git_dir, common_dir=_common_dir(git_dir))
    if is_git_dir(root):
        return Layout(work_tree=None, git_dir=root, common_dir=_common_dir(root))
    raise SourceError(f"{shown} is no git repository: set local.path to a clone")


def _git_dir(dot_git: bytes) -> bytes:
    target = os.path.realpath(dot_git) if os.path.isdir(dot_git) else gitfile_target(dot_git)
    if target is None or not is_git_dir(target):
        raise SourceError(f"{name_text(dot_git)!r} is damaged or leads nowhere: clone again, or git worktree repair")
    return target


def gitfile_target(dot_git: bytes) -> bytes | None:
    """The folder that a `.git` file names, None if it is no such file."""
    text = small_file(dot_git)
    if text is None or not text.startswith(b"gitdir: "):
        return None
    named = text[8:].rstrip(b"\r\n")
    return os.path.realpath(os.path.join(os.path.dirname(dot_git), named)) if b"\0" not in named else None


def _common_dir(git_dir: bytes) -> bytes:
    text = small_file(os.path.join(git_dir, b"commondir"))
    return git_dir if text is None else os.path.realpath(os.path.join(git_dir, text.rstrip(b"\r\n")))


def is_git_dir(path: bytes) -> bool:
    """Whether git would take `path` for a git directory: HEAD, objects and refs are there."""
    common = small_file(os.path.join(path, b"commondir"))
    shared = path if common is None else os.path.join(path, common.rstrip(b"\r\n"))
    return (
        os.path.lexists(os.path.join(path, b"HEAD"))
        and os.path.isdir(os.path.join(shared, b"objects"))
        and os.path.lexists(os.path.join(shared, b"refs"))
    )


def is_nested_repository(folder: bytes) -> bool:
    """Whether `folder` is the work tree of a repository of its own."""
    dot_git = os.path.join(folder, b".git")
    try:
        if stat.S_ISDIR(os.stat(dot_git).st_mode):
            return is_git_dir(dot_git)
        target = gitfile_target(dot_git)
    except OSError:
        return False
    return target is not None and is_git_dir(target)


def small_file(path: bytes, limit: int = _FILE_LIMIT) -> bytes | None:
    """The bytes of a regular file, None if there is none; a device or FIFO is none, a larger one a SourceError."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise SourceError(f"{name_text(path)!r} is larger than {limit} bytes: it is no file that git would write")
    return data
