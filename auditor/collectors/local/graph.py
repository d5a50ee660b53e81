"""The history as a graph: which commits one side has and the other lacks, exactly, whatever their dates say."""

from collections.abc import Iterable
from heapq import heappop, heappush

from auditor.collectors.local.commit import CommitHeader, parse_header
from auditor.collectors.local.object_store import ObjectStore
from auditor.errors import SourceError
from auditor.interfaces import Deadline

COMMIT_LIMIT = 300_000
_CHECK_EVERY = 1000


class CommitGraph:
    """Commits read once each; `boundary` are those of a shallow clone, whose parents are left out."""

    def __init__(self, store: ObjectStore, boundary: frozenset[bytes], deadline: Deadline) -> None:
        self._store = store
        self._boundary = boundary
        self._deadline = deadline
        self._headers: dict[bytes, CommitHeader] = {}
        self._heights: dict[bytes, int] = {}

    def header(self, oid: bytes) -> CommitHeader:
        """A commit's header; raises SourceError where it can't be read."""
        found = self._headers.get(oid)
        if found is None:
            if len(self._headers) >= COMMIT_LIMIT:
                raise SourceError(f"more than {COMMIT_LIMIT} commits: the history is not followed further")
            if len(self._headers) % _CHECK_EVERY == 0:
                self._deadline.check()
            found = parse_header(self._store.commit(oid))
            if oid in self._boundary:
                found = CommitHeader((), found.committed)
            self._headers[oid] = found
        return found

    def only_in(self, tips: Iterable[bytes], others: Iterable[bytes]) -> list[bytes]:
        """The commits that `tips` reach and `others` don't, children before parents, newer before older."""
        left, right = 1, 2
        marks: dict[bytes, int] = {}
        queue: list[tuple[int, int, bytes]] = []
        open_left = 0

        def mark(oid: bytes, side: int) -> None:
            nonlocal open_left
            before = marks.get(oid, 0)
            marks[oid] = before | side
            open_left += (marks[oid] == left) - (before == left)
            if not before:
                heappush(queue, (-self._height(oid), -self.header(oid).committed, oid))

        for oid in tips:
            mark(oid, left)
        for oid in others:
            mark(oid, right)
        result = []
        # all children of a commit stand higher and are popped before it: its marks are final then
        while open_left:
            oid = heappop(queue)[2]
            if marks[oid] == left:
                open_left -= 1
                result.append(oid)
            for parent in self.header(oid).parents:
                mark(parent, marks[oid])
        return result

    def roots(self, tip: bytes) -> list[bytes]:
        """The commits without parents that `tip` reaches, that of its first parents first, the others by id."""
        self._height(tip)
        first = tip
        while parents := self.header(first).parents:
            first = parents[0]
        seen, pending = {tip}, [tip]
        while pending:
            fresh = [one for one in self.header(pending.pop()).parents if one not in seen]
            seen.update(fresh)
            pending.extend(fresh)
        return [first, *sorted(oid for oid in seen if oid != first and not self.header(oid).parents)]

    def _height(self, tip: bytes) -> int:
        """One more than the greatest height of the parents: a child always stands above its parents."""
        heights = self._heights
        pending = [tip]
        while pending:
            oid = pending[-1]
            if oid in heights:
                pending.pop()
                continue
            parents = self.header(oid).parents
            unknown = [parent for parent in parents if parent not in heights]
            if unknown:
                pending.extend(unknown)
            else:
                heights[oid] = 1 + max((heights[parent] for parent in parents), default=0)
                pending.pop()
        return heights[tip]
