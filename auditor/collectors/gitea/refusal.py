"""What it means that a server refuses an answer: the reason, and the right that would change it."""

import re
from dataclasses import dataclass

from auditor.errors import SourceError
from auditor.text import printable, short
from auditor.transports.http.answer import JsonResponse

_SCOPES = re.compile(r"token scope=([\w:,-]{1,500})")


class RefusedError(SourceError):
    """The server refuses the token itself: nothing can be observed with it."""


class DeniedError(SourceError):
    """One answer was refused; `remedy` names the right that is missing."""

    def __init__(self, reason: str, remedy: str | None) -> None:
        super().__init__(reason)
        self.remedy = remedy


@dataclass(frozen=True)
class Need:
    """What an endpoint wants of the caller: the scope of the token, and the user's role on the repository."""

    scope: str
    role: str

    @property
    def remedy(self) -> str:
        """How to grant it, and nothing beyond it."""
        return f"give the auditor's user {self.role}, and its token the scope {self.scope}"


READER = Need("read:repository", "access to the repository")
ADMIN = Need("read:repository", "the role of an admin collaborator of the repository")
OWNER = Need("read:repository", "an owner's place (the repository's user, or the organisation's team Owners)")
IDENTITY = Need("read:user", "an account")


def denied(answer: JsonResponse, need: Need) -> DeniedError:
    """The error that an answer other than 2xx stands for."""
    said = f" ({answer.message})" if answer.message else ""
    if answer.location is not None:
        target = short(printable(answer.location.partition("?")[0]), 200)
        return DeniedError(f"the server points to '{target}'", "correct owner and repo in policies.yaml")
    if answer.route_missing:
        return DeniedError("this server's version has no such endpoint", "upgrade the server")
    if answer.status == 403 and told_scopes(answer.message) is not None:
        return DeniedError(f"the token lacks the scope {need.scope}{said}", need.remedy)
    if answer.status in (401, 403):
        return DeniedError(f"the caller may not see it{said}", need.remedy)
    if answer.status == 404:
        return DeniedError(f"it doesn't exist, or the caller may not see it{said}", need.remedy)
    return DeniedError(f"the server answered {answer.status}{said}", "see the server's log")


def told_scopes(message: str) -> tuple[str, ...] | None:
    """The scopes of the token, which the refusal for a missing scope names; None in any other text."""
    found = _SCOPES.search(message)
    return tuple(sorted(set(filter(None, found[1].split(","))))) if found else None
