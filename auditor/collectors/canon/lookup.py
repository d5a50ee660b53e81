"""A commit as the objects know it, and its place against main's tip."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from auditor.collectors.canon.difference import Differ
from auditor.collectors.canon.gap import GapList
from auditor.collectors.canon.graph import Graph
from auditor.collectors.canon.store import Store
from auditor.errors import SourceError
from auditor.model.facts.canon import CanonCommit, Step
from auditor.model.missing import MISSING, Missing
from auditor.text import printable, short
from auditor.transports.mirror.view import Mirror

MOST_PATHS = 10_000
_MOST_STEPS = 500
_LONGEST_SUBJECT = 200
_STEPPED = {"deployed", "rollback", "target"}


@dataclass(frozen=True)
class Brief:
    """What is kept of a commit."""

    tree: str
    parents: tuple[str, ...]
    committed_at: str | None
    subject: str


@dataclass(frozen=True)
class CommitReader:
    """Tells of commits against `graph`, main's history; where that is None, what is said of main is MISSING."""

    mirror: Mirror
    store: Store
    graph: Graph | None
    differ: Differ
    gaps: GapList

    def brief(self, commit: str) -> Brief:
        """The commit in short; raises SourceError where the object is missing, broken or none."""
        key = b"commit" + bytes.fromhex(commit)
        row = self.store.get(key)
        if row is not None:
            tree, parents, committed_at, subject = json.loads(row)
            return Brief(tree, tuple(parents), committed_at, subject)
        found = self.mirror.commit(commit)
        # 0 stands for a date that can't be read
        committed_at = found.committer.at if found.committer.seconds else None
        brief = Brief(found.tree, found.parents, committed_at, short(printable(found.summary), _LONGEST_SUBJECT))
        self.store.put(key, json.dumps((brief.tree, brief.parents, committed_at, brief.subject)).encode())
        return brief

    def fact(self, commit: str, roles: tuple[str, ...], place: int) -> CanonCommit:
        """The fact of a commit that is here, `place` being its index; raises SourceError where it can't be read."""
        brief = self.brief(commit)
        pointer = f"commits/{place}"
        if brief.committed_at is None:
            self.gaps.add(f"{pointer}/committed_at", f"commit {commit[:12]} bears no date that can be read")
        graph = self.graph
        if graph is None:
            for name in ("on_main", "on_first_parents", "behind", "left_at", "changed_since", "steps"):
                self.gaps.add(f"{pointer}/{name}", "main's tip is not known")
        behind = None if graph is None else graph.places.get(commit)
        return CanonCommit(
            commit=commit,
            roles=roles,
            known=True,
            tree=brief.tree,
            committed_at=MISSING if brief.committed_at is None else brief.committed_at,
            subject=brief.subject,
            parents=brief.parents,
            on_main=MISSING if graph is None else commit in graph.history,
            on_first_parents=MISSING if graph is None else behind is not None,
            behind=MISSING if graph is None else behind,
            left_at=MISSING if graph is None else self._left_at(graph, behind, pointer),
            changed_since=MISSING if graph is None else self._changed_since(graph, brief, pointer),
            steps=self._steps(graph, behind, pointer) if _STEPPED.intersection(roles) else MISSING,
        )

    def _left_at(self, graph: Graph, behind: int | None, pointer: str) -> str | Missing | None:
        if not behind:
            return None
        next_one = graph.line[behind - 1]
        brief = self.gaps.attempt(f"{pointer}/left_at", lambda: self.brief(next_one))
        if brief is MISSING:
            return MISSING
        if brief.committed_at is None:
            self.gaps.add(f"{pointer}/left_at", f"commit {next_one[:12]} bears no date that can be read")
            return MISSING
        return brief.committed_at

    def _changed_since(self, graph: Graph, brief: Brief, pointer: str) -> tuple[str, ...] | Missing:
        def look() -> tuple[str, ...]:
            return self._paths(brief.tree, self.brief(graph.tip).tree)

        return self.gaps.attempt(f"{pointer}/changed_since", look)

    def _paths(self, old: str, new: str) -> tuple[str, ...]:
        """The paths that differ; raises SourceError for too many, since a part of them would excuse the rest."""
        changed = self.differ.differences(old, new)
        if len(changed) > MOST_PATHS:
            raise SourceError(f"trees {old[:12]} and {new[:12]} differ in more than {MOST_PATHS} paths")
        return tuple(change.path for change in changed)

    def _steps(self, graph: Graph | None, behind: int | None, pointer: str) -> tuple[Step, ...] | Missing:
        if graph is None:
            return MISSING
        if behind is None:
            self.gaps.add(f"{pointer}/steps", "the commit is not on main's line of first parents")
            return MISSING
        if behind > _MOST_STEPS:
            self.gaps.add(f"{pointer}/steps", f"main has moved {behind} commits: cut after {_MOST_STEPS}")
        newer = graph.line[max(0, behind - _MOST_STEPS) : behind]
        return self.gaps.attempt(f"{pointer}/steps", lambda: tuple(self._made_steps(tuple(reversed(newer)), pointer)))

    def _made_steps(self, commits: tuple[str, ...], pointer: str) -> Iterator[Step]:
        for number, commit in enumerate(commits):
            brief = self.brief(commit)
            before = self.brief(brief.parents[0]).tree
            place = f"{pointer}/steps/{number}"
            if brief.committed_at is None:
                raise SourceError(f"commit {commit[:12]} bears no date that can be read")
            paths = self.gaps.attempt(f"{place}/paths", partial(self._paths, before, brief.tree))
            yield Step(commit=commit, committed_at=brief.committed_at, paths=paths)
