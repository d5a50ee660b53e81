"""The mirror opened for reading: refs, commits, trees, files; it asks no server and answers nothing it can't prove."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from auditor.errors import SourceError
from auditor.text import name_text
from auditor.transports.mirror.commit import Commit, parse_commit, parse_parents
from auditor.transports.mirror.fault import MirrorDamagedError, MirrorMalformedError
from auditor.transports.mirror.pack import BLOB, COMMIT, KINDS, TAG, TREE, PackReader
from auditor.transports.mirror.state import MirrorState, load_state

_OBJECT_BYTES = 64 << 20
_FILES = 1_000_000
_TREES = 200_000
_DEPTH = 256
_TREE_MODE = 0o040000
_GITLINK_MODE = 0o160000


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, link or submodule of a tree: its git mode (0o100644, 0o100755, 0o120000, 0o160000) and object."""

    mode: int
    sha: str


class Mirror:
    """Read-only questions to the copy in one folder; close it, or use it in a `with`.

    Every object read is checked against its name. An object that should be there and isn't raises MirrorDamagedError;
    in a partial mirror (`state.missing`) only what the tips reach is there.
    """

    def __init__(self, folder: Path, state: MirrorState) -> None:
        self.state = state
        self.tips = state.tips
        self.seen = state.seen
        self._reader = PackReader(folder, state.packs)
        self._parents: dict[str, tuple[str, ...]] = {}
        self._shas = {ref.name: ref.sha for ref in state.tips}

    @classmethod
    def open(cls, folder: Path) -> "Mirror":
        """The mirror in `folder` as the last update left it; raises SourceError if there is none, or it is damaged."""
        state = load_state(folder)
        if state is None:
            raise SourceError(f"no copy of the repository in {str(folder)!r} yet: the first run makes it")
        return cls(folder, state)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the files."""
        self._reader.close()

    def tip(self, name: str) -> str | None:
        """The object of the ref with this full name, None where the server has none or it is not here yet."""
        return self._shas.get(name)

    def holds(self, sha: str) -> bool:
        """Whether the object is here; in a partial mirror False says nothing about the server."""
        return sha in self._reader

    def peel(self, sha: str) -> tuple[str, str]:
        """Kind (`commit`, `tree`, `blob`) and id of the object that `sha` leads to through annotated tags."""
        for _ in range(_DEPTH):
            kind, raw = self._reader.raw(sha, _OBJECT_BYTES)
            if kind != TAG:
                return KINDS[kind].decode(), sha
            sha = raw.partition(b"\n")[0].removeprefix(b"object ").decode("ascii", "replace")
            if len(sha) != 40 or not set(sha) <= set("0123456789abcdef"):
                raise MirrorMalformedError(f"a tag names {sha[:60]!r}, which is no object id")
        raise MirrorMalformedError(f"tags lead from tag to tag more than {_DEPTH} times")

    def commit(self, sha: str) -> Commit:
        """The commit with this id, not a tag of it."""
        commit = parse_commit(sha, self._content(sha, COMMIT))
        self._parents[sha] = commit.parents
        return commit

    def parents(self, sha: str) -> tuple[str, ...]:
        """The parents of a commit, remembered."""
        known = self._parents.get(sha)
        if known is None:
            known = self._parents[sha] = parse_parents(sha, self._content(sha, COMMIT))
        return known

    def first_parents(self, tip: str, stop: str | None = None) -> Iterator[Commit]:
        """The commits from `tip` along first parents, newest first, up to and without `stop`, else to the root."""
        sha: str | None = tip
        while sha is not None and sha != stop:
            commit = self.commit(sha)
            yield commit
            sha = commit.parents[0] if commit.parents else None

    def reachable(self, tips: Iterable[str], without: Iterable[str] = ()) -> Iterator[Commit]:
        """The commits that `tips` reach and `without` doesn't, the latest committed first.

        Clocks lie: a parent may come before its child.
        """
        done = self._ancestry(without)
        queue: list[tuple[int, str, Commit]] = []
        new = list(tips)
        while queue or new:
            for sha in new:
                if sha not in done:
                    done.add(sha)
                    commit = self.commit(sha)
                    heapq.heappush(queue, (-commit.committer.seconds, sha, commit))
            if not queue:
                return
            commit = heapq.heappop(queue)[2]
            yield commit
            new = list(commit.parents)

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether the history of commit `new` holds commit `old`; a commit is its own ancestor."""
        done = {new}
        queue = [new]
        while queue:
            sha = queue.pop()
            if sha == old:
                return True
            fresh = [parent for parent in self.parents(sha) if parent not in done]
            done.update(fresh)
            # First parents last, that is popped first: the usual question is about main's own line
            queue.extend(reversed(fresh))
        return False

    def tree(self, sha: str) -> dict[str, Entry]:
        """All files of a commit or tree: path (each name through `name_text`, joined by `/`) to entry."""
        files: dict[str, Entry] = {}
        left = [("", self._tree_of(sha), 0)]
        visited = 0
        while left:
            prefix, tree, depth = left.pop()
            visited += 1
            for mode, name, entry in _entries(self._content(tree, TREE)):
                if mode == _TREE_MODE:
                    left.append((f"{prefix}{name_text(name)}/", entry, depth + 1))
                else:
                    files[prefix + name_text(name)] = Entry(mode, entry)
            # A tree of trees that are all the same one unfolds without end
            if depth > _DEPTH or visited + len(left) > _TREES or len(files) > _FILES:
                raise MirrorMalformedError(
                    f"tree {sha} has more than {_FILES} files, {_TREES} folders or {_DEPTH} levels"
                )
        return files

    def folder(self, sha: str) -> list[tuple[bytes, Entry]]:
        """The names of one tree, in its own order, subfolders (mode 0o040000) among them."""
        return [(name, Entry(mode, entry)) for mode, name, entry in _entries(self._content(sha, TREE))]

    def blob(self, sha: str, limit: int = _OBJECT_BYTES) -> bytes:
        """A file's content; MirrorMalformedError, before anything is inflated, where it has more than `limit` bytes."""
        return self._content(sha, BLOB, limit)

    def is_whole(self, sha: str) -> bool:
        """Whether everything that the object leads to is here; reads every tree of its history once."""
        try:
            kind, sha = self.peel(sha)
            trees = [sha] if kind == "tree" else []
            commits = self.reachable([sha]) if kind == "commit" else ()
            trees.extend(commit.tree for commit in commits)
            return self._trees_are_whole(trees)
        except MirrorDamagedError:
            return False

    def _trees_are_whole(self, trees: list[str]) -> bool:
        done: set[str] = set()
        while trees:
            tree = trees.pop()
            if tree in done:
                continue
            done.add(tree)
            for mode, _, entry in _entries(self._content(tree, TREE)):
                if mode == _TREE_MODE:
                    trees.append(entry)
                elif mode != _GITLINK_MODE and entry not in done:
                    done.add(entry)
                    if entry not in self._reader:
                        return False
        return True

    def _content(self, sha: str, wanted: int, limit: int = _OBJECT_BYTES) -> bytes:
        kind, raw = self._reader.raw(sha, limit)
        if kind != wanted:
            names = KINDS[kind].decode(), KINDS[wanted].decode()
            raise MirrorMalformedError(f"object {sha} is a {names[0]}, not a {names[1]}")
        return raw

    def _tree_of(self, sha: str) -> str:
        kind, raw = self._reader.raw(sha, _OBJECT_BYTES)
        return parse_commit(sha, raw).tree if kind == COMMIT else sha

    def _ancestry(self, tips: Iterable[str]) -> set[str]:
        done: set[str] = set()
        queue = list(tips)
        while queue:
            sha = queue.pop()
            if sha not in done:
                done.add(sha)
                queue.extend(self.parents(sha))
        return done


def _entries(raw: bytes) -> Iterator[tuple[int, bytes, str]]:
    place = 0
    while place < len(raw):
        space, zero = raw.find(b" ", place), raw.find(b"\0", place)
        if not place < space < zero or zero + 21 > len(raw) or space - place > 7 or raw[place:space].strip(b"01234567"):
            raise MirrorMalformedError(f"a tree entry is malformed: {raw[place : place + 40]!r}")
        yield int(raw[place:space], 8), raw[space + 1 : zero], raw[zero + 1 : zero + 21].hex()
        place = zero + 21
