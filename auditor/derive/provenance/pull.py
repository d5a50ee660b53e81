"""The pull requests that were merged into main, and what keeps that list from being known whole."""

import re

from auditor.model.facts.gitea import Gitea, Pull
from auditor.model.missing import MISSING

# a gap in what decides whether a pull request was merged, into which branch and as what; not one in its title
_DECISIVE = re.compile(r"/gitea/pulls(/\d+(/(merged|merge_commit|base_branch|base_repository))?)?")


def merged_into(gitea: Gitea, branch: str) -> tuple[Pull, ...]:
    """The pull requests that were merged into `branch` of the repository itself."""
    pulls = () if gitea.pulls is MISSING else gitea.pulls
    return tuple(pull for pull in pulls if pull.merged and pull.base_branch == branch and _is_here(gitea, pull))


def _is_here(gitea: Gitea, pull: Pull) -> bool:
    full_name = MISSING if gitea.repository is MISSING else gitea.repository.full_name
    base = pull.base_repository
    if base is None or base is MISSING or full_name is MISSING:
        return True
    return base.lower() == full_name.lower()


def unread(gitea: Gitea) -> str | None:
    """Why a merged pull request may be missing from the list, in the words of its gap; None where it is whole."""
    gap = next((gap for gap in gitea.gaps if _DECISIVE.fullmatch(gap.pointer)), None)
    if gap is not None:
        return gap.reason
    if gitea.pulls is MISSING:
        return "the pull requests were not observed"
    blank = next((pull.number for pull in gitea.pulls if pull.merged and pull.merge_commit is MISSING), None)
    return None if blank is None else f"what pull request #{blank} made of its branch was not observed"
