"""A page read as the collector reads it, and the verdict that its values come to."""

from collections.abc import Sequence

from auditor.collectors.site.click import fetched
from auditor.collectors.site.crawl import Crawl
from auditor.collectors.site.gap import GapList
from auditor.config import Config, Gitea, Site
from auditor.derive.link.value import values_of
from auditor.extraction.reading import Reading
from auditor.extraction.term import Terms
from auditor.interfaces import Deadline
from auditor.model.facts.site import Serving
from auditor.transports.browser import Browser
from auditor.transports.http import HttpClient
from auditor.transports.http.retry import Patience
from auditor.visitor import Clicked, Errand, visit, with_clicks

GITEA = Gitea(base="https://git.archicratie.example", owner="Archicratia", repo="archicratie-edition")


def look(url: str, page: str = "/", seconds: float = 30) -> tuple[Serving, tuple[str, ...]]:
    """What the origin at `url` serves with this page, and the reasons of what could not be read."""
    gaps, deadline = GapList(), Deadline.after(seconds)
    terms = Terms(base=GITEA.base, owner=GITEA.owner, repo=GITEA.repo, site=url)
    reading = Reading(origin="public", address=url, terms=terms, judge=None)
    with HttpClient(deadline=deadline, patience=Patience(attempts=1)) as http:
        crawl = Crawl(http, url, deadline, gaps)
        crawl.read(reading, crawl.pages((page,), _silent), _silent)
    serving = reading.serving()
    return serving, (*(gap.reason for gap in gaps.result()), *reading.faults)


def _silent(_text: str) -> None:
    return None


def verdict(serving: Serving) -> str:
    """`right`, `wrong`, `case` (letter case alone) or `unknown`, as the rules would say."""
    config = Config(id="site", gitea=GITEA, site=Site(url=serving.address))
    values, gaps = values_of((serving,), config)
    if any(isinstance(value.fault, str) for value in values):
        return "wrong"
    if any(isinstance(value.case_fault, str) for value in values):
        return "case"
    return "unknown" if gaps or not values else "right"


def clicked(browser: Browser, url: str, pages: Sequence[str], flow: tuple[str, ...] = ()) -> Clicked:
    """What pages of the site at `url` lead to in a browser."""
    terms = Terms(base=GITEA.base, owner=GITEA.owner, repo=GITEA.repo, site=url)
    deadline = Deadline.after(120)
    with HttpClient(deadline=deadline, patience=Patience(attempts=1)) as http:
        errand = Errand(
            site=url,
            pages=tuple(pages),
            flow=flow,
            terms=terms,
            fetch=lambda url: fetched(http, url),
            state=None,
            deadline=deadline,
        )
        return visit(browser, errand, deadline)


def with_page(serving: Serving, found: Clicked, page: str) -> Serving:
    """The facts with what was clicked on one of the pages."""
    clicks = tuple(one for one in found.clicks if one.page == page)
    return with_clicks(serving, Clicked(clicks, tuple(one for one in found.links if one.place.path == page)))
