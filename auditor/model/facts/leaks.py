"""What the search for secrets found: kind, place, public hint and HMAC of each, never a value."""

from dataclasses import dataclass
from typing import Literal

from auditor.frozen import frozen
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing

Origin = Literal["gitea", "local", "folder"]
Where = Literal["file", "commit", "tag", "file-name", "ref-name"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LeakPlace:
    """One place that holds a secret.

    `origin` is the repository: `gitea`, `local`, or `folder` for files that no git holds. `object` is the git object
    with the text (of a `file-name` the tree), None outside of git. `path` is the file's, None where no present or
    former commit leads to the object, or git was not there to tell; a member of an archive follows after `!`; a name
    that holds the secret itself ends before it. `line` counts from 1. `tips` are the refs at whose tip the text lies
    today, `reachable` says whether any ref leads to it. `first_commit` brought it; `last_commit` is the latest one that
    took it away, None while a tip holds it.
    """

    origin: Origin
    where: Where
    object: str | None = None
    path: str | None = None
    line: int | None = None
    first_commit: str | None = None
    last_commit: str | None = None
    tips: tuple[str, ...] = ()
    reachable: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Leak:
    """A secret by what may be shown of it, with every place that holds it, those at a tip first.

    `hint` is the kind's public prefix, empty where it has none; `hmac` is hex.
    """

    kind: str
    hint: str
    hmac: str
    places: tuple[LeakPlace, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedFile:
    """A file that some commit holds and whose name alone is noteworthy: an env file, or one made to hold a key.

    The other fields are those of a LeakPlace.
    """

    origin: Origin
    is_env: bool
    path: str
    first_commit: str
    last_commit: str | None
    tips: tuple[str, ...]
    reachable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Suppression:
    """How many texts looked like a secret of this kind, and were taken for none for this reason."""

    kind: str
    reason: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsearched:
    """What could not be searched, or not as a whole, and why; `place` is a path, an object, or a part of either."""

    place: str
    reason: str


@frozen
class LeakSearch:
    """What a repository or folder holds; `unsearched` empty: every object and name of it was searched whole.

    `objects` is how many there are, `read` how many were opened in this run, the others being known from earlier
    ones. `named_files` is absent where the history could not be walked.
    """

    leaks: tuple[Leak, ...]
    suppressed: tuple[Suppression, ...]
    unsearched: tuple[Unsearched, ...]
    objects: int
    read: int
    searched_bytes: int
    named_files: tuple[NamedFile, ...] | Missing = MISSING


@frozen
class Searched:
    """How much of a repository was searched: all of its `objects`, of which this run opened `read`.

    `error` says why nothing was.
    """

    origin: Origin
    objects: int = 0
    read: int = 0
    searched_bytes: int = 0
    error: str | None = None


@frozen
class SearchEngine:
    """What has a part in the search: this program, what makes it faster, and a second set of rules."""

    name: str
    version: str


@frozen
class TokenLife:
    """Whether Gitea still takes a leaked token; it was asked with the secret of this HMAC, and keeps when."""

    hmac: str
    alive: bool


@frozen
class Leaks:
    """What the repositories hold. `tokens` is absent unless `verify` is set.

    A gap at `/leaks/secrets` means that something was not searched, one at an element of `searched` that a whole
    repository was not; what was found stands nevertheless.
    """

    available: bool
    error: str | None = None
    observed_at: str
    gaps: tuple[Gap, ...] = ()

    secrets: tuple[Leak, ...] | Missing = MISSING
    named_files: tuple[NamedFile, ...] | Missing = MISSING
    suppressed: tuple[Suppression, ...] | Missing = MISSING
    searched: tuple[Searched, ...] | Missing = MISSING
    engines: tuple[SearchEngine, ...] | Missing = MISSING
    tokens: tuple[TokenLife, ...] | Missing = MISSING
