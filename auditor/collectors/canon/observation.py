"""One look at the copy of the objects: the commits that are named, their trees, and what comes closest to a release."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property, partial

from auditor.collectors.canon.difference import Differ
from auditor.collectors.canon.gap import GapList
from auditor.collectors.canon.graph import Graph
from auditor.collectors.canon.hashing import Hasher
from auditor.collectors.canon.lookup import CommitReader
from auditor.collectors.canon.naming import Named, head_of, named_commits, pull_head, releases, wanted_pulls
from auditor.collectors.canon.nearest import MOST_COMMITS, Candidate, Seeker
from auditor.collectors.canon.store import Store
from auditor.collectors.canon.tree import TreeReader
from auditor.errors import SourceError
from auditor.interfaces import Context
from auditor.model.facts.canon import Canon, CanonCommit, CanonTree, NearestCommit
from auditor.model.facts.gitea import Gitea, Pull
from auditor.model.facts.nas import Release
from auditor.model.missing import MISSING, Missing
from auditor.text import time_text
from auditor.transports.mirror.place import mirror_folder
from auditor.transports.mirror.view import Mirror

_MOST_FILES = 1_000_000
# of commits that are here for one of these reasons alone nobody compares the files
_UNLISTED = ("local", "fetched")
_MEND = "run the audit again: it goes on where this one ended"


def observe(context: Context) -> Canon:
    """The facts; raises SourceError where this run has no copy to read."""
    gitea = _fresh(context)
    if context.config.gitea is None or context.state is None:
        raise SourceError("there is no state folder with a copy of the objects: name one under history.path")
    folder = mirror_folder(context.state, context.config.gitea.git_address)
    with ExitStack() as stack:
        mirror = stack.enter_context(Mirror.open(folder))
        store = stack.enter_context(Store(context.state / "canon" / f"{folder.name}.sqlite"))
        hasher = stack.enter_context(
            Hasher(lambda: Mirror(folder, mirror.state), store, context.deadline, context.progress)
        )
        return _Work(context, gitea, mirror, store, hasher).facts()


def _fresh(context: Context) -> Gitea:
    """The facts of a server that was asked in this run, without which a copy proves nothing of today."""
    gitea = context.seen.gitea
    if gitea is MISSING:
        raise SourceError("gitea was not asked in this run, and an earlier copy of its objects proves nothing of today")
    if not gitea.available:
        raise SourceError(f"gitea is unavailable: {gitea.error}")
    return gitea


@dataclass
class _Work:
    """The facts in the making."""

    context: Context
    gitea: Gitea
    mirror: Mirror
    store: Store
    hasher: Hasher
    gaps: GapList = field(default_factory=GapList)

    def facts(self) -> Canon:
        """All of them."""
        nearest = self._nearest()
        roles = self._roles(nearest)
        commits = tuple(self._commits(roles))
        trees = tuple(self._trees(commits))
        return Canon(
            available=True,
            observed_at=time_text(self.context.now),
            main=self._main,
            commits=commits,
            trees=trees,
            nearest=nearest,
            gaps=self.gaps.result(),
        )

    @cached_property
    def _whole(self) -> bool:
        """Whether what the copy lacks is nowhere on the server: it was brought up to date tonight, to the end."""
        return self.gitea.history is not MISSING and not self.mirror.state.missing

    @cached_property
    def _main(self) -> str | Missing:
        main, history = self.gitea.main, self.gitea.history
        if main is None:
            self.gaps.add("main", "the configured branch does not exist on the server")
            return MISSING
        if main is not MISSING and main.commit is not MISSING:
            return main.commit
        if history is not MISSING and history.tip is not None:
            return history.tip.sha
        self.gaps.add("main", "the commit of the branch was not observed")
        return MISSING

    @cached_property
    def _graph(self) -> Graph | None:
        """The history of main; None, with a gap, where its tip is not here."""

        def look() -> Graph:
            graph = Graph(self.mirror, self.store, str(self._main), self.context.deadline)
            if not self.mirror.holds(graph.tip):
                raise SourceError(f"the copy of the objects does not hold main's tip {graph.tip[:12]} yet: {_MEND}")
            graph.read()
            return graph

        if self._main is MISSING:
            return None
        graph = self.gaps.attempt("commits", look)
        return None if graph is MISSING else graph

    @cached_property
    def _differ(self) -> Differ:
        return Differ(self.mirror, self.store, self.context.deadline)

    @cached_property
    def _commit_reader(self) -> CommitReader:
        return CommitReader(self.mirror, self.store, self._graph, self._differ, self.gaps)

    @cached_property
    def _tree_reader(self) -> TreeReader:
        return TreeReader(self.mirror, self.store, self.hasher, self.context.deadline, self.gaps)

    def _roles(self, nearest: tuple[NearestCommit, ...] | Missing) -> dict[str, list[str]]:
        """The roles of each commit, main's first."""
        roles: dict[str, list[str]] = {}
        for named in self._named(nearest):
            full = self.gaps.attempt("commits", partial(self._full, named.commit))
            if full is not MISSING and named.role not in roles.setdefault(full, []):
                roles[full].append(named.role)
        return roles

    def _named(self, nearest: tuple[NearestCommit, ...] | Missing) -> Iterator[Named]:
        if self._main is not MISSING:
            yield Named(self._main, "main")
        yield from named_commits(self.context.seen, self.context.config)
        for one in () if nearest is MISSING else nearest:
            yield Named(one.commit, "nearest")
        pulls, left_out = wanted_pulls(self.context.seen, self.context.now)
        if left_out:
            self.gaps.add("commits", f"{left_out} open pull requests are too many and were not read")
        for pull in pulls:
            yield from self._pull(pull)

    def _pull(self, pull: Pull) -> Iterator[Named]:
        head = pull_head(self.context.seen, pull)
        if pull.state != "open" and (head is None or not self.mirror.holds(head)):
            return  # it can only be evidence
        if head is None:
            self.gaps.add("commits", f"the head of pull request #{pull.number} is not known")
            return
        yield Named(head, f"pull:{pull.number}")
        base = pull.merge_base if isinstance(pull.merge_base, str) else None
        graph = self._graph
        if base is None and graph is not None and self.mirror.holds(head):
            found = self.gaps.attempt("commits", lambda: graph.merge_base(head))
            base = found if isinstance(found, str) else None
        if base is not None:
            yield Named(base, f"pull-base:{pull.number}")

    def _full(self, text: str) -> str:
        if len(text) >= 40:
            return text
        if self._graph is None:
            raise SourceError(f"main's history is not at hand, so {text!r} can't be looked up: write the id in full")
        tips = [ref.sha for ref in self.mirror.tips]
        return self._graph.full_id(text, tips)

    def _commits(self, roles: dict[str, list[str]]) -> Iterator[CanonCommit]:
        place = 0
        for commit, named in roles.items():
            found = self._commit(commit, tuple(named), place)
            if found is not None:
                place += 1
                yield found

    def _commit(self, commit: str, roles: tuple[str, ...], place: int) -> CanonCommit | None:
        if len(commit) == 40 and self.mirror.holds(commit):
            fact = self.gaps.attempt("commits", lambda: self._commit_reader.fact(commit, roles, place))
            return None if fact is MISSING else fact
        if self._whole:
            return CanonCommit(commit=commit, roles=roles, known=False)
        who = f"{commit[:12]} ({', '.join(roles)})"
        self.gaps.add("commits", f"{who} is not in the copy of the objects, which is not whole", _MEND)
        return None

    def _trees(self, commits: tuple[CanonCommit, ...]) -> Iterator[CanonTree]:
        """The trees of the commits, each once; one that can't be had is a gap of its commit."""
        done: set[str] = set()
        count = listed = 0
        for place, commit in enumerate(commits):
            tree = commit.tree
            if tree is MISSING or tree in done or not set(commit.roles).difference(_UNLISTED):
                continue
            done.add(tree)
            if count > _MOST_FILES:
                self.gaps.add(f"commits/{place}/tree", f"more than {_MOST_FILES} files in all: this tree was not read")
                continue
            self.context.progress(f"reading tree {tree[:12]}")
            found = self.gaps.attempt(f"commits/{place}/tree", partial(self._tree_reader.read, tree, f"trees/{listed}"))
            if found is not MISSING:
                listed, count = listed + 1, count + len(found.files)
                yield found

    def _nearest(self) -> tuple[NearestCommit, ...] | Missing:
        wanted = [release for release in releases(self.context.seen) if self._needs_nearest(release)]
        if not wanted:
            return ()
        graph = self._graph
        if graph is None:
            self.gaps.add("nearest", "main's history is not at hand")
            return MISSING
        seeker = self.gaps.attempt("nearest", lambda: self._seeker(graph))
        if seeker is MISSING:
            return MISSING
        found = []
        for release in wanted:
            one = self.gaps.attempt("nearest", partial(_nearest_to, seeker, release))
            if one is not MISSING:
                found.append(one)
        return tuple(found)

    def _needs_nearest(self, release: Release) -> bool:
        head = head_of(release)
        return release.active or release.git is None or head is None or len(head) != 40 or not self.mirror.holds(head)

    def _seeker(self, graph: Graph) -> Seeker:
        reader = self._commit_reader
        candidates = [Candidate(commit, reader.brief(commit).tree) for commit in graph.line[:MOST_COMMITS]]
        return Seeker(self._tree_reader, self.hasher, self._differ, candidates)


def _nearest_to(seeker: Seeker, release: Release) -> NearestCommit:
    if release.files is MISSING:
        raise SourceError(f"the files of release {release.name} were not read")
    return seeker.nearest(release.name, release.files, () if release.pruned is MISSING else release.pruned)
