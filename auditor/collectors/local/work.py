"""The facts of index and work tree: staged, unstaged, untracked, and what the index's bits hide."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from auditor.collectors.local.content import Comparison, ContentReader, Job, State, is_content
from auditor.collectors.local.difference import DifferenceJudge, Verdict
from auditor.collectors.local.gap import GapList
from auditor.collectors.local.moment import mtime_text
from auditor.collectors.local.object_store import GITLINK
from auditor.collectors.local.sparse import SparsePatterns
from auditor.collectors.local.submodule import checked_out_commit
from auditor.collectors.local.walk import WalkResult
from auditor.gitfile.index import IndexEntry
from auditor.model.facts.local import Change, HiddenPath, UntrackedFile
from auditor.model.missing import MISSING, Missing
from auditor.text import name_text

ChangeKind = Literal["added", "modified", "deleted", "type-changed", "unmerged"]
_TYPE = 0o170000


@dataclass(frozen=True)
class Judged:
    """The state of a tracked path on disk that is not simply the same, and its mtime."""

    verdict: Verdict
    mtime_ns: int | None = None


@dataclass
class WorkReader:
    """Joins the index, the walk and the comparison of content."""

    root: bytes
    entries: Sequence[IndexEntry]
    walk: WalkResult
    gaps: GapList
    sparse: SparsePatterns | None

    def judged(self, reader: ContentReader, judge: DifferenceJudge) -> dict[bytes, Judged]:
        """Every tracked path that is not the same on disk, by its name in the index."""
        present = self.walk.present
        jobs = [Job(one, present[one.path]) for one in self.entries if one.path in present and is_content(one)]
        result = {}
        for found in reader.differing(jobs):
            verdict = _settled(found, judge)
            if verdict.state != "same":
                result[found.entry.path] = Judged(verdict, found.mtime_ns)
        result.update(self._without_content())
        return result

    def _without_content(self) -> Iterable[tuple[bytes, Judged]]:
        """The tracked paths that are gone, and the submodules that moved."""
        blocked = tuple(self.walk.blocked)
        for entry in self.entries:
            if entry.stage:
                continue
            if entry.path not in self.walk.present:
                gone = not entry.path.startswith(blocked) if blocked else True
                yield entry.path, Judged(Verdict("deleted") if gone else Verdict(None, "its folder can't be read"))
            elif entry.mode == GITLINK:
                state = self._submodule_state(entry)
                if state != "same":
                    yield entry.path, Judged(Verdict(state), self._mtime(entry.path))

    def _submodule_state(self, entry: IndexEntry) -> State:
        if self.walk.present[entry.path].kind != "folder":
            return "type-changed"
        commit = checked_out_commit(self.root + b"/" + entry.path)
        return "same" if commit in (None, entry.oid.hex()) else "modified"

    def unstaged(self, judged: Mapping[bytes, Judged]) -> tuple[Change, ...]:
        """The changes that git status would show, those that the bits hide left out."""
        changes = [self._change(path, "unmerged") for path in sorted({one.path for one in self.entries if one.stage})]
        for entry in self.entries:
            if entry.intent_to_add and entry.path in self.walk.present:
                changes.append(self._change(entry.path, "added"))
            found = judged.get(entry.path)
            state = found.verdict.state if found else None
            if found is None or state is None or state == "same" or entry.stage or _is_hidden(entry):
                continue
            changes.append(self._change(entry.path, state, found.mtime_ns))
        self._say_unjudged("unstaged", judged, hidden=False)
        return self.gaps.capped("unstaged", sorted(changes, key=lambda one: one.path))

    def _say_unjudged(self, pointer: str, judged: Mapping[bytes, Judged], *, hidden: bool) -> None:
        """One gap for each reason, with the first path and how many there are."""
        reasons: dict[str, list[bytes]] = {}
        for entry in self.entries:
            found = judged.get(entry.path)
            if found and found.verdict.state is None and _is_hidden(entry) == hidden:
                reasons.setdefault(found.verdict.reason or "not judged", []).append(entry.path)
        for reason, paths in reasons.items():
            more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
            self.gaps.add(pointer, f"{name_text(paths[0])}{more} can't be judged: {reason}")

    def hidden(self, judged: Mapping[bytes, Judged]) -> tuple[HiddenPath, ...]:
        """The paths with an assume-unchanged or skip-worktree bit, those a sparse checkout leaves out apart."""
        paths = [
            self._hidden_path(entry, judged.get(entry.path))
            for entry in self.entries
            if _is_hidden(entry) and not self._is_left_out(entry)
        ]
        self._say_unjudged("hidden", judged, hidden=True)
        return self.gaps.capped("hidden", paths)

    def _is_left_out(self, entry: IndexEntry) -> bool:
        absent = entry.skip_worktree and entry.path not in self.walk.present
        return absent and self.sparse is not None and not self.sparse.includes(entry.path)

    def _hidden_path(self, entry: IndexEntry, found: Judged | None) -> HiddenPath:
        state = found.verdict.state if found else "same"
        changed = self._changed_at(entry.path, found.mtime_ns) if found else MISSING
        return HiddenPath(
            path=name_text(entry.path),
            assume_unchanged=entry.assume_unchanged,
            skip_worktree=entry.skip_worktree,
            state=MISSING if state is None else state,
            differs=MISSING if state is None else state != "same",
            changed_at=changed,
        )

    def staged(self, head: Mapping[bytes, tuple[int, bytes]]) -> tuple[Change, ...]:
        """The differences between HEAD's tree and the index; unmerged paths are unstaged's."""
        own = {one.path: one for one in self.entries if not one.intent_to_add}
        changes = []
        for path, entry in own.items():
            before = head.get(path)
            if entry.stage or before == (entry.mode, entry.oid):
                continue
            if before is None:
                changes.append(self._change(path, "added"))
            else:
                same_type = before[0] & _TYPE == entry.mode & _TYPE
                changes.append(self._change(path, "modified" if same_type else "type-changed"))
        changes.extend(self._change(path, "deleted") for path in head if path not in own)
        return self.gaps.capped("staged", sorted(changes, key=lambda one: one.path))

    def untracked(self) -> tuple[UntrackedFile, ...]:
        """The untracked files by name."""
        found = sorted(self.walk.untracked)
        kept = self.gaps.capped("untracked", found)
        return tuple(
            UntrackedFile(path=name_text(path), changed_at=MISSING if mtime < 0 else mtime_text(mtime))
            for path, mtime in kept
        )

    def _change(self, path: bytes, kind: ChangeKind, mtime_ns: int | None = None) -> Change:
        return Change(path=name_text(path), kind=kind, changed_at=self._changed_at(path, mtime_ns))

    def _changed_at(self, path: bytes, mtime_ns: int | None) -> str | Missing:
        mtime = self._mtime(path) if mtime_ns is None else mtime_ns
        return MISSING if mtime is None else mtime_text(mtime)

    def _mtime(self, path: bytes) -> int | None:
        """The mtime of a path, of the nearest folder that is left where it is gone."""
        while True:
            try:
                return os.lstat(self.root + b"/" + path).st_mtime_ns
            except (FileNotFoundError, NotADirectoryError):
                if not path:
                    return None
                path = path.rpartition(b"/")[0]
            except OSError:
                return None


def _settled(found: Comparison, judge: DifferenceJudge) -> Verdict:
    return Verdict(None, found.reason) if found.state is None else judge.judge(found)


def _is_hidden(entry: IndexEntry) -> bool:
    return entry.assume_unchanged or entry.skip_worktree
