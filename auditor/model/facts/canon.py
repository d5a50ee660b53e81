"""What Gitea's objects say of the commits that the first round names: trees as the bytes that git would check out."""

from dataclasses import dataclass
from typing import Literal

from auditor.frozen import frozen
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing


@dataclass(frozen=True, kw_only=True, slots=True)
class CanonFile:
    """An entry of a tree; `sha256` is that of the bytes that git would check out, `size` their number.

    `other_eol_sha256` is that of the same text with the other line ends, None where it has none or is binary.
    `lfs_sha256` is what an LFS pointer names. Where an `ident` or filter attribute decides, `sha256` is MISSING: nobody
    can judge it. A symlink's bytes are its target; a submodule has none, and `blob` is its commit.
    """

    path: str
    kind: Literal["file", "symlink", "submodule"]
    blob: str
    executable: bool
    sha256: str | Missing = MISSING
    other_eol_sha256: str | None = None
    size: int | Missing = MISSING
    lfs_sha256: str | None = None


@frozen
class IgnoreFile:
    """A `.gitignore` or `.dockerignore` of a tree, line by line; `folder` is empty at the root, else ends in `/`."""

    path: str
    folder: str
    lines: tuple[str, ...]


@frozen
class CanonTree:
    """A tree by its id, its files sorted by path."""

    id: str
    files: tuple[CanonFile, ...]
    ignore_files: tuple[IgnoreFile, ...]


@frozen
class Step:
    """A commit on main's line of first parents, with the paths that differ between it and its first parent."""

    commit: str
    committed_at: str
    paths: tuple[str, ...] | Missing = MISSING


@frozen
class CanonCommit:
    """A commit that a witness names. `roles` say why it is here: `main`, `deployed`, `release:NAME`, `pull:14`,
    `pull-base:14`, `nearest`, `rollback`, `local`, `fetched`, `image:SLOT`, `target`.

    `known` is False where Gitea's objects hold no such commit, and nothing more is then said of it. `on_main` says
    whether it is in the history of main's tip, `behind` how many first-parent commits main has moved past it (None off
    the first-parent line), `left_at` when the first of those was made, `changed_since` the paths that differ between
    it and main's tip. `steps` are those commits one by one, oldest first, for the deployed one and a rollback's alone.
    `tree` names an entry of `trees`; those of `local` and `fetched` alone are not listed.
    """

    commit: str
    roles: tuple[str, ...]
    known: bool
    tree: str | Missing = MISSING
    committed_at: str | Missing = MISSING
    subject: str | Missing = MISSING
    parents: tuple[str, ...] | Missing = MISSING
    on_main: bool | Missing = MISSING
    on_first_parents: bool | Missing = MISSING
    behind: int | Missing | None = MISSING
    left_at: str | Missing | None = MISSING
    changed_since: tuple[str, ...] | Missing = MISSING
    steps: tuple[Step, ...] | Missing = MISSING


@frozen
class NearestCommit:
    """The commit of main whose tree a release's files come closest to, and by how many paths they differ.

    `searched` is how many commits of main were compared, newest first.
    """

    release: str
    commit: str
    differences: int
    searched: int


@frozen
class Canon:
    """The canonical side of every comparison; `main` is Gitea's tip as this run saw it."""

    available: bool
    error: str | None = None
    observed_at: str
    gaps: tuple[Gap, ...] = ()

    main: str | Missing = MISSING
    commits: tuple[CanonCommit, ...] | Missing = MISSING
    trees: tuple[CanonTree, ...] | Missing = MISSING
    nearest: tuple[NearestCommit, ...] | Missing = MISSING
