"""A visitor with a browser: presses what proposes something on each page, and notes where that would have led."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from auditor.config import Site
from auditor.extraction.address import FormAddress, parse_form
from auditor.extraction.link import issue_link, shown
from auditor.extraction.term import Terms, terms_of
from auditor.extraction.value import literal
from auditor.interfaces import Context, Deadline
from auditor.model.facts.site import Click, IssueLink, Place, Serving
from auditor.transports.browser import Browser, open_browser
from auditor.transports.browser.fault import BrowserError, PageError
from auditor.transports.browser.traffic import Fetch, Opened, Traffic
from auditor.visitor.flow import Trail, follow
from auditor.visitor.picture import keep_picture

if TYPE_CHECKING:
    from auditor.transports.browser.tab import Tab

_LONGEST_SECONDS = 45.0
# what the rest of a run needs once the pages are clicked
_RESERVE_SECONDS = 3.0
# time for the browser to end by itself before it is made to
_GRACE_SECONDS = 4.0
_MOST_PAGES = 50
_MOST_BUILDS = 10


@dataclass(frozen=True, kw_only=True)
class Errand:
    """What a visitor is sent for: pages of the origin that `fetch` answers for, and the way through them.

    `site` is the address that the pages are opened at, also where their bytes came from elsewhere. `state` is where
    pictures are kept.
    """

    site: str
    pages: tuple[str, ...]
    flow: tuple[str, ...]
    terms: Terms
    fetch: Fetch
    state: Path | None
    deadline: Deadline


def errand_to(section: Site, serving: Serving, context: Context, fetch: Fetch) -> Errand:
    """The errand to the pages of the site on which there is something to press, whoever answers for them."""
    return Errand(
        site=section.url,
        pages=pages_to_press(section.pages, serving),
        flow=section.flow,
        terms=terms_of(context.config, section.url),
        fetch=fetch,
        state=context.state,
        deadline=context.deadline,
    )


@dataclass(frozen=True)
class Clicked:
    """The clicks and the links that they would have opened; `fault` is why not every page was clicked."""

    clicks: tuple[Click, ...]
    links: tuple[IssueLink, ...]
    fault: str | None = None


def pages_to_press(configured: Sequence[str], serving: Serving) -> tuple[str, ...]:
    """The configured pages, then one of each further build that proposes something, within a cap."""
    known = set(configured)
    further = [flow.page for flow in serving.flows if known.isdisjoint((flow.page, *flow.alike))]
    return (*configured, *further[:_MOST_BUILDS])


def send(errand: Errand) -> Clicked:
    """What the pages led to, as far as time and the browser allowed; raises BrowserError where it can't start."""
    seconds = min(_LONGEST_SECONDS, errand.deadline.remaining() - _RESERVE_SECONDS)
    if seconds < _GRACE_SECONDS:
        raise BrowserError("no time is left for a browser: raise --timeout")
    with open_browser(seconds) as browser:
        return visit(browser, errand, Deadline.after(seconds - _GRACE_SECONDS))


def visit(browser: Browser, errand: Errand, until: Deadline) -> Clicked:
    """The same in a browser that runs already; what was clicked before it failed, or before `until`, counts."""
    clicks: list[Click] = []
    links: dict[IssueLink, None] = {}
    faults: list[str] = []
    traffic = Traffic(errand.site, errand.fetch, lambda url: _form(url, errand.terms) is not None)
    try:
        with browser.tab(traffic) as tab:
            for page in errand.pages[:_MOST_PAGES]:
                try:
                    for click, found in _clicks(tab, page, errand, until):
                        clicks.append(click)
                        links.update(dict.fromkeys(found))
                except PageError as error:
                    faults.append(str(error))
    except BrowserError as error:
        faults.append(str(error))
    if not until.remaining() or len(errand.pages) > _MOST_PAGES:
        faults.append("not every page was clicked: there are too many for the time of a run")
    return Clicked(tuple(clicks), tuple(links), next(iter(faults), None))


def with_clicks(serving: Serving, clicked: Clicked) -> Serving:
    """The facts of an origin with what was clicked on its pages; a link that opens says more than a text."""
    links = (*serving.links, *clicked.links)
    return replace(serving, links=links, clicks=clicked.clicks, presence=() if links else serving.presence)


def _clicks(tab: "Tab", page: str, errand: Errand, until: Deadline) -> Iterator[tuple[Click, list[IssueLink]]]:
    for trail in follow(tab, urljoin(errand.site, page), errand.flow, lambda: not until.remaining()):
        picture = None if errand.state is None else keep_picture(errand.state, tab.picture())
        yield from _facts(page, trail, picture, errand.terms)


def _facts(page: str, trail: Trail, picture: str | None, terms: Terms) -> Iterator[tuple[Click, list[IssueLink]]]:
    """A trail as facts, one for each address that it would have opened."""
    steps = tuple(shown(text) for text in trail.steps)
    bare = Click(page=page, steps=steps, blocked=trail.blocked, screenshot=picture)
    for opened in trail.opened:
        click = replace(bare, opened_by=opened.way, url=shown(_bare(opened.url)))
        yield click, [*_links(page, steps, opened, terms)]
    if not trail.opened:
        yield bare, []


def _links(page: str, steps: Sequence[str], opened: Opened, terms: Terms) -> Iterator[IssueLink]:
    form = _form(opened.url, terms)
    if form is not None:
        place = Place(path=page, element=" → ".join(steps) or "on load", expression=shown(_bare(opened.url)))
        yield issue_link(form, place, "clicked", named=True)


def _form(url: str, terms: Terms) -> FormAddress | None:
    form = parse_form(literal(url), terms.base)
    return form if isinstance(form, FormAddress) else None


def _bare(url: str) -> str:
    return re.split(r"[?#]", url)[0]
