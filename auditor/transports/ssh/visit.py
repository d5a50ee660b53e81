"""One visit: one connection, one login, one command; it returns what was verified, and never tries a login twice."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from auditor.errors import TransportError
from auditor.transports.frames import FrameReader
from auditor.transports.ssh import fault
from auditor.transports.ssh.client_key import client_key, key_warnings
from auditor.transports.ssh.execution import Execution
from auditor.transports.ssh.host_key import load_pins
from auditor.transports.ssh.session import Session
from auditor.transports.ssh.target import SshTarget, Visit, VisitLimits
from auditor.transports.ssh.wire import connect

_SCRIPT_COMMAND = "sh -s"
# the key's forced command takes its place; on a machine where there is none, no such program exists
_FORCED_COMMAND = "auditor-probe"
_HEAD_BYTES = 4096
_TOO_LARGE = "the answer is larger than the limit"


def visit(
    target: SshTarget,
    *,
    stdin: bytes,
    frame: str,
    forced: bool = False,
    limits: VisitLimits | None = None,
    progress: Callable[[str], None] | None = None,
    greeted: Callable[[], None] | None = None,
) -> Visit:
    """Runs the script `stdin` on the machine, or with `forced` the command that the key is bound to.

    `frame` is the marker that travels within `stdin` (frames.py). `greeted` is called once the machine is awake. Raises
    TransportError where no frame of this visit came; once the first came, a cut, the deadline or the size limit is the
    visit's `fault`, and what was verified stays.
    """
    limits = limits or VisitLimits()
    say = progress or _say_nothing
    pins = load_pins(target)
    with client_key(target) as key:
        say(f"connecting to {target.place}")
        start = time.monotonic()
        with (
            closing(connect(target, limits.wake_seconds, say)) as wire,
            closing(Session(target, wire, pins)) as session,
        ):
            left = limits.wake_seconds - (time.monotonic() - start)
            session.await_greeting(left, limits.seconds)
            if greeted is not None:
                greeted()
            session.negotiate(limits.seconds, limits.answer_bytes)
            say(f"logging in as {target.user}")
            session.log_in(key)
            say(f"reading from {target.place}")
            execution = session.run(_FORCED_COMMAND if forced else _SCRIPT_COMMAND, stdin)
            answer = _Answer.read(execution, FrameReader(frame), limits.answer_bytes)
            if not answer.reader.opened:
                raise TransportError(_no_frame(target, session, answer, forced=forced))
            return _judged(target, session, answer)


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """What the command wrote; `head` is the start of its output, `fits` False if that passed the limit."""

    reader: FrameReader
    head: bytes
    fits: bool
    exit_status: int | None
    errors: bytes

    @classmethod
    def read(cls, execution: Execution, reader: FrameReader, limit_bytes: int) -> "_Answer":
        head, received = b"", 0
        for piece in execution.pieces():
            received += len(piece)
            head += piece[: _HEAD_BYTES - len(head)]
            if received > limit_bytes:
                break
            reader.feed(piece)
            if reader.done:
                break
        fits = received <= limit_bytes
        return cls(
            reader=reader,
            head=head,
            fits=fits,
            exit_status=execution.exit_status() if fits else None,
            errors=execution.errors() if fits else b"",
        )


def _judged(target: SshTarget, session: Session, answer: _Answer) -> Visit:
    frames = answer.reader.finish(session.end_reason() if answer.fits else _TOO_LARGE)
    return Visit(
        frames=frames,
        fault=None if frames.complete else frames.faults[-1].reason,
        exit_status=answer.exit_status,
        stderr_tail=fault.scrubbed(answer.errors),
        server_version=session.server_version,
        took_seconds=time.monotonic() - session.started,
        bytes_received=session.bytes_received,
        round_trips=session.round_trips,
        warnings=key_warnings(target),
    )


def _no_frame(target: SshTarget, session: Session, answer: _Answer, *, forced: bool) -> str:
    if session.overdue or not answer.fits:
        reason = session.end_reason() if answer.fits else _TOO_LARGE
        return f"{target.place}: {reason}, and nothing of the answer is the probe's: see what its login scripts do"
    return fault.strange_answer(target, answer.head + b"\n" + answer.errors, answer.exit_status, forced=forced)


def _say_nothing(text: str) -> None:
    """Where nobody wants to know how far the visit is."""
