"""A Gitea on loopback that answers as the recorded one did, and keeps a list of what it was asked.

    with ReplayGitea("1.27.0", "protection", variant="strict") as gitea:
        gitea.url, gitea.token(Caller.AUDITEUR), gitea.requests
It is read-only: any method but GET, and git's own POST of a fetch, is 405. The order in which an answer is found is
written in gitea_repository.py, the faults in gitea_fault.py.
"""

import base64
import binascii
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from git_http import GitBackend, is_git
from gitea_answer import Answer, Delivery, Request, text_answer
from gitea_fault import Fault, fault_of
from gitea_instance import InstanceAnswers
from gitea_recording import World, load_recording, worlds
from gitea_repository import Overlay
from gitea_rights import Caller
from gitea_web import not_found_page

__all__ = ["Caller", "Received", "ReplayGitea", "World", "worlds"]

_DRIP_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request as it arrived; the value of its Authorization header is not kept."""

    method: str
    target: str
    caller: Caller
    authorized: bool
    host: str

    @property
    def is_api(self) -> bool:
        return self.target.startswith("/api/")


class ReplayGitea:
    """The recorded server of one world; a context manager.

    `fail` maps a path prefix to a fault (a status, a name, a function); a prefix that ends in `$` is a whole path, and
    the longest one wins. `overlay` maps a path to a body, or to a function of the recorded body with all its rows;
    paging and filters come after it. In both, a leading `R` stands for /api/v1/repos/OWNER/NAME, and both may be
    changed while the server runs. `git` is the bare repository that can be cloned (gitea_history.py makes the recorded
    one); without it nothing can be.
    """

    def __init__(
        self,
        version: str,
        scenario: str,
        *,
        variant: str | None = None,
        fail: Mapping[str, Fault | int | str] | None = None,
        overlay: Mapping[str, Overlay] | None = None,
        git: Path | None = None,
    ) -> None:
        self.world = World(version, scenario, variant)
        self.recording = load_recording(self.world)
        self.fail: dict[str, Fault | int | str] = dict(fail or {})
        self.overlay: dict[str, Overlay] = dict(overlay or {})
        self.requests: list[Received] = []
        self._answers = InstanceAnswers(self.recording, self.overlay)
        self._tokens = {secrets.token_hex(20): each for each in Caller if each is not Caller.ANONYMOUS}
        self._git = git
        self._stopping = threading.Event()
        self._listener = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        """Where the server listens, without a slash at the end."""
        return f"http://127.0.0.1:{self._listener.server_address[1]}"

    @property
    def clone_url(self) -> str:
        """Where the world's repository can be cloned from."""
        return f"{self.url}/{self.recording.repository}.git"

    @property
    def api_requests(self) -> tuple[Received, ...]:
        """The requests to the API, git's and the pages' left out."""
        return tuple(each for each in self.requests if each.is_api)

    def token(self, caller: Caller) -> str:
        """The token of a caller, drawn anew for every server; that of INVALID is one that nobody has."""
        return next(token for token, who in self._tokens.items() if who is caller)

    def headers(self, caller: Caller) -> dict[str, str]:
        """The headers with which a client of the API says who it is."""
        return {} if caller is Caller.ANONYMOUS else {"Authorization": f"token {self.token(caller)}"}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join()

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        """Answers one request of the listener."""
        request = self._received(handler)
        git = is_git(handler.path) and not request.path.startswith("/api/")
        fault = self._fault(request)
        if fault:
            _send(handler, fault(request, _nothing if git else self._answers.answer), self._stopping)
        elif git:
            self._clone(handler, request)
        elif request.method == "GET":
            _send(handler, self._answers.answer(request), self._stopping)
        else:
            _send(handler, text_answer("Method Not Allowed\n", status=405), self._stopping)

    def _received(self, handler: BaseHTTPRequestHandler) -> Request:
        authorization = handler.headers.get("Authorization")
        caller = self._caller(authorization)
        self.requests.append(
            Received(
                method=handler.command,
                target=handler.path,
                caller=caller,
                authorized=authorization is not None,
                host=handler.headers.get("Host", ""),
            )
        )
        headers = {name.lower(): value for name, value in handler.headers.items()}
        return Request(method=handler.command, target=handler.path, caller=caller, headers=headers)

    def _caller(self, header: str | None) -> Caller:
        if header is None:
            return Caller.ANONYMOUS
        kind, _, value = header.partition(" ")
        if kind.lower() == "basic":
            try:
                user, _, password = base64.b64decode(value).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return Caller.INVALID
            value = password if password in self._tokens else user
        return self._tokens.get(value.strip(), Caller.INVALID)

    def _fault(self, request: Request) -> Fault | None:
        place = request.path.lower()
        matching = {}
        for prefix, spoilt in self.fail.items():
            path = self._answers.expanded(prefix)
            if place == path[:-1] if path.endswith("$") else place.startswith(path):
                matching[path] = spoilt
        return fault_of(matching[max(matching, key=len)]) if matching else None

    def _clone(self, handler: BaseHTTPRequestHandler, request: Request) -> None:
        refusal = self._answers.git_refusal(request)
        if "git-receive-pack" in request.target:
            refusal = text_answer("the replay is read-only\n", status=403)
        if self._git is None:
            refusal = refusal or not_found_page()
        if refusal or self._git is None:
            assert refusal is not None
            _send(handler, refusal, self._stopping)
            return
        asked = urlsplit(request.target)
        below = asked.path.split("/", 3)[3]
        handler.path = f"/{self._git.name}/{below}?{asked.query}"
        GitBackend(self._git.parent).answer(handler)


def _nothing(request: Request) -> Answer:
    """What a fault wraps when git asks: its honest answer is a stream."""
    return text_answer("")


def _handler(gitea: ReplayGitea) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            """Tests ask `requests` instead."""

    def do(handler: BaseHTTPRequestHandler) -> None:
        gitea.handle(handler)

    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        setattr(Handler, f"do_{method}", do)
    return Handler


def _send(handler: BaseHTTPRequestHandler, answer: Answer, stopping: threading.Event) -> None:
    if answer.delivery is Delivery.DROP:
        handler.close_connection = True
        return
    body = b"" if handler.command == "HEAD" else answer.content
    handler.send_response(answer.status)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    if answer.status != 204:
        handler.send_header("Content-Length", str(len(answer.content)))
    if handler.command in ("POST", "PUT", "PATCH"):
        # The body of a refused request is not read, so the connection can't be used again.
        handler.close_connection = True
        handler.send_header("Connection", "close")
    handler.end_headers()
    try:
        _deliver(handler, body, answer.delivery, stopping)
    except (BrokenPipeError, ConnectionResetError):
        handler.close_connection = True


def _deliver(handler: BaseHTTPRequestHandler, body: bytes, delivery: Delivery, stopping: threading.Event) -> None:
    if delivery is Delivery.WHOLE:
        handler.wfile.write(body)
        return
    handler.close_connection = True
    if delivery is Delivery.TRUNCATED:
        handler.wfile.write(body[: len(body) // 2])
        return
    for place in range(len(body)):
        if stopping.wait(_DRIP_SECONDS):
            return
        handler.wfile.write(body[place : place + 1])
        handler.wfile.flush()
