"""The one httpx client of a run and the transport below it; they carry what was judged before, and add nothing to it.

No header, cookie, redirect, proxy, .netrc or key log is of httpx's making.
"""

import threading
from collections.abc import Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore
import httpx

from auditor.text import printable
from auditor.transports.http.address import Address
from auditor.transports.http.call import Call
from auditor.transports.http.connection import open_pool
from auditor.transports.http.fault import Fault, HttpError
from auditor.transports.http.retry import Patience
from auditor.transports.http.server import Servers

Lines = list[tuple[bytes, bytes]]


class Courier:
    """Sends calls through httpx; threads share it."""

    def __init__(self, servers: Servers, patience: Patience) -> None:
        self._transport = Transport(servers, patience)
        self._client = httpx.Client(
            transport=self._transport,
            trust_env=False,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(netscape=False, rfc2965=False)),
            timeout=0,  # every request brings its own
        )
        # httpx would name itself, and ask for packings that nobody unpacks here
        self._client.headers.clear()

    def prepare(self, address: Address) -> None:
        """Makes ready for the server of `address`, without a connection; raises HttpError for a bad CA file."""
        self._transport.pool(address)

    def send(self, call: Call, moment: float) -> httpx.Response:
        """The answer's head, its body still to be read, before `moment` on the monotonic clock; the caller closes it.

        The lines of its head, as they came, are `lines(response)`. Raises OSError and the errors of httpcore.
        """
        try:
            request = self._client.build_request(
                call.method,
                # without the target: httpx would write it anew, and its log shows the whole URL
                call.address.origin,
                headers=call.headers,
                content=call.content,
                extensions={
                    "address": call.address,
                    # moments, not lengths of time: see connection.py; `turns` did the waiting for the pool
                    "timeout": {"connect": moment, "read": moment, "write": moment, "pool": None},
                },
            )
        except httpx.InvalidURL as error:
            text = f"{call.address.shown}: its host is neither a name nor an IP address: correct it"
            raise HttpError(Fault.ADDRESS, text) from error
        return self._client.send(request, stream=True)

    def close(self) -> None:
        """Closes every connection; a later call would open new ones."""
        # a closed httpx client answers threads that are still at work with a RuntimeError
        self._transport.close()


class Transport(httpx.BaseTransport):
    """One pool of connections a server; a request goes to its extension `address`, whatever its URL says.

    Errors of the network and of httpcore leave as they are: on errors of its own kinds httpx hangs the request, and so
    the token.
    """

    def __init__(self, servers: Servers, patience: Patience) -> None:
        self._servers = servers
        self._patience = patience
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, str, int], httpcore.ConnectionPool] = {}

    def pool(self, address: Address) -> httpcore.ConnectionPool:
        """The connections to the server of `address`; raises HttpError for a bad CA file."""
        with self._lock:
            if address.server not in self._pools:
                trust = self._servers.trust(address) if address.scheme == "https" else None
                self._pools[address.server] = open_pool(trust, self._servers.place(address), self._patience)
            return self._pools[address.server]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, without Location, which httpx would take apart although it is told not to follow."""
        address: Address = request.extensions["address"]
        answer = self.pool(address).handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=address.scheme, host=address.host, port=address.port, target=address.target),
                headers=request.headers.raw,
                content=request.stream,
                extensions={"timeout": request.extensions["timeout"]},
            )
        )
        return httpx.Response(
            answer.status,
            headers=[(name, value) for name, value in answer.headers if name.lower() != b"location"],
            stream=_Body(answer),
            # the server's own reason phrase stays out: httpx logs it
            extensions={"lines": answer.headers, "network_stream": answer.extensions.get("network_stream")},
        )

    def close(self) -> None:
        """Closes every connection."""
        with self._lock:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.close()


class _Body(httpx.SyncByteStream):
    """The body as it comes."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


def lines(response: httpx.Response) -> Lines:
    """The header lines of an answer, Location included."""
    found: Lines = response.extensions["lines"]
    return found


def peer(response: httpx.Response) -> str | None:
    """The `address:port` that answered; None if the other side has hung up already."""
    stream = response.extensions["network_stream"]
    try:
        found = stream.get_extra_info("server_addr") if isinstance(stream, httpcore.NetworkStream) else None
    except OSError:
        return None
    return printable(f"{found[0]}:{found[1]}") if isinstance(found, tuple) else None
