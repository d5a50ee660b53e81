"""What the Gitea witness saw of the server, the repository and its main branch: raw answers, joined by nobody here.

Lists are complete unless a Gap names them. Times are RFC 3339 UTC, object ids hex in full. No http address carries a
user name, a password or a query; free text is printable and cut.
"""

from typing import Literal

from auditor.frozen import frozen
from auditor.model.facts.gitea_history import EarlierTip, History, PullCommits, PullHead, Workflow
from auditor.model.facts.gitea_protection import BranchProtection
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing


@frozen
class Server:
    """`version` is the server's own text; `root_url` its configured address, as the body of an error proves it.

    `root_url` has no slash at its end. `max_page_size` is the most entries of a page.
    """

    version: str | Missing = MISSING
    product: Literal["gitea", "forgejo"] | Missing = MISSING
    root_url: str | Missing = MISSING
    max_page_size: int | Missing = MISSING


@frozen
class Caller:
    """Who asked; for an anonymous caller `login` and `is_admin` (of the whole server) are None, `scopes` empty.

    `admin`, `push` and `pull` are the caller's rights on the repository, whatever the token's scopes leave of them.
    """

    anonymous: bool
    login: str | Missing | None = MISSING
    scopes: tuple[str, ...] | Missing = MISSING
    is_admin: bool | Missing | None = MISSING
    admin: bool | Missing = MISSING
    push: bool | Missing = MISSING
    pull: bool | Missing = MISSING


@frozen
class Redirect:
    """The configured name leads elsewhere (the repository or its owner was renamed); nobody went there."""

    status: int
    location: str


@frozen
class Repository:
    """The repository's record. `has_issues` is true for an external tracker too: read the two flags after it.

    `html_url` and `clone_url` may be built from the Host of the request and prove nothing about the public address.
    Fields that a server's version doesn't have are MISSING without a gap: `internal` and all from `object_format` on.
    """

    id: int
    full_name: str | Missing = MISSING
    default_branch: str | Missing = MISSING
    archived: bool | Missing = MISSING
    mirror: bool | Missing = MISSING
    private: bool | Missing = MISSING
    internal: bool | Missing = MISSING
    fork: bool | Missing = MISSING
    empty: bool | Missing = MISSING
    has_issues: bool | Missing = MISSING
    has_internal_tracker: bool | Missing = MISSING
    has_external_tracker: bool | Missing = MISSING
    has_pull_requests: bool | Missing = MISSING
    html_url: str | Missing = MISSING
    clone_url: str | Missing = MISSING
    ssh_url: str | Missing = MISSING
    object_format: Literal["sha1", "sha256"] | Missing = MISSING
    allow_merge_commits: bool | Missing = MISSING
    allow_rebase: bool | Missing = MISSING
    allow_rebase_explicit: bool | Missing = MISSING
    allow_squash_merge: bool | Missing = MISSING
    allow_fast_forward_only_merge: bool | Missing = MISSING
    allow_manual_merge: bool | Missing = MISSING
    autodetect_manual_merge: bool | Missing = MISSING
    default_merge_style: str | Missing = MISSING


@frozen
class MainBranch:
    """The configured branch as any reader sees it.

    `effective_rule` names the protection rule that applies: None without protection, MISSING (with a gap) for a caller
    who is no admin of the repository. Without a rule `status_check_contexts` is empty, `enable_status_check` false.
    """

    name: str
    commit: str | Missing = MISSING
    committed_at: str | Missing = MISSING
    protected: bool | Missing = MISSING
    required_approvals: int | Missing = MISSING
    enable_status_check: bool | Missing = MISSING
    status_check_contexts: tuple[str, ...] | Missing = MISSING
    effective_rule: str | Missing | None = MISSING


@frozen
class DeployKey:
    """A key that opens this one repository over SSH."""

    id: int
    title: str | Missing = MISSING
    read_only: bool | Missing = MISSING
    fingerprint: str | Missing = MISSING
    created_at: str | Missing = MISSING


@frozen
class CiVariable:
    """A variable of Gitea Actions, which is kept and shown as plain text.

    `looks_secret` is said of one with a value: by its name, or by what `kinds` lists, the kinds of secrets in it.
    `value` is that of a `PUBLIC_*` variable which looks like no secret; no other leaves the collector.
    """

    name: str
    has_value: bool
    looks_secret: bool
    kinds: tuple[str, ...] = ()
    value: str | None = None


@frozen
class Branch:
    """A branch of the repository."""

    name: str
    commit: str


@frozen
class Pull:
    """A pull request, open or closed.

    `head_commit` is where the head branch is now, not where it was at the merge: that is in `Gitea.pull_heads`.
    `head_repository` is None where the fork is gone; `merge_base` is None where the server knows none. `merge_commit`
    is what main became by the merge: for a rebase the last commit, for a fast-forward the head. `merged_by` is None
    where unmerged or unsaid. `draft` is MISSING without a gap where the server's version doesn't have it.
    """

    number: int
    state: Literal["open", "closed"]
    draft: bool | Missing = MISSING
    merged: bool
    merged_at: str | Missing | None = MISSING
    merged_by: str | Missing | None = MISSING
    merge_commit: str | Missing | None = MISSING
    merge_base: str | Missing | None = MISSING
    base_branch: str
    base_repository: str | Missing | None = MISSING
    head_branch: str | Missing = MISSING
    head_repository: str | Missing | None = MISSING
    head_commit: str | Missing | None = MISSING
    author: str | Missing | None = MISSING
    title: str | Missing = MISSING
    url: str | Missing = MISSING
    created_at: str | Missing = MISSING
    updated_at: str
    closed_at: str | Missing | None = MISSING


@frozen
class Status:
    """One status of a commit, as the merge gate sees it: a context may occur more than once.

    `state` is success, failure, error, pending, warning, skipped, or what the server says else. `creator` is None where
    the server names none, as it does for its own Actions; `target_url` then lies below `/OWNER/REPO/actions/runs/`, as
    a path or an address.
    """

    id: int
    context: str
    state: str
    creator: str | Missing | None = MISSING
    target_url: str | Missing | None = MISSING
    description: str | Missing = MISSING
    created_at: str | Missing = MISSING
    updated_at: str | Missing = MISSING


@frozen
class CommitStatuses:
    """The statuses of main's tip (`role` tip), or of the head of pull request `pull` that brought it (pull-head).

    Under the gate the commit that it names stands for the tip.
    """

    role: Literal["tip", "pull-head"]
    commit: str
    pull: int | None = None
    entries: tuple[Status, ...] | Missing = MISSING


@frozen
class Activity:
    """A row of the activity feed about the branch: supporting evidence, its absence proves nothing.

    A push has `old` (None: unsaid), `new` and `commit_count`; a merge (`merge_pull_request`,
    `auto_merge_pull_request`) has `pull` alone. A push by a deploy key stands there as the owner's.
    """

    id: int
    kind: str
    actor: str | None
    created_at: str
    old: str | None = None
    new: str | None = None
    commit_count: int | None = None
    pull: int | None = None


@frozen
class ActivityFeed:
    """The rows about the branch, newest id first (a queue writes them: chain pushes by old and new, not by place).

    `complete` is false where older rows exist that were not read.
    """

    complete: bool
    rows: tuple[Activity, ...]


@frozen
class Requests:
    """How many requests this witness made, repeated ones included."""

    api: int
    git: int


@frozen
class Gitea:
    """The facts of the server and the repository; with `available` False nothing but `error` is known.

    `redirect` is None where the configured name answers itself; behind a redirect nothing is collected. `main` is None
    where the branch doesn't exist. `protections` are all rules, as listed. `creator_ever_empty` says whether this
    server was ever seen, in this or an earlier run, to leave the creator of an Actions status empty. `pulls` come
    highest number first, `pull_commits` are those of merged pull requests into the branch whose merge is one of
    `history.commits` with a single parent. `earlier_tips` are what the branch once pointed to, as this or an earlier
    run saw it. `variables` are asked for with `owner_rights` alone.
    `notices` are lines for the user.
    """

    available: bool
    error: str | None = None
    observed_at: str
    gaps: tuple[Gap, ...] = ()

    requests: Requests | Missing = MISSING
    notices: tuple[str, ...] = ()
    server: Server | Missing = MISSING
    caller: Caller | Missing = MISSING
    redirect: Redirect | Missing | None = MISSING
    repository: Repository | Missing = MISSING

    main: MainBranch | Missing | None = MISSING
    protections: tuple[BranchProtection, ...] | Missing = MISSING
    deploy_keys: tuple[DeployKey, ...] | Missing = MISSING
    variables: tuple[CiVariable, ...] | Missing = MISSING
    branches: tuple[Branch, ...] | Missing = MISSING
    pulls: tuple[Pull, ...] | Missing = MISSING
    statuses: tuple[CommitStatuses, ...] | Missing = MISSING
    creator_ever_empty: bool | Missing = MISSING
    activity: ActivityFeed | Missing = MISSING

    history: History | Missing = MISSING
    pull_heads: tuple[PullHead, ...] | Missing = MISSING
    pull_commits: tuple[PullCommits, ...] | Missing = MISSING
    earlier_tips: tuple[EarlierTip, ...] | Missing = MISSING
    workflows: tuple[Workflow, ...] | Missing = MISSING
