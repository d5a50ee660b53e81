"""What index and work tree say, put together; a part that fails leaves a gap and spares the others."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH118

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from auditor.collectors.local.content import ContentReader
from auditor.collectors.local.difference import DifferenceJudge, auto_crlf_of, common_rules
from auditor.collectors.local.env_file import EnvFileReader
from auditor.collectors.local.exclusion import common_patterns
from auditor.collectors.local.gap import GapList
from auditor.collectors.local.index_file import expanded, read_index
from auditor.collectors.local.object_store import ObjectStore
from auditor.collectors.local.sparse import sparse_patterns
from auditor.collectors.local.submodule import read_gitmodules, submodules
from auditor.collectors.local.tracked import TrackedPaths
from auditor.collectors.local.walk import Walk, WalkResult
from auditor.collectors.local.work import WorkReader
from auditor.dotenv import is_env_name
from auditor.errors import SourceError
from auditor.gitfile.config import GitConfig
from auditor.gitfile.index import IndexEntry
from auditor.gitfile.layout import Layout
from auditor.interfaces import Deadline
from auditor.model.facts.local import Local
from auditor.model.missing import MISSING

_ALL = "staged unstaged untracked ignored_count tracked_count hidden submodules env_files"


@dataclass(frozen=True)
class WorkTree:
    """What the facts of a work tree are read from."""

    layout: Layout
    environment: Mapping[bytes, bytes]
    config: GitConfig
    store: ObjectStore
    gaps: GapList
    deadline: Deadline
    head_tree: Callable[[], Mapping[bytes, tuple[int, bytes]]]

    @property
    def ignore_case(self) -> bool:
        """Whether core.ignoreCase says that the file system ignores case."""
        return self.config.boolean("core", "ignorecase", default=False)


def with_work(local: Local, work: WorkTree) -> Local:
    """`local` with the facts of index and work tree; a bare repository's are empty."""
    root = work.layout.work_tree
    if root is None:
        return replace(
            local,
            staged=(),
            unstaged=(),
            untracked=(),
            ignored_count=0,
            tracked_count=0,
            hidden=(),
            submodules=(),
            env_files=(),
            sparse=False,
        )
    entries = work.gaps.attempt(_ALL, lambda: _entries(work, root))
    if entries is MISSING:
        return local
    tracked = TrackedPaths(
        entries,
        ignore_case=work.ignore_case,
        precompose=work.config.boolean("core", "precomposeunicode", default=False),
    )
    walk = work.gaps.attempt("unstaged untracked ignored_count hidden env_files", lambda: _walked(work, root, tracked))
    local = replace(local, tracked_count=len(tracked))
    return _with_walk(local, work, root, entries, tracked, None if walk is MISSING else walk)


def _with_walk(
    local: Local,
    work: WorkTree,
    root: bytes,
    entries: list[IndexEntry],
    tracked: TrackedPaths,
    walk: WalkResult | None,
) -> Local:
    attempt, gaps = work.gaps.attempt, work.gaps
    sparse = attempt("hidden sparse", lambda: sparse_patterns(work.layout, work.config))
    reader = WorkReader(root, entries, walk or WalkResult(), gaps, None if sparse is MISSING else sparse)
    local = replace(
        local,
        sparse=MISSING if sparse is MISSING else sparse is not None,
        staged=attempt("staged", lambda: reader.staged(work.head_tree())),
        submodules=attempt("submodules", lambda: submodules(root, entries, read_gitmodules(root), gaps)),
    )
    if walk is None:
        return local
    local = replace(
        local,
        untracked=reader.untracked(),
        ignored_count=walk.ignored_count,
        env_files=attempt("env_files", lambda: EnvFileReader(root, gaps).files(walk.chosen, work.head_tree())),
    )
    judged = attempt("unstaged hidden", lambda: reader.judged(_content_reader(work, root), _judge(work, root, tracked)))
    if judged is MISSING:
        return local
    hidden = MISSING if sparse is MISSING else reader.hidden(judged)
    return replace(local, unstaged=reader.unstaged(judged), hidden=hidden)


def _entries(work: WorkTree, root: bytes) -> list[IndexEntry]:
    elsewhere = work.config.get("core", "worktree")
    if elsewhere is not None and os.path.realpath(os.path.join(work.layout.git_dir, elsewhere)) != root:
        raise SourceError("core.worktree leads to another folder: git config --unset core.worktree, or audit that one")
    return expanded(read_index(work.layout.git_dir, work.store.hash_name), work.store, work.deadline)


def _walked(work: WorkTree, root: bytes, tracked: TrackedPaths) -> WalkResult:
    common = common_patterns(work.layout, work.config, work.environment, work.gaps, ignore_case=work.ignore_case)
    walk = Walk(
        root,
        tracked,
        tuple(common),
        work.gaps,
        work.deadline,
        is_env_name,
        work.store.blob,
        work.ignore_case,
    )
    return walk.run()


def _content_reader(work: WorkTree, root: bytes) -> ContentReader:
    boolean = work.config.boolean
    return ContentReader(
        root,
        work.store.hash_name,
        boolean("core", "filemode", default=True),
        boolean("core", "symlinks", default=True),
        work.deadline,
    )


def _judge(work: WorkTree, root: bytes, tracked: TrackedPaths) -> DifferenceJudge:
    common, info = common_rules(work.layout, work.config, work.environment)
    return DifferenceJudge(root, work.store, tracked, common, info, auto_crlf_of(work.config), work.ignore_case)
