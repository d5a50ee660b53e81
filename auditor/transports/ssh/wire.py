"""The TCP connection of a visit: tried again until the machine wakes, counted, and capped in size."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from auditor.errors import TransportError
from auditor.transports.ssh.target import SshTarget

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_ATTEMPT_SECONDS = 10.0
_PAUSES = (0.25, 0.5, 1.0, 2.0)
_HEAD_BYTES = 256


class Wire(socket.socket):
    """A connected socket that knows what it carried; `greeted` is set by the first bytes or the end of the stream.

    Receiving more than `limit_bytes` ends the connection and sets `flooded`.
    """

    def __init__(self, connected: socket.socket) -> None:
        # socket.socket(fileno=…) takes the descriptor over
        super().__init__(connected.family, connected.type, connected.proto, connected.detach())
        self.greeted = threading.Event()
        self.limit_bytes = 1 << 20
        self.flooded = False
        self.head = b""
        self.bytes_received = 0
        self.round_trips = 1  # the TCP handshake
        self._waits = True

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        try:
            piece = super().recv(size, flags)
        except TimeoutError:
            raise
        except OSError:
            self.greeted.set()
            raise
        self._count(piece)
        self.greeted.set()
        return b"" if self.flooded else piece

    def send(self, data: "ReadableBuffer", flags: int = 0, /) -> int:
        self._waits = True
        return super().send(data, flags)

    def end(self) -> None:
        """Ends the connection at once, also for a thread that waits in `recv`."""
        with suppress(OSError):  # the other side was faster
            self.shutdown(socket.SHUT_RDWR)
        self.close()

    def _count(self, piece: bytes) -> None:
        self.bytes_received += len(piece)
        self.flooded = self.flooded or self.bytes_received > self.limit_bytes
        if len(self.head) < _HEAD_BYTES:
            self.head += piece[:_HEAD_BYTES]
        self.round_trips += self._waits
        self._waits = False


def connect(target: SshTarget, wake_seconds: float, progress: Callable[[str], None]) -> Wire:
    """A connection to the machine; one that refuses or is silent is asked again for `wake_seconds`, a name is not."""
    start = time.monotonic()
    for attempt in range(1_000_000):
        left = wake_seconds - (time.monotonic() - start)
        try:
            connected = socket.create_connection(
                (target.host, target.port), timeout=min(_ATTEMPT_SECONDS, max(left, 1.0))
            )
        except (OSError, UnicodeError) as error:
            left = wake_seconds - (time.monotonic() - start)
            if left <= 0 or not _passes(error):
                raise TransportError(_unreached(target, error, wake_seconds)) from error
            progress(f"{target.place} does not answer yet: waiting {left:.0f}s more")
            time.sleep(min(left, _PAUSES[min(attempt, len(_PAUSES) - 1)]))
            continue
        # the login is many small packets, each of which the other side waits for
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Wire(connected)
    raise AssertionError("unreachable: the time ran out before")


def _passes(error: Exception) -> bool:
    """Whether the same attempt may succeed once the machine is awake."""
    if isinstance(error, socket.gaierror):
        return error.errno == socket.EAI_AGAIN
    return isinstance(error, OSError) and not isinstance(error, PermissionError)


def _unreached(target: SshTarget, error: Exception, wake_seconds: float) -> str:
    if isinstance(error, socket.gaierror | UnicodeError):
        return f"the name '{target.host}' can't be resolved: check nas.ssh, and that this machine's DNS knows it"
    if isinstance(error, ConnectionRefusedError):
        return f"{target.place} refuses connections: switch SSH on (Control Panel > Terminal), or correct the port"
    if isinstance(error, TimeoutError):
        return (
            f"{target.place} did not answer within {wake_seconds:.0f}s: is it on, and is the port open to this machine?"
        )
    reason = (error.strerror if isinstance(error, OSError) else None) or "network error"
    return f"{target.place} can't be reached ({reason.lower()}): is it on, and is this machine in its network?"
