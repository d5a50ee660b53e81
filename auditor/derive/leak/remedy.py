"""What has to be done about a leaked secret, in order: revoke, rotate, purge exactly its places, tell the others."""

import shlex
from collections.abc import Iterable, Iterator

from auditor.config import Config
from auditor.model.facts.leaks import LeakPlace
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING
from auditor.text import printable

_MOST_NAMES = 20
_REVOKE = {
    "github-token": "revoke it: https://github.com/settings/tokens",
    "gitlab-token": "revoke it: GitLab, User settings, Access tokens",
    "aws-access-key": "deactivate it: aws iam update-access-key --status Inactive --access-key-id …",
    "slack-token": "revoke it: https://api.slack.com/methods/auth.revoke",
    "npm-token": "revoke it: npm token revoke …",
    "pypi-token": "revoke it in the account settings of PyPI, under API tokens",
    "private-key": "take its public half out of every authorized_keys, deploy key list and certificate",
    "putty-key": "take its public half out of every authorized_keys, deploy key list and certificate",
}
_OTHER = "revoke it where it was issued"


def revocation(kind: str, config: Config) -> str:
    """Where a secret of this kind is revoked."""
    if kind.startswith("gitea-") and config.gitea is not None:
        page = "/-/admin/actions/runners" if kind == "gitea-runner-token" else "/user/settings/applications"
        return f"revoke it: {config.gitea.base}{page}"
    return _REVOKE.get(kind, _OTHER)


def purge_command(places: Iterable[LeakPlace]) -> str:
    """The call of git filter-repo that takes a secret out of these places; a file that a tip still has is kept.

    The value itself is nowhere known here: it goes into a file by the owner's hand.
    """
    options: dict[str, None] = {}
    for place in places:
        if place.where == "file" and place.path is not None and not place.tips:
            path = place.path.partition("!")[0]
            options[f"--path {shlex.quote(printable(path))}"] = None
        elif place.where == "file":
            options["--replace-text ../secrets.txt"] = None
        elif place.where in ("commit", "tag"):
            options["--replace-message ../secrets.txt"] = None
    paths = [option for option in options if option.startswith("--path")]
    texts = [option for option in options if not option.startswith("--path")]
    calls = [" ".join(("git filter-repo --invert-paths", *paths))] if paths else []
    if texts:
        calls.append(" ".join(("git filter-repo", *texts)) + "   # secrets.txt: the value, ==>, REMOVED, on one line")
    return " && ".join(calls) or "git gc --prune=now   # no ref leads to it"


def holders_of(snapshot: Snapshot, config: Config) -> str:
    """Who has a copy of the history besides, as far as the facts know."""
    return "; ".join(_holders(snapshot, config)) or "every clone"


def _holders(snapshot: Snapshot, config: Config) -> Iterator[str]:
    gitea, nas = snapshot.gitea, snapshot.nas
    yield "every clone, this one included"
    if gitea is not MISSING and gitea.pulls is not MISSING and config.gitea is not None:
        own = f"{config.gitea.owner}/{config.gitea.repo}".lower()
        forks = {
            one.head_repository
            for one in gitea.pulls
            if one.head_repository and one.head_repository is not MISSING and one.head_repository.lower() != own
        }
        if forks:
            yield "the forks " + ", ".join(sorted(forks)[:_MOST_NAMES])
        if gitea.pulls:
            yield "the server's refs/pull/*/head, which only an administrator can remove"
    if nas is not MISSING and nas.releases is not MISSING and any(one.git is not None for one in nas.releases):
        names = [one.name for one in nas.releases if one.git is not None]
        yield "the NAS's releases " + ", ".join(sorted(names)[:_MOST_NAMES])
