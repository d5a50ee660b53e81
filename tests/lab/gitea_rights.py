"""Who asks, and what Gitea lets them see: scope of the token, access to the repository, guard of the route.

Source of the rules and texts: the recordings, and reference/gitea.md sections 2, 3 and 5.
"""

import re
from enum import StrEnum
from typing import Any


class Caller(StrEnum):
    """The callers of the recordings, under the names that the recordings give them."""

    ANONYMOUS = "anonymous"
    INVALID = "invalid token"
    ETRANGER = "etranger"
    LECTEUR = "lecteur"
    ECRIVAIN = "ecrivain"
    AUDITEUR = "auditeur"
    AUDITEUR_NARROW = "auditeur-narrow"
    AUDITEUR_NOSCOPE = "auditeur-noscope"
    OWNER = "owner"


ADMINS = frozenset({Caller.AUDITEUR, Caller.AUDITEUR_NARROW, Caller.OWNER})
WRITERS = ADMINS | {Caller.ECRIVAIN}
STRANGERS = frozenset({Caller.ANONYMOUS, Caller.ETRANGER})

_IDENTITY = {
    Caller.ETRANGER: (6, "etranger"),
    Caller.LECTEUR: (4, "lecteur"),
    Caller.ECRIVAIN: (3, "ecrivain"),
    Caller.OWNER: (2, "gardienne"),
}
_ADMIN_ROUTE = re.compile(r"(branch_protections|tag_protections|keys|hooks|push_mirrors)(/.*)?")
_OWNER_ROUTE = re.compile(r"actions/(variables|secrets)(/.*)?")
_TOKEN_ROUTE = re.compile(r"(collaborators|teams|actions/(runs|workflows))(/.*)?")


def guard(route: str, caller: Caller) -> tuple[int, str] | None:
    """The refusal, as status and message, that a route below the repository gives `caller`, or None."""
    admin, owner = _ADMIN_ROUTE.fullmatch(route), _OWNER_ROUTE.fullmatch(route)
    if caller is Caller.ANONYMOUS and (admin or owner or _TOKEN_ROUTE.fullmatch(route)):
        return 401, "token is required"
    if admin and caller not in ADMINS:
        return 403, "user should be an owner or a collaborator with admin write of a repository"
    if owner and caller is not Caller.OWNER:
        return 403, "user should be the owner of the repo"
    return None


def lenders(caller: Caller) -> tuple[Caller, ...]:
    """Whose recorded answer serves `caller`, the best first: their own, then one who sees no less, then anybody's."""
    return tuple(dict.fromkeys((caller, Caller.AUDITEUR, Caller.OWNER, Caller.ANONYMOUS)))


def seen_by(caller: Caller, body: Any) -> Any:
    """An answer that another caller got, with the parts that speak about the caller made true for this one."""
    if isinstance(body, list):
        return [seen_by(caller, each) for each in body]
    if not isinstance(body, dict):
        return body
    seen = {key: seen_by(caller, value) for key, value in body.items()}
    if set(seen) == {"admin", "push", "pull"}:
        return {"admin": caller in ADMINS, "push": caller in WRITERS, "pull": True}
    if "effective_branch_protection_name" in seen and caller not in ADMINS:
        seen["effective_branch_protection_name"] = ""
        if caller not in WRITERS:
            seen |= {"user_can_push": False, "user_can_merge": False}
    return seen


def identity_of(caller: Caller, body: Any) -> Any:
    """The answer of /user or /token that was recorded for `auditeur`, made for another caller."""
    if caller not in _IDENTITY:
        return body
    number, login = _IDENTITY[caller]
    if "scopes" in body:
        scopes = ["all"] if caller is Caller.OWNER else body["scopes"]
        return body | {"scopes": scopes, "user": {"id": number, "login": login}}
    own = {"id": number, "login": login, "username": login, "email": f"{login}@archicratie.example"}
    return body | {key: value for key, value in own.items() if key in body}
