"""Carries calls over httpcore, one pool of connections a server: what was judged before, to the byte, and nothing more.

httpcore knows no cookie, redirect, proxy, .netrc or key log, and logs nothing above the level of debugging.
"""

import threading

import httpcore

from auditor.text import printable
from auditor.transports.http.address import Address
from auditor.transports.http.call import Call
from auditor.transports.http.connection import open_pool
from auditor.transports.http.retry import Patience
from auditor.transports.http.server import Servers


class Courier:
    """Sends calls; threads share it."""

    def __init__(self, servers: Servers, patience: Patience) -> None:
        self._servers = servers
        self._patience = patience
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, str, int], httpcore.ConnectionPool] = {}

    def pool(self, address: Address) -> httpcore.ConnectionPool:
        """The connections to the server of `address`, opened at need; raises HttpError for a bad CA file."""
        with self._lock:
            if address.server not in self._pools:
                trust = self._servers.trust(address) if address.scheme == "https" else None
                self._pools[address.server] = open_pool(trust, self._servers.place(address), self._patience)
            return self._pools[address.server]

    def send(self, call: Call, moment: float) -> httpcore.Response:
        """The answer's head, its body still to be read, before `moment` on the monotonic clock; the caller closes it.

        Raises OSError and the errors of httpcore.
        """
        address = call.address
        return self.pool(address).handle_request(
            httpcore.Request(
                call.method,
                httpcore.URL(scheme=address.scheme, host=address.host, port=address.port, target=address.target),
                headers=call.headers,
                content=call.content,
                # moments, not lengths of time: see connection.py; `turns` did the waiting for the pool
                extensions={"timeout": {"connect": moment, "read": moment, "write": moment, "pool": None}},
            )
        )

    def close(self) -> None:
        """Closes every connection; a later call opens new ones."""
        with self._lock:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.close()


def peer(answer: httpcore.Response) -> str | None:
    """The `address:port` that answered; None if the other side has hung up already."""
    stream = answer.extensions.get("network_stream")
    try:
        found = stream.get_extra_info("server_addr") if isinstance(stream, httpcore.NetworkStream) else None
    except OSError:
        return None
    return printable(f"{found[0]}:{found[1]}") if isinstance(found, tuple) else None
