"""What a server answered: status, headers, bytes, and JSON that is judged before it is believed."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from auditor.text import printable, short
from auditor.transports.http.address import Address, joined
from auditor.transports.http.fault import Fault, HttpError

DEEPEST = 64
_LONGEST_MESSAGE = 300
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_REMEDIES = {
    401: "is the token valid?",
    403: "does the token have the right?",
    404: "does it exist, and may the token's user see it?",
    429: "ask later",
}


@dataclass(frozen=True)
class Headers:
    """The headers of an answer, names in lower case, in their order; one name may stand several times."""

    pairs: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str | None:
        """The first value of `name`, or None."""
        return next((value for key, value in self.pairs if key == name.lower()), None)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of `name`."""
        return tuple(value for key, value in self.pairs if key == name.lower())

    @property
    def media_type(self) -> str:
        """The content type without its parameters, lower case; empty if there is none."""
        return (self.get("content-type") or "").partition(";")[0].strip().lower()


@dataclass(frozen=True, kw_only=True)
class Response:
    """One answer, redirects included: `location` is where it points, absolute, and nobody went there.

    `peer` is the `address:port` that answered; `took_seconds` counts the last attempt, `attempts` all.
    """

    status: int
    address: Address
    headers: Headers
    body: bytes = field(repr=False)
    took_seconds: float
    attempts: int
    peer: str | None

    @property
    def url(self) -> str:
        """What was asked."""
        return self.address.url

    @property
    def location(self) -> str | None:
        """Where a redirect points; None for any other answer."""
        return location(self.status, self.headers, self.address)


@dataclass(frozen=True, kw_only=True)
class StreamResponse:
    """An answer whose body is read piece by piece, once, within the `with` block."""

    status: int
    address: Address
    headers: Headers
    peer: str | None
    chunks: Iterator[bytes] = field(repr=False)

    @property
    def url(self) -> str:
        """What was asked."""
        return self.address.url

    @property
    def location(self) -> str | None:
        """Where a redirect points; None for any other answer."""
        return location(self.status, self.headers, self.address)


@dataclass(frozen=True, kw_only=True)
class JsonResponse:
    """An answer of an API. `value` raises AnswerError unless the status is 2xx: an error is never an empty answer.

    `message` is what the server says about its error, cut and harmless; empty if nothing.
    """

    response: Response
    message: str = ""
    content: Any = field(default=None, repr=False)

    @property
    def status(self) -> int:
        """The status."""
        return self.response.status

    @property
    def headers(self) -> Headers:
        """The headers."""
        return self.response.headers

    @property
    def location(self) -> str | None:
        """Where a redirect points; None for any other answer."""
        return self.response.location

    @property
    def route_missing(self) -> bool:
        """Whether the server has no such endpoint: Gitea says so in text/plain, of a missing object in JSON."""
        return self.status == 404 and self.headers.media_type == "text/plain"

    @property
    def value(self) -> Any:
        """The decoded JSON; None for 204."""
        if not is_success(self.status):
            raise AnswerError(self)
        return self.content


class AnswerError(HttpError):
    """The server answered, with another status than 2xx; `answer` is what it said."""

    def __init__(self, answer: JsonResponse) -> None:
        said = f" ({answer.message})" if answer.message else ""
        if answer.location is not None:
            remedy = f"it points to '{short(printable(answer.location.partition('?')[0]), 200)}': use that address"
        elif answer.route_missing:
            remedy = "this version has no such endpoint"
        else:
            remedy = _REMEDIES.get(answer.status, "see the server's log")
        super().__init__(Fault.STATUS, f"{answer.response.address.shown} answered {answer.status}{said}: {remedy}")
        self.answer = answer


def is_success(status: int) -> bool:
    """Whether the status is 2xx."""
    return 200 <= status < 300


def location(status: int, headers: Headers, address: Address) -> str | None:
    """Where a redirect points, absolute and without user name."""
    target = headers.get("location")
    return joined(address, target) if 300 <= status < 400 and target is not None else None


def parse_answer(response: Response, scrub: Callable[[str], str]) -> JsonResponse:
    """The JSON of an answer; raises HttpError if a success holds none, or JSON that is broken or too deep.

    `scrub` takes secrets out of the server's own words.
    """
    if not is_success(response.status):
        return JsonResponse(response=response, message=_message(response, scrub))
    if response.status == 204:
        return JsonResponse(response=response)
    if not _is_json(response.headers.media_type):
        kind = printable(scrub(response.headers.media_type))[:60]
        raise HttpError(
            Fault.CONTENT,
            f"{response.address.shown} answered '{kind}' instead of JSON: is a sign-on page or a proxy in between?",
        )
    try:
        content = parse_json(response.body)
    except ValueError as error:
        # the cause would quote remote text
        raise HttpError(Fault.CONTENT, f"{response.address.shown} answered JSON that can't be used: {error}") from None
    return JsonResponse(response=response, content=content)


def parse_json(body: bytes) -> Any:
    """Decodes JSON of at most 64 levels; raises ValueError with a reason that quotes none of it.

    Lone surrogates, which no encoder takes again, become U+FFFD.
    """
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse)
    except RecursionError:
        raise ValueError(f"nested deeper than {DEEPEST} levels") from None
    except ValueError:
        raise ValueError("it is damaged or cut") from None
    if _is_deeper(value, DEEPEST):
        raise ValueError(f"nested deeper than {DEEPEST} levels")
    return _paired(value) if _SURROGATE_ESCAPE.search(body) else value


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _is_deeper(value: Any, levels: int) -> bool:
    row = [value]
    for _ in range(levels):
        row = [child for parent in row for child in _children(parent) if isinstance(child, dict | list)]
        if not row:
            return False
    return True


def _children(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _paired(value: Any) -> Any:
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, list):
        return [_paired(child) for child in value]
    if isinstance(value, dict):
        return {_paired(key): _paired(child) for key, child in value.items()}
    return value


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def _message(response: Response, scrub: Callable[[str], str]) -> str:
    text: object = ""
    if _is_json(response.headers.media_type):
        try:
            content = parse_json(response.body)
        except ValueError:
            content = None
        text = content.get("message") if isinstance(content, dict) else ""
    elif response.headers.media_type == "text/plain":
        text = response.body[: 4 * _LONGEST_MESSAGE].decode("utf-8", "replace").strip()
    return short(printable(scrub(text)), _LONGEST_MESSAGE) if isinstance(text, str) else ""
