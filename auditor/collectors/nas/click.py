"""The browser on a slot: it is shown the bytes that the visit brought along, at the site's own address."""

from collections.abc import Callable, Mapping
from urllib.parse import urljoin, urlsplit

from auditor.collectors.nas.slot import SlotAnswer, SlotPages
from auditor.interfaces import Context
from auditor.model.facts.site import Serving
from auditor.transports.browser.fault import BrowserError
from auditor.transports.browser.traffic import Served
from auditor.visitor import errand_to, send, with_clicks

Click = Callable[[Serving, SlotPages], Serving]


def clicker(context: Context) -> Click | None:
    """What adds the clicks to the facts of a slot; None where nobody is to click."""
    section = context.config.site
    if section is None or section.browser == "never":
        return None

    def click(serving: Serving, pages: SlotPages) -> Serving:
        answers = {one.fact.path: one for one in pages.answers}
        errand = errand_to(section, serving, context, lambda url: _replayed(answers, url))
        context.progress(f"clicking in a browser, {serving.origin}")
        try:
            return with_clicks(serving, send(errand))
        except BrowserError:
            return serving

    return click


def _replayed(answers: Mapping[str, SlotAnswer], url: str) -> Served | None:
    parts = urlsplit(url)
    one = answers.get(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    if one is None or one.body is None or one.fact.status is None:
        return None
    headers = dict(one.headers)
    if one.fact.content_type is not None:
        headers["content-type"] = one.fact.content_type
    location = None if one.fact.location is None else urljoin(url, one.fact.location)
    return Served(one.fact.status, headers, one.body, location)
