"""The questions to the API: counted, sent with the token where there is one, answered by JSON or by an error."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from auditor.collectors.gitea.refusal import Need, RefusedError, denied, told_scopes
from auditor.collectors.gitea.value import MalformedError, address
from auditor.transports.http import HttpClient
from auditor.transports.http.address import Params
from auditor.transports.http.answer import JsonResponse, is_success, parse_json
from auditor.transports.http.paging import Page, walk_pages

PAGE_SIZE = 50
_MOST_PAGES = 200
_SWAGGER = "/api/swagger"
_NOTHING: Params = {}


class Api:
    """One server's API, asked by one caller.

    What refusals tell beside is kept: `root_url` (the server's configured address) and `scopes` (of the token).
    """

    def __init__(self, http: HttpClient, address: str, repository: str, *, anonymous: bool) -> None:
        self.anonymous = anonymous
        self.root_url: str | None = None
        self.scopes: tuple[str, ...] | None = None
        self.requests = 0
        self._http = http
        self._address = address
        self._repository = "/api/v1/repos/" + "/".join(quote(part, safe="") for part in repository.split("/", 1))

    def ask(self, path: str, params: Params = _NOTHING) -> JsonResponse:
        """The answer to GET `path` below the server's address, whatever its status; a leading `R` is the repository.

        Raises RefusedError where the server refuses the token, HttpError where there is no usable answer.
        """
        target = self._repository + path[1:] if path.partition("/")[0] == "R" else path
        before = self._http.requests_sent
        try:
            answer = self._http.get_json(self._address + target, params=params, token=not self.anonymous, fresh=True)
        finally:
            self.requests += self._http.requests_sent - before
        return self._heard(answer)

    def value(self, path: str, need: Need, params: Params = _NOTHING) -> Any:
        """The JSON of a success; raises DeniedError for any other status."""
        answer = self.ask(path, params)
        if not is_success(answer.status):
            raise denied(answer, need)
        return answer.content

    def pages(self, path: str, need: Need, params: Params = _NOTHING, *, key: str | None = None) -> Iterator[Page]:
        """Every page of a list, which stands below `key` where it is part of an object.

        An object's own total_count is not believed: Gitea counts the page alone.
        """

        def ask(number: int) -> JsonResponse:
            answer = self.ask(path, {**params, "limit": PAGE_SIZE, "page": number})
            if not is_success(answer.status):
                raise denied(answer, need)
            return answer if key is None else replace(answer, content=_below(answer.content, key))

        return walk_pages(ask, key=None, most_pages=_MOST_PAGES)

    def items(self, path: str, need: Need, params: Params = _NOTHING, *, key: str | None = None) -> list[Any]:
        """All entries of all pages."""
        return [item for page in self.pages(path, need, params, key=key) for item in page.items]

    def scrub(self, text: str) -> str:
        """`text` without the token, which a server may have echoed."""
        return self._http.scrub(text)

    def _heard(self, answer: JsonResponse) -> JsonResponse:
        if answer.status == 401 and not self.anonymous:
            said = f" ({answer.message})" if answer.message else ""
            raise RefusedError(f"the server refuses the token{said}: make a new one, and name it under gitea.token")
        if is_success(answer.status):
            return replace(answer, content=self._scrubbed(answer.content))
        if answer.status == 403 and not self.anonymous:
            self.scopes = told_scopes(answer.message) or self.scopes
        self.root_url = self.root_url or _root_url(answer)
        return answer

    def _scrubbed(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.scrub(value)
        if isinstance(value, list):
            return [self._scrubbed(each) for each in value]
        if isinstance(value, dict):
            return {self.scrub(key): self._scrubbed(each) for key, each in value.items()}
        return value


def _below(content: Any, key: str) -> Any:
    if not isinstance(content, dict) or key not in content:
        raise MalformedError(f"the answer holds no '{key}'")
    return content[key]


def _root_url(answer: JsonResponse) -> str | None:
    """The configured address that every error in JSON carries (`setting.API.SwaggerURL`), whatever host was asked."""
    try:
        body = parse_json(answer.response.body)
        url = address(body["url"]) if isinstance(body, dict) and isinstance(body.get("url"), str) else ""
    except (ValueError, MalformedError):
        return None
    known = url.startswith(("http://", "https://")) and url.endswith(_SWAGGER)
    return url.removesuffix(_SWAGGER).rstrip("/") if known else None
