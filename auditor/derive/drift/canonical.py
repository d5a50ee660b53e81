"""Looking things up in what Gitea's objects said: a commit by its id or role, a tree, the gaps of either."""

import re
from collections.abc import Iterator, Mapping

from auditor.model.facts.canon import Canon, CanonCommit, CanonFile, CanonTree
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING

_TREE_GAP = re.compile(r"/canon(?:/commits|/trees(?:/(\d+)(?:/files|/ignore_files)?)?)?")


def commits_of(snapshot: Snapshot) -> tuple[CanonCommit, ...]:
    """The commits that were looked up; none where Gitea's objects were not at hand."""
    canon = snapshot.canon
    return () if canon is MISSING or not canon.available or canon.commits is MISSING else canon.commits


def commit_of(snapshot: Snapshot, commit: str) -> CanonCommit | None:
    """What Gitea's objects say of a commit; None where it was not looked up."""
    return next((one for one in commits_of(snapshot) if one.commit == commit), None)


def commit_in_role(snapshot: Snapshot, role: str) -> CanonCommit | None:
    """The commit that is here because of `role`; None where there is none."""
    return next((one for one in commits_of(snapshot) if role in one.roles), None)


def tree_of(snapshot: Snapshot, commit: CanonCommit | None) -> CanonTree | None:
    """The tree of a commit; None where it is not at hand."""
    canon = snapshot.canon
    if commit is None or canon is MISSING or canon.trees is MISSING:
        return None
    return next((tree for tree in canon.trees if tree.id == commit.tree), None)


def files_of(snapshot: Snapshot, commit: CanonCommit | None) -> Mapping[str, CanonFile] | None:
    """The files of a commit by path; None where its tree is not at hand."""
    tree = tree_of(snapshot, commit)
    return None if tree is None else {file.path: file for file in tree.files}


def tree_gaps(canon: Canon, tree: CanonTree) -> Iterator[Gap]:
    """The gaps that leave the list of a tree's paths or of its ignore rules open."""
    trees = () if canon.trees is MISSING else canon.trees
    index = next((number for number, one in enumerate(trees) if one is tree), None)
    for gap in canon.gaps:
        match = _TREE_GAP.fullmatch(gap.pointer)
        if match and match[1] in (None, str(index)):
            yield gap
