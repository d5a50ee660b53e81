"""Which commit a name means, as Gitea's branches have it; the clone's own are never asked."""

import re

from auditor.model.facts.gitea import Gitea
from auditor.model.missing import MISSING

_WHOLE = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_START = re.compile(r"[0-9a-f]{4,63}")


def named_commit(name: str | None, gitea: Gitea, branch: str) -> str | None:
    """The id that a whole id, a branch of the server or None (the tip of `branch`) means; None where it can't be told.

    The beginning of an id is told by the objects alone.
    """
    if name is not None and _WHOLE.fullmatch(name.lower()):
        return name.lower()
    wanted = branch if name is None else name.removeprefix("refs/heads/").removeprefix("origin/")
    if wanted == branch:
        main = gitea.main
        known = MISSING if main is MISSING or main is None else main.commit
        return None if known is MISSING else known
    branches = () if gitea.branches is MISSING else gitea.branches
    found = next((one.commit for one in branches if one.name == wanted), None)
    return found if isinstance(found, str) else None


def starts_an_id(name: str) -> bool:
    """Whether a name may be the beginning of an id."""
    return _START.fullmatch(name.lower()) is not None
