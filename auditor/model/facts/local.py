"""What the local witness saw in a developer's clone: content and configuration, never a credential or a
secret value.

Lists are complete unless a Gap names them. All times are RFC 3339 UTC, all object ids hex in full.
"""

from typing import Literal

from auditor.frozen import frozen
from auditor.model.facts.dotenv import EnvFile, IgnoreProbe, TrackedEnvFile
from auditor.model.facts.git_config import CredentialPlace, Remote, RemoteUrl, TlsSwitch
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing


@frozen
class Head:
    """What HEAD names; `branch` is None when detached, `commit` is None when unborn."""

    kind: Literal["branch", "detached", "unborn"]
    branch: str | None
    commit: str | None


@frozen
class CommitLine:
    """A commit in one line; `committed_at` is the committer's date, `subject` at most 200 characters of
    the first line.
    """

    commit: str
    committed_at: str
    subject: str


@frozen
class Upstream:
    """What a branch follows: `remote` is `.` for a local branch; `commit` is None when `tracking_ref`
    is gone.
    """

    remote: str
    ref: str
    tracking_ref: str | None
    commit: str | None


@frozen
class Branch:
    """A local branch; `ahead` and `behind` count against the upstream, None without one.

    `unpublished` are the newest of its commits (at most 100) that no remote-tracking ref contains,
    newest first; `unpublished_count` counts all of them; `unpublished_since` is the committer date of
    the oldest.
    """

    name: str
    commit: str
    upstream: Upstream | None
    ahead: int | Missing | None = MISSING
    behind: int | Missing | None = MISSING
    unpublished_count: int | Missing = MISSING
    unpublished_since: str | Missing | None = MISSING
    unpublished: tuple[CommitLine, ...] | Missing = MISSING


@frozen
class MainBranch:
    """The configured branch against its remote-tracking branch; a side that doesn't exist has commit
    None, and no counts.

    `ahead` holds at most 1,000 commits, newest first. `tracking_updated_at` is the last reflog entry,
    None without one.
    """

    name: str
    commit: str | None
    tracking_ref: str
    tracking_commit: str | None
    tracking_updated_at: str | None
    ahead_count: int | Missing | None = MISSING
    ahead: tuple[CommitLine, ...] | Missing = MISSING
    behind_count: int | Missing | None = MISSING
    behind_since: str | Missing | None = MISSING


@frozen
class TrackingBranch:
    """A remote-tracking branch (`ref` is `refs/remotes/origin/main`, `name` `origin/main`);
    `updated_at` as above.
    """

    ref: str
    name: str
    commit: str
    updated_at: str | None


@frozen
class Change:
    """A path that differs between HEAD and index (staged) or index and work tree (unstaged).

    `changed_at` is the file's mtime; where the file is gone, the mtime of the nearest folder that is
    left: the deletion is at least that old.
    """

    path: str
    kind: Literal["added", "modified", "deleted", "type-changed", "unmerged"]
    changed_at: str | Missing = MISSING


@frozen
class UntrackedFile:
    """A file that is neither tracked nor ignored; a nested repository is one entry that ends in `/`."""

    path: str
    changed_at: str | Missing = MISSING


@frozen
class HiddenPath:
    """A tracked path with a bit that makes git look away; a path outside a sparse checkout's patterns
    is not listed.

    `state` is that of the work tree against the index; MISSING where it can't be judged.
    """

    path: str
    assume_unchanged: bool
    skip_worktree: bool
    state: Literal["same", "modified", "deleted", "type-changed"] | Missing = MISSING
    differs: bool | Missing = MISSING
    changed_at: str | Missing = MISSING


@frozen
class Stash:
    """A stash, newest first; `published` says whether a remote-tracking ref contains its commit (hardly
    ever).
    """

    name: str
    commit: str
    created_at: str
    message: str
    published: bool | Missing = MISSING


@frozen
class Worktree:
    """A linked or the main worktree of the repository; `present` is False where its folder is gone."""

    path: str
    main: bool
    present: bool
    locked: bool
    head: Head | Missing = MISSING


@frozen
class Operation:
    """Something that git began and that isn't finished; `started_at` is the mtime of its state file."""

    kind: Literal["merge", "rebase", "am", "cherry-pick", "revert", "bisect"]
    started_at: str


@frozen
class Submodule:
    """A submodule of the index or .gitmodules; a commit is None where it is not recorded or not checked
    out.
    """

    path: str
    name: str | None
    recorded_commit: str | None
    checked_out_commit: str | Missing | None
    url: RemoteUrl | None


@frozen
class Local:
    """The facts of the clone; with `available` False nothing but `error` is known.

    A bare repository has no work tree: its work tree's lists are empty. `remote` is the configured
    remote's name, `default_branch` where `refs/remotes/<remote>/HEAD` points, `fetched_at` the mtime of
    FETCH_HEAD. `detached` is a detached HEAD seen as a branch named `HEAD`, None when HEAD is on a
    branch.
    """

    available: bool
    error: str | None = None
    observed_at: str
    gaps: tuple[Gap, ...] = ()

    path: str | Missing = MISSING
    git_dir: str | Missing = MISSING
    object_format: Literal["sha1", "sha256"] | Missing = MISSING
    bare: bool | Missing = MISSING
    shallow: bool | Missing = MISSING
    promisor_remotes: tuple[str, ...] | Missing = MISSING
    sparse: bool | Missing = MISSING
    linked_worktree: bool | Missing = MISSING

    head: Head | Missing = MISSING
    root_commits: tuple[str, ...] | Missing = MISSING
    remote: str | Missing = MISSING
    default_branch: str | Missing | None = MISSING
    fetched_at: str | Missing | None = MISSING
    main: MainBranch | Missing = MISSING
    branches: tuple[Branch, ...] | Missing = MISSING
    detached: Branch | Missing | None = MISSING
    tracking_branches: tuple[TrackingBranch, ...] | Missing = MISSING
    stashes: tuple[Stash, ...] | Missing = MISSING
    worktrees: tuple[Worktree, ...] | Missing = MISSING
    operations: tuple[Operation, ...] | Missing = MISSING

    staged: tuple[Change, ...] | Missing = MISSING
    unstaged: tuple[Change, ...] | Missing = MISSING
    untracked: tuple[UntrackedFile, ...] | Missing = MISSING
    ignored_count: int | Missing = MISSING
    tracked_count: int | Missing = MISSING
    hidden: tuple[HiddenPath, ...] | Missing = MISSING
    submodules: tuple[Submodule, ...] | Missing = MISSING

    remotes: tuple[Remote, ...] | Missing = MISSING
    credentials: tuple[CredentialPlace, ...] | Missing = MISSING
    tls_switches: tuple[TlsSwitch, ...] | Missing = MISSING

    env_files: tuple[EnvFile, ...] | Missing = MISSING
    tracked_env_files: tuple[TrackedEnvFile, ...] | Missing = MISSING
    env_ignore: tuple[IgnoreProbe, ...] | Missing = MISSING
