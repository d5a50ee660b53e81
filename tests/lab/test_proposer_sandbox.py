"""The browser as an ordinary user runs it: its sandbox is on, and the one who reads pages has nothing to lose."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from lab_need import lack, need
from site_server import SiteServer

from auditor.transports.browser import find_chromium
from auditor.transports.browser.fault import BrowserError

pytestmark = pytest.mark.lab

NOBODY = 65534
LINK = "https://git.archicratie.example/Archicratia/archicratie-edition/issues/new"
PAGE = f"<!doctype html><button onclick=\"window.open('{LINK}')\">Proposer</button>"
# presses the page at argv[1], and tells of its own processes while the browser runs
VISITOR = f"""
import json, os, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from site_look import clicked
from auditor.transports.browser import open_browser
from auditor.transports.browser.traffic import Served, Traffic

def status(folder):
    pairs = (line.partition(":") for line in (folder / "status").read_text().splitlines())
    return {{name: value.split() for name, _, value in pairs}}

def renderers():
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            if b"--type=renderer" in command and str(os.getpid()) in ancestors(folder):
                yield command, status(folder)
        except OSError:
            pass

def ancestors(folder):
    while folder.name not in ("0", "1"):
        folder = folder.parent / status(folder)["PPid"][0]
        yield folder.name

with open_browser(60) as browser:
    found = clicked(browser, sys.argv[1], ["/"])
    answer = Served(200, {{"content-type": "text/html"}}, b"<p>x")
    with browser.tab(Traffic(sys.argv[1], lambda _url: answer, lambda _url: False)) as tab:
        tab.load(sys.argv[1])
        seen = list(renderers())
print(json.dumps({{
    "user": os.geteuid(),
    "urls": [click.url for click in found.clicks],
    "seccomp": [one["Seccomp"][0] for _, one in seen],
    "namespaces": [len(one["NSpid"]) for _, one in seen],
    "unsafe": sum(b"--no-sandbox" in command for command, _ in seen),
}}))
"""


@pytest.fixture
def ordinary() -> list[str]:
    """What a command is run by so that it is no root; the folders of root's own Python stay readable."""
    if os.geteuid() != 0:
        return []
    setpriv = need("setpriv", "util-linux")
    reading = ("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search")
    return [setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *reading]


def need_browser() -> None:
    try:
        find_chromium()
    except BrowserError as error:
        lack(str(error))


@pytest.fixture
def home() -> Iterator[Path]:
    with TemporaryDirectory(prefix="auditor-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        yield Path(folder)


def test_as_an_ordinary_user_the_browser_presses_the_page_within_its_sandbox(ordinary: list[str], home: Path) -> None:
    need_browser()
    unshare = need("unshare", "util-linux")
    if subprocess.run([*ordinary, unshare, "-Ur", "true"], capture_output=True, check=False).returncode:
        # no package brings them: it is the machine's kernel that decides
        pytest.skip("this kernel grants an ordinary user no user namespace, of which Chromium makes its sandbox")
    # the switch is for root alone: of anybody else's run it must take nothing away
    own = {"HOME": str(home), "TMPDIR": str(home), "PATH": os.environ["PATH"], "AUDITOR_BROWSER_NO_SANDBOX": "1"}
    with SiteServer(pages={"/": PAGE}) as site:
        command = [*ordinary, sys.executable, "-c", VISITOR, site.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, env=own, cwd=home)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["urls"] == [LINK]
    assert told["user"] != 0
    # a filter of system calls, in a namespace of its own, for every one that reads what a page says
    assert told["seccomp"]
    assert set(told["seccomp"]) == {"2"}
    assert min(told["namespaces"]) > 1
    assert told["unsafe"] == 0
