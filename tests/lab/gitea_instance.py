"""All that one recorded server answers: its own routes, the world's repository, old names, pages; git apart."""

import re
from collections.abc import Mapping
from typing import Any

from gitea_answer import (
    Answer,
    Request,
    error,
    json_answer,
    missing_route,
    recorded_answer,
    scope_error,
    text_answer,
    usual_headers,
)
from gitea_recording import API, Recording, World, load_recording
from gitea_repository import Overlay, RepositoryAnswers
from gitea_rights import Caller, identity_of, lenders
from gitea_web import Moves, not_found_page, web_answer

_IDENTITY = (f"{API}/user", f"{API}/token")


class InstanceAnswers:
    """Answers of the server of one world; `overlay` is read at every request, so a test may change it."""

    def __init__(self, recording: Recording, overlay: Mapping[str, Overlay]) -> None:
        self._recording = recording
        self._version = recording.world.version
        self._overlay = overlay
        self._recordings = (recording, load_recording(World(self._version, "instance")))
        self._moves = Moves(self._recordings, self._version)

    def answer(self, request: Request) -> Answer:
        """The answer to a GET that is not one of git's."""
        if request.path.startswith("/api/"):
            return self._api(request)
        moved = None if "/issues/new" in request.path else self._moves.answer(request)
        return moved or web_answer(request, self._recordings, self._version) or not_found_page()

    def git_refusal(self, request: Request) -> Answer | None:
        """What git is told in the place of the world's repository, or None if it may read it."""
        moved = self._moves.answer(request)
        if moved:
            return moved
        name = "/".join(request.path.split("/")[1:3]).removesuffix(".git")
        known = name.lower() == (self._recording.repository or "").lower()
        if request.caller is Caller.INVALID or not known or not self._repository().may_read(request.caller):
            # Not recorded: nobody may learn without a login whether a repository exists.
            outside = request.caller in (Caller.ANONYMOUS, Caller.INVALID)
            return _ask_for_login() if outside else not_found_page()
        if request.caller is Caller.AUDITEUR_NOSCOPE:
            return text_answer("token does not have at least one of required scope(s)\n", status=403)
        return None

    def expanded(self, path: str) -> str:
        """A path in lower case, in which a leading `R` stands for the world's repository."""
        return re.sub(r"^R(?=/|\$|$)", f"{API}/repos/{self._recording.repository}", path).lower()

    def _api(self, request: Request) -> Answer:
        if request.caller is Caller.INVALID:
            return error(401, "invalid username, password or token", self._version)
        by_host = self._by_host(request)
        if by_host:
            return by_host
        if self._recording.repository:
            repository = self._repository()
            if repository.has(request.path):
                return repository.answer(request)
        return self._elsewhere(request)

    def _repository(self) -> RepositoryAnswers:
        root = f"{self.expanded('R')}/"
        overlay = {f"{self.expanded(path)}/": body for path, body in self._overlay.items()}
        below = {path.removeprefix(root).strip("/"): body for path, body in overlay.items() if path.startswith(root)}
        return RepositoryAnswers(self._recording, below)

    def _by_host(self, request: Request) -> Answer | None:
        """The recorded answers about host detection, for a request with the same Host and X-Forwarded-Proto."""
        for each in self._recording.of_path(request.path):
            wanted = each.request_headers
            if wanted and all(request.headers.get(name.lower()) == value for name, value in wanted.items()):
                return recorded_answer(each)
        return None

    def _elsewhere(self, request: Request) -> Answer:
        """The routes that belong to no repository, or to another one than the world's."""
        recorded = self._recorded(request)
        for path, change in self._overlay.items():
            if self.expanded(path) == request.path.lower():
                body = change(recorded.body if recorded else None) if callable(change) else change
                return json_answer(body, usual_headers(self._version))
        if recorded:
            return recorded
        if not request.path.startswith(f"{API}/repos/"):
            return missing_route()
        if request.caller is Caller.AUDITEUR_NOSCOPE:
            return scope_error(self._version)
        unknown = Request(method="GET", target=f"{API}/repos/x/x", caller=request.caller)
        return self._moves.answer(request) or self._recorded(unknown) or missing_route()

    def _recorded(self, request: Request) -> Answer | None:
        """The caller's own recorded answer, else another's that is no refusal, with the caller's identity."""
        for recording in self._recordings:
            for who in lenders(request.caller):
                for each in recording.of_path(request.path):
                    if each.caller != who or each.query != request.query or each.request_headers:
                        continue
                    if who == request.caller:
                        return recorded_answer(each)
                    if each.status not in (401, 403):
                        return recorded_answer(each, self._of_caller(request, each.status, each.body))
        return None

    def _of_caller(self, request: Request, status: int, body: Any) -> Any:
        return identity_of(request.caller, body) if request.path in _IDENTITY and status == 200 else body


def _ask_for_login() -> Answer:
    answer = text_answer("Unauthorized\n", status=401)
    headers = dict(answer.headers) | {"www-authenticate": 'Basic realm="Gitea"'}
    return Answer(status=401, headers=headers, content=answer.content)
