"""Connections as httpcore asks for them: to the place that `connect` names, in time, with the pinned key or not at all.

Where httpcore speaks of a timeout, the client hands over a *moment* on the monotonic clock: httpcore gives the same
number to every read of an answer, and only a moment bounds an answer that drips. Errors leave as OSError, with cause.
"""

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from auditor.transports.http.fault import StallError, WrongKeyError
from auditor.transports.http.pin import certificate_pin
from auditor.transports.http.retry import Patience
from auditor.transports.http.server import Trust
from auditor.transports.http.trust import pinning_context, trusting_context


def open_pool(trust: Trust | None, place: tuple[str, int], patience: Patience) -> httpcore.ConnectionPool:
    """A pool of connections to one server at `place`; `trust` None: without TLS. Raises HttpError for a bad CA file."""
    pin = None if trust is None else trust.pin
    context = None if trust is None else pinning_context() if pin else trusting_context(trust.ca)
    return httpcore.ConnectionPool(
        ssl_context=context,
        max_connections=None,
        keepalive_expiry=_KEPT_SECONDS,
        network_backend=Connector(place, pin, patience),
    )


# below the 5 s after which common servers close an idle connection
_KEPT_SECONDS = 4


class Connector(httpcore.NetworkBackend):
    """Opens TCP connections to `place`, whatever the name asked for; `pin` is compared within TLS."""

    def __init__(self, place: tuple[str, int], pin: str | None, patience: Patience) -> None:
        self._place = place
        self._pin = pin
        self._patience = patience

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> "Stream":
        """A connection before the moment `timeout`; every address of the name gets its share of the time."""
        host, port = self._place
        end = min(_moment(timeout), time.monotonic() + self._patience.connect_seconds)
        failure: OSError = socket.gaierror(socket.EAI_NONAME, "no address")
        addresses = resolve(host, port, end)
        for index, address in enumerate(addresses):
            share = (end - time.monotonic()) / (len(addresses) - index)
            if share <= 0:
                raise StallError("connect")
            try:
                plain = httpcore.SyncBackend().connect_tcp(address, port, share, local_address, socket_options)
            except httpcore.ConnectTimeout:
                failure = StallError("connect")
            except httpcore.ConnectError as error:
                failure = _cause(error)
            else:
                return Stream(plain, self._pin, self._patience)
        raise failure


class Stream(httpcore.NetworkStream):
    """One connection; no operation lasts beyond its moment, or longer than the idle limit."""

    def __init__(self, inner: httpcore.NetworkStream, pin: str | None, patience: Patience) -> None:
        self._inner = inner
        self._pin = pin
        self._patience = patience

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What came, at most `max_bytes`; empty at the end."""
        try:
            return self._inner.read(max_bytes, _within(self._patience.idle_seconds, timeout, "end"))
        except httpcore.ReadTimeout:
            raise _late(timeout) from None
        except httpcore.ReadError as error:
            raise _cause(error) from None

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Sends `buffer`; httpcore forgives a WriteError, since the server may have answered already."""
        try:
            self._inner.write(buffer, _within(self._patience.idle_seconds, timeout, "end"))
        except httpcore.WriteTimeout:
            raise _late(timeout) from None

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "Stream":
        """The connection within TLS; raises WrongKeyError before a byte of the request was sent.

        Where it raises, the connection is closed: httpcore forgets it without a word.
        """
        try:
            secured = self._secured(ssl_context, server_hostname, timeout)
        except BaseException:
            self.close()
            raise
        return Stream(secured, self._pin, self._patience)

    def _secured(self, context: ssl.SSLContext, name: str | None, timeout: float | None) -> httpcore.NetworkStream:
        try:
            limit = _within(self._patience.connect_seconds, timeout, "shake hands")
            secured = self._inner.start_tls(context, name, limit)
        except httpcore.ConnectTimeout:
            raise StallError("shake hands") from None
        except httpcore.ConnectError as error:
            raise _cause(error) from None
        if self._pin is not None:
            _compare(secured, self._pin)
        return secured

    def close(self) -> None:
        """Closes the connection."""
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        """What httpcore's own stream says."""
        return self._inner.get_extra_info(info)


def resolve(host: str, port: int, end: float) -> tuple[str, ...]:
    """The addresses of `host`, before the moment `end`; raises gaierror or StallError.

    The system's resolver can't be given a time limit: it runs in a thread that a late answer leaves behind.
    """
    try:
        return (str(ipaddress.ip_address(host)),)
    except ValueError:
        pass
    box: queue.SimpleQueue[tuple[str, ...] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError:
            box.put(socket.gaierror(socket.EAI_NONAME, "no such name"))
        except OSError as error:
            box.put(error)
        else:
            box.put(tuple(dict.fromkeys(str(entry[4][0]) for entry in found)))

    threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    try:
        # the platform's longest wait is finite, the moment may be never
        answer = box.get(timeout=min(max(0.0, end - time.monotonic()), threading.TIMEOUT_MAX))
    except queue.Empty:
        raise StallError("find") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def shown_certificate(host: str, place: tuple[str, int], end: float) -> bytes:
    """The certificate (DER) that `host` shows at `place` before the moment `end`, believed by nobody."""
    patience = Patience(connect_seconds=float("inf"))
    plain = Connector(place, None, patience).connect_tcp(host, place[1], end)
    secured = plain.start_tls(pinning_context(), host, end)
    try:
        return _certificate(secured)
    finally:
        secured.close()


def _compare(stream: httpcore.NetworkStream, pin: str) -> None:
    found = certificate_pin(_certificate(stream))
    if found != pin:
        stream.close()
        raise WrongKeyError(found, pin)


def _certificate(stream: httpcore.NetworkStream) -> bytes:
    secured: ssl.SSLSocket = stream.get_extra_info("socket")
    # without a certificate there is no TLS handshake with the ciphers in use
    return secured.getpeercert(binary_form=True) or b""


def _moment(timeout: float | None) -> float:
    return float("inf") if timeout is None else timeout


def _within(seconds: float, moment: float | None, phase: str) -> float:
    left = _moment(moment) - time.monotonic()
    if left <= 0:
        raise StallError(phase)
    return min(seconds, left)


def _late(moment: float | None) -> StallError:
    return StallError("end" if time.monotonic() >= _moment(moment) else "answer")


def _cause(error: Exception) -> OSError:
    return error.__cause__ if isinstance(error.__cause__, OSError) else OSError("no connection")
