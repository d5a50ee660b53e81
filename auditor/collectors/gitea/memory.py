"""What was learnt on earlier nights and can't have changed, in the state folder; never a secret, and never a verdict.

A file that is damaged, or of another version of this program, counts as absent and is written anew.
"""

import contextlib
import hashlib
import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from auditor.model.codec import DecodeError, canonical, decode, encode
from auditor.model.facts.gitea import Activity, Pull
from auditor.model.facts.gitea_history import PullCommits

T = TypeVar("T")

_FORMAT = b"gitea 1 "
_LARGEST_BYTES = 256 << 20


@dataclass(frozen=True, kw_only=True)
class ServerMemory:
    """What a server of one `version` has and lacks; `creator_ever_empty` is remembered beyond its version."""

    version: str = ""
    product: Literal["gitea", "forgejo"] | None = None
    max_page_size: int | None = None
    lacks_token_route: bool = False
    lacks_notification_route: bool = False
    creator_ever_empty: bool = False


@dataclass(frozen=True, kw_only=True)
class FeedRow:
    """A row of the activity feed; `activity` is None where it is not about the branch."""

    id: int
    activity: Activity | None


@dataclass(frozen=True, kw_only=True)
class RepositoryMemory:
    """What a repository had when all of `pulls` and `feed` were read; `creator_asked` is a tip whose history was."""

    pulls: tuple[Pull, ...] = ()
    feed: tuple[FeedRow, ...] = ()
    pull_commits: tuple[PullCommits, ...] = ()
    creator_asked: str | None = None


class MemoryFile:
    """The file of one server, or of one repository or branch of it, named by the hash of `parts`.

    Without a state folder nothing is remembered.
    """

    def __init__(self, state: Path | None, *parts: str) -> None:
        self._state, self._parts = state, parts
        name = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
        self._path = None if state is None else state / "gitea" / f"{name}.json"

    def beside(self, *parts: str) -> "MemoryFile":
        """The file of a part of what this one is about."""
        return MemoryFile(self._state, *self._parts, *parts)

    def load(self, cls: type[T], default: T) -> T:
        """What the file holds, else `default`."""
        if self._path is None:
            return default
        try:
            with self._path.open("rb") as file:
                head, _, body = file.read(_LARGEST_BYTES).partition(b"\n")
            if head != _FORMAT + hashlib.sha256(body).hexdigest().encode():
                return default
            return decode(cls, json.loads(body))
        except (OSError, ValueError, DecodeError, RecursionError):
            return default

    def save(self, value: object) -> None:
        """Replaces the file, which nobody else may read; a folder that can't be written costs memory, not the run."""
        if self._path is None:
            return
        body = canonical(encode(value)).encode()
        # two sites of one fleet may have the same repository
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}-{threading.get_ident()}.new")
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 -- by descriptor
                file.write(_FORMAT + hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
