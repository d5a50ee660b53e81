"""Real git over smart HTTP on loopback, by `git http-backend`; it can demand a header, cut or slow its answers.

    with serve_git(folder) as server:       # folder/OWNER/REPO.git is served at server.url/OWNER/REPO.git
        ...
Another server's handler passes git's own paths on: `if is_git(self.path): GitBackend(root).answer(self)`.
"""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

_SERVICES = ("/info/refs", "/git-upload-pack", "/git-receive-pack", "/HEAD")
_PIECE = 1 << 16


def is_git(path: str) -> bool:
    """Whether a request path is one of git's own, not of the API or a page."""
    return urlsplit(path).path.endswith(_SERVICES) or "/objects/" in path


@dataclass(frozen=True)
class Asked:
    """One request as the server got it."""

    method: str
    path: str
    headers: dict[str, str]
    body_bytes: int


@dataclass
class GitBackend:
    """`git http-backend` over the repositories below `root`; the switches may be changed while it serves.

    `cut_after` closes the connection after so many bytes of a POST's answer; `drip_seconds` passes before each piece of
    64 KiB; `authorization` is the whole value that the header must have (else 401); `version_0` hides protocol v2.
    """

    root: Path
    authorization: str | None = None
    cut_after: int | None = None
    drip_seconds: float = 0
    version_0: bool = False
    config: tuple[tuple[str, str], ...] = ()
    requests: list[Asked] = field(default_factory=list)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answers one request of `handler`, whose `protocol_version` may be HTTP/1.0 or 1.1."""
        with tempfile.TemporaryFile() as body:
            size = _read_body(handler, body)
            self.requests.append(Asked(handler.command, handler.path, dict(handler.headers.items()), size))
            if self.authorization is not None and handler.headers.get("Authorization") != self.authorization:
                _refuse(handler)
                return
            self._run(handler, body, size)

    def _run(self, handler: BaseHTTPRequestHandler, body: IO[bytes], size: int) -> None:
        environment = self._environment(handler, size)
        with subprocess.Popen(
            ["git", "http-backend"],
            stdin=body,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        ) as backend:
            assert backend.stdout is not None
            try:
                self._pass_on(handler, backend.stdout)
            except (BrokenPipeError, ConnectionResetError):
                handler.close_connection = True
            finally:
                backend.stdout.close()
                backend.kill()

    def _environment(self, handler: BaseHTTPRequestHandler, size: int) -> dict[str, str]:
        url = urlsplit(handler.path)
        pairs = {f"GIT_CONFIG_KEY_{n}": key for n, (key, _) in enumerate(self.config)}
        pairs |= {f"GIT_CONFIG_VALUE_{n}": value for n, (_, value) in enumerate(self.config)}
        return pairs | {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_COUNT": str(len(self.config)),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": "" if self.version_0 else handler.headers.get("Git-Protocol", ""),
            "PATH_INFO": unquote(url.path),
            "QUERY_STRING": url.query,
            "REQUEST_METHOD": handler.command,
            "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(size),
            "HTTP_CONTENT_ENCODING": handler.headers.get("Content-Encoding", ""),
            "HTTP_ACCEPT_ENCODING": "",
            "REMOTE_ADDR": "127.0.0.1",
        }

    def _pass_on(self, handler: BaseHTTPRequestHandler, stdout: IO[bytes]) -> None:
        status, headers = _cgi_head(stdout)
        chunked = handler.protocol_version == "HTTP/1.1"
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Transfer-Encoding" if chunked else "Connection", "chunked" if chunked else "close")
        handler.end_headers()
        left = self.cut_after if handler.command == "POST" else None
        while piece := stdout.read1(_PIECE):  # type: ignore[attr-defined]  # a pipe of Popen is a BufferedReader
            time.sleep(self.drip_seconds)
            if left is not None:
                piece, left = piece[:left], left - len(piece)
            if piece:
                handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            if left is not None and left <= 0:
                handler.close_connection = True
                return
        if chunked:
            handler.wfile.write(b"0\r\n\r\n")


@dataclass
class GitServer(GitBackend):
    """The backend behind a port of its own; `url` ends without a slash."""

    url: str = ""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what many tests are about."""


@contextmanager
def serve_git(root: Path, *, authorization: str | None = None) -> Iterator[GitServer]:
    """Serves the repositories below `root` until the block ends."""
    server = GitServer(root=root, authorization=authorization)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else a body that follows its head waits 40 ms

        def do_GET(self) -> None:
            server.answer(self)

        def do_POST(self) -> None:
            server.answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            """Tests ask `requests` instead."""

    listener = _Listener(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{listener.server_address[1]}"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


def _read_body(handler: BaseHTTPRequestHandler, into: IO[bytes]) -> int:
    """Copies the request's body, chunked or not, and returns its size; git itself undoes gzip."""
    if handler.headers.get("Transfer-Encoding", "").lower() == "chunked":
        while size := int(handler.rfile.readline().split(b";")[0], 16):
            into.write(handler.rfile.read(size))
            handler.rfile.readline()
        handler.rfile.readline()
    else:
        into.write(handler.rfile.read(int(handler.headers.get("Content-Length") or 0)))
    size = into.tell()
    into.seek(0)
    return size


def _cgi_head(stdout: IO[bytes]) -> tuple[int, list[tuple[str, str]]]:
    status, headers = 200, []
    while line := stdout.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers.append((name, value.strip()))
    return status, headers


def _refuse(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(401)
    handler.send_header("WWW-Authenticate", 'Basic realm="Gitea"')
    handler.send_header("Content-Length", "0")
    handler.end_headers()
