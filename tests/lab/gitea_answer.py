"""A request, an answer, and the texts of Gitea's own refusals; nothing here knows the recordings' content."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from gitea_recording import ROOT_URL, Exchange, Query
from gitea_rights import Caller


class Delivery(Enum):
    """How the bytes of an answer reach the client."""

    WHOLE = "whole"
    DROP = "the connection is closed without a byte"
    TRUNCATED = "half of the promised bytes, then the connection is closed"
    DRIP = "one byte at a time, for as long as the server runs"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked, and by whom; `headers` have lower-case names."""

    method: str
    target: str
    caller: Caller
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> Query:
        return tuple(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What goes back; `body` is JSON where the content type says so, else `content` has the bytes."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    delivery: Delivery = Delivery.WHOLE

    @property
    def body(self) -> Any:
        return json.loads(self.content)


def usual_headers(version: str, kind: str = "application/json;charset=utf-8") -> dict[str, str]:
    """The headers of nearly every answer of a version."""
    end = "" if version.startswith("1.27.") else ", no-transform"
    return {"cache-control": f"max-age=0, private, must-revalidate{end}", "content-type": kind}


def json_answer(body: Any, headers: Mapping[str, str], *, status: int = 200) -> Answer:
    """An answer in JSON."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status=status, headers=headers, content=content)


def text_answer(text: str, *, status: int = 200, kind: str = "text/plain; charset=utf-8") -> Answer:
    """An answer in plain text, or of another `kind`."""
    return Answer(status=status, headers={"content-type": kind}, content=text.encode())


def missing_route() -> Answer:
    """What every version says of a route that it doesn't have."""
    return text_answer("404 page not found\n", status=404)


def error(status: int, message: str, version: str) -> Answer:
    """A refusal in JSON; its `url` carries ROOT_URL whatever host was asked, and up to 1.26 a 404 has `errors`."""
    body: dict[str, str | None] = {"message": message, "url": f"{ROOT_URL}/api/swagger"}
    if status == 404 and message == "not found" and not version.startswith("1.27."):
        body["errors"] = None
    return json_answer(body, usual_headers(version), status=status)


def scope_error(version: str) -> Answer:
    """The refusal of a token that may read issues only, on a route of repositories."""
    scopes = "required=[read:repository], token scope=read:issue"
    return error(403, f"token does not have at least one of required scope(s), {scopes}", version)


def recorded_answer(exchange: Exchange, body: Any = None) -> Answer:
    """The answer of an exchange as it was recorded, or with another body under the same head."""
    body = exchange.body if body is None else body
    if "json" in exchange.headers.get("content-type", ""):
        return json_answer(body, exchange.headers, status=exchange.status)
    content = html_page(**body) if isinstance(body, dict) else str(body).encode()
    return Answer(status=exchange.status, headers=exchange.headers, content=content)


def html_page(*, html_title: str, bytes: int) -> bytes:  # noqa: A002 - the names of the recording
    """A page with the recorded title and length; its text was not kept."""
    page = f"<!DOCTYPE html><html><head><title>{html_title}</title></head><body></body></html>\n".encode()
    return page + b" " * (bytes - len(page))
