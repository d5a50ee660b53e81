"""A command that runs on the machine: its input, its output in pieces, the end of its standard error, its status."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paramiko.channel import Channel

_PIECE_BYTES = 1 << 16
_TAIL_BYTES = 16_384
_STATUS_SECONDS = 3.0


class Execution:
    """The command behind an open channel; `left` gives the seconds until the deadline."""

    def __init__(self, channel: "Channel", left: Callable[[], float]) -> None:
        self._channel, self._left = channel, left
        self._errors = bytearray()
        self._thread = threading.Thread(target=self._keep_errors, daemon=True)
        self._thread.start()

    def give(self, stdin: bytes) -> None:
        """Sends the whole standard input; a command that does not read it is judged by what it answers."""
        self._channel.settimeout(self._left())
        with suppress(Exception):  # paramiko raises whatever its thread died of
            self._channel.sendall(stdin)
            self._channel.shutdown_write()

    def pieces(self) -> Iterator[bytes]:
        """The output until it ends, or the connection does."""
        while True:
            self._channel.settimeout(self._left())
            try:
                piece = self._channel.recv(_PIECE_BYTES)
            except TimeoutError:
                return
            if not piece:
                return
            yield piece

    def exit_status(self) -> int | None:
        """What the command ended with; None if it goes on, or the connection ended first."""
        self._channel.status_event.wait(min(_STATUS_SECONDS, self._left()))
        status = self._channel.exit_status
        return status if status >= 0 else None

    def errors(self) -> bytes:
        """The end of what it wrote to standard error."""
        self._thread.join(0.5)
        return bytes(self._errors[-_TAIL_BYTES:])

    def _keep_errors(self) -> None:
        """Reads standard error to its end: unread, it would take the output's share of the window."""
        while True:
            try:
                piece = self._channel.recv_stderr(_PIECE_BYTES)
            except TimeoutError:
                continue
            except (OSError, EOFError):
                return
            if not piece:
                return
            self._errors += piece
            del self._errors[:-_TAIL_BYTES]
