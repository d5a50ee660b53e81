"""One request on its way: sent by the courier, answered in pieces, everything given back at the end."""

import threading
import time
from collections.abc import Callable, Iterator

import httpcore
import httpx

from auditor.transports.http.answer import Headers, Response
from auditor.transports.http.call import Call, Clock
from auditor.transports.http.courier import Courier, lines, peer
from auditor.transports.http.fault import Fault, HttpError, fault_of
from auditor.transports.http.inflation import unpacked


class Exchange:
    """An answer whose headers came. It must be closed; `close` may be called again."""

    def __init__(self, call: Call, response: httpx.Response, end: "_End", release: Callable[[], None]) -> None:
        self._call = call
        self._response = response
        self._end = end
        self._release: Callable[[], None] | None = release
        self.status = response.status_code
        self.headers = Headers(
            tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in lines(response))
        )
        self.peer = peer(response)

    def chunks(self) -> Iterator[bytes]:
        """The unpacked body; raises HttpError if it is cut, too large or too slow."""
        encoding = ", ".join(self.headers.all("content-encoding"))
        where = self._call.address.shown
        try:
            yield from unpacked(self._response.iter_raw(), encoding, self._call.limit_bytes, where)
        except HttpError:
            raise
        except (OSError, httpcore.ProtocolError, httpcore.NetworkError) as error:
            raise self._end.fault(error, self._call) from _cause(error)

    def close(self) -> None:
        """Gives the connection back; it is cut where the body was not read to its end."""
        release, self._release = self._release, None
        if release is not None:
            try:
                self._response.close()
            finally:
                release()


class _End:
    """The moment by which an exchange must be over, and which limit set it."""

    def __init__(self, clock: Clock, total_seconds: float | None) -> None:
        left = clock.remaining()
        self.by_clock = total_seconds is None or left <= total_seconds
        self.moment = time.monotonic() + (left if total_seconds is None else min(left, total_seconds))

    @property
    def left(self) -> float:
        return max(0.0, self.moment - time.monotonic())

    def fault(self, error: Exception, call: Call) -> HttpError:
        if self.by_clock and isinstance(error, TimeoutError) and not self.left:
            return over(call)
        return fault_of(error, call.address, call.place)


def open_exchange(courier: Courier, call: Call, clock: Clock, turns: threading.BoundedSemaphore) -> Exchange:
    """Sends `call` once one of `turns` is free and waits for the headers of its answer; raises HttpError."""
    end = _End(clock, call.total_seconds)
    if not end.left:
        raise over(call)
    if not turns.acquire(timeout=min(end.left, threading.TIMEOUT_MAX)):
        raise (
            over(call)
            if end.by_clock
            else HttpError(
                Fault.TIMEOUT,
                f"{call.address.shown}: its turn did not come in time: are other answers too slow?",
            )
        )
    try:
        return Exchange(call, courier.send(call, end.moment), end, turns.release)
    except BaseException as error:
        turns.release()
        if isinstance(error, OSError | httpcore.ProtocolError | httpcore.NetworkError):
            raise end.fault(error, call) from _cause(error)
        raise


def read_response(call: Call, exchange: Exchange, started: float, attempt: int) -> Response:
    """The whole answer; the exchange is closed."""
    try:
        body = b"".join(exchange.chunks())
    finally:
        exchange.close()
    return Response(
        status=exchange.status,
        address=call.address,
        headers=exchange.headers,
        body=body,
        took_seconds=time.monotonic() - started,
        attempts=attempt,
        peer=exchange.peer,
    )


def over(call: Call) -> HttpError:
    """The run has no time left for `call`."""
    return HttpError(Fault.BUDGET, f"{call.address.shown}: not answered within the run's time limit: raise --timeout")


def _cause(error: Exception) -> Exception | None:
    # the text of a protocol error quotes bytes of the request or of the answer
    return error if isinstance(error, OSError) else None
