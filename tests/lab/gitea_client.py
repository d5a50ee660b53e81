"""A client for tests that must see every byte of the replay's answers: no redirect is followed, nothing retried."""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from gitea_recording import API
from gitea_replay import Caller, ReplayGitea


@dataclass(frozen=True)
class Got:
    """One answer as the wire had it; `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)


@contextmanager
def asking(gitea: ReplayGitea, seconds: float = 20) -> Iterator[Callable[..., Got]]:
    """One kept-alive connection, on which a test asks `ask(target, caller)`."""
    connection = http.client.HTTPConnection(urlsplit(gitea.url).netloc, timeout=seconds)

    def ask(target: str, caller: Caller = Caller.AUDITEUR, *, method: str = "GET", **headers: str) -> Got:
        target = target.replace("R", f"{API}/repos/{gitea.recording.repository}", 1) if target[0] == "R" else target
        connection.request(method, target, headers=gitea.headers(caller) | headers)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Got(response.status, found, response.read())

    try:
        yield ask
    finally:
        connection.close()


def ask_once(gitea: ReplayGitea, target: str, caller: Caller = Caller.AUDITEUR) -> Got:
    with asking(gitea) as ask:
        return ask(target, caller)
