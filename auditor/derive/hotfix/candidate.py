"""The pull requests that may carry a change, and whether one has exactly the bytes that lie on the NAS."""

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.config import Config
from auditor.derive.drift.canonical import commit_in_role, files_of
from auditor.derive.drift.comparison import DriftPath
from auditor.model.facts.canon import CanonFile
from auditor.model.facts.gitea import Pull
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING


@dataclass(frozen=True)
class Candidate:
    """A pull request with the files of its head and of its merge base; None where that tree is not at hand."""

    pull: Pull
    why_not: str | None
    head: Mapping[str, CanonFile] | None
    base: Mapping[str, CanonFile] | None

    @property
    def counts(self) -> bool:
        """Whether it may carry a change at all."""
        return self.why_not is None

    def has(self, path: DriftPath) -> bool | None:
        """Whether the head has exactly the NAS's bytes, and its base has not: the pull request brings them.

        None where that can't be told.
        """
        if self.head is None:
            return None
        head = same_bytes(self.head.get(path.path), path)
        if head is False:
            return False
        base = None if self.base is None else same_bytes(self.base.get(path.path), path)
        return None if head is None or base is None else not base

    def changes(self) -> frozenset[str]:
        """The paths that the pull request changes."""
        if self.head is None or self.base is None:
            return frozenset()
        names = self.head.keys() | self.base.keys()
        return frozenset(name for name in names if _blob(self.head.get(name)) != _blob(self.base.get(name)))


def same_bytes(file: CanonFile | None, path: DriftPath) -> bool | None:
    """Whether a tree has at this path what lies on the NAS; None where either's bytes are not known."""
    if file is None or path.kind == "missing":
        return file is None and path.kind == "missing"
    if file.kind != path.found:
        return False
    if path.sha256 is not None and path.sha256 in (file.sha256, file.lfs_sha256):
        return True
    return None if path.sha256 is None or file.sha256 is MISSING else False


def _blob(file: CanonFile | None) -> str | None:
    return file.blob if file else None


def candidates(snapshot: Snapshot, config: Config) -> tuple[Candidate, ...] | Gap:
    """The pull requests to look at; a Gap without a pointer where they are not known."""
    gitea, canon = snapshot.gitea, snapshot.canon
    if gitea is MISSING or not gitea.available or gitea.pulls is MISSING:
        error = "gitea was not asked" if gitea is MISSING else gitea.error or "its pull requests were not observed"
        return Gap(pointer="", reason=f"no pull request is known: {error}")
    if canon is MISSING or not canon.available:
        return Gap(pointer="", reason="the heads of the pull requests were not read")
    cut = next((gap for gap in gitea.gaps if gap.pointer == "/gitea/pulls"), None)
    if cut is not None:
        return cut
    candidates = (_candidate(pull, snapshot, config) for pull in gitea.pulls)
    # a closed one that nobody looked up says nothing; an open one may carry a change all the same
    return tuple(one for one in candidates if one.pull.state == "open" or one.head is not None)


def _candidate(pull: Pull, snapshot: Snapshot, config: Config) -> Candidate:
    # of a head whose repository is not known nobody can say whether it covers anything
    known = pull.head_repository is not MISSING
    return Candidate(
        pull=pull,
        why_not=_why_not(pull, config),
        head=files_of(snapshot, commit_in_role(snapshot, f"pull:{pull.number}")) if known else None,
        base=files_of(snapshot, commit_in_role(snapshot, f"pull-base:{pull.number}")),
    )


def _why_not(pull: Pull, config: Config) -> str | None:
    """Why a pull request covers nothing; None where it does."""
    if config.gitea is None:
        return "no repository is configured"
    if pull.state != "open":
        return "it is merged and not deployed" if pull.merged else "it was closed unmerged"
    if pull.base_branch != config.gitea.branch:
        return f"it goes into {pull.base_branch}"
    if pull.head_repository is MISSING:
        return None
    if pull.head_repository is None:
        return "its repository is gone"
    canonical = f"{config.gitea.owner}/{config.gitea.repo}"
    if pull.head_repository.lower() != canonical.lower():
        return f"it comes from the fork {pull.head_repository}"
    return None
