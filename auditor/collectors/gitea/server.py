"""The server itself: what it offers is found out by asking, and remembered for as long as its version stays."""

from dataclasses import replace
from typing import Literal

from auditor.collectors.gitea.api import Api
from auditor.collectors.gitea.gap import GapList
from auditor.collectors.gitea.memory import ServerMemory
from auditor.collectors.gitea.record import Record
from auditor.collectors.gitea.refusal import READER, DeniedError
from auditor.collectors.gitea.value import MalformedError, count, name
from auditor.model.facts.gitea import Server
from auditor.model.missing import MISSING, Missing
from auditor.transports.http.fault import Fault, HttpError

# a server that answers something was reached; its other answers may be better
_REACHED = frozenset({Fault.CONTENT, Fault.SIZE, Fault.STATUS})
# no name of an owner begins so (modules/validation/username.go): whoever asks gets an error, and ROOT_URL with it
_NOBODY = "/api/v1/repos/-/-"


def observe_server(api: Api, gaps: GapList, memory: ServerMemory) -> tuple[Server, ServerMemory]:
    """The server without its `root_url`, and what is to be remembered of it.

    Raises SourceError where the server can't be reached or refuses the token.
    """
    version = _version(api, gaps)
    if version is MISSING or version != memory.version:
        known = "" if version is MISSING else version
        memory = ServerMemory(version=known, creator_ever_empty=memory.creator_ever_empty)
    product, size = memory.product or _product(api, gaps), memory.max_page_size or _max_page_size(api, gaps)
    memory = replace(
        memory,
        product=None if product is MISSING else product,
        max_page_size=None if size is MISSING else size,
    )
    return Server(version=version, product=product, max_page_size=size), memory


def observe_root_url(api: Api, gaps: GapList) -> str | Missing:
    """The server's configured address; asked for only where no refusal has told it yet."""
    if api.root_url is None:
        gaps.attempt("server/root_url", lambda: api.ask(_NOBODY))
    if api.root_url is None:
        gaps.add("server/root_url", "no error of the server names its configured address", MalformedError.remedy)
        return MISSING
    return api.root_url


def _version(api: Api, gaps: GapList) -> str | Missing:
    try:
        return Record(api.value("/api/v1/version", READER), "server", gaps).need("version", name)
    except HttpError as error:
        if error.fault not in _REACHED:
            raise
        gaps.add("server/version", str(error))
    except (DeniedError, MalformedError) as error:
        gaps.add("server/version", str(error), error.remedy)
    return MISSING


def _product(api: Api, gaps: GapList) -> Literal["gitea", "forgejo"] | Missing:
    """Forgejo has an API of its own beside Gitea's."""

    def ask() -> Literal["gitea", "forgejo"]:
        answer = api.ask("/api/forgejo/v1/version")
        if answer.status == 404:
            return "gitea"
        Record(answer.content if answer.status == 200 else None, "server", gaps).need("version", name)
        return "forgejo"

    return gaps.attempt("server/product", ask)


def _max_page_size(api: Api, gaps: GapList) -> int | Missing:
    def ask() -> int:
        settings = Record(api.value("/api/v1/settings/api", READER), "server", gaps)
        return settings.need("max_response_items", count)

    return gaps.attempt("server/max_page_size", ask)
