"""What the objects of a Gitea repository say, read from the auditor's own copy of them: lines of commits, workflows."""

from auditor.frozen import frozen
from auditor.model.missing import MISSING, Missing


@frozen
class Commit:
    """A commit; names and dates are what it claims of itself, `author` a name without an address.

    A rebase keeps `author`, `authored_at` and the message, of which `message_sha256` is the hash (white space at its
    end left out). A date is None where the commit holds none that can be read. `subject` is at most 200 characters of
    the first line.
    """

    sha: str
    parents: tuple[str, ...]
    tree: str
    committed_at: str | None
    authored_at: str | None
    author: str
    subject: str
    message_sha256: str


@frozen
class History:
    """The line of first parents of the branch, as it was at `fetched_at`; `tip` is None for a branch without a commit.

    `commits` are newest first, without the baseline: the configured one, else the line's first commit. With
    `baseline_on_line` false the configured one is not on the line, and `commits` reach the very first. `commit_count`
    counts the commits before any cut.
    """

    fetched_at: str
    tip: Commit | None
    baseline: str | None
    baseline_on_line: bool
    commit_count: int
    commits: tuple[Commit, ...]


@frozen
class PullHead:
    """`refs/pull/N/head`: the head of a pull request, since the merge as it was at the merge."""

    number: int
    commit: str


@frozen
class PullCommits:
    """What the head of a pull request adds to its merge base, newest first; merges of other branches are among them.

    `merge_base` is the server's word. `commits` is MISSING, with a gap, where the head or the base is not at hand or
    the list is too long.
    """

    number: int
    head: str
    merge_base: str
    commits: tuple[Commit, ...] | Missing = MISSING


@frozen
class EarlierTip:
    """A commit that the branch once pointed to; `is_ancestor` says whether today's tip still contains it.

    `seen_at` is when it was seen last, or found replaced; None where that is not known.
    """

    commit: str
    seen_at: str | None
    is_ancestor: bool | Missing = MISSING


@frozen
class WorkflowEvent:
    """An event that a workflow reacts to; a filter is empty where there is none."""

    name: str
    branches: tuple[str, ...] = ()
    branches_ignore: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    tags_ignore: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    paths_ignore: tuple[str, ...] = ()


@frozen
class WorkflowJob:
    """A job; the context of its status is `<workflow> / <job> (<event>)`, with `name`, else `id`, for the job."""

    id: str
    name: str | None


@frozen
class Workflow:
    """A workflow in the tree of main; without a `name` its file's name stands for it.

    `events` and `jobs` are MISSING, with a gap, where the file can't be read as a workflow.
    """

    path: str
    name: str | Missing | None = MISSING
    events: tuple[WorkflowEvent, ...] | Missing = MISSING
    jobs: tuple[WorkflowJob, ...] | Missing = MISSING
