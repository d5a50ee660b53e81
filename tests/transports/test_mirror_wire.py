"""Servers that lie about refs, packs and addresses: each gives one clear error, and no second address is ever asked."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import SourceError
from auditor.transports.mirror.fault import MirrorUnsupportedError
from auditor.transports.mirror.source import believed_refs
from tests.lab.mirror_run import GIT, mirrored

_SHA = b"1234567890123456789012345678901234567890"
_ADVERTISEMENT, _RESULT = "application/x-git-upload-pack-advertisement", "application/x-git-upload-pack-result"
Reply = Callable[[BaseHTTPRequestHandler], tuple[int, dict[str, str], bytes]]


@contextmanager
def replying(reply: Reply) -> Iterator[tuple[str, list[str]]]:
    """A server that answers as `reply` says; gives its address and the list of what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.command} {self.path}")
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, body = reply(self)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the parent's name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            """Tests look at `asked`."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_address[1]}/o/r.git", asked
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


def packets(*lines: bytes) -> bytes:
    return b"".join(b"0000" if line == b"" else b"%04x%b" % (len(line) + 4, line) for line in lines)


def advertising(*refs: bytes, pack: bytes = b"") -> Reply:
    """A server of protocol 0 that advertises `refs` (lines of id and name) and answers any wish with `pack`."""
    first, *rest = refs
    body = packets(b"# service=git-upload-pack\n", b"", first + b"\0ofs-delta side-band-64k\n", *rest, b"")

    def reply(handler: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        if handler.command == "GET":
            return 200, {"Content-Type": _ADVERTISEMENT}, body
        return 200, {"Content-Type": _RESULT}, packets(b"NAK\n", b"\x01" + pack, b"")

    return reply


def empty_pack() -> bytes:
    head = b"PACK\0\0\0\2\0\0\0\0"
    return head + hashlib.sha1(head).digest()


@pytest.mark.parametrize(
    "name",
    [
        b"refs/heads/../../../etc/passwd",
        b"refs/heads/a..b",
        b"refs/heads/a\x1b[2Jb",
        b"refs/heads/.hidden",
        b"refs/heads/a.lock",
        b"refs/heads/",
        b"refs/heads/a b",
        b"refs/heads/" + b"a" * 5000,
        b"refs/tags/a\\b",
    ],
)
def test_a_ref_that_git_forbids_is_refused_and_shown_harmless(name: bytes, tmp_path: Path) -> None:
    with replying(advertising(_SHA + b" " + name)) as (url, _), pytest.raises(SourceError) as caught:
        mirrored(tmp_path / "m", url)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


def test_ids_of_another_length_are_refused(tmp_path: Path) -> None:
    with (
        replying(advertising(_SHA + b"0" * 24 + b" refs/heads/main")) as (url, _),
        pytest.raises(MirrorUnsupportedError, match="SHA-256"),
    ):
        mirrored(tmp_path / "m", url)
    with replying(advertising(b"zz34 refs/heads/main")) as (url, _), pytest.raises(SourceError, match="object id"):
        mirrored(tmp_path / "m", url)


@pytest.mark.parametrize("program", [GIT, None], ids=["index-pack", "dulwich"])
def test_a_pack_without_what_was_advertised_is_refused(program: str | None, tmp_path: Path) -> None:
    with (
        replying(advertising(_SHA + b" refs/heads/main", pack=empty_pack())) as (url, _),
        pytest.raises(SourceError, match="sent a pack without"),
    ):
        mirrored(tmp_path / "m", url, git=program)


@pytest.mark.parametrize("program", [GIT, None], ids=["index-pack", "dulwich"])
@pytest.mark.parametrize("pack", [b"", b"PACK", b"PACK\0\0\0\2\xff\xff\xff\xff" + b"x" * 64, b"<html>" * 50])
def test_what_is_no_pack_is_refused_and_leaves_nothing(pack: bytes, program: str | None, tmp_path: Path) -> None:
    with replying(advertising(_SHA + b" refs/heads/main", pack=pack)) as (url, _), pytest.raises(SourceError):
        mirrored(tmp_path / "m", url, git=program)
    assert list((tmp_path / "m" / "objects" / "pack").iterdir()) == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_named_and_never_followed(status: int, tmp_path: Path) -> None:
    def reply(handler: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        target = "/renamed" + handler.path if "renamed" not in handler.path else handler.path
        return status, {"Location": target}, b""

    with replying(reply) as (url, asked), pytest.raises(SourceError, match="leads to '/renamed"):
        mirrored(tmp_path / "m", url)
    assert asked == ["GET /o/r.git/info/refs?service=git-upload-pack"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html", b"<html>sign in</html>"),
        ("text/plain", _SHA + b"\trefs/heads/main\n"),
        (_ADVERTISEMENT, b""),
        (_ADVERTISEMENT, b"zzzz"),
        (_ADVERTISEMENT, b"fff0short"),
        (_ADVERTISEMENT, packets(b"# service=git-receive-pack\n", b"")),
        (_ADVERTISEMENT, packets(b"version 2\n", b"agent=x\n", b"")),
        (_ADVERTISEMENT, packets(b"version 3\n", b"")),
        (_ADVERTISEMENT, packets(b"# service=git-upload-pack\n", b"", b"ERR \x1b]0;evil\x07\n")),
    ],
)
def test_an_answer_that_is_not_gits_is_one_clear_error(kind: str, body: bytes, tmp_path: Path) -> None:
    def reply(_: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        return 200, {"Content-Type": kind}, body

    with replying(reply) as (url, asked), pytest.raises(SourceError) as caught:
        mirrored(tmp_path / "m", url)
    assert str(caught.value).isprintable()
    assert all("/info/refs?service=git-upload-pack" in each or each.endswith("/git-upload-pack") for each in asked)


def test_a_server_that_points_to_packs_elsewhere_is_not_followed(tmp_path: Path) -> None:
    advert = packets(b"version 2\n", b"ls-refs\n", b"fetch=packfile-uris\n", b"packfile-uris\n", b"")
    answers = [
        packets(_SHA + b" refs/heads/main\n", b""),
        packets(b"packfile-uris\n", b"https://127.0.0.1:1/pack sha1 " + _SHA + b"\n", b"packfile\n", b"\x01PACK", b""),
    ]

    def reply(handler: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        if handler.command == "GET":
            return 200, {"Content-Type": _ADVERTISEMENT}, advert
        return 200, {"Content-Type": _RESULT}, answers.pop(0)

    with replying(reply) as (url, _), pytest.raises(SourceError):
        mirrored(tmp_path / "m", url)


def test_an_address_that_holds_a_password_is_refused_and_not_repeated(tmp_path: Path) -> None:
    word = "x" * 20
    with pytest.raises(SourceError, match="no user, password") as caught:
        mirrored(tmp_path / "m", f"https://ada:{word}@git.example.net/o/r.git")
    assert word not in str(caught.value)


def test_what_the_server_says_of_its_progress_is_made_harmless(tmp_path: Path) -> None:
    said: list[str] = []

    def reply(handler: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        if handler.command == "GET":
            return advertising(_SHA + b" refs/heads/main")(handler)
        return 200, {"Content-Type": _RESULT}, packets(b"NAK\n", b"\x02\x1b[31mred \xe2\x80\xaeevil\n", b"")

    with replying(reply) as (url, _), pytest.raises(SourceError):
        mirrored(tmp_path / "m", url, said=said)
    assert any("red" in line for line in said)
    assert all(line.isprintable() for line in said)


@given(st.lists(st.tuples(st.binary(max_size=60).map(lambda tail: b"refs/heads/" + tail), st.just(_SHA)), max_size=4))
def test_believed_refs_never_climb(advertised: list[tuple[bytes, bytes]]) -> None:
    try:
        refs = believed_refs(advertised)
    except SourceError:
        return
    for ref in refs:
        assert ".." not in ref.name
        assert "\x00" not in ref.name
        assert not ref.name.endswith("/")
        assert "//" not in ref.name
