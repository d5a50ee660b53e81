"""Everything that is asked over HTTP: one client a run; it only reads, follows no redirect, keeps no cookie.

It refuses any method but GET and git's own POST, a token over plain http beyond private networks, and a proxy named by
the environment: a token and a pinned key must meet the server itself. HTTP/1.1 by httpx, over connections of our own.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from auditor import __version__
from auditor.transports.http.address import Address, Origin, Params, parse_address, place_text
from auditor.transports.http.answer import JsonResponse, Response, StreamResponse, parse_answer
from auditor.transports.http.call import Call, Clock
from auditor.transports.http.dispatch import Dispatch
from auditor.transports.http.fault import Fault, HttpError
from auditor.transports.http.paging import Page, walk_pages
from auditor.transports.http.retry import Patience
from auditor.transports.http.server import Servers

if TYPE_CHECKING:  # imported when the first request is made: start-up is budgeted
    from auditor.transports.http.exchange import Exchange

_LARGEST_BODY_BYTES = 32 << 20
_PATIENT = Patience()
_NOTHING: Mapping[str, str] = {}
_OWN_HEADERS = frozenset(
    {
        "authorization",
        "cookie",
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "expect",
        "upgrade",
    }
)


class HttpClient:
    """Asks servers on behalf of a whole run; threads share it. Close it, or use it in a `with` block.

    `connect` maps `host:port` to the `host:port` really connected to, as curl's --connect-to: name, certificate and
    Host header stay those of the URL. `warnings` are lines for the user.
    """

    def __init__(
        self,
        origins: Sequence[Origin] = (),
        *,
        deadline: Clock,
        connect: Mapping[str, str] = _NOTHING,
        max_parallel: int = 6,
        patience: Patience = _PATIENT,
    ) -> None:
        self._servers = Servers(origins, connect)
        self._patience = patience
        self._dispatch = Dispatch(self._servers, deadline, patience, max_parallel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes every connection."""
        self._dispatch.close()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know of the configured origins, a line each."""
        return self._servers.warnings

    @property
    def requests_sent(self) -> int:
        """How many requests were made, repeated and failed ones included."""
        return sum(self.requests_by_origin.values())

    @property
    def requests_by_origin(self) -> dict[str, int]:
        """The same, by `scheme://host[:port]`."""
        return self._dispatch.requests()

    def scrub(self, text: str) -> str:
        """`text` without the tokens, which a server may have echoed."""
        return self._servers.scrub(text)

    def get(
        self,
        url: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] = _NOTHING,
        token: bool = False,
        fresh: bool = False,
        limit_bytes: int = _LARGEST_BODY_BYTES,
        seconds: float | None = None,
    ) -> Response:
        """The answer, whatever its status; raises HttpError if there is none.

        `token` sends the token of the origin below which `url` lies; any other place is an error. `fresh` asks caches
        to step aside. `limit_bytes` counts unpacked bytes; `seconds` is the limit of one attempt.
        """
        caches = {"cache-control": "no-cache", "pragma": "no-cache"} if fresh else {}
        call = self._call(
            "GET",
            parse_address(url, params),
            {"accept-encoding": "gzip", **caches, **_lower(headers)},
            token=token,
            limit_bytes=limit_bytes,
            total_seconds=self._patience.total_seconds if seconds is None else seconds,
        )

        def read(exchange: "Exchange", started: float, attempt: int) -> Response:
            from auditor.transports.http.exchange import read_response

            return read_response(call, exchange, started, attempt)

        return self._dispatch.ask(call, read)

    def get_json(
        self,
        url: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] = _NOTHING,
        token: bool = False,
        fresh: bool = False,
        limit_bytes: int = _LARGEST_BODY_BYTES,
        seconds: float | None = None,
    ) -> JsonResponse:
        """The answer of an API; as `get`, and raises HttpError if a success is not JSON."""
        answer = self.get(
            url,
            params=params,
            headers={"accept": "application/json", **_lower(headers)},
            token=token,
            fresh=fresh,
            limit_bytes=limit_bytes,
            seconds=seconds,
        )
        return parse_answer(answer, self.scrub)

    def pages(
        self,
        url: str,
        *,
        params: Params | None = None,
        limit: int = 50,
        limit_name: str = "limit",
        key: str | None = None,
        most_pages: int = 200,
        token: bool = False,
        fresh: bool = False,
    ) -> Iterator[Page]:
        """Every page of a list, asked for when it is wanted; see `walk_pages` for where it ends and what it raises.

        A list that is not paged (branch_protections, for one) belongs to `get_json`.
        """

        def ask(number: int) -> JsonResponse:
            asked = {**(params or {}), limit_name: limit, "page": number}
            return self.get_json(url, params=asked, token=token, fresh=fresh)

        return walk_pages(ask, key=key, most_pages=most_pages)

    @contextmanager
    def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] = _NOTHING,
        content: bytes = b"",
        token: bool = False,
        limit_bytes: int | None = None,
    ) -> Iterator[StreamResponse]:
        """The answer of git's smart HTTP, whatever its status, its body still to be read.

        Only `GET …/info/refs?service=git-upload-pack` and `POST …/git-upload-pack` are sent. It lasts as long as the
        run; what fails before the body begins is tried again, what fails within it is not.
        """
        address = parse_address(url)
        _demand_upload_pack(method, address)
        packing = {"accept-encoding": "identity", **_lower(headers)}
        call = self._call(
            method,
            address,
            packing,
            content=content,
            token=token,
            limit_bytes=limit_bytes,
            total_seconds=None,
        )
        exchange = self._dispatch.ask(call, lambda exchange, _started, _attempt: exchange)
        try:
            yield StreamResponse(
                status=exchange.status,
                address=address,
                headers=exchange.headers,
                peer=exchange.peer,
                chunks=exchange.chunks(),
            )
        finally:
            exchange.close()

    def _call(
        self,
        method: str,
        address: Address,
        headers: Mapping[str, str],
        *,
        token: bool,
        limit_bytes: int | None,
        total_seconds: float | None,
        content: bytes = b"",
    ) -> Call:
        if own := _OWN_HEADERS & headers.keys():
            raise HttpError(Fault.FORBIDDEN, f"the header '{min(own)}' is the client's own: leave it out")
        lines = {
            "host": address.authority,
            "user-agent": f"auditor/{__version__}",
            "accept": "*/*",
            **headers,
        }
        if method == "POST":
            lines["content-length"] = str(len(content))
        value = self._servers.token(address) if token else None
        if value is not None:
            lines["authorization"] = f"token {value}"
        return Call(
            method=method,
            address=address,
            place=place_text(*self._servers.place(address)),
            headers=tuple(lines.items()),
            content=content,
            limit_bytes=limit_bytes,
            total_seconds=total_seconds,
        )


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _demand_upload_pack(method: str, address: Address) -> None:
    path, _, query = address.target.partition("?")
    asks_refs = method == "GET" and path.endswith("/info/refs") and query == "service=git-upload-pack"
    asks_pack = method == "POST" and path.endswith("/git-upload-pack") and not query
    if not asks_refs and not asks_pack:
        raise HttpError(
            Fault.FORBIDDEN,
            f"{method} {address.shown}: only git-upload-pack is asked: nothing else is ever sent",
        )
