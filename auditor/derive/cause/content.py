"""Why files of the active release are not the commit's: each cause with what speaks for it, or why it is ruled out."""

import re
from collections.abc import Iterator, Sequence

from auditor.derive.cause.place import Verdict
from auditor.derive.drift.canonical import commits_of, files_of
from auditor.derive.hotfix import Change, Hotfix
from auditor.derive.production import active_release
from auditor.model.facts.canon import CanonCommit
from auditor.model.facts.nas_git import GitDirectory
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING

_BUILT = re.compile(
    r"(^|/)(dist|build|out|\.astro|\.cache|\.vite|coverage|node_modules)/|(^|/)(package-lock\.json|[^/]*\.log)$"
)
_HIDES = ("skip-worktree", "assume-unchanged", "exclude")


def content_verdicts(snapshot: Snapshot, hotfix: Hotfix) -> Iterator[Verdict]:
    """The causes in the order in which the first that holds explains the others."""
    nas = snapshot.nas
    if hotfix.changes is MISSING or nas is MISSING:
        return
    changes = [one for one in hotfix.changes if one.counts]
    if not changes:
        return
    release = active_release(nas)
    git = None if release is None or release.git is MISSING else release.git
    yield _tampering(changes, git)
    yield _partial(changes, git, snapshot)
    yield _artefact(changes)
    yield _hotfix(changes, hotfix)


def _tampering(changes: Sequence[Change], git: GitDirectory | None) -> Verdict:
    masks = () if git is None or git.disguises is MISSING else git.disguises
    hidden = {one.name: one.kind for one in masks if one.kind in _HIDES}
    found = next((one for one in changes if one.path in hidden), None)
    if found is not None:
        text = f"{found.path} is hidden from git by {hidden[found.path]}: somebody did not want it to be seen"
        return Verdict(name="tampering", holds=True, text=text)
    forked = next((one for one in changes if "from the fork" in one.remark and one.carried is False), None)
    if forked is not None:
        return Verdict(name="tampering", holds=True, text=f"{forked.path}: {forked.remark}")
    return Verdict(name="tampering", holds=False, text="nothing hides the changes, and no fork has them")


def _partial(changes: Sequence[Change], git: GitDirectory | None, snapshot: Snapshot) -> Verdict:
    """Another commit that accounts for every change: some of its files came, or HEAD moved without them."""
    name = "partial-deployment"
    other = next((one for one in commits_of(snapshot) if one.known and _accounts(one, changes, snapshot)), None)
    if other is not None:
        text = f"{len(changes)} path(s) are those of {other.commit[:12]}, the rest of the deployed commit"
        return Verdict(name=name, holds=True, text=text)
    begun = () if git is None or git.operations is MISSING else git.operations
    if begun or (git is not None and git.locked is True):
        what = f"a {begun[0].kind}" if begun else "git's index.lock"
        return Verdict(name=name, holds=True, text=f"{what} that never ended lies in the release's repository")
    return Verdict(
        name=name, holds=False, text="no other known commit has these bytes, and no git command is unfinished"
    )


def _accounts(commit: CanonCommit, changes: Sequence[Change], snapshot: Snapshot) -> bool:
    if any(role.startswith("pull:") for role in commit.roles):
        return False
    files = files_of(snapshot, commit)
    if files is None:
        return False
    for change in changes:
        file = files.get(change.path)
        if (file is None) is not (change.kind == "missing"):
            return False
        if file is not None and (change.sha256 is None or file.sha256 != change.sha256):
            return False
    return True


def _artefact(changes: Sequence[Change]) -> Verdict:
    built = [one for one in changes if _BUILT.search(one.path)]
    if len(built) == len(changes):
        text = f"{built[0].path} and the like are written by a build, and no .gitignore of the repository names them"
        return Verdict(name="build-artefact", holds=True, text=text)
    plain = next(one for one in changes if one not in built)
    return Verdict(name="build-artefact", holds=False, text=f"no build writes {plain.path}")


def _hotfix(changes: Sequence[Change], hotfix: Hotfix) -> Verdict:
    carriers = () if hotfix.carriers is MISSING else hotfix.carriers
    numbers = ", ".join(f"#{one.number}" for one in carriers if one.counts)
    carried = sum(one.carried is True for one in changes)
    if carried == len(changes):
        return Verdict(name="hotfix", holds=True, text=f"a hotfix, reported in {numbers}")
    if carried:
        text = f"a hotfix, reported in {numbers} for {carried} of {len(changes)} paths"
        return Verdict(name="hotfix", holds=True, text=text)
    remark = next((f" ({one.remark})" for one in changes if one.remark), "")
    return Verdict(name="hotfix", holds=True, text=f"a hotfix that no open pull request carries{remark}")
