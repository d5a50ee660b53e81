"""Whether a success was posted by Gitea's own runner; any writer can post one in the name of a job."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from auditor.derive.protection.rule import version_of
from auditor.model.facts.gitea import Gitea, Status
from auditor.model.missing import MISSING, Missing

# the first version that was seen to name no creator for what its own Actions wrote
_SINCE = (1, 25)
_RUN = re.compile(r"/actions/runs/\d+(?:/|$)", re.ASCII)
_JOB = re.compile(r".+ / .+ \(\w+\)")


def leaves_creator_empty(gitea: Gitea) -> bool:
    """Whether this server is known to name no creator for its own runs."""
    version = None if gitea.server is MISSING else version_of(gitea.server)
    return gitea.creator_ever_empty is True or (version is not None and version >= _SINCE)


def is_genuine(entry: Status, accounts: Iterable[str], empty: bool) -> bool | Missing:
    """Whether a run or a declared account posted the entry; MISSING where this server's ways don't tell.

    `empty` says that the server names no creator for its own runs.
    """
    if entry.creator is MISSING or entry.target_url is MISSING:
        return MISSING
    if entry.creator is None and _is_run(entry.target_url):
        return True
    if entry.creator is not None and entry.creator.casefold() in {name.casefold() for name in accounts}:
        return True
    return False if empty or not _JOB.fullmatch(entry.context) else MISSING


def _is_run(url: str | None) -> bool:
    try:
        return url is not None and _RUN.search(urlsplit(url).path) is not None
    except ValueError:
        return False
