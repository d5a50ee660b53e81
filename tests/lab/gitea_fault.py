"""Ways in which a server, a proxy or an attacker can spoil an answer; each one wraps the honest answer.

A fault is a function of the request and of the honest server. `fault_of` accepts one, a status, or a name of NAMED.
"""

import functools
import json
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from gitea_answer import Answer, Delivery, Request, error, json_answer, missing_route, text_answer
from gitea_recording import ROOT_URL

Serve = Callable[[Request], Answer]
Fault = Callable[[Request, Serve], Answer]

_MANY = 1_000_000
_BOMB_MIB = 256
_DEPTH = 100_000


def status(code: int) -> Fault:
    """Answers `code`: JSON as Gitea's own refusals, a text for 500, a proxy's page for 502 and above."""

    def fault(request: Request, serve: Serve) -> Answer:
        if code == 500:
            return text_answer("Internal Server Error\n", status=500)
        if code > 500:
            return text_answer("<html><h1>Bad Gateway</h1></html>\n", status=code, kind="text/html")
        return error(code, "not found" if code == 404 else "refused by the test", "1.27.0")

    return fault


def first(times: int, spoilt: "Fault | int | str") -> Fault:
    """Spoils the first `times` answers, then is honest."""
    lock, inner, left = threading.Lock(), fault_of(spoilt), times

    def fault(request: Request, serve: Serve) -> Answer:
        nonlocal left
        with lock:
            left -= 1
            spoil = left >= 0
        return inner(request, serve) if spoil else serve(request)

    return fault


def redirect_to(origin: str) -> Fault:
    """Sends the client to the same path at `origin`, where its token must never arrive."""
    return lambda request, serve: Answer(status=302, headers={"location": origin + request.target}, content=b"")


def link_to(origin: str) -> Fault:
    """Promises a second page at `origin`; the first one stays honest."""

    def fault(request: Request, serve: Serve) -> Answer:
        link = f'<{origin}{request.path}?limit=50&page=2>; rel="next"'
        answer = serve(request)
        return replace(answer, headers=dict(answer.headers) | {"link": link, "x-total-count": "60"})

    return fault


def _endless(request: Request, serve: Serve) -> Answer:
    """Every page is full, and there is always one more."""
    page = int(dict(request.query).get("page", 1))
    return _promise_more(request, _page(request, serve, 1), page)


def _repeating(request: Request, serve: Serve) -> Answer:
    """Page 2 and all after it are page 1 again; the count promises three."""
    answer = _promise_more(request, _page(request, serve, 1), 1)
    rows = answer.body
    count = len(rows) if isinstance(rows, list) else 50
    return replace(answer, headers=dict(answer.headers) | {"x-total-count": str(3 * max(1, count))})


def _page(request: Request, serve: Serve, number: int) -> Answer:
    query = dict(parse_qsl(urlsplit(request.target).query)) | {"page": str(number)}
    return serve(replace(request, target=f"{request.path}?{urlencode(query)}"))


def _promise_more(request: Request, answer: Answer, page: int) -> Answer:
    query = urlencode(dict(request.query) | {"page": str(page + 1)})
    more = {"link": f'<{ROOT_URL}{request.path}?{query}>; rel="next"', "x-total-count": str(_MANY)}
    return replace(answer, headers=dict(answer.headers) | more)


def _changed(change: Callable[[Any], Any]) -> Fault:
    def fault(request: Request, serve: Serve) -> Answer:
        answer = serve(request)
        if "json" not in answer.headers.get("content-type", ""):
            return answer
        return json_answer(change(answer.body), answer.headers, status=answer.status)

    return fault


def _delivered(delivery: Delivery) -> Fault:
    return lambda request, serve: replace(serve(request), delivery=delivery)


def _said(content: bytes, **headers: str) -> Fault:
    head = {"content-type": "application/json;charset=utf-8"}
    head |= {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request, serve: Answer(status=200, headers=head, content=content)


def _leaves(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: walk(each) for key, each in value.items()}
        return [walk(each) for each in value] if isinstance(value, list) else change(value)

    return walk


def _wrong_type(value: Any) -> Any:
    return {"value": value} if isinstance(value, str) else "17" if isinstance(value, int) else 17


def _swapped(value: Any) -> Any:
    return {"0": value} if isinstance(value, list) else [value]


def _bomb(request: Request, serve: Serve) -> Answer:
    headers = {"content-type": "application/json;charset=utf-8", "content-encoding": "gzip"}
    return Answer(status=200, headers=headers, content=_bomb_bytes())


@functools.cache
def _bomb_bytes() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    spaces = b" " * (1 << 20)
    pieces = [packer.compress(spaces) for _ in range(_BOMB_MIB)]
    return b"".join([packer.compress(b"["), *pieces, packer.compress(b"]"), packer.flush()])


NAMED: Mapping[str, Fault] = MappingProxyType(
    {
        "drop": _delivered(Delivery.DROP),
        "truncated": _delivered(Delivery.TRUNCATED),
        "slow": _delivered(Delivery.DRIP),
        "missing": lambda request, serve: missing_route(),
        "html": lambda request, serve: text_answer("<html><title>Sign in</title></html>\n", kind="text/html"),
        "not-json": _said(b'{"message": '),
        "null": _said(b"null"),
        "deep": _said(b"[" * _DEPTH + b"]" * _DEPTH),
        "not-utf8": _said(b'[{"name": "\xff\xfe"}]'),
        "nulls": _changed(_leaves(lambda value: None)),
        "types": _changed(_leaves(_wrong_type)),
        "shape": _changed(_swapped),
        "control-characters": _changed(
            _leaves(lambda value: f"\x1b[2J\u202e\r\n{value}" if isinstance(value, str) else value)
        ),
        "empty-object": _changed(lambda body: {}),
        "endless": _endless,
        "repeat": _repeating,
        "foreign-link": link_to("https://elsewhere.example"),
        "redirect": redirect_to("https://elsewhere.example"),
        "gzip-bomb": _bomb,
        "huge": _said(json.dumps(["x" * 1024] * 65_536).encode()),
    }
)


def fault_of(spoilt: Fault | int | str) -> Fault:
    """The fault that a test names by a status, by a name of NAMED, or as a function."""
    if isinstance(spoilt, int):
        return status(spoilt)
    return NAMED[spoilt] if isinstance(spoilt, str) else spoilt
