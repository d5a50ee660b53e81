"""Who asks, and what the token may do: from the token's own record (Gitea from 1.27), else from what is refused."""

from dataclasses import replace

from auditor.collectors.gitea.api import Api
from auditor.collectors.gitea.gap import GapList
from auditor.collectors.gitea.memory import ServerMemory
from auditor.collectors.gitea.record import Record
from auditor.collectors.gitea.refusal import IDENTITY, denied
from auditor.collectors.gitea.value import flag, name, names
from auditor.model.facts.gitea import Caller
from auditor.model.missing import MISSING
from auditor.transports.http.answer import is_success

_USER_SCOPES = frozenset({"all", "read:user", "write:user"})
_UNTOLD = "before 1.27 a server tells a token's scopes only when one is missing"


def observe_caller(api: Api, gaps: GapList, memory: ServerMemory) -> tuple[Caller, ServerMemory]:
    """The caller without the rights on the repository, and what is to be remembered of the server."""
    if api.anonymous:
        return Caller(anonymous=True, login=None, scopes=(), is_admin=None), memory
    caller = Caller(anonymous=False)
    if not memory.lacks_token_route:
        described = gaps.attempt("caller/scopes", lambda: _by_token(api, gaps))
        if described is not MISSING:
            memory = replace(memory, lacks_token_route=described is None and bool(memory.version))
            caller = described or caller
    if caller.scopes is MISSING or _USER_SCOPES & set(caller.scopes):
        caller = _with_user(caller, api, gaps)
    else:
        gaps.add("caller/is_admin", "the token lacks the scope read:user", IDENTITY.remedy)
    if caller.scopes is MISSING and memory.lacks_token_route:
        caller, memory = _with_scopes(caller, api, gaps, memory)
    return caller, memory


def _by_token(api: Api, gaps: GapList) -> Caller | None:
    """What the token says of itself; None where the server has no such endpoint."""
    answer = api.ask("/api/v1/token")
    if answer.route_missing:
        return None
    if not is_success(answer.status):
        raise denied(answer, IDENTITY)
    record = Record(answer.content, "caller", gaps)
    return Caller(anonymous=False, login=record.get("login", name, "user.login"), scopes=record.get("scopes", names))


def _with_user(caller: Caller, api: Api, gaps: GapList) -> Caller:
    missing = "caller/is_admin" if caller.login is not MISSING else "caller/login caller/is_admin"

    def ask() -> Caller:
        record = Record(api.value("/api/v1/user", IDENTITY), "caller", gaps)
        login = record.get("login", name) if caller.login is MISSING else caller.login
        return replace(caller, login=login, is_admin=record.get("is_admin", flag))

    described = gaps.attempt(missing, ask)
    return caller if described is MISSING else described


def _with_scopes(caller: Caller, api: Api, gaps: GapList, memory: ServerMemory) -> tuple[Caller, ServerMemory]:
    """The scopes out of a refusal: that of /user, else that of notifications, which no auditor's token may read."""
    if api.scopes is None and not memory.lacks_notification_route:
        answer = gaps.attempt("caller/scopes", lambda: api.ask("/api/v1/notifications/new"))
        if answer is MISSING:
            return caller, memory
        memory = replace(memory, lacks_notification_route=answer.route_missing)
    if api.scopes is None:
        gaps.add("caller/scopes", _UNTOLD, "upgrade Gitea to 1.27, or look the token up in the user's settings")
        return caller, memory
    return replace(caller, scopes=api.scopes), memory
