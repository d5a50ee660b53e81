"""What the public address serves at the moment of the visit, and the request that one slot's log will hold."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass

from auditor.collectors.nas.gap import GapList
from auditor.config import Config, Site
from auditor.errors import SourceError
from auditor.interfaces import Context
from auditor.model.facts.nas import Answer
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing
from auditor.text import printable, short
from auditor.transports.http import HttpClient
from auditor.transports.http.address import Origin, parse_address
from auditor.transports.http.answer import Response

_LARGEST_PAGE_BYTES = 4 << 20
_LONGEST_HEADER = 1024
_REMEDY = "check site.url, its certificate (site.ca) and connect in policies.yaml"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The public address as it answered: `page` is None without a configured site.

    `marked` is whether the request that a slot's log will hold was answered: without it, no slot's log says anything.
    """

    page: Answer | Missing | None
    marked: bool
    gaps: tuple[Gap, ...] = ()
    notices: tuple[str, ...] = ()


def ask_public(context: Context, log: str) -> Asked:
    """Asks `site.url` and, below the same origin, `/__auditor-<log>`; what fails is a gap."""
    site = context.config.site
    if site is None:
        return Asked(page=None, marked=False)
    gaps = GapList()
    context.progress(f"asking {short(printable(site.url), 100)}")
    with _client(context.config, site, context) as http:
        page = gaps.attempt("public", lambda: _page(_get(http, site.url)), _REMEDY)
        marked = False
        if page is not MISSING:
            url = f"{_origin(site.url)}/__auditor-{log}"
            with suppress(SourceError):  # told where it matters: the slots' `saw_visit`
                _get(http, url)
                marked = True
        return Asked(page=page, marked=marked, gaps=gaps.result(), notices=http.warnings)


def _client(config: Config, site: Site, context: Context) -> HttpClient:
    connect = {connection.source: connection.target for connection in config.connect}
    origins = (Origin(url=_origin(site.url), ca=site.ca, pin=site.pin),)
    return HttpClient(origins, deadline=context.deadline, connect=connect)


def _get(http: HttpClient, url: str) -> Response:
    return http.get(url, fresh=True, limit_bytes=_LARGEST_PAGE_BYTES)


def _origin(url: str) -> str:
    address = parse_address(url, None)
    return f"{address.scheme}://{address.authority}"


def _page(response: Response) -> Answer:
    return Answer(
        path=short(printable(response.address.target), _LONGEST_HEADER),
        depth=0,
        status=response.status,
        content_type=_header(response, "content-type"),
        location=_header(response, "location"),
        etag=_header(response, "etag"),
        last_modified=_header(response, "last-modified"),
        size=len(response.body),
        sha256=hashlib.sha256(response.body).hexdigest(),
        complete=True,
    )


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return None if value is None else short(printable(value), _LONGEST_HEADER)
