"""Sites that fail, lie or overwhelm: each ends in a gap or a finding, soon, and within its memory."""

import json
import os
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from site_look import look, verdict
from site_server import Page, SiteServer

pytestmark = pytest.mark.lab

LINK = "https://git.archicratie.example/Archicratia/archicratie-edition/issues/new"


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", str(200 << 20))
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b"<p>x" * (1 << 18))


def test_a_page_of_200_megabytes_is_a_gap() -> None:
    with SiteServer(pages={"/": endless}) as site:
        serving, gaps = look(site.url)
    assert verdict(serving) == "unknown"
    assert any("larger than" in gap or "bytes" in gap for gap in gaps), gaps


def test_a_redirect_without_end_is_a_gap() -> None:
    with SiteServer(pages={f"/{n}": (302, {"Location": f"/{n + 1}"}, b"") for n in range(50)}) as site:
        _, gaps = look(site.url, "/0")
    assert any("redirects more than 5 times" in gap for gap in gaps)


def test_a_redirect_to_another_host_is_not_followed() -> None:
    with SiteServer(pages={"/": f'<a href="{LINK}">Proposer</a>'}) as other:
        target = other.url.replace("127.0.0.1", "localhost")
        with SiteServer(pages={"/": (302, {"Location": f"{target}?secret=1"}, b"")}) as site:
            serving, gaps = look(site.url)
        assert other.asked == []
    assert verdict(serving) == "unknown"
    assert any("answered 302" in gap for gap in gaps)
    assert "secret" not in " ".join(gaps)


def test_a_page_nested_without_end_is_a_gap_and_takes_no_time() -> None:
    with SiteServer(pages={"/": "<div>" * 500_000}) as site:
        began = time.process_time()
        _, gaps = look(site.url)
    assert any("nested deeper" in gap for gap in gaps)
    assert time.process_time() - began < 10


def test_a_script_of_one_line_and_5_megabytes_is_a_gap() -> None:
    pages = {"/": '<script src="/a.js"></script>', "/a.js": b"var a=1;" * 700_000}
    with SiteServer(pages=pages) as site:
        _, gaps = look(site.url)
    assert any("/a.js" in gap for gap in gaps)


def test_a_link_in_a_long_script_is_found() -> None:
    code = b"var a=1;function f(x){return `${x}/y?`+a};" * 40_000 + f';open("{LINK}")'.encode()
    with SiteServer(pages={"/": '<script src="/a.js"></script>', "/a.js": code}) as site:
        serving, gaps = look(site.url)
    assert (verdict(serving), gaps) == ("right", ())


def test_bytes_that_are_no_utf8_hide_nothing() -> None:
    page = (200, {"Content-Type": "text/html"}, b"\xff\xfe\xc3("[2:] + f'<a href="{LINK}">\xe9</a>'.encode("latin-1"))
    with SiteServer(pages={"/": page}) as site:
        serving, _ = look(site.url)
    assert verdict(serving) == "right"


def test_a_charset_of_the_header_is_obeyed() -> None:
    page = (200, {"Content-Type": "text/html; charset=utf-16-le"}, f'<a href="{LINK}">x</a>'.encode("utf-16-le"))
    with SiteServer(pages={"/": page}) as site:
        serving, _ = look(site.url)
    assert verdict(serving) == "right"


def test_a_script_that_a_mixed_build_lacks_is_a_gap() -> None:
    with SiteServer(pages={"/": f'<a href="{LINK}">x</a><script src="/_astro/gone.js"></script>'}) as site:
        _, gaps = look(site.url)
    assert any("the script '/_astro/gone.js' answered 404" in gap for gap in gaps)


def test_html_in_the_place_of_a_script_is_a_gap() -> None:
    pages = {"/": '<script src="/a.js"></script>', "/a.js": "<!doctype html><h1>Maintenance</h1>"}
    with SiteServer(pages=pages) as site:
        _, gaps = look(site.url)
    assert any("is answered with HTML" in gap for gap in gaps)


def test_only_scripts_of_the_same_origin_are_asked() -> None:
    with SiteServer(pages={"/x.js": f'open("{LINK}")'.encode()}) as other:
        with SiteServer(pages={"/": f'<script src="{other.url}x.js"></script>'}) as site:
            look(site.url)
        assert other.asked == []


def test_imports_are_followed_two_levels_deep_and_no_further() -> None:
    pages = {"/": '<script type=module src="/0.js"></script>'}
    pages |= {f"/{n}.js": f'import "./{n + 1}.js"'.encode() for n in range(6)}
    with SiteServer(pages=pages) as site:
        look(site.url)
    assert [path for path in site.asked if path.endswith(".js")] == ["/0.js", "/1.js", "/2.js"]


def test_a_site_that_is_down_is_a_gap_that_names_the_cause() -> None:
    with SiteServer() as site:
        url = site.url
    _, gaps = look(url)
    assert any("refused the connection" in gap for gap in gaps)


def test_a_name_that_does_not_exist_is_a_gap_that_names_the_cause() -> None:
    serving, gaps = look("http://no-such-host.invalid/")
    assert serving.links == ()
    assert any("no-such-host.invalid" in gap for gap in gaps)


def test_a_server_that_speaks_no_tls_is_a_gap_that_names_the_cause() -> None:
    with SiteServer(pages={"/": f'<a href="{LINK}">x</a>'}) as site:
        serving, gaps = look(site.url.replace("http://", "https://"))
    assert serving.links == ()
    assert any("TLS" in gap or "certificate" in gap for gap in gaps), gaps


def test_a_login_wall_before_the_site_is_a_gap_and_never_a_pass() -> None:
    with SiteServer(pages={"/": (302, {"Location": "https://sso.example.net/login?to=x"}, b"")}) as site:
        serving, gaps = look(site.url)
    assert verdict(serving) == "unknown"
    assert any("https://sso.example.net/login" in gap for gap in gaps)


def test_a_maintenance_page_with_status_200_is_unknown_and_never_a_pass() -> None:
    with SiteServer(pages={"/": "<!doctype html><title>Maintenance</title><h1>We are back soon</h1>"}) as site:
        serving, _ = look(site.url)
    assert verdict(serving) == "unknown"


def test_a_network_that_mixes_two_builds_is_found_on_the_page_of_the_old_one() -> None:
    old = LINK.replace("Archicratia", "OldOwner")
    pages: dict[str, Page] = {
        "/": f'<a href="{LINK}">Proposer</a><script type=module src="/_astro/a.OLDBUILD.js"></script>',
        "/_astro/a.OLDBUILD.js": f'open("{old}")'.encode(),
    }
    with SiteServer(pages=pages) as site:
        serving, _ = look(site.url)
    assert verdict(serving) == "wrong"
    assert {(link.owner, link.place.path) for link in serving.links} == {
        ("Archicratia", "/"),
        ("OldOwner", "/_astro/a.OLDBUILD.js"),
    }


def test_more_than_is_ever_read_ends_within_the_cap_and_is_a_gap() -> None:
    pages: dict[str, Page] = {f"/{n}.js": b"var a=1;" * 250_000 for n in range(30)}
    pages["/"] = "".join(f'<script src="/{n}.js"></script>' for n in range(30))
    with SiteServer(pages=pages) as site:
        serving, gaps = look(site.url)
    assert sum(file.size or 0 for file in serving.files) < 30 << 20
    assert any("not all were read" in gap for gap in gaps)


# all at once, behind one page that is right
OVERWHELMING: dict[str, Page] = {
    "/": f'<a href="{LINK}">Proposer</a><script src="/long.js"></script><script src="/dense.js"></script>',
    "/sitemap-0.xml": "".join(f"<loc>SITE/{name}</loc>" for name in ("endless", "nested", "noise", "round", "many")),
    "/endless": endless,
    "/nested": "<div>" * 500_000,
    "/noise": (200, {"Content-Type": "text/html"}, bytes(range(256)) * 10_000),
    "/round": (302, {"Location": "/round"}, b""),
    "/many": "<i></i>" * 300_000,
    "/long.js": b"var a=1;" * 700_000,
    "/dense.js": b"function f(x){return `${x}/issues/new`+g(x)};" * 15_000,
}


# what its parent took is not the program's own, so it must tell of itself
WATCHED = """
import pathlib, resource, sys
from auditor.cli.main import run
code = run(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_SELF)
lines = pathlib.Path("/proc/self/status").read_text().splitlines()
(peak,) = [line.split()[1] for line in lines if line.startswith("VmHWM")]
pathlib.Path(sys.argv[1]).write_text(f"{peak} {used.ru_utime + used.ru_stime}")
sys.exit(code)
"""


def test_a_whole_run_over_all_of_it_keeps_to_its_memory_and_its_time(tmp_path: Path) -> None:
    with SiteServer(pages=dict(OVERWHELMING)) as site:
        site.pages["/sitemap-0.xml"] = str(OVERWHELMING["/sitemap-0.xml"]).replace("SITE/", site.url)
        given = ("--url", site.url, "--expect", site.url.rstrip("/"), "Acme", "site", "--no-browser", "--timeout", "60")
        shown = ("--format", "console", "--format", f"json:{tmp_path / 'report.json'}")
        command = [sys.executable, "-c", WATCHED, str(tmp_path / "used"), "proposer", *given, *shown]
        own = {**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=own)
    out = done.stdout
    assert done.returncode == 1, out + done.stderr
    kilobytes, seconds = map(float, (tmp_path / "used").read_text().split())
    assert seconds < 20
    # of that, the program and its libraries take 80 MB
    assert kilobytes < 200 << 10
    assert "/endless was not answered" in out
    assert "/round was not answered" in out
    (told,) = [one for one in json.loads((tmp_path / "report.json").read_text())["sources"] if one["name"] == "site"]
    reasons = "\n".join(json.dumps(gap, ensure_ascii=False) for gap in told["gaps"])
    for words in ("/endless", "'/round' redirects more than", "'/nested' is nested deeper than", "/long.js"):
        assert words in reasons, reasons
