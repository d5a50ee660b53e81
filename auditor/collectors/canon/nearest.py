"""The commit of main whose files a release's are, or come closest to; stored dates and claims decide nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from auditor.collectors.canon.difference import Changed, Differ
from auditor.collectors.canon.folder import ATTRIBUTES, canon_file, job_of
from auditor.collectors.canon.hashing import Hasher
from auditor.collectors.canon.tree import TreeReader
from auditor.errors import SourceError
from auditor.gitfile.attribute import Rules
from auditor.model.facts.canon import CanonFile, NearestCommit
from auditor.model.facts.nas import PrunedFolder, ReleaseFile
from auditor.model.missing import MISSING
from auditor.text import name_bytes, name_text

MOST_COMMITS = 500
_ATTRIBUTES = name_text(ATTRIBUTES)
_NO_RULES: Mapping[bytes, Rules] = {}


@dataclass(frozen=True)
class Candidate:
    """A commit of main's line and its tree."""

    commit: str
    tree: str


@dataclass(frozen=True)
class Seeker:
    """Compares releases with the newest commits of main, which are given newest first, at least one."""

    reader: TreeReader
    hasher: Hasher
    differ: Differ
    candidates: Sequence[Candidate]

    def nearest(self, release: str, files: Iterable[ReleaseFile], pruned: Iterable[PrunedFolder]) -> NearestCommit:
        """The newest commit with the fewest differing paths; raises SourceError where none can be compared.

        Paths that none of the commits has count for nothing: what a build or an owner adds is the same to all of them.
        A file that could not be read on the release differs; one that nobody can judge doesn't.
        """
        left_out = tuple(f"{folder.path}/" for folder in pruned)
        search = _Search({file.path: file for file in files if file.path in self._tracked}, left_out)
        best, fewest, rules = self.candidates[0], -1, _NO_RULES
        for place, candidate in enumerate(self.candidates[: len(self._steps) + 1]):
            step = self._steps[place - 1] if place else ()
            if place and not _changes_rules(step):
                search.move(step, self._hashed(step, rules, search.there))
            else:
                rules = self.reader.rules(candidate.tree)
                search.begin(self.reader.read(candidate.tree).files)
            if fewest < 0 or len(search.wrong) < fewest:
                best, fewest = candidate, len(search.wrong)
            if not fewest:
                break
        return NearestCommit(release=release, commit=best.commit, differences=fewest, searched=len(self._steps) + 1)

    @cached_property
    def _steps(self) -> Sequence[tuple[Changed, ...]]:
        """What each commit but the first has otherwise than the next newer one; it ends where that can't be told."""
        found = []
        try:
            for newer, older in zip(self.candidates, self.candidates[1:], strict=False):
                found.append(self.differ.differences(newer.tree, older.tree))
        except SourceError:
            pass  # `searched` says how far it went
        return found

    @cached_property
    def _tracked(self) -> frozenset[str]:
        """Every path that one of the commits has."""
        newest = (file.path for file in self.reader.read(self.candidates[0].tree).files)
        return frozenset(newest) | {change.path for step in self._steps for change in step if change.new is not None}

    def _hashed(
        self, step: Iterable[Changed], rules: Mapping[bytes, Rules], there: Mapping[str, ReleaseFile]
    ) -> dict[str, CanonFile]:
        """The files that a step brings; those that the release lacks are not hashed."""
        named = [(name_bytes(one.path), one.path, one.new) for one in step if one.new is not None]
        jobs = {path: job_of(raw, entry, rules) for raw, path, entry in named if path in there}
        contents = self.hasher.contents(job for job in jobs.values() if job is not None)
        return {path: canon_file(raw, entry, contents, jobs.get(path)) for raw, path, entry in named}


@dataclass
class _Search:
    """A release on its way along main's line; `wrong` are the paths in which it differs from the present commit."""

    there: Mapping[str, ReleaseFile]
    left_out: tuple[str, ...]
    wrong: set[str] = field(default_factory=set)

    def begin(self, files: Sequence[CanonFile]) -> None:
        """Compares with a whole tree."""
        self.wrong = {file.path for file in files if not self._fits(file.path, file)}
        self.wrong |= {path for path in self.there.keys() - {file.path for file in files} if not self._fits(path, None)}

    def move(self, step: Iterable[Changed], files: Mapping[str, CanonFile]) -> None:
        """Compares with the next older tree, in which a step's paths are `files`, or nothing."""
        for change in step:
            if self._fits(change.path, files.get(change.path)):
                self.wrong.discard(change.path)
            else:
                self.wrong.add(change.path)

    def _fits(self, path: str, canon: CanonFile | None) -> bool:
        if path.startswith(self.left_out):
            return True
        file = self.there.get(path)
        if canon is None:
            return file is None
        if canon.kind == "submodule":
            return True
        if file is None or file.kind != canon.kind:
            return False
        return canon.sha256 is MISSING or file.sha256 in (canon.sha256, canon.lfs_sha256)


def _changes_rules(step: Iterable[Changed]) -> bool:
    return any(change.path.rpartition("/")[2] == _ATTRIBUTES for change in step)
