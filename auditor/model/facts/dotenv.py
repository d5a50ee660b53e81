"""Env files of the clone, and the variables of any env file; of values, those of `PUBLIC_*` keys alone."""

from typing import Literal

from auditor.frozen import frozen
from auditor.model.missing import MISSING, Missing


@frozen
class EnvKey:
    """A variable of an env file; `value` is kept for `PUBLIC_*` keys alone that don't look like
    secrets, else None.
    """

    name: str
    has_value: bool
    looks_secret: bool
    value: str | None


@frozen
class EnvFile:
    """An env file of the work tree or of HEAD's tree (`kind` is `absent` where it is in that tree
    alone).

    `mode` is octal text (`0644`) of the file, through a link only if it stays in the clone; None for
    `absent`.
    """

    path: str
    tracking: Literal["tracked", "ignored", "untracked"]
    in_head: bool
    kind: Literal["file", "symlink", "folder", "fifo", "socket", "device", "absent"]
    mode: str | Missing | None = MISSING
    readable_by_group: bool | Missing = MISSING
    readable_by_others: bool | Missing = MISSING
    keys: tuple[EnvKey, ...] | Missing = MISSING


@frozen
class TrackedEnvFile:
    """An env file in the tree at the tip of a local branch."""

    branch: str
    path: str
    blob: str


@frozen
class IgnoreProbe:
    """Whether the `.gitignore` files committed at HEAD ignore `path`, and the pattern that decided (`!`
    included).
    """

    path: str
    ignored: bool
    file: str | None
    line: int | None
    pattern: str | None
