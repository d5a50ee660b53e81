"""The facts of branches: upstream, ahead and behind, and what no remote-tracking ref contains."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH116, PTH118

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from auditor.collectors.local.commit import commit_line, message_line
from auditor.collectors.local.gap import GapList, reason_of
from auditor.collectors.local.graph import CommitGraph
from auditor.collectors.local.moment import mtime_text, utc_text
from auditor.collectors.local.object_store import ObjectStore
from auditor.collectors.local.ref import HEADS, REMOTES, Refs, last_logged
from auditor.collectors.local.stash import read_stash_log
from auditor.errors import SourceError
from auditor.gitfile.config import GitConfig
from auditor.gitfile.layout import Layout
from auditor.gitfile.refspec import tracking_ref
from auditor.gitfile.url import parse_url
from auditor.model.facts.local import Branch, CommitLine, MainBranch, Stash, TrackingBranch, Upstream
from auditor.model.missing import MISSING, Missing
from auditor.text import name_text

_UNPUBLISHED_LIMIT = 100
_AHEAD_LIMIT = 1000


@dataclass(frozen=True)
class BranchReader:
    """Answers what the refs and the history say; each question by itself, so that one fault spoils one answer."""

    layout: Layout
    store: ObjectStore
    graph: CommitGraph
    refs: Refs
    config: GitConfig
    gaps: GapList

    def branches(self) -> tuple[Branch, ...]:
        """The local branches by name."""
        heads = self.gaps.capped("branches", self.refs.below(HEADS))
        return tuple(
            self._branch(name.removeprefix(HEADS), oid, f"branches/{index}") for index, (name, oid) in enumerate(heads)
        )

    def detached(self, commit: bytes) -> Branch:
        """A detached HEAD as a branch."""
        return self._branch(b"HEAD", commit, "detached")

    def _branch(self, name: bytes, oid: bytes, pointer: str) -> Branch:
        upstream = self._upstream(name)
        ahead, behind = self._distance(oid, upstream, pointer)
        try:
            commits = self.graph.only_in([oid], self._published)
            since = min((self.graph.header(one).committed for one in commits), default=None)
            lines = self._lines(commits[:_UNPUBLISHED_LIMIT])
        except SourceError as fault:
            self.gaps.add(f"{pointer}/unpublished", f"branch {name_text(name)}: {reason_of(fault)}")
            return Branch(name=name_text(name), commit=oid.hex(), upstream=upstream, ahead=ahead, behind=behind)
        return Branch(
            name=name_text(name),
            commit=oid.hex(),
            upstream=upstream,
            ahead=ahead,
            behind=behind,
            unpublished_count=len(commits),
            unpublished_since=None if since is None else utc_text(since),
            unpublished=lines,
        )

    @cached_property
    def _published(self) -> list[bytes]:
        """The tips of the remote-tracking refs."""
        return list(dict.fromkeys(oid for _, oid in self.refs.below(REMOTES)))

    def _lines(self, commits: Sequence[bytes]) -> tuple[CommitLine, ...]:
        return tuple(commit_line(oid, self.store.commit(oid)) for oid in commits)

    def _upstream(self, name: bytes) -> Upstream | None:
        remote = self.config.get("branch", "remote", name)
        merge = self.config.get("branch", "merge", name)
        if not remote or not merge:
            return None
        ref = tracking_ref(self.config, remote, merge)
        commit = self.refs.resolve(ref) if ref else None
        known = remote == b"." or remote in self.config.subsections("remote")
        return Upstream(
            remote=name_text(remote) if known else parse_url(remote).text,
            ref=name_text(merge),
            tracking_ref=name_text(ref) if ref else None,
            commit=commit.hex() if commit else None,
        )

    def _distance(
        self, oid: bytes, upstream: Upstream | None, pointer: str
    ) -> tuple[int | Missing | None, int | Missing | None]:
        if upstream is None or upstream.commit is None:
            return None, None
        other = bytes.fromhex(upstream.commit)
        try:
            return len(self.graph.only_in([oid], [other])), len(self.graph.only_in([other], [oid]))
        except SourceError as fault:
            for field in ("ahead", "behind"):
                self.gaps.add(f"{pointer}/{field}", reason_of(fault))
            return MISSING, MISSING

    def main(self, remote: str, branch: str) -> MainBranch:
        """The configured branch against its remote-tracking branch."""
        ref = REMOTES + os.fsencode(remote) + b"/" + os.fsencode(branch)
        own, other = self.refs.resolve(HEADS + os.fsencode(branch)), self.refs.resolve(ref)
        plain = MainBranch(
            name=branch,
            commit=own.hex() if own else None,
            tracking_ref=name_text(ref),
            tracking_commit=other.hex() if other else None,
            tracking_updated_at=self._learned_at(remote, branch, ref),
            ahead_count=None,
            ahead=(),
            behind_count=None,
            behind_since=None,
        )
        return plain if own is None or other is None else self._compared(plain, own, other)

    def _compared(self, main: MainBranch, own: bytes, other: bytes) -> MainBranch:
        try:
            ahead, behind = self.graph.only_in([own], [other]), self.graph.only_in([other], [own])
            since = min((self.graph.header(oid).committed for oid in behind), default=None)
            if len(ahead) > _AHEAD_LIMIT:
                self.gaps.add("main/ahead", f"{len(ahead)} commits: cut after {_AHEAD_LIMIT}")
            return replace(
                main,
                ahead_count=len(ahead),
                ahead=self._lines(ahead[:_AHEAD_LIMIT]),
                behind_count=len(behind),
                behind_since=None if since is None else utc_text(since),
            )
        except SourceError as fault:
            fields = ("ahead_count", "ahead", "behind_count", "behind_since")
            for field in fields:
                self.gaps.add(f"main/{field}", reason_of(fault))
            return replace(main, ahead_count=MISSING, ahead=MISSING, behind_count=MISSING, behind_since=MISSING)

    def _learned_at(self, remote: str, branch: str, ref: bytes) -> str | None:
        """The last reflog entry; a clone logs its first one under the remote's HEAD alone."""
        own = last_logged(self.layout.common_dir, ref)
        if own is None and self.default_branch(remote) == branch:
            return last_logged(self.layout.common_dir, REMOTES + os.fsencode(remote) + b"/HEAD")
        return own

    def tracking_branches(self) -> tuple[TrackingBranch, ...]:
        """The remote-tracking branches by name; `HEAD` of a remote, which only points to one, is left out."""
        found = self.gaps.capped("tracking_branches", self.refs.below(REMOTES))
        return tuple(
            TrackingBranch(
                ref=name_text(ref),
                name=name_text(ref.removeprefix(REMOTES)),
                commit=oid.hex(),
                updated_at=last_logged(self.layout.common_dir, ref),
            )
            for ref, oid in found
        )

    def default_branch(self, remote: str) -> str | None:
        """The branch that the remote's HEAD was seen to point to."""
        prefix = REMOTES + os.fsencode(remote) + b"/"
        target = self.refs.symbolic.get(prefix + b"HEAD")
        return name_text(target.removeprefix(prefix)) if target and target.startswith(prefix) else None

    def fetched_at(self) -> str | None:
        """When FETCH_HEAD was last written."""
        try:
            return mtime_text(os.stat(os.path.join(self.layout.git_dir, b"FETCH_HEAD")).st_mtime_ns)
        except FileNotFoundError:
            return None

    def roots(self, tip: bytes) -> tuple[str, ...]:
        """The first commits of the history of `tip`."""
        return tuple(oid.hex() for oid in self.graph.roots(tip))

    def stashes(self) -> tuple[Stash, ...]:
        """The stash entries, newest first."""
        entries = self.gaps.capped("stashes", read_stash_log(self.layout.common_dir, self.refs))
        return tuple(
            Stash(
                name=f"stash@{{{index}}}",
                commit=entry.commit.hex(),
                created_at=utc_text(entry.created),
                message=message_line(entry.message),
                published=self._is_published(entry.commit, index),
            )
            for index, entry in enumerate(entries)
        )

    def _is_published(self, commit: bytes, index: int) -> bool | Missing:
        try:
            return commit not in self.graph.only_in([commit], self._published)
        except SourceError as fault:
            self.gaps.add(f"stashes/{index}/published", reason_of(fault))
            return MISSING
