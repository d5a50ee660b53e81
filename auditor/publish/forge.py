"""Gitea's API as far as results are written to it: issues, comments and statuses of the one configured repository."""

import json
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

from auditor.config import Gitea, Publish
from auditor.errors import AuditorError
from auditor.transports.http.address import Origin
from auditor.transports.http.answer import is_success
from auditor.transports.http.call import Clock
from auditor.transports.http.writer import HttpWriter

_PAGE, _MOST_PAGES = 50, 20


class PublishError(AuditorError):
    """A result was not published; the verdict stays what it is."""


class Forge:
    """The repository, written to with the token of `publish:`; nothing is sent twice by itself."""

    def __init__(self, gitea: Gitea, publish: Publish, connect: Mapping[str, str], clock: Clock) -> None:
        token = publish.token.resolve()
        origin = Origin(url=gitea.address, token=token, ca=gitea.ca, pin=gitea.pin)
        self._root = f"{gitea.address}/api/v1/repos/{quote(gitea.owner, safe='')}/{quote(gitea.repo, safe='')}"
        self._user = f"{gitea.address}/api/v1/user"
        self._http = HttpWriter([origin], deadline=clock, connect=connect)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.__exit__(kind, error, trace)

    def login(self) -> str:
        """Who the token's user is."""
        return str(self._ask("GET", self._user).get("login", ""))

    def issues(self) -> Iterator[dict[str, Any]]:
        """The issues, open and closed, the newest first."""
        yield from self._listed("/issues?state=all&type=issues")

    def comments(self, number: int) -> Iterator[dict[str, Any]]:
        """The comments of an issue or pull request."""
        yield from self._listed(f"/issues/{number}/comments?")

    def open_issue(self, title: str, body: str) -> int:
        """A new issue's number."""
        return int(self._ask("POST", f"{self._root}/issues", {"title": title, "body": body})["number"])

    def edit_issue(self, number: int, body: str, state: str | None) -> None:
        """Body and state (`open`, `closed`, None: as it is) of an issue."""
        self._ask("PATCH", f"{self._root}/issues/{number}", {"body": body} | ({"state": state} if state else {}))

    def add_comment(self, number: int, body: str) -> None:
        """A new comment."""
        self._ask("POST", f"{self._root}/issues/{number}/comments", {"body": body})

    def edit_comment(self, comment: int, body: str) -> None:
        """The body of a comment, by its id."""
        self._ask("PATCH", f"{self._root}/issues/comments/{comment}", {"body": body})

    def set_status(self, commit: str, context: str, state: str, description: str) -> None:
        """A status of a commit; it needs a token that can write code."""
        status = {"context": context, "state": state, "description": description}
        self._ask("POST", f"{self._root}/statuses/{commit}", status)

    def _listed(self, path: str) -> Iterator[dict[str, Any]]:
        """All rows of a list; one that is longer than anybody reads is cut."""
        for page in range(1, _MOST_PAGES + 1):
            rows = self._ask("GET", f"{self._root}{path}&limit={_PAGE}&page={page}")
            yield from (row for row in rows if isinstance(row, dict))
            if len(rows) < _PAGE:
                return

    def _ask(self, method: Literal["GET", "POST", "PATCH"], url: str, content: object = None) -> Any:
        data = b"" if content is None else json.dumps(content).encode()
        headers = {} if content is None else {"content-type": "application/json"}
        answer = self._http.send(method, url, data, headers=headers, token=True)
        if not is_success(answer.status):
            raise PublishError(_refusal(method, answer.status))
        try:
            return json.loads(answer.body or b"null")
        except ValueError as error:
            raise PublishError(f"Gitea answered {method} with no JSON: is gitea.base its address?") from error


def _refusal(method: str, status: int) -> str:
    remedy = {
        401: "make a new token, and name it under publish.token",
        403: "its user needs write access, its token write:issue (and write:repository for status)",
        404: "its user must see the repository",
    }.get(status, "see Gitea's log")
    return f"Gitea refused {method} with {status}: {remedy}"
