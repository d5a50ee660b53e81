"""A slot's answers as curl, GNU wget and busybox's wget printed them, and served to the real probe."""

import base64
import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.collectors.nas.slot import NOT_FOUND_PATH, parse_pages, smoke_results
from auditor.collectors.nas.visit import slot_pages
from auditor.config import Slot, SmokeCheck
from auditor.errors import SourceError
from auditor.model.facts.site import Exposed
from auditor.model.missing import MISSING

from .conftest import Box

DATA = Path(__file__).parents[2] / "data/nas"
PAGE = b"""<script type=module src=/_astro/page.js?v=1></script><astro-island component-url="/_astro/island.js"
 renderer-url="https://site.example/_astro/client.js"></astro-island><script src="//cdn.example/evil.js"></script>
<script src="https://other.example/x.js"></script><script src="relative.js"></script><a href="/$(touch x).js">"""
FILES = {
    "/": PAGE,
    "/_astro/page.js?v=1": b'import"./shared.js";import("./deep/../also.js");const m=["_astro/lazy.js"];\0\xff',
    "/_astro/shared.js": b'import"./too-deep.js"',
    "/binary": bytes(range(256)) * 100,
}


class Handler(BaseHTTPRequestHandler):
    """Serves FILES, and redirects /moved elsewhere."""

    def do_GET(self) -> None:
        body = FILES.get(self.path)
        self.server.asked.append((self.command, self.path))  # type: ignore[attr-defined] # set below
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Type", "text/html")
        self.send_header("ETag", '"x"')
        self.send_header("Content-Length", str(len(body or b"gone")))
        self.end_headers()
        self.wfile.write(body or b"gone")

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.asked = []  # type: ignore[attr-defined] # what the handler notes
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield httpd
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_pages_and_scripts_to_depth_two_come_home_byte_for_byte(box: Box, server: ThreadingHTTPServer) -> None:
    checks = (
        SmokeCheck(path="/", contains="astro-island"),
        SmokeCheck(path="/moved", status=200),
        SmokeCheck(path="/binary", contains="absent"),
    )
    slots = (Slot(name="blue", port=server.server_address[1]), Slot(name="dead", port=1))
    config = box.config(slots=slots, smoke=checks)
    frames = box.frames(config)
    assert config.nas is not None
    pages = slot_pages(frames, config.nas)["blue"]
    found = {one.fact.path: one for one in pages.answers}
    for path in ("/", "/_astro/page.js?v=1", "/_astro/shared.js", "/binary"):
        assert found[path].body == FILES[path]
        assert found[path].fact.sha256 == hashlib.sha256(FILES[path]).hexdigest()
    assert {path: one.fact.depth for path, one in found.items()} == {
        "/": 0,
        "/moved": 0,
        "/binary": 0,
        NOT_FOUND_PATH: 0,
        "/_astro/page.js?v=1": 1,
        "/_astro/island.js": 1,
        "/_astro/client.js": 1,
        "/relative.js": 1,
        "/_astro/shared.js": 2,
        "/_astro/also.js": 2,
        "/_astro/lazy.js": 2,
    }
    assert (found["/"].fact.etag, found[NOT_FOUND_PATH].fact.status) == ('"x"', 404)
    if pages.fetcher != "busybox":
        assert (found["/moved"].fact.status, found["/moved"].fact.location) == (302, "http://127.0.0.1:9/")
    assert {method for method, _path in server.asked} == {"GET"}  # type: ignore[attr-defined] # set above
    facts = box.facts(config)
    assert facts.slots is not MISSING
    blue, dead = facts.slots
    assert (blue.answering, dead.answering) == (True, False)
    assert blue.smoke is not MISSING
    assert blue.smoke[0].passed is True
    assert blue.smoke[1].passed is not True
    assert blue.smoke[2].passed is False
    assert dead.smoke is not MISSING
    assert dead.smoke[0].passed is False


SERVED_BY_MISTAKE = {
    "/.env": b"# keys\r\n  FORGE_TOKEN = sesame-open\nexport PUBLIC_A='sesame'\nEMPTY=\nsesame\n",
    "/.env.local": b" <!doctype html><title>sesame</title>\nA=sesame\n",
    "/.env.backup": b"sesame, and nothing that is a key\n",
    "/.git/HEAD": b"ref: refs/heads/sesame\n",
    "/.git/config": b'[core]\n\tbare = false\n[remote "sesame"]\n\turl = https://sesame@git.example/\n',
}


def test_what_no_slot_may_serve_is_found_and_what_it_says_stays_on_the_nas(
    box: Box, server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, body in SERVED_BY_MISTAKE.items():
        monkeypatch.setitem(FILES, path, body)
    config = box.config(slots=(Slot(name="blue", port=server.server_address[1]), Slot(name="dead", port=1)))
    pages = parse_pages(box.frames(config).body("pages.0") or b"")
    assert len(pages.hidden) == 7
    assert not [one for one in pages.hidden if b"sesame" in (one.body or b"") or "sesame" in repr(one)]
    facts = box.facts(config)
    assert facts.slots is not MISSING
    blue, dead = facts.slots
    assert blue.exposed == (
        Exposed(path="/.env", kind="env-file", status=200, holds_secret=True),
        Exposed(path="/.git/HEAD", kind="git-directory", status=200, holds_secret=False),
        Exposed(path="/.git/config", kind="git-directory", status=200, holds_secret=False),
    )
    assert dead.exposed is MISSING
    assert "sesame" not in repr(facts)


def test_a_slot_that_serves_nothing_of_it_was_asked_all_the_same(box: Box, server: ThreadingHTTPServer) -> None:
    facts = box.facts(box.config(slots=(Slot(name="blue", port=server.server_address[1]),)))
    assert facts.slots is not MISSING
    assert facts.slots[0].exposed == ()
    assert ("GET", "/.git/config") in server.asked  # type: ignore[attr-defined] # set above


def test_a_hidden_path_that_is_checked_as_a_page_too_is_asked_for_both(box: Box, server: ThreadingHTTPServer) -> None:
    checks = (SmokeCheck(path="/.env", status=404),)
    facts = box.facts(box.config(slots=(Slot(name="blue", port=server.server_address[1]),), smoke=checks))
    assert facts.slots is not MISSING
    assert facts.slots[0].smoke is not MISSING
    assert facts.slots[0].smoke[0].passed is True


@pytest.mark.parametrize("tool", ["curl", "wget", "bb"])
def test_recorded_answers_of_each_tool_are_read_alike(tool: str) -> None:
    pages = parse_pages((DATA / f"pages.{tool}").read_bytes())
    found = {one.fact.path: one.fact for one in pages.answers}
    assert (found["/"].status, found["/"].content_type, found["/"].complete) == (200, "text/html", True)
    curl = {one.fact.path: one.fact for one in parse_pages((DATA / "pages.curl").read_bytes()).answers}
    assert {path: (fact.status, fact.depth) for path, fact in found.items()} == {
        path: (fact.status, fact.depth) for path, fact in curl.items()
    }
    assert {fact.sha256 for fact in found.values() if fact.status == 200} == {
        fact.sha256 for fact in curl.values() if fact.status == 200
    }
    assert (found[NOT_FOUND_PATH].sha256 is None) == (tool == "bb")


def answers(raw: bytes, fetcher: bytes = b"curl") -> bytes:
    return b"/\x000\0" + base64.b64encode(raw) + b"\0end\0" + fetcher + b"\0no\0"


@pytest.mark.parametrize(
    ("contains", "status", "passed"),
    [(None, 200, True), ("body", 200, True), ("other", 200, False), (None, 404, False), ("body", 404, False)],
)
def test_a_smoke_check_wants_status_and_text(contains: str | None, status: int, passed: bool) -> None:
    pages = parse_pages(answers(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nthe body"))
    assert smoke_results(pages, (SmokeCheck(path="/", status=status, contains=contains),))[0].passed is passed


def test_a_text_that_a_cap_may_have_cut_off_is_not_called_absent() -> None:
    pages = parse_pages(answers(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 4_194_304))
    assert smoke_results(pages, (SmokeCheck(path="/", contains="y"),))[0].passed is MISSING


def test_a_check_that_was_not_asked_is_missing() -> None:
    pages = parse_pages(answers(b"HTTP/1.1 200 OK\r\n\r\n"))
    assert smoke_results(pages, (SmokeCheck(path="/else"),))[0].passed is MISSING


def test_an_interim_answer_is_passed_over() -> None:
    fact = parse_pages(answers(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx")).answers[0].fact
    assert (fact.status, fact.size) == (200, 1)


def test_a_body_that_begins_with_blanks_is_no_header_of_busybox() -> None:
    one = parse_pages(answers(b"  HTTP/1.1 200 OK\n  A: b\n  \n  HTTP/1.1 500 x\n", b"busybox")).answers[0]
    assert (one.fact.status, one.body) == (200, b"  HTTP/1.1 500 x\n")


@given(st.binary(max_size=200), st.sampled_from([b"curl", b"wget", b"busybox", b"x"]))
def test_any_answer_is_read_or_refused(raw: bytes, fetcher: bytes) -> None:
    for body in (raw, answers(raw, fetcher)):
        with contextlib.suppress(SourceError):
            parse_pages(body)


def test_a_slot_is_asked_for_two_hundred_files_at_most(
    dash_box: Box, slots: Callable[[int], tuple[Slot, ...]], server: ThreadingHTTPServer
) -> None:
    FILES["/many"] = b" ".join(b'"/s/%d.js"' % number for number in range(300))
    config = dash_box.config(slots=slots(server.server_address[1]), smoke=(SmokeCheck(path="/many"),))
    facts = dash_box.facts(config)
    del FILES["/many"]
    assert facts.slots is not MISSING
    assert facts.slots[0].answers is not MISSING
    assert len(facts.slots[0].answers) == 200
    assert "/nas/slots/0/answers" in {gap.pointer for gap in facts.gaps}
