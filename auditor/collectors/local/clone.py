"""The facts of a clone, from its files alone: no program runs, nothing is written, locked or refreshed."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH118

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from auditor.collectors.local.branch import BranchReader
from auditor.collectors.local.config_level import process_environment, read_config
from auditor.collectors.local.env_file import TrackedEnvSearch
from auditor.collectors.local.env_ignore import probe_env_ignore
from auditor.collectors.local.format import Format, read_format
from auditor.collectors.local.gap import GapList
from auditor.collectors.local.graph import CommitGraph
from auditor.collectors.local.moment import utc_text
from auditor.collectors.local.object_store import ObjectStore
from auditor.collectors.local.ref import HEADS, Refs, head_name, read_head, read_refs
from auditor.collectors.local.state import operations, worktrees
from auditor.collectors.local.submodule import read_gitmodules
from auditor.collectors.local.tree import tree_of, walk_tree
from auditor.collectors.local.work_tree import WorkTree, with_work
from auditor.errors import SourceError
from auditor.gitfile.config import GitConfig
from auditor.gitfile.layout import Layout, find_layout
from auditor.gitfile.remote import credentials, remotes
from auditor.gitfile.tls import tls_switches
from auditor.interfaces import Deadline
from auditor.model.facts.dotenv import IgnoreProbe, TrackedEnvFile
from auditor.model.facts.local import Local
from auditor.model.missing import MISSING, Missing
from auditor.text import name_text

Tree = dict[bytes, tuple[int, bytes]]


def observe(
    path: Path,
    *,
    remote: str,
    branch: str,
    now: datetime,
    deadline: Deadline,
    progress: Callable[[str], None],
    environment: Mapping[bytes, bytes] | None = None,
) -> Local:
    """The facts of the clone at `path`, its `branch` compared with that of `remote`.

    `environment` are the variables that git's configuration depends on, by default this process's. Raises SourceError
    where there is no clone, or one of an unknown format; whatever else can't be read is a gap.
    """
    variables = process_environment() if environment is None else environment
    try:
        clone = _opened(path, variables, deadline)
    except (OSError, ValueError) as fault:
        raise SourceError(f"{str(path)!r} can't be read as a clone: run git fsck in it") from fault
    try:
        return _facts(clone, remote, branch, now, progress)
    finally:
        clone.store.close()


@dataclass(frozen=True)
class _Clone:
    layout: Layout
    environment: Mapping[bytes, bytes]
    config: GitConfig
    format: Format
    store: ObjectStore
    gaps: GapList
    deadline: Deadline

    @cached_property
    def refs(self) -> Refs:
        if not self.format.plain_refs:
            raise SourceError("its refs are in the reftable format, which can't be read yet")
        return read_refs(self.layout, self.gaps)

    @cached_property
    def graph(self) -> CommitGraph:
        return CommitGraph(self.store, self.format.boundary, self.deadline)

    @cached_property
    def head_commit(self) -> bytes | None:
        commit = read_head(self.layout.git_dir, self.refs).commit
        return None if commit is None else bytes.fromhex(commit)

    @cached_property
    def head_tree(self) -> Tree:
        """HEAD's tree, path to mode and id; empty before the first commit."""
        if self.head_commit is None:
            return {}
        tree = tree_of(self.store, self.head_commit)
        return {path: (mode, oid) for path, mode, oid in walk_tree(self.store, tree, self.deadline)}


def _opened(path: Path, environment: Mapping[bytes, bytes], deadline: Deadline) -> _Clone:
    layout = find_layout(path)
    gaps = GapList()
    try:
        name = head_name(layout.git_dir)[0]
    except SourceError:
        # told again where HEAD is asked for; only conditional includes need it here
        name = None
    config = read_config(layout, environment, name.removeprefix(HEADS) if name else None, gaps)
    form = read_format(layout, config)
    store = ObjectStore(layout.common_dir, form.hash_name, partial=bool(form.promisors))
    return _Clone(layout, environment, config, form, store, gaps, deadline)


def _facts(clone: _Clone, remote: str, branch: str, now: datetime, progress: Callable[[str], None]) -> Local:
    local = Local(
        available=True,
        observed_at=utc_text(int(now.timestamp())),
        path=name_text(clone.layout.work_tree or clone.layout.git_dir),
        git_dir=name_text(clone.layout.git_dir),
        object_format=clone.format.hash_name,
        bare=clone.layout.work_tree is None or clone.config.boolean("core", "bare", default=False),
        shallow=bool(clone.format.boundary),
        promisor_remotes=clone.format.promisors,
        linked_worktree=clone.layout.linked,
        remote=remote,
    )
    progress("reading configuration")
    local = _with_settings(local, clone)
    progress("reading history")
    local = _with_history(local, clone, remote, branch)
    local = _with_tracked_env(local, clone)
    progress("reading files")
    work = WorkTree(
        layout=clone.layout,
        environment=clone.environment,
        config=clone.config,
        store=clone.store,
        gaps=clone.gaps,
        deadline=clone.deadline,
        head_tree=lambda: clone.head_tree,
    )
    local = with_work(local, work)
    return replace(local, gaps=clone.gaps.result())


def _with_settings(local: Local, clone: _Clone) -> Local:
    attempt, config = clone.gaps.attempt, clone.config
    root = clone.layout.work_tree
    modules = attempt("credentials submodules", lambda: read_gitmodules(root) if root else [])
    file = os.path.join(root or b"", b".gitmodules")
    return replace(
        local,
        remotes=attempt("remotes", lambda: remotes(config)),
        credentials=attempt("credentials", lambda: credentials(config, [] if modules is MISSING else modules, file)),
        tls_switches=attempt("tls_switches", lambda: tls_switches(config, clone.environment)),
    )


def _with_history(local: Local, clone: _Clone, remote: str, branch: str) -> Local:
    attempt = clone.gaps.attempt
    head = attempt("head", lambda: read_head(clone.layout.git_dir, clone.refs))
    refs = attempt(
        "default_branch main branches detached tracking_branches stashes worktrees root_commits", lambda: clone.refs
    )
    local = replace(
        local,
        head=head,
        operations=attempt("operations", lambda: operations(clone.layout.git_dir)),
    )
    if refs is MISSING:
        return local
    reader = BranchReader(clone.layout, clone.store, clone.graph, refs, clone.config, clone.gaps)
    commit = None if head is MISSING or head.commit is None else bytes.fromhex(head.commit)
    is_detached = head is not MISSING and head.kind == "detached" and commit is not None
    return replace(
        local,
        default_branch=reader.default_branch(remote),
        fetched_at=attempt("fetched_at", reader.fetched_at),
        main=attempt("main", lambda: reader.main(remote, branch)),
        branches=attempt("branches", reader.branches),
        detached=attempt("detached", lambda: reader.detached(commit) if is_detached and commit else None),
        tracking_branches=attempt("tracking_branches", reader.tracking_branches),
        stashes=attempt("stashes", reader.stashes),
        worktrees=attempt("worktrees", lambda: worktrees(clone.layout, refs, clone.gaps)),
        root_commits=_root_commits(clone, reader, commit),
    )


def _root_commits(clone: _Clone, reader: BranchReader, commit: bytes | None) -> tuple[str, ...] | Missing:
    if clone.format.boundary:
        clone.gaps.add("root_commits", "a shallow clone lacks its first commits", "git fetch --unshallow")
        return MISSING
    return clone.gaps.attempt("root_commits", lambda: () if commit is None else reader.roots(commit))


def _with_tracked_env(local: Local, clone: _Clone) -> Local:
    attempt = clone.gaps.attempt
    return replace(
        local,
        tracked_env_files=attempt("tracked_env_files", lambda: _tracked_env_files(clone)),
        env_ignore=attempt("env_ignore", lambda: _env_ignore(clone)),
    )


def _tracked_env_files(clone: _Clone) -> tuple[TrackedEnvFile, ...]:
    search = TrackedEnvSearch(clone.store, clone.deadline)
    found: list[TrackedEnvFile] = []
    for name, commit in clone.refs.below(HEADS):
        found.extend(search.files(name_text(name.removeprefix(HEADS)), commit))
    return clone.gaps.capped("tracked_env_files", found)


def _env_ignore(clone: _Clone) -> tuple[IgnoreProbe, ...]:
    if clone.head_commit is None:
        raise SourceError("there is no commit yet whose ignore files could be asked")
    return probe_env_ignore(clone.store, clone.head_tree)
