"""A website on loopback: a folder of built files, pages that the test writes, answers that misbehave."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".xml": "application/xml",
    ".map": "application/json",
}

Page = str | bytes | tuple[int, dict[str, str], bytes] | Callable[[BaseHTTPRequestHandler], None]


class SiteServer:
    """Serves `pages` by path, else the files below `folder`, else 404; `asked` are the paths that were requested."""

    def __init__(self, folder: Path | None = None, pages: dict[str, Page] | None = None) -> None:
        self.folder = folder
        self.pages: dict[str, Page] = dict(pages or {})
        self.asked: list[str] = []
        self._listener = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._listener.daemon_threads = True
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """The address, with a slash at its end."""
        return f"http://127.0.0.1:{self._listener.server_address[1]}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answers one request."""
        self.asked.append(handler.path)
        page = self.pages.get(handler.path)
        if callable(page):
            page(handler)
            return
        status, headers, body = self._found(handler.path) if page is None else _whole(page)
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _found(self, path: str) -> tuple[int, dict[str, str], bytes]:
        file = None if self.folder is None else self.folder / path.partition("?")[0].lstrip("/")
        if file is not None and file.is_dir():
            file /= "index.html"
        if file is None or not file.is_file():
            return 404, {"Content-Type": "text/html"}, b"<!doctype html><title>Nothing</title><p>There is nothing here."
        return 200, {"Content-Type": _TYPES.get(file.suffix, "application/octet-stream")}, file.read_bytes()


def _whole(page: str | bytes | tuple[int, dict[str, str], bytes]) -> tuple[int, dict[str, str], bytes]:
    if isinstance(page, tuple):
        return page
    kind = "text/javascript" if isinstance(page, bytes) else "text/html; charset=utf-8"
    return 200, {"Content-Type": kind}, page if isinstance(page, bytes) else page.encode()


def _handler(site: SiteServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else a body that follows its head waits 40 ms

        def do_GET(self) -> None:
            try:
                site.answer(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Tests ask `asked` instead."""

    return Handler
