"""One SSH connection as paramiko speaks it, in the order of a visit: greeting, keys, login, one command, its output.

Every step raises TransportError, whatever paramiko's thread died of: hostile bytes may raise anything in it. A timer
ends the whole connection at the deadline, so no step can hang.
"""

import logging
import threading
import time
from typing import TYPE_CHECKING

from auditor.errors import TransportError
from auditor.transports.ssh import fault
from auditor.transports.ssh.execution import Execution
from auditor.transports.ssh.host_key import Pin, check_host_key, refused_algorithms
from auditor.transports.ssh.target import SshTarget
from auditor.transports.ssh.wire import Wire

if TYPE_CHECKING:
    from paramiko.pkey import PKey

_KEEPALIVE_SECONDS = 15
_GREETING_SECONDS = 15.0
# what encryption, window messages and standard error may add to an answer
_OVERHEAD_BYTES = 8 << 20


class Session:
    """A connection; `close` it whatever happens. `overdue` tells that the deadline ended it."""

    def __init__(self, target: SshTarget, wire: Wire, pins: tuple[Pin, ...]) -> None:
        import paramiko

        _silence_paramiko()
        self._target, self._wire, self._pins = target, wire, pins
        self._transport = paramiko.Transport(wire, disabled_algorithms={"keys": refused_algorithms(pins)})
        self._negotiated = threading.Event()
        self._timer: threading.Timer | None = None
        self.overdue = False
        self.started = time.monotonic()
        self._seconds = 0.0

    def await_greeting(self, wake_seconds: float, seconds: float) -> None:
        """Waits until the machine greets us: a sleeping one takes its connections long before it answers."""
        patience = max(min(_GREETING_SECONDS, seconds), wake_seconds)
        self._transport.banner_timeout = patience
        self._transport.start_client(event=self._negotiated)
        if not self._wire.greeted.wait(patience):
            raise TransportError(fault.silence(self._target, b"", ended=False))

    def negotiate(self, seconds: float, answer_bytes: int) -> None:
        """Agrees on keys and checks the host key; the deadline counts from here, after the greeting."""
        import paramiko

        self._start_clock(seconds)
        self._negotiated.wait()
        try:
            shown = self._transport.get_remote_server_key()
        except paramiko.SSHException as error:
            raise self._lost(self._unencrypted()) from error
        check_host_key(self._target, self._pins, shown.get_name(), shown.asbytes())
        self._wire.limit_bytes = answer_bytes + answer_bytes // 8 + _OVERHEAD_BYTES
        self._transport.set_keepalive(_KEEPALIVE_SECONDS)

    def log_in(self, key: "PKey") -> None:
        """Tries the key, once."""
        import paramiko

        self._transport.auth_timeout = self._left()
        try:
            more = self._transport.auth_publickey(self._target.user, key)
        except paramiko.BadAuthenticationType as error:
            raise TransportError(fault.refused_login(self._target, tuple(error.allowed_types))) from error
        except Exception as error:
            if isinstance(error, paramiko.AuthenticationException) and self._transport.is_active():
                raise TransportError(fault.refused_login(self._target, None)) from error
            raise self._lost(fault.broken_login(self._target, error)) from error
        if more:
            raise TransportError(fault.second_step(self._target, tuple(more)))

    def run(self, command: str, stdin: bytes) -> Execution:
        """Starts the command with all of its standard input."""
        try:
            channel = self._transport.open_session(timeout=self._left())
        except Exception as error:
            raise self._lost(self._unless_cut(fault.no_session(self._target))) from error
        try:
            channel.exec_command(command)
        except Exception as error:
            raise self._lost(self._unless_cut(fault.no_command(self._target))) from error
        execution = Execution(channel, self._left)
        execution.give(stdin)
        return execution

    def end_reason(self) -> str:
        """Why the output ended early."""
        if self.overdue:
            return f"the visit took longer than {self._seconds:.0f}s"
        if self._wire.flooded:
            return "the machine sent more than the limit"
        if not self._transport.is_active():
            return "the connection was cut"
        return "the probe ended early"

    @property
    def server_version(self) -> str:
        """The machine's greeting."""
        return fault.scrubbed(self._transport.remote_version.encode("utf-8", "replace"), 120)

    @property
    def bytes_received(self) -> int:
        """How many bytes came, encryption included."""
        return self._wire.bytes_received

    @property
    def round_trips(self) -> int:
        """How often we had to wait for the other side after sending."""
        return self._wire.round_trips

    def close(self) -> None:
        """Ends the connection and all that runs for it."""
        if self._timer is not None:
            self._timer.cancel()
        # paramiko's own timer of the handshake would keep the process alive
        self._transport.packetizer.complete_handshake()
        self._transport.close()
        self._wire.end()
        if self._transport.is_alive():
            self._transport.join(2)

    def _start_clock(self, seconds: float) -> None:
        self.started, self._seconds = time.monotonic(), seconds
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True
        self._timer.start()

    def _expire(self) -> None:
        self.overdue = True
        self._wire.end()

    def _left(self) -> float:
        return max(0.1, self._seconds - (time.monotonic() - self.started)) + 1  # the timer must come first

    def _lost(self, message: str) -> TransportError:
        """The error of a step that failed, whose cause may be the deadline or the size limit."""
        if self.overdue or self._wire.flooded:
            return TransportError(f"{self._target.place}: {self.end_reason()}: raise the limit, or try again")
        return TransportError(message)

    def _unless_cut(self, message: str) -> str:
        return message if self._transport.is_active() else fault.cut_session(self._target)

    def _unencrypted(self) -> str:
        head = self._wire.head
        if not head.startswith(b"SSH-"):
            return fault.silence(self._target, head, ended=True)
        kinds = any(pin.kind for pin in self._pins)
        return fault.disagreement(self._target, self._transport.get_exception(), pinned_kinds=kinds)


def _silence_paramiko() -> None:
    """Its log would hold remote text, and key material at its lowest level."""
    logger = logging.getLogger("paramiko")
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
