"""The system's Chromium, driven by playwright; never downloaded, and every request of its pages is answered by us.

It starts with a profile of its own that goes with it, without credentials, and within its sandbox.
"""

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.transports.browser.fault import BrowserError, fault_text

if TYPE_CHECKING:  # an optional extra
    from playwright.sync_api import Browser as PlaywrightBrowser

    from auditor.transports.browser.tab import Tab
    from auditor.transports.browser.traffic import Traffic

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_NO_SANDBOX = "AUDITOR_BROWSER_NO_SANDBOX"
_ARGUMENTS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-domain-reliability", "--no-pings"),
    # what interception does not see (preconnect, WebRTC, a prefetch of names) finds no name, no server and no route
    *(
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--proxy-server=socks5://127.0.0.1:1",
        "--proxy-bypass-list=<-loopback>",
    ),
    *("--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--dns-prefetch-disable"),
)
_START_SECONDS = 20.0


def find_chromium() -> str:
    """The path of the system's browser; raises BrowserError where none can be driven."""
    from importlib.util import find_spec

    if find_spec("playwright") is None:
        raise BrowserError("playwright is not installed: pip install 'auditor[browser]'")
    found = next((path for name in (*_NAMES, *_MACOS) if (path := shutil.which(name))), None)
    if found is None:
        raise BrowserError("there is no Chromium: install the system's package chromium")
    if os.geteuid() == 0 and not _without_sandbox():
        raise BrowserError(f"Chromium's sandbox does not work for root: run as another user, or set {_NO_SANDBOX}=1")
    return found


def _without_sandbox() -> bool:
    return os.geteuid() == 0 and os.environ.get(_NO_SANDBOX) == "1"


@contextmanager
def open_browser(seconds: float) -> Iterator["Browser"]:
    """A running browser, killed `seconds` after its start at the latest; raises BrowserError."""
    path = find_chromium()
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as driver:
        try:
            chromium = driver.chromium.launch(
                executable_path=path,
                chromium_sandbox=not _without_sandbox(),
                args=list(_ARGUMENTS),
                timeout=1000 * min(_START_SECONDS, seconds),
                # the main thread alone is told of signals, and ends the run
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
        except Error as error:
            raise BrowserError(f"Chromium does not start: {fault_text(error)}") from error
        with _ended_after(chromium, seconds):
            yield Browser(chromium)


@dataclass(frozen=True)
class Browser:
    """A running Chromium."""

    _chromium: "PlaywrightBrowser"

    @contextmanager
    def tab(self, traffic: "Traffic") -> Iterator["Tab"]:
        """A tab with a fresh profile, whose requests `traffic` answers; raises BrowserError."""
        from playwright.sync_api import Error

        from auditor.transports.browser.tab import Tab

        try:
            context = self._chromium.new_context(
                service_workers="block",
                accept_downloads=False,
                ignore_https_errors=False,
                reduced_motion="reduce",
                locale="fr-FR",
                viewport={"width": 1280, "height": 800},
            )
        except Error as error:
            raise BrowserError(f"Chromium is gone: {fault_text(error)}") from error
        try:
            yield Tab(context, traffic)
        except Error as error:
            raise BrowserError(f"Chromium did not go on: {fault_text(error)}") from error
        finally:
            with suppress(Error):
                context.close()


@contextmanager
def _ended_after(chromium: "PlaywrightBrowser", seconds: float) -> Iterator[None]:
    """Ends the browser with the block, or by force when its time is over: a page may well never come to rest."""
    from playwright.sync_api import Error

    timer = threading.Timer(seconds, _killer(chromium))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with suppress(Error):
            chromium.close()
        timer.cancel()


def _killer(chromium: "PlaywrightBrowser") -> Callable[[], None]:
    from playwright.sync_api import Error

    try:
        told = chromium.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
        process = next(int(one["id"]) for one in told["processInfo"] if one["type"] == "browser")
    except (Error, KeyError, StopIteration, ValueError) as error:
        raise BrowserError("Chromium does not tell its process: use the system's package chromium") from error

    def kill() -> None:
        with suppress(OSError):
            os.kill(process, signal.SIGKILL)

    return kill
