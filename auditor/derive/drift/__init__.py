"""The NAS's files against the tree that Gitea holds, release by release; git's own status is never asked.

A file is the commit's if its bytes are those that git would check out. What nobody can judge (a filter attribute, a
submodule, a file that was not read) is neither the same nor changed.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from auditor.config import Config
from auditor.derive.drift.canonical import commit_of, tree_gaps, tree_of
from auditor.derive.drift.comparison import Comparison, DriftPath, Listing, Unjudged, compare
from auditor.frozen import frozen
from auditor.model.facts.nas import Nas, Release, ReleaseFile
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing
from auditor.once import once

_EXAMPLES = 20
_OF_RELEASE = re.compile(r"(/nas/releases/\d+)(?:/files|/pruned|/git|/git/head|/git/refs)?")
_ACTIVE = ("changed", "extra", "unjudged")


@frozen
class ReleaseDrift:
    """A release against the commit that it is of; `proof` says how the commit is known.

    `changed_count` counts paths of the commit that lie there otherwise, `extra_count` files that the commit lacks and
    that could be code; `examples` are the first of both. `intact` is whether there are none.
    """

    name: str
    active: bool
    path: str
    commit: str | Missing = MISSING
    proof: Literal["head", "identical-tree"] | Missing = MISSING
    same_count: int | Missing = MISSING
    changed_count: int | Missing = MISSING
    extra_count: int | Missing = MISSING
    ignored_count: int | Missing = MISSING
    noise_count: int | Missing = MISSING
    pruned_count: int | Missing = MISSING
    unjudged_count: int | Missing = MISSING
    examples: tuple[str, ...] = ()
    intact: bool | Missing = MISSING


@frozen
class Drift:
    """The active release's drift, and every release's; `changed` are paths of the commit, `extra` the others."""

    release: str | Missing = MISSING
    path: str | Missing = MISSING
    commit: str | Missing = MISSING
    proof: Literal["head", "identical-tree"] | Missing = MISSING
    changed: tuple[DriftPath, ...] | Missing = MISSING
    extra: tuple[DriftPath, ...] | Missing = MISSING
    unjudged: tuple[Unjudged, ...] | Missing = MISSING
    releases: tuple[ReleaseDrift, ...] | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


@once
def derive(snapshot: Snapshot, config: Config) -> Drift:
    """The drift of every release whose files were read and whose commit Gitea holds."""
    nas, canon = snapshot.nas, snapshot.canon
    if nas is MISSING or config.nas is None:
        return Drift()
    if not nas.available or nas.releases is MISSING:
        reason = Gap(pointer="/drift", reason=f"nas is unavailable: {nas.error}")
        return Drift(gaps=carried(nas.gaps, ("/nas/releases", "/nas/current"), "/drift") or (reason,))
    work = _Work(snapshot, nas, config.nas.copied_verbatim)
    releases = tuple(work.release(index, release) for index, release in enumerate(nas.releases))
    if canon is MISSING or not canon.available:
        error = "Gitea's objects were not asked for" if canon is MISSING else canon.error
        work.gaps.insert(0, Gap(pointer="/drift", reason=f"there is nothing to compare the files with: {error}"))
    return _drift(releases, work, carried(nas.gaps, ("/nas/current",), "/drift"))


def commit_of_release(snapshot: Snapshot, release: Release) -> tuple[str, Literal["head", "identical-tree"]] | None:
    """The commit that a release is of: its HEAD, or without `.git` the commit of main that has just its files."""
    if release.git is MISSING:
        return None
    if release.git is not None:
        head = release.git.head
        return None if head is MISSING or head.commit is None else (head.commit, "head")
    canon = snapshot.canon
    nearest = () if canon is MISSING or canon.nearest is MISSING else canon.nearest
    equal = next((one for one in nearest if one.release == release.name and one.differences == 0), None)
    return None if equal is None else (equal.commit, "identical-tree")


def _drift(releases: tuple[ReleaseDrift, ...], work: "_Work", moved: tuple[Gap, ...]) -> Drift:
    active = next((one for one in releases if one.active), None)
    gaps = tuple(dict.fromkeys((*work.gaps, *work.of_lists())))
    if active is None:
        none = Gap(pointer="/drift", reason="current leads to no release, so none is the active one")
        return Drift(releases=releases, gaps=(*gaps, *(moved or (none,))))
    known = work.active
    return Drift(
        release=active.name,
        path=active.path,
        commit=active.commit,
        proof=active.proof,
        changed=MISSING if known is None else known.changed,
        extra=MISSING if known is None else known.extra,
        unjudged=MISSING if known is None else known.unjudged,
        releases=releases,
        gaps=gaps,
    )


@dataclass
class _Work:
    """The comparison of all releases; gaps are gathered on the way, and the active release's paths are kept."""

    snapshot: Snapshot
    nas: Nas
    verbatim: tuple[str, ...]
    gaps: list[Gap] = field(default_factory=list)
    active: Comparison | None = None

    def of_lists(self) -> Iterator[Gap]:
        """The NAS's own gaps in what is compared, as gaps of the release; the active one's are its lists' too."""
        releases = () if self.nas.releases is MISSING else self.nas.releases
        for gap in self.nas.gaps:
            match = _OF_RELEASE.fullmatch(gap.pointer)
            if match:
                number = int(match[1].rsplit("/", 1)[-1])
                active = number < len(releases) and releases[number].active
                yield from _everywhere(number, gap, active=active)
            elif gap.pointer in ("/nas", "/nas/releases"):
                yield replace(gap, pointer="/drift")

    def release(self, index: int, release: Release) -> ReleaseDrift:
        """A release's drift; what keeps it from being told is a gap of the release, and of the lists if active."""
        plain = ReleaseDrift(name=release.name, active=release.active, path=release.path)
        known = commit_of_release(self.snapshot, release)
        if known is None:
            return self._blind(plain, index, _no_commit(release))
        plain = replace(plain, commit=known[0], proof=known[1])
        canon = self.snapshot.canon
        tree = tree_of(self.snapshot, commit_of(self.snapshot, known[0]))
        if tree is None or canon is MISSING:
            return self._blind(plain, index, f"Gitea's objects hold no tree of {known[0][:12]}")
        if release.files is MISSING:
            return self._blind(plain, index, f"the files of release {release.name} were not read")
        for gap in tree_gaps(canon, tree):
            self.gaps += _everywhere(index, gap, active=release.active)
        listing = self._listing(index, release, release.files)
        compared = compare(listing, tree, self.verbatim)
        if release.active:
            self.active = compared
            self.gaps += _unjudged_gaps(compared.unjudged)
        return _counted(plain, compared, listing)

    def _listing(self, index: int, release: Release, files: tuple[ReleaseFile, ...]) -> Listing:
        cut = any(gap.pointer == f"/nas/releases/{index}/files" for gap in self.nas.gaps)
        pruned = () if release.pruned is MISSING else release.pruned
        return Listing(files=files, pruned=pruned, whole=not cut and release.pruned is not MISSING)

    def _blind(self, plain: ReleaseDrift, index: int, reason: str) -> ReleaseDrift:
        self.gaps += _everywhere(index, Gap(pointer="", reason=reason), active=plain.active)
        return plain


def _everywhere(index: int, gap: Gap, *, active: bool) -> Iterator[Gap]:
    yield replace(gap, pointer=f"/drift/releases/{index}")
    for name in _ACTIVE if active else ():
        yield replace(gap, pointer=f"/drift/{name}")


def _no_commit(release: Release) -> str:
    if release.git is None:
        return f"release {release.name} has no .git, and no commit of main has just its files"
    return f"the commit of release {release.name} could not be told"


def _counted(plain: ReleaseDrift, compared: Comparison, listing: Listing) -> ReleaseDrift:
    code = [one for one in compared.extra if one.counts]
    wrong = [*compared.changed, *code]
    return replace(
        plain,
        same_count=compared.same_count,
        changed_count=len(compared.changed),
        extra_count=len(code),
        ignored_count=sum(one.ignored for one in compared.extra),
        noise_count=sum(one.noise for one in compared.extra),
        pruned_count=sum(folder.file_count for folder in listing.pruned),
        unjudged_count=len(compared.unjudged),
        examples=tuple(one.path for one in wrong[:_EXAMPLES]),
        intact=False if wrong else MISSING if compared.unjudged or not listing.whole else True,
    )


def _unjudged_gaps(unjudged: Iterable[Unjudged]) -> Iterator[Gap]:
    """One gap a reason: a folder full of them is one open question."""
    by_reason: dict[str, list[str]] = {}
    for one in unjudged:
        by_reason.setdefault(one.reason, []).append(one.path)
    for reason, paths in by_reason.items():
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        yield Gap(pointer="/drift/changed", reason=f"{paths[0]}{more} can't be judged: {reason}")
