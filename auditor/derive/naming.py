"""The head branches of open pull requests, against the names that the policy file allows."""

from auditor.config import Config
from auditor.derive.protection.glob import glob_matches
from auditor.frozen import frozen
from auditor.model.facts.gitea import Pull
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing


@frozen
class Head:
    """The head of an open pull request; without `branch_names` there is one entry, with `asked` False."""

    pull: int
    branch: str | Missing
    asked: bool
    url: str | Missing = MISSING
    author: str | Missing | None = MISSING
    named: bool | Missing = MISSING


@frozen
class Naming:
    """The open pull requests, by number."""

    heads: tuple[Head, ...] | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, config: Config) -> Naming:
    """Whether each head is named as it should be; `*` crosses slashes here, as in every glob of the policy file."""
    gitea = snapshot.gitea
    if gitea is MISSING or config.gitea is None:
        return Naming()
    if not gitea.available:
        return Naming(gaps=(Gap(pointer="/naming", reason=f"gitea is unavailable: {gitea.error}"),))
    if not config.gitea.branch_names:
        return Naming(heads=(Head(pull=0, branch="", asked=False, named=True),))
    gaps = carried(gitea.gaps, ("/gitea/pulls", "/gitea/redirect"), "/naming/heads")
    if gitea.pulls is MISSING:
        return Naming(gaps=gaps)
    heads = (_head(pull, config.gitea.branch_names) for pull in reversed(gitea.pulls) if pull.state == "open")
    return Naming(heads=tuple(heads), gaps=gaps)


def _head(pull: Pull, names: tuple[str, ...]) -> Head:
    branch = pull.head_branch
    named = MISSING if branch is MISSING else any(glob_matches(name, branch) for name in names)
    return Head(pull=pull.number, branch=branch, asked=True, url=pull.url, author=pull.author, named=named)
