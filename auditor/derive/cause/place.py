"""Why the deployed commit is not main's tip: each cause with what speaks for it, or why it is ruled out."""

from collections.abc import Iterator

from auditor.config import Config
from auditor.derive.drift.canonical import commit_of
from auditor.derive.production import Production, active_release, on_main
from auditor.derive.provenance.pull import merged_into
from auditor.frozen import frozen
from auditor.model.facts.nas import Nas, Release
from auditor.model.facts.nas_git import GitDirectory
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING
from auditor.text import short


@frozen
class Verdict:
    """What is said of one cause: `holds` with its text, or ruled out with the reason."""

    name: str
    holds: bool
    text: str


def place_verdicts(snapshot: Snapshot, config: Config, production: Production) -> Iterator[Verdict]:
    """The causes in the order in which the first that holds explains the others."""
    nas, gated = snapshot.nas, snapshot.target is not MISSING
    commit = production.commit if gated else production.deployed
    if nas is MISSING or commit is MISSING:
        return
    # what moved the release says nothing of a commit that is yet to come
    release = None if gated else active_release(nas)
    git = None if release is None or release.git is MISSING else release.git
    placed = on_main(commit, snapshot)
    yield _rewritten(commit, placed, git, snapshot, config)
    yield _wrong_branch(commit, placed, git, snapshot, config)
    yield _made_here(commit, git, snapshot)
    yield _rolled_back(commit, production, nas, release, git, snapshot)
    yield _stale(commit, placed, production, git)


def _rewritten(commit: str, placed: object, git: GitDirectory | None, snapshot: Snapshot, config: Config) -> Verdict:
    name = "rewritten-main"
    if placed is True:
        return Verdict(name=name, holds=False, text="the commit is in main's history")
    witness = _once_main(commit, git, snapshot, config.gitea.branch if config.gitea else "main")
    if placed is False and witness is not None:
        return Verdict(name=name, holds=True, text=f"{witness}, and main no longer contains {commit[:12]}")
    return Verdict(name=name, holds=False, text="nothing tells that main ever was at this commit")


def _once_main(commit: str, git: GitDirectory | None, snapshot: Snapshot, branch: str) -> str | None:
    """What tells that main once pointed to a commit: memory, Gitea's own records, last the NAS's; None without any."""
    gitea, earlier = snapshot.gitea, snapshot.earlier
    tips = () if earlier is MISSING else earlier.tips
    gone = () if gitea is MISSING or gitea.earlier_tips is MISSING else gitea.earlier_tips
    if any(one.commit == commit and one.branch == branch for one in tips) or any(one.commit == commit for one in gone):
        return "an earlier run saw main there"
    pulls = () if gitea is MISSING else merged_into(gitea, branch)
    pull = next((one for one in pulls if one.merge_commit == commit), None)
    if pull is not None:
        return f"pull request #{pull.number} was merged as it"
    rows = () if gitea is MISSING or gitea.activity is MISSING else gitea.activity.rows
    row = next((one for one in rows if commit in (one.old, one.new)), None)
    if row is not None:
        return f"Gitea's activity feed saw main there (its row of {row.created_at})"
    known = commit_of(snapshot, commit)
    # a commit that Gitea lacks may have been made on the NAS, together with this ref
    if git is not None and git.remote_main == commit and known is not None and known.known:
        return "the NAS fetched it as main"
    return None


def _wrong_branch(commit: str, placed: object, git: GitDirectory | None, snapshot: Snapshot, config: Config) -> Verdict:
    gitea = snapshot.gitea
    wanted = config.gitea.branch if config.gitea else "main"
    branches = () if gitea is MISSING or gitea.branches is MISSING else gitea.branches
    pulls = () if gitea is MISSING or gitea.pulls is MISSING else gitea.pulls
    known = next((f"branch {one.name}" for one in branches if one.commit == commit and one.name != wanted), None)
    known = known or next((f"pull request #{one.number}" for one in pulls if one.head_commit == commit), None)
    head = None if git is None or git.head is MISSING else git.head
    if placed is False and known is not None:
        return Verdict(name="wrong-branch", holds=True, text=f"{commit[:12]} is the head of {known}, not of {wanted}")
    if placed is False and head is not None and head.branch not in (None, wanted):
        return Verdict(name="wrong-branch", holds=True, text=f"the release is on branch {head.branch}, not on {wanted}")
    why = "the commit is in main's history" if placed is True else "no branch or pull request of Gitea has this head"
    return Verdict(name="wrong-branch", holds=False, text=why)


def _made_here(commit: str, git: GitDirectory | None, snapshot: Snapshot) -> Verdict:
    known = commit_of(snapshot, commit)
    entry = None if git is None or git.last_reflog is MISSING else git.last_reflog
    if known is not None and not known.known:
        said = f" (its reflog says '{short(entry.message, 80)}')" if entry else ""
        text = f"Gitea holds no commit {commit[:12]}: it was made on the NAS or on another clone{said}"
        return Verdict(name="tampering", holds=True, text=text)
    why = "Gitea holds the commit" if known is not None else "whether Gitea holds the commit is not known"
    return Verdict(name="tampering", holds=False, text=why)


def _rolled_back(
    commit: str,
    production: Production,
    nas: Nas,
    release: Release | None,
    git: GitDirectory | None,
    snapshot: Snapshot,
) -> Verdict:
    name = "rolled-back"
    if production.is_main is True:
        return Verdict(name=name, holds=False, text="production is at main's tip")
    declared = production.rollback
    if declared is not None and declared.in_force and declared.deployed is True:
        return Verdict(name=name, holds=True, text=f"declared: rolled back to {commit[:12]} ({declared.reason})")
    behind = _behind(commit, snapshot)
    for other in () if nas.releases is MISSING else nas.releases:
        newer = None if other is release else _head(other)
        if newer and _is_newer(newer, behind, snapshot):
            text = f"rolled back to {commit[:12]}: release {other.name} holds the newer {newer[:12]}"
            return Verdict(name=name, holds=True, text=text)
    entry = None if git is None or git.last_reflog is MISSING else git.last_reflog
    if entry is not None and entry.before and _is_newer(entry.before, behind, snapshot):
        text = f"rolled back to {commit[:12]} at {entry.at}, from the newer {entry.before[:12]}"
        return Verdict(name=name, holds=True, text=text)
    return Verdict(name=name, holds=False, text="no release and no reflog entry names a newer commit")


def _stale(commit: str, placed: object, production: Production, git: GitDirectory | None) -> Verdict:
    if production.is_main is True or placed is not True:
        why = "production is at main's tip" if production.is_main is True else "the commit is not known to be on main"
        return Verdict(name="stale", holds=False, text=why)
    fetch = None if git is None or git.fetch is MISSING else git.fetch
    asked = f"; the NAS last fetched at {fetch.fetched_at}" if fetch else ""
    count = production.behind
    behind = "behind main" if count is MISSING or count is None else f"{count} commit(s) behind main"
    return Verdict(name="stale", holds=True, text=f"{commit[:12]} is {behind}: nothing newer was deployed{asked}")


def _head(release: Release) -> str | None:
    git = release.git
    return None if git is MISSING or git is None or git.head is MISSING else git.head.commit


def _behind(commit: str, snapshot: Snapshot) -> int | None:
    known = commit_of(snapshot, commit)
    return known.behind if known is not None and isinstance(known.behind, int) else None


def _is_newer(commit: str, behind: int | None, snapshot: Snapshot) -> bool:
    other = _behind(commit, snapshot)
    return other is not None and behind is not None and other < behind
