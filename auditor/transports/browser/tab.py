"""One tab: pages are loaded, what can be pressed is listed and pressed, and it is known what would have been opened."""

from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.text import printable, short
from auditor.transports.browser.fault import PageError, fault_text
from auditor.transports.browser.traffic import Opened, Traffic

if TYPE_CHECKING:  # an optional extra
    from playwright.sync_api import BrowserContext, ElementHandle

_FOLDER = Path(__file__).parent
_LOAD_MILLISECONDS = 8_000
_PRESS_MILLISECONDS = 1_500
_LOOK_MILLISECONDS = 40
# a press that nothing follows is waited for as long as a visitor would not press again
_QUIET_LOOKS = 15
_MOST_LOOKS = 60
_LONGEST_TEXT = 80
_NOTE_PRESS = """element => {
  element.auditorPressed = false;
  element.addEventListener('click', () => { element.auditorPressed = true; }, { capture: true, once: true });
}"""
_PRESS_UNLESS_NOTED = "element => { element.auditorPressed || element.click(); }"


@dataclass(frozen=True)
class Element:
    """Something that a visitor can press or choose; the one of several alike is told by `ordinal`.

    `kind` is `link`, `submit`, `button`, `radio` or `option`; of a `group` one is chosen. `named` says that it speaks
    of proposing something.
    """

    text: str
    kind: str
    group: str
    ordinal: int
    named: bool


class Tab:
    """A tab of the context, in which every request is answered by `traffic`."""

    def __init__(self, context: "BrowserContext", traffic: Traffic) -> None:
        self._traffic = traffic
        self._listing = (_FOLDER / "page.js").read_text("utf-8")
        context.set_default_timeout(_LOAD_MILLISECONDS)
        context.expose_function("__auditorCopied", traffic.copied)
        context.add_init_script(path=_FOLDER / "clipboard.js")
        context.route("**/*", traffic.answer)
        context.route_web_socket("**", lambda socket: socket.close())
        self._context = context
        self._page = context.new_page()

    @property
    def opened(self) -> tuple[Opened, ...]:
        """What would have been opened since the page was loaded."""
        return tuple(self._traffic.opened)

    @property
    def blocked(self) -> tuple[str, ...]:
        """What the page asked for and did not get, without queries."""
        return tuple(short(printable(url), 300) for url in self._traffic.blocked)

    @property
    def address(self) -> str:
        """Where the tab is, without what does not change the page."""
        return self._page.url.partition("#")[0]

    def load(self, url: str) -> None:
        """Load a page anew, and wait until it has come to rest; raises PageError where that can't be had."""
        from playwright.sync_api import Error

        for popup in self._context.pages:
            if popup is not self._page:
                popup.close()
        self._traffic.begin()
        try:
            self._page.goto(url, wait_until="load")
        except Error as error:
            # a page that leads away at once has no document
            if not self._traffic.opened:
                self._renew()
                raise PageError(f"'{printable(url)}' does not load: {fault_text(error)}") from error
        self._hydrated()

    def _renew(self) -> None:
        """A page in an endless loop takes its tab along."""
        with suppress(_driver_error()):
            self._page.close()
        self._page = self._context.new_page()

    def _hydrated(self) -> None:
        """Islands are dead until their script has run, and some wait until they are seen."""
        with suppress(_driver_error()):
            self._page.evaluate(
                "for (const one of document.querySelectorAll('astro-island[ssr]')) one.scrollIntoView()"
            )
        for _ in range(_QUIET_LOOKS):
            if self._traffic.opened or not self._asked("document.querySelector('astro-island[ssr]') !== null"):
                return
            self._page.wait_for_timeout(_LOOK_MILLISECONDS)

    def elements(self) -> tuple[Element, ...]:
        """What can be pressed or chosen now, in the page's order."""
        told = self._asked(f"({self._listing})(null)")
        return tuple(_element(one) for one in told) if isinstance(told, list) else ()

    def press(self, element: Element) -> bool:
        """Press or choose it, and wait for what follows; False where it is not there any more."""
        wanted = {key: value for key, value in asdict(element).items() if key != "named"}
        handle = self._page.evaluate_handle(self._listing, wanted).as_element()
        return self._press(handle, element.kind)

    def press_selector(self, selector: str) -> bool:
        """The same of the first element that a CSS selector finds; False where it finds none, or is none."""
        with suppress(_driver_error()):
            return self._press(self._page.query_selector(f"css={selector}"), "button")
        return False

    def picture(self) -> bytes | None:
        """The page as it now looks (PNG), None where it can't be drawn."""
        with suppress(_driver_error()):
            return self._page.screenshot(timeout=_PRESS_MILLISECONDS, animations="disabled")
        return None

    def _press(self, handle: "ElementHandle | None", kind: str) -> bool:
        if handle is None:
            return False
        before = (self.address, self.elements())
        self._traffic.pressed = kind
        if kind != "option":
            with suppress(_driver_error()):
                handle.evaluate(_NOTE_PRESS)
            try:
                handle.click(timeout=_PRESS_MILLISECONDS)
            except _driver_error():
                # something lies above it, which a visitor would put aside first; or the page is slow, and has the click
                with suppress(_driver_error()):
                    handle.evaluate(_PRESS_UNLESS_NOTED)
        self._rest(before)
        return True

    def _rest(self, before: tuple[str, tuple[Element, ...]]) -> None:
        """Waits until something was opened, or the page has changed and stays as it is, or nothing happens."""
        last, quiet = before, 0
        for _ in range(_MOST_LOOKS):
            self._page.wait_for_timeout(_LOOK_MILLISECONDS)
            if self._traffic.opened:
                return
            now = (self.address, self.elements())
            quiet = quiet + 1 if now == last else 0
            last = now
            if quiet >= (2 if now != before else _QUIET_LOOKS):
                return

    def _asked(self, expression: str) -> Any:
        """What the page answers; nothing while it is being left for another."""
        with suppress(_driver_error()):
            return self._page.evaluate(expression)
        return None


def _driver_error() -> type[Exception]:
    from playwright.sync_api import Error

    return Error


def _element(told: Any) -> Element:
    """An entry of the list; a page may have changed what its own lists give."""
    values = told if isinstance(told, dict) else {}
    ordinal = values.get("ordinal")
    texts = {one.name: str(values.get(one.name, ""))[:_LONGEST_TEXT] for one in fields(Element) if one.type is str}
    return Element(**texts, ordinal=ordinal if isinstance(ordinal, int) else 0, named=values.get("named") is True)
