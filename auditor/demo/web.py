"""The HTTP servers of the demo's world, on loopback: Gitea with its git, the slots, the public site before them."""

import json
import mimetypes
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

from dulwich.repo import Repo
from dulwich.server import BackendRepo, DictBackend
from dulwich.web import HTTPGitApplication

from auditor.demo.forge import Forge, Reply

Respond = Callable[[BaseHTTPRequestHandler], None]


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    # of a burst of connections that is longer than this, each waits a second for its next try: that is a time limit
    request_queue_size = 128


class Server:
    """A server under way; `close` ends it. With `context` it speaks TLS."""

    def __init__(self, respond: Respond, *, context: ssl.SSLContext | None = None, port: int = 0) -> None:
        self._listener = _Listener(("127.0.0.1", port), _handler(respond))
        if context is not None:
            # the handshake belongs to the connection's own thread
            self._listener.socket = context.wrap_socket(
                self._listener.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port: int = self._listener.server_address[1]
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join()


def forge_responder(forge: Forge) -> Respond:
    """Gitea's pages, its API, and its git over smart HTTP."""
    git_root = f"/{forge.owner}/{forge.repo}.git"

    def respond(handler: BaseHTTPRequestHandler) -> None:
        path = handler.path.partition("?")[0]
        if path.startswith(git_root + "/"):
            # opened for each request: a drift may have written to it
            with Repo(str(forge.repository.folder)) as repo:
                served: dict[str, BackendRepo] = {git_root: repo}
                _serve_git(handler, HTTPGitApplication(DictBackend(served)))
            return
        reply = forge.answer(handler.path, handler.headers.get("Authorization"))
        if handler.command != "GET":
            reply = Reply(405, "Method Not Allowed\n")
        text = isinstance(reply.body, str)
        kind = "text/html; charset=utf-8" if text and reply.status < 400 else "text/plain;charset=utf-8"
        body = reply.body.encode() if text else json.dumps(reply.body).encode()
        headers = {"content-type": kind if text else "application/json;charset=utf-8", **reply.headers}
        send(handler, reply.status, body, headers)

    return respond


def folder_responder(folder: Callable[[], Path]) -> Respond:
    """The files of a folder, with its 404.html for what is not there."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        root = folder().resolve()
        path = handler.path.partition("?")[0].lstrip("/")
        file = (root / (path or "index.html")).resolve()
        if not file.is_relative_to(root) or not file.is_file():
            lost = root / "404.html"
            send(handler, 404, lost.read_bytes() if lost.is_file() else b"not found", {"content-type": "text/html"})
            return
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        send(handler, 200, file.read_bytes(), {"content-type": kind})

    return respond


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
    """A whole answer."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _serve_git(handler: BaseHTTPRequestHandler, application: HTTPGitApplication) -> None:
    """One request through dulwich's WSGI application; its answer is sent whole."""
    path, _, query = handler.path.partition("?")
    body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    environ: dict[str, Any] = {
        "REQUEST_METHOD": handler.command,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
    if handler.headers.get("Git-Protocol"):
        environ["HTTP_GIT_PROTOCOL"] = handler.headers["Git-Protocol"]
    told: dict[str, Any] = {}
    content = BytesIO()

    def start(status: str, headers: list[tuple[str, str]], _fault: object = None, /) -> Callable[[bytes], int]:
        told.update(status=int(status.split()[0]), headers=dict(headers))
        return content.write

    for piece in application(environ, start):
        content.write(piece)
    headers = {name: value for name, value in told["headers"].items() if name.lower() != "content-length"}
    send(handler, told["status"], content.getvalue(), headers)


def _handler(respond: Respond) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        wbufsize = -1  # head and body leave at once: in two pieces, each answer waits 40 ms for TCP's acknowledgement

        def do_GET(self) -> None:
            try:
                respond(self)
            except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
                self.close_connection = True

        do_POST = do_GET  # noqa: N815 -- as above

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the parent's name
            """The audit is what is to be seen."""

    return Handler
