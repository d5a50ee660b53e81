"""The lines of main: who is in its history, and where on the line of its first parents."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from auditor.collectors.canon.store import Store
from auditor.errors import SourceError
from auditor.interfaces import Deadline
from auditor.transports.mirror.view import Mirror

_KEY = b"parents"
_MOST_KEPT = 500_000
_LOOK = 256


@dataclass
class Graph:
    """The history of `tip`, of which the parents are remembered from night to night."""

    mirror: Mirror
    store: Store
    tip: str
    deadline: Deadline
    _parents: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for line in (self.store.get(_KEY) or b"").decode("ascii").splitlines():
            commit, *parents = line.split()
            self._parents[commit] = tuple(parents)

    def parents(self, commit: str) -> tuple[str, ...]:
        """The parents of a commit."""
        known = self._parents.get(commit)
        if known is None:
            if len(self._parents) % _LOOK == 0:
                self.deadline.check()
            known = self._parents[commit] = self.mirror.parents(commit)
        return known

    def read(self) -> None:
        """Reads the whole history now; raises SourceError where an object of it is missing or broken."""
        _ = self.history, self.line

    @cached_property
    def history(self) -> frozenset[str]:
        """All commits that `tip` reaches, itself included."""
        before = len(self._parents)
        done = {self.tip}
        queue = [self.tip]
        while queue:
            for parent in self.parents(queue.pop()):
                if parent not in done:
                    done.add(parent)
                    queue.append(parent)
        if before < len(self._parents) <= _MOST_KEPT:
            lines = "\n".join(" ".join((commit, *parents)) for commit, parents in self._parents.items())
            self.store.put(_KEY, lines.encode("ascii"))
        return frozenset(done)

    @cached_property
    def line(self) -> tuple[str, ...]:
        """The line of first parents, newest first."""
        found = [self.tip]
        while parents := self.parents(found[-1]):
            found.append(parents[0])
        return tuple(found)

    @cached_property
    def places(self) -> dict[str, int]:
        """How many commits of the line came after each of them."""
        return {commit: place for place, commit in enumerate(self.line)}

    def merge_base(self, commit: str) -> str | None:
        """The latest committed common ancestor of `tip` and a commit; None where they share no history."""
        done, queue = {commit}, [commit]
        common = set()
        while queue:
            current = queue.pop()
            if current in self.history:
                common.add(current)
                continue
            fresh = [parent for parent in self.parents(current) if parent not in done]
            done.update(fresh)
            queue.extend(fresh)
        if not common:
            return None
        return max(sorted(common), key=lambda one: self.mirror.commit(one).committer.seconds)

    def full_id(self, beginning: str, others: Iterable[str] = ()) -> str:
        """The one commit whose id begins so; raises SourceError where there is none or more than one."""
        if len(beginning) == 40:
            return beginning
        found = {commit for commit in (*self.history, *others) if commit.startswith(beginning)}
        if len(found) != 1:
            raise SourceError(f"{beginning!r} is the beginning of {len(found) or 'no'} commits: write the id in full")
        return found.pop()
