"""One walk over the work tree: which tracked paths are there, what is untracked, what is ignored.

It follows no link, enters no other repository, and opens nothing but ignore files.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from auditor.collectors.local.exclusion import own_file
from auditor.collectors.local.gap import GapList, reason_of
from auditor.collectors.local.tracked import TrackedPaths
from auditor.errors import SourceError
from auditor.gitfile.ignore import Pattern, deciding, parse_patterns
from auditor.gitfile.layout import is_nested_repository
from auditor.interfaces import Deadline
from auditor.text import name_text

Kind = Literal["file", "symlink", "folder", "other"]
Tracking = Literal["tracked", "ignored", "untracked"]
Groups = tuple[Sequence[Pattern], ...]


@dataclass(frozen=True, slots=True)
class Present:
    """A tracked path that something is at: what, and its name on disk."""

    kind: Kind
    disk_path: bytes


@dataclass
class WalkResult:
    """What a walk found; `present` is keyed by the index's path, `blocked` are folders that can't be read."""

    present: dict[bytes, Present] = field(default_factory=dict)
    untracked: list[tuple[bytes, int]] = field(default_factory=list)
    ignored_count: int = 0
    blocked: list[bytes] = field(default_factory=list)
    chosen: list[tuple[bytes, Tracking]] = field(default_factory=list)


@dataclass
class Walk:
    """Walks once; `choose` tells the names that are to be listed whatever they are (env files)."""

    root: bytes
    tracked: TrackedPaths
    common: Groups
    gaps: GapList
    deadline: Deadline
    choose: Callable[[bytes], bool]
    read_blob: Callable[[bytes], bytes]
    ignore_case: bool = False
    result: WalkResult = field(default_factory=WalkResult)

    def run(self) -> WalkResult:
        """Everything below the root."""
        pending: list[tuple[bytes, Groups, bool]] = [(b"", self.common, False)]
        while pending:
            self.deadline.check()
            pending.extend(self._folder(*pending.pop()))
        return self.result

    def _folder(self, prefix: bytes, groups: Groups, ignored: bool) -> list[tuple[bytes, Groups, bool]]:
        """The folders below `prefix` that are to be walked, each with its patterns and whether it is ignored."""
        try:
            with os.scandir(self.root + b"/" + prefix) as scan:
                entries = [entry for entry in scan if not self._is_dot_git(entry.name)]
        except OSError as fault:
            self._block(prefix, fault)
            return []
        if not ignored:
            groups = self._with_own(prefix, groups, entries)
        below = []
        for entry in entries:
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                inside = self._enter(path, groups, ignored)
                if inside is not None:
                    below.append((path + b"/", groups, inside))
            else:
                self._leaf(path, entry, groups, ignored)
        return below

    def _is_dot_git(self, name: bytes) -> bool:
        return name == b".git" or (self.ignore_case and name.lower() == b".git")

    def _block(self, prefix: bytes, fault: Exception) -> None:
        self.result.blocked.append(prefix)
        place = name_text(prefix) or "the work tree"
        for pointer in ("untracked", "ignored_count", "env_files"):
            self.gaps.add(pointer, f"folder {place} can't be read: {reason_of(fault)}", "make it readable")

    def _with_own(self, prefix: bytes, groups: Groups, entries: list[os.DirEntry[bytes]]) -> Groups:
        path = prefix + b".gitignore"
        try:
            if any(entry.name == b".gitignore" for entry in entries):
                data = own_file(self.root + b"/" + path)
            else:
                tracked = self.tracked.entry(path)
                # git takes a file that a sparse checkout leaves out from the index
                data = self.read_blob(tracked.oid) if tracked and tracked.skip_worktree else None
        except (SourceError, OSError) as fault:
            for pointer in ("untracked", "ignored_count"):
                self.gaps.add(pointer, f"{name_text(path)}: {reason_of(fault)}", "make it readable")
            return groups
        patterns = parse_patterns(data or b"", path, prefix, ignore_case=self.ignore_case)
        return (*groups, patterns) if patterns else groups

    def _enter(self, path: bytes, groups: Groups, ignored: bool) -> bool | None:
        """Whether the folder is ignored, None if it is not to be entered."""
        entry = self.tracked.entry(path)
        if entry is not None:
            nested = is_nested_repository(self.root + b"/" + path)
            if entry.mode == 0o160000 or nested:
                self.result.present[entry.path] = Present("folder", path)
                return None
        inside = ignored or _is_ignored(groups, path, True)
        if entry is None and not self.tracked.holds(path + b"/") and is_nested_repository(self.root + b"/" + path):
            self._count(path + b"/", inside)
            return None
        return inside

    def _leaf(self, path: bytes, entry: os.DirEntry[bytes], groups: Groups, ignored: bool) -> None:
        tracked = self.tracked.entry(path)
        kind: Kind = "symlink" if entry.is_symlink() else "file" if entry.is_file() else "other"
        tracking: Tracking = "tracked"
        if tracked is not None:
            self.result.present[tracked.path] = Present(kind, path)
        else:
            ignored = ignored or _is_ignored(groups, path, False)
            tracking = "ignored" if ignored else "untracked"
            # git sees neither FIFOs nor sockets nor devices
            if kind != "other":
                self._count(path, ignored)
        if self.choose(entry.name):
            self.result.chosen.append((path, tracking))

    def _count(self, path: bytes, ignored: bool) -> None:
        if ignored:
            self.result.ignored_count += 1
            return
        try:
            mtime = os.lstat(self.root + b"/" + path).st_mtime_ns
        except OSError:
            # gone since the folder was listed, or its name is known and nothing else
            mtime = -1
        self.result.untracked.append((path, mtime))


def _is_ignored(groups: Groups, path: bytes, is_folder: bool) -> bool:
    pattern = deciding(groups, path, is_folder)
    return pattern is not None and not pattern.negated
