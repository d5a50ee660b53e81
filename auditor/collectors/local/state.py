"""Operations that git began and didn't finish, and the worktrees that share the repository."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH112, PTH118, PTH119, PTH120, PTH208

import os
from typing import Literal

from auditor.collectors.local.gap import GapList
from auditor.collectors.local.moment import mtime_text
from auditor.collectors.local.ref import Refs, read_head
from auditor.gitfile.layout import Layout, small_file
from auditor.model.facts.local import Operation, Worktree
from auditor.text import name_text

_Kind = Literal["merge", "rebase", "am", "cherry-pick", "revert", "bisect"]
# the state file of each operation, relative to the git directory (wt-status.c)
_SIGNS: tuple[tuple[bytes, _Kind], ...] = (
    (b"MERGE_HEAD", "merge"),
    (b"rebase-merge", "rebase"),
    (b"rebase-apply/rebasing", "rebase"),
    (b"rebase-apply/applying", "am"),
    (b"CHERRY_PICK_HEAD", "cherry-pick"),
    (b"REVERT_HEAD", "revert"),
    (b"BISECT_LOG", "bisect"),
)


def operations(git_dir: bytes) -> tuple[Operation, ...]:
    """What is in progress in this worktree."""
    found = []
    for sign, kind in _SIGNS:
        try:
            mtime = os.lstat(os.path.join(git_dir, sign)).st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            continue
        found.append(Operation(kind=kind, started_at=mtime_text(mtime)))
    return tuple(found)


def worktrees(layout: Layout, refs: Refs, gaps: GapList) -> tuple[Worktree, ...]:
    """The main worktree (the repository itself if it is bare), then the linked ones by their folder in it."""
    own = layout.work_tree if not layout.linked else None
    bare = os.path.basename(layout.common_dir) != b".git"
    main = own or (layout.common_dir if bare else os.path.dirname(layout.common_dir))
    found = [_worktree(main, layout.common_dir, refs, gaps, 0)]
    folder = os.path.join(layout.common_dir, b"worktrees")
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        git_dir = os.path.join(folder, name)
        link = small_file(os.path.join(git_dir, b"gitdir"))
        if link is not None:
            path = os.path.join(git_dir, os.path.dirname(link.rstrip(b"\r\n")))
            found.append(_worktree(os.path.normpath(path), git_dir, refs, gaps, len(found)))
    return gaps.capped("worktrees", found)


def _worktree(path: bytes, git_dir: bytes, refs: Refs, gaps: GapList, index: int) -> Worktree:
    return Worktree(
        path=name_text(path),
        main=index == 0,
        present=os.path.isdir(path),
        locked=index > 0 and os.path.lexists(os.path.join(git_dir, b"locked")),
        head=gaps.attempt(f"worktrees/{index}/head", lambda: read_head(git_dir, refs)),
    )
