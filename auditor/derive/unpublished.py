"""Work that only the clone holds: commits on a branch, stashes, changed and untracked files, with the age of each."""

from collections.abc import Iterator
from typing import Literal

from auditor.config import Config
from auditor.frozen import frozen
from auditor.model.facts.local import Branch, Local
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing

_READ = ("branches", "detached", "stashes", "staged", "unstaged", "untracked")


@frozen
class Work:
    """Something that would be lost with this machine; `since` is when its oldest part was made."""

    kind: Literal["branch", "stash", "file"]
    name: str
    text: str
    since: str | Missing = MISSING


@frozen
class Unpublished:
    """The clone's unpublished work: branches first, then stashes, then files by path."""

    items: tuple[Work, ...] | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, _config: Config) -> Unpublished:
    """The work of the clone that no remote-tracking branch holds; a part that can't be seen is a gap of the whole."""
    local = snapshot.local
    if local is MISSING:
        return Unpublished()
    if not local.available:
        return Unpublished(gaps=(Gap(pointer="/unpublished", reason=f"local is unavailable: {local.error}"),))
    return Unpublished(
        items=(*_branches(local), *_stashes(local), *_files(local)),
        gaps=_gaps(local),
    )


def _gaps(local: Local) -> tuple[Gap, ...]:
    """What may hide work: the witness's own gaps, else the facts that it does not give."""
    absent = [name for name in _READ if getattr(local, name) is MISSING]
    unsaid = tuple(
        Gap(pointer="/unpublished/items", reason=f"the clone's {name} facts were not observed") for name in absent
    )
    return carried(local.gaps, tuple(f"/local/{name}" for name in _READ), "/unpublished/items") or unsaid


def _branches(local: Local) -> Iterator[Work]:
    branches = () if local.branches is MISSING else local.branches
    detached = () if local.detached is MISSING or local.detached is None else (local.detached,)
    for branch in (*branches, *detached):
        if branch.unpublished_count is MISSING or branch.unpublished_count:
            since = MISSING if branch.unpublished_since is None else branch.unpublished_since
            yield Work(kind="branch", name=branch.name, text=_commits(branch), since=since)


def _commits(branch: Branch) -> str:
    if branch.unpublished_count is MISSING:
        return f"branch {branch.name}"
    plural = "" if branch.unpublished_count == 1 else "s"
    return f"{branch.unpublished_count} commit{plural} on branch {branch.name}"


def _stashes(local: Local) -> Iterator[Work]:
    for stash in () if local.stashes is MISSING else local.stashes:
        if stash.published is not True:
            yield Work(kind="stash", name=stash.name, text=f"{stash.name} ({stash.message})", since=stash.created_at)


def _files(local: Local) -> Iterator[Work]:
    found: dict[str, Work] = {}
    for changes in (local.staged, local.unstaged):
        for change in () if changes is MISSING else changes:
            text = f"{change.kind} {change.path}"
            found[change.path] = Work(kind="file", name=change.path, text=text, since=change.changed_at)
    for file in () if local.untracked is MISSING else local.untracked:
        found[file.path] = Work(kind="file", name=file.path, text=f"untracked {file.path}", since=file.changed_at)
    yield from (found[path] for path in sorted(found))
