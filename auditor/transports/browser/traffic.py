"""Every request of a browser, answered by us: GET of one origin, by whoever fetches it; anything else is only noted."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:  # an optional extra
    from playwright.sync_api import Request, Route

Way = Literal["link", "window.open", "navigation", "form", "clipboard"]
_MOST_NOTED = 50
_MOST_BYTES = 40 << 20
_LONGEST_ADDRESS = 64_000
_MOST_REDIRECTS = 5
# the rest describes the connection, sets cookies, or has the browser report elsewhere
_KEPT_HEADERS = re.compile(
    r"content-type|content-security-policy|content-disposition|cross-origin-.*|access-control-.*|permissions-policy"
    r"|referrer-policy|x-content-type-options|x-frame-options"
)
# an answer without a document leaves the page as it is
_NO_DOCUMENT = 204


@dataclass(frozen=True)
class Served:
    """An answer of the origin; `location` is where a redirect leads, absolute."""

    status: int
    headers: dict[str, str]
    body: bytes
    location: str | None = None


@dataclass(frozen=True)
class Opened:
    """An address that a page would have opened, and in which way."""

    way: Way
    url: str


Fetch = Callable[[str], Served | None]


@dataclass
class Traffic:
    """The requests of one profile. `fetch` gives the answer of an address of `origin`, None where there is none.

    `is_goal` names addresses that are noted as opened even where they lie on the origin itself.
    """

    origin: str
    fetch: Fetch
    is_goal: Callable[[str], bool]
    opened: list[Opened] = field(default_factory=list)
    blocked: dict[str, None] = field(default_factory=dict)
    pressed: str = ""
    _known: dict[str, Served | None] = field(default_factory=dict)
    _bytes: int = 0

    def begin(self) -> None:
        """Forget what was opened and blocked: a page is loaded anew."""
        self.opened.clear()
        self.blocked.clear()
        self.pressed = ""

    def copied(self, text: str) -> None:
        """Take what a page put on the clipboard."""
        if re.match(r"https?://\S+$", text.strip()):
            self._note(Opened("clipboard", text.strip()))

    def answer(self, route: "Route", request: "Request") -> None:
        """Answers a request, and lets none out."""
        from playwright.sync_api import Error

        # the page that asked may be gone before it is answered
        with suppress(Error):
            self._answer(route, request)

    def _answer(self, route: "Route", request: "Request") -> None:
        frame = _frame_of(request)
        if request.is_navigation_request() and frame != "inner":
            self._navigate(route, request, popup=frame == "popup")
        elif (served := self._served(request)) is None:
            self._block(request.url)
            route.abort()
        else:
            _fulfil(route, served)

    def _navigate(self, route: "Route", request: "Request", *, popup: bool) -> None:
        served = None if self.is_goal(request.url) else self._got(request)
        if served is not None and served.location is not None and self._is_own(served.location):
            # a redirect that is handed on would be followed by the browser itself
            served = _moved(served.location)
        if served is None or served.location is not None:
            target = request.url if served is None or served.location is None else served.location
            self._note(Opened(self._way(request.method, popup=popup), target[:_LONGEST_ADDRESS]))
            route.fulfill(status=_NO_DOCUMENT)
            return
        _fulfil(route, served)

    def _way(self, method: str, *, popup: bool) -> Way:
        if method != "GET" or self.pressed == "submit":
            return "form"
        if self.pressed == "link":
            return "link"
        return "window.open" if popup else "navigation"

    def _served(self, request: "Request") -> Served | None:
        """The answer to a part of the page, behind redirects that stay on the origin."""
        served = self._got(request)
        for _ in range(_MOST_REDIRECTS):
            if served is None or served.location is None:
                return served
            served = self._of(served.location) if self._is_own(served.location) else None
        return None

    def _got(self, request: "Request") -> Served | None:
        return self._of(request.url) if request.method == "GET" and self._is_own(request.url) else None

    def _of(self, url: str) -> Served | None:
        address = url.partition("#")[0]
        if address not in self._known and self._bytes < _MOST_BYTES:
            served = self._known[address] = self.fetch(address)
            self._bytes += 0 if served is None else len(served.body)
        return self._known.get(address)

    def _is_own(self, url: str) -> bool:
        try:
            return urlsplit(url)[:2] == urlsplit(self.origin)[:2]
        except ValueError:
            return False

    def _note(self, opened: Opened) -> None:
        if len(self.opened) < _MOST_NOTED:
            self.opened.append(opened)

    def _block(self, url: str) -> None:
        if len(self.blocked) < _MOST_NOTED:
            self.blocked[url.partition("?")[0].partition("#")[0]] = None


def _frame_of(request: "Request") -> Literal["page", "popup", "inner"]:
    """Where a request belongs; a window that is only about to be opened has no frame yet."""
    from playwright.sync_api import Error

    try:
        frame = request.frame
        if frame.parent_frame is not None:
            return "inner"
        return "page" if frame.page.opener() is None else "popup"
    except Error:
        return "popup"


def _fulfil(route: "Route", served: Served) -> None:
    headers = {name: value for name, value in served.headers.items() if _KEPT_HEADERS.fullmatch(name.lower())}
    route.fulfill(status=served.status, headers=headers, body=served.body)


def _moved(location: str) -> Served:
    """A document that leads on by itself, in the place of a redirect."""
    target = location.replace("&", "&amp;").replace('"', "&quot;")
    text = f'<!doctype html><meta http-equiv="refresh" content="0;url={target}">'
    return Served(200, {"content-type": "text/html; charset=utf-8"}, text.encode())
