"""A page read as the collector reads it, and the verdict that its values come to."""

from auditor.collectors.site.crawl import Crawl
from auditor.collectors.site.gap import GapList
from auditor.config import Config, Gitea, Site
from auditor.derive.link.value import values_of
from auditor.extraction.reading import Reading
from auditor.extraction.term import Terms
from auditor.interfaces import Deadline
from auditor.model.facts.site import Serving
from auditor.transports.http import HttpClient
from auditor.transports.http.retry import Patience

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
