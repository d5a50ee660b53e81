"""What lies in a release's `.git` on the NAS, read as bytes by pure parsers; no git is run there."""

from typing import Literal

from auditor.frozen import frozen
from auditor.model.facts.git_config import CredentialPlace, Remote, TlsSwitch
from auditor.model.facts.local import Head, Operation
from auditor.model.missing import MISSING, Missing


@frozen
class Ref:
    """A ref by its full name; `commit` is None for a symbolic one, whose `target` is another ref."""

    name: str
    commit: str | None
    target: str | None = None


@frozen
class FetchedRef:
    """A line of FETCH_HEAD; `text` is its description, the address's credentials cut out."""

    commit: str
    for_merge: bool
    text: str


@frozen
class Fetch:
    """The last fetch: `fetched_at` is FETCH_HEAD's mtime, on the NAS's clock."""

    fetched_at: str
    refs: tuple[FetchedRef, ...]


@frozen
class ReflogEntry:
    """The last line of HEAD's reflog; a commit is None where it is the null id. Who did it is left out."""

    before: str | None
    after: str | None
    at: str
    message: str


@frozen
class Disguise:
    """Something in the repository that makes git look away, run a program, or read other content.

    `name` is the path of an index flag, the pattern of an exclude, else the full key of a setting or the file's name
    below `.git`. `file` is below `.git`, `line` None where there are no lines.
    """

    kind: Literal[
        "skip-worktree",
        "assume-unchanged",
        "exclude",
        "excludes-file",
        "fsmonitor",
        "hooks-path",
        "hook",
        "filter",
        "attributes",
        "attributes-file",
        "alternates",
        "grafts",
        "replace",
        "worktree",
        "include",
        "command",
        "sparse",
        "status",
    ]
    name: str
    file: str
    line: int | None = None


@frozen
class GitDirectory:
    """A release's repository; all paths are relative to the site's root.

    `kind` is what `.git` is: a folder, a file that names one (`path` is then that one), or something else, of which
    nothing is read. `refs` by name; `main` is the configured branch's own ref, `remote_main` what the NAS last fetched
    of it: a cache. `operations` began and did not finish; `locked` says that an index.lock lies there.
    """

    path: str
    kind: Literal["folder", "file", "other"]
    object_format: Literal["sha1", "sha256"] | Missing = MISSING
    ref_format: Literal["files", "reftable"] | Missing = MISSING
    head: Head | Missing = MISSING
    refs: tuple[Ref, ...] | Missing = MISSING
    main: str | Missing | None = MISSING
    remote_main: str | Missing | None = MISSING
    fetch: Fetch | Missing | None = MISSING
    last_reflog: ReflogEntry | Missing | None = MISSING
    operations: tuple[Operation, ...] | Missing = MISSING
    locked: bool | Missing = MISSING
    shallow: bool | Missing = MISSING
    remotes: tuple[Remote, ...] | Missing = MISSING
    credentials: tuple[CredentialPlace, ...] | Missing = MISSING
    tls_switches: tuple[TlsSwitch, ...] | Missing = MISSING
    disguises: tuple[Disguise, ...] | Missing = MISSING
    index_version: int | Missing | None = MISSING
