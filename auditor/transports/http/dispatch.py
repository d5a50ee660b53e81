"""Sends calls by one courier: at most so many at once, again where that may help, counted."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from auditor.transports.http.call import Call, Clock
from auditor.transports.http.fault import HttpError
from auditor.transports.http.retry import TRIED_AGAIN, Patience
from auditor.transports.http.server import Servers

if TYPE_CHECKING:  # imported when the first request is made: start-up is budgeted
    from auditor.transports.http.courier import Courier
    from auditor.transports.http.exchange import Exchange

_T = TypeVar("_T")


class Dispatch:
    """What the threads of a run share; `max_parallel` bounds the answers that are being waited for or read."""

    def __init__(self, servers: Servers, clock: Clock, patience: Patience, max_parallel: int) -> None:
        self._servers = servers
        self._clock = clock
        self._patience = patience
        self._turns = threading.BoundedSemaphore(max_parallel)
        self._lock = threading.Lock()
        self._courier: Courier | None = None
        self._sent: Counter[str] = Counter()

    def close(self) -> None:
        """Closes every connection."""
        with self._lock:
            courier = self._courier
        if courier is not None:
            courier.close()

    def requests(self) -> dict[str, int]:
        """How many requests each origin got, repeated and failed ones included."""
        with self._lock:
            return dict(self._sent)

    def ask(self, call: Call, read: "Callable[[Exchange, float, int], _T]") -> _T:
        """What `read` makes of the answer, after as many attempts as it takes; `read` closes what it can't use."""
        attempt = 0
        while True:
            attempt, started = attempt + 1, time.monotonic()
            try:
                exchange = self._open(call)
                pause = self._pause_after(exchange, attempt)
                if pause is None:
                    return read(exchange, started, attempt)
                exchange.close()
            except HttpError as error:
                pause = self._pause(attempt) if error.passing else None
                if pause is None:
                    raise
            self._patience.sleep(pause)

    def _pause_after(self, exchange: "Exchange", attempt: int) -> float | None:
        if exchange.status not in TRIED_AGAIN:
            return None
        return self._pause(attempt, exchange.headers.get("retry-after"))

    def _pause(self, attempt: int, retry_after: str | None = None) -> float | None:
        pause = self._patience.pause_seconds(attempt, retry_after)
        return pause if pause is not None and pause < self._clock.remaining() else None

    def _open(self, call: Call) -> "Exchange":
        _leave_command_line_out()
        from auditor.transports.http.exchange import open_exchange

        courier = self._ready_courier()
        courier.prepare(call.address)
        with self._lock:
            self._sent[call.address.origin] += 1
        return open_exchange(courier, call, self._clock, self._turns)

    def _ready_courier(self) -> "Courier":
        from auditor.transports.http.courier import Courier

        with self._lock:
            if self._courier is None:
                self._courier = Courier(self._servers, self._patience)
            return self._courier


def _leave_command_line_out() -> None:
    """Spare the first request httpx's own command line, which loads pygments and rich where they are installed.

    httpx does without it by itself where it can't be imported, and so does an empty module in its place.
    """
    sys.modules.setdefault("httpx._main", ModuleType("httpx._main"))
