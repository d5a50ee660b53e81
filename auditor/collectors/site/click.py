"""The browser on the public site: each of its requests is made by the one HTTP client, so that none leaves unseen."""

from dataclasses import replace

from auditor.config import Site as Section
from auditor.interfaces import Context
from auditor.model.facts.site import Site
from auditor.model.missing import MISSING
from auditor.transports.browser.fault import BrowserError
from auditor.transports.browser.traffic import Served
from auditor.transports.http import HttpClient
from auditor.transports.http.fault import HttpError
from auditor.visitor import errand_to, send, with_clicks

_LARGEST_BYTES = 8 << 20
_SECONDS = 10.0


def clicked(facts: Site, context: Context, section: Section, http: HttpClient) -> Site:
    """The facts with what was clicked on the configured pages; without a browser they say why, and nothing else."""
    if section.browser == "never":
        return replace(facts, browser="never", browser_reason="no browser is wanted")
    if facts.public is MISSING:
        return replace(facts, browser="absent", browser_reason="there was no page to open")
    context.progress("clicking in a browser")
    errand = errand_to(section, facts.public, context, lambda url: fetched(http, url))
    try:
        seen = send(errand)
    except BrowserError as error:
        return replace(facts, browser="absent", browser_reason=str(error))
    return replace(facts, public=with_clicks(facts.public, seen), browser="used", browser_reason=seen.fault)


def fetched(http: HttpClient, url: str) -> Served | None:
    """The answer of the public site to a browser; None where there is none."""
    try:
        answer = http.get(
            url, fresh=True, limit_bytes=_LARGEST_BYTES, seconds=_SECONDS, headers={"accept": "text/html,*/*;q=0.8"}
        )
    except HttpError:
        return None
    return Served(answer.status, dict(answer.headers.pairs), answer.body, answer.location)
