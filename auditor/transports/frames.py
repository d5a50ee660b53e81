"""The framing of what the probe answers: pure, streamed, and silent about every section that it could not verify.

FRAME is 32 random lower-case hex digits, made anew for each visit. Every control line starts with it, ends with one LF:

    FRAME OPEN 1                                       the framing's version; whatever stands before is noise
    FRAME BEGIN 1 tree                                 number (1, 2, 3 …) and name ([a-z0-9][a-z0-9._:-]*, 64 at most)
    …the section's raw bytes, any bytes…
    <LF>FRAME END 1 tree 0 1509388 <64 hex digits>     number, name, the producer's exit status, length, sha256
    FRAME BEGIN 2 refs
    …
    FRAME DONE 2                                       how many sections there were

The LF before END is no part of the section. Nothing stands between END and the next BEGIN or DONE; what follows DONE
is ignored. A section counts if its END line repeats number and name, its status is 0, and length and sha256 are those
of the bytes that came; a producer that ends otherwise loses its section only. Anything else that is not as above (a
cut, another order, the frame inside a section, a name used twice) ends the reading there: what was verified before
stays, and `complete` is False.

The sender needs no temporary file, no fifo, no variable that holds the section: `tee` writes the bytes through a pipe
that it already has, while sha256sum and wc read the copy. tests/transports/frames.sh is the reference for dash, busybox
ash and bash. FRAME must stay a shell variable: never exported, never an argument of a program (`echo` is a builtin,
`sed` is not), or other users of that machine could read it and forge sections.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from hashlib import sha256

_LONGEST_LINE = 256
_NAME = rb"([a-z0-9][a-z0-9._:-]{0,63})"
_BEGIN = re.compile(rb"BEGIN ([1-9][0-9]{0,5}) " + _NAME)
_END = re.compile(rb"([1-9][0-9]{0,5}) " + _NAME + rb" ([0-9]{1,3}) ([0-9]{1,15}) ([0-9a-f]{64})")


@dataclass(frozen=True)
class Section:
    """The verified bytes that one producer wrote."""

    name: str
    body: bytes


@dataclass(frozen=True)
class Fault:
    """Why a section, or with None all that should have followed, is absent; the reason quotes nothing remote."""

    section: str | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class Frames:
    """What was verified, in order; `opened` is False where no frame came at all."""

    sections: tuple[Section, ...] = ()
    faults: tuple[Fault, ...] = ()
    opened: bool = False
    complete: bool = False

    def body(self, name: str) -> bytes | None:
        """The bytes of the section `name`; None where it is absent."""
        return next((section.body for section in self.sections if section.name == name), None)


class _Place(Enum):
    NOISE = auto()
    BETWEEN = auto()
    INSIDE = auto()
    AFTER = auto()


class _BrokenError(Exception):
    """The stream is not what the probe sends."""


class FrameReader:
    """Takes an answer piece by piece; holds one unfinished section at most."""

    def __init__(self, frame: str) -> None:
        self._start = frame.encode("ascii") + b" "
        self._open = self._start + b"OPEN "
        self._end = b"\n" + self._start + b"END "
        self._held = bytearray()
        self._searched = 0  # where in _held the search for _end goes on: no byte is searched twice
        self._place = _Place.NOISE
        self._names: list[str] = []
        self._sections: list[Section] = []
        self._faults: list[Fault] = []
        self._has_opened = self._complete = False

    @property
    def opened(self) -> bool:
        """Whether the first frame came."""
        return self._has_opened

    @property
    def done(self) -> bool:
        """Whether nothing that follows can matter: the last frame came, or the stream is broken."""
        return self._place is _Place.AFTER

    def feed(self, piece: bytes) -> None:
        """Takes the next bytes."""
        if self.done:
            return
        self._held += piece
        try:
            while self._step():
                pass
        except _BrokenError as broken:
            self._stop(str(broken))

    def finish(self, reason: str = "the answer was cut off") -> Frames:
        """What was verified, once no byte follows; `reason` says why none does, should more have been due."""
        if not self.done:
            self._stop(reason if self.opened else "the answer holds no frame of this visit")
        return Frames(
            sections=tuple(self._sections),
            faults=tuple(self._faults),
            opened=self.opened,
            complete=self._complete,
        )

    def _stop(self, reason: str) -> None:
        if self._place is _Place.INSIDE:
            self._faults.append(Fault(self._names[-1], reason))
        self._faults.append(Fault(None, reason))
        self._place = _Place.AFTER
        self._held.clear()

    def _step(self) -> bool:
        """Reads one control line; False where it has not come yet."""
        match self._place:
            case _Place.NOISE:
                return self._read_open()
            case _Place.BETWEEN:
                return self._read_between()
            case _Place.INSIDE:
                return self._read_end()
            case _Place.AFTER:
                return False

    def _read_open(self) -> bool:
        at = self._held.find(self._open)
        if at < 0:
            # noise goes at once, but for what may be the first part of the marker
            del self._held[: -len(self._open)]
            return False
        if (line := self._line(at + len(self._open))) is None:
            return False
        self._place = _Place.BETWEEN
        self._has_opened = True
        if line != b"1":
            raise _BrokenError("the probe speaks another version of the framing: reinstall the probe")
        self._drop(at + len(self._open) + len(line))
        return True

    def _read_between(self) -> bool:
        if not self._held.startswith(self._start[: len(self._held)]):
            raise _BrokenError("something else wrote between two sections")
        if len(self._held) < len(self._start) or (line := self._line(len(self._start))) is None:
            return False
        self._drop(len(self._start) + len(line))
        if match := _BEGIN.fullmatch(line):
            self._begin(int(match[1]), match[2].decode())
        elif line == b"DONE %d" % len(self._names):
            self._complete = True
            self._place = _Place.AFTER
        else:
            raise _BrokenError("a control line is not the expected one")
        return True

    def _begin(self, number: int, name: str) -> None:
        if number != len(self._names) + 1 or name in self._names:
            raise _BrokenError("a section is out of order or came twice")
        self._names.append(name)
        self._searched = 0
        self._place = _Place.INSIDE

    def _read_end(self) -> bool:
        at = self._held.find(self._end, self._searched)
        if at < 0:
            self._searched = max(0, len(self._held) - len(self._end) + 1)
            return False
        self._searched = at
        if (line := self._line(at + len(self._end))) is None:
            return False
        body = bytes(memoryview(self._held)[:at])
        self._drop(at + len(self._end) + len(line))
        self._judge(body, line)
        return True

    def _judge(self, body: bytes, line: bytes) -> None:
        """Keeps the section if its END line proves it; the number and name that it repeats must be its own."""
        match, name = _END.fullmatch(line), self._names[-1]
        if match is None or (int(match[1]), match[2].decode()) != (len(self._names), name):
            raise _BrokenError("a section's last line is not its own")
        if self._start in body:
            raise _BrokenError("a section holds the frame")
        if int(match[4]) != len(body) or match[5] != sha256(body).hexdigest().encode():
            raise _BrokenError("a section's length or sha256 is not that of the bytes that came")
        if status := int(match[3]):
            self._faults.append(Fault(name, f"its producer ended with status {status}"))
        else:
            self._sections.append(Section(name, body))
        self._place = _Place.BETWEEN

    def _line(self, start: int) -> bytes | None:
        """The text from `start` to its LF, which stays in the stream; None where the LF has not come yet."""
        end = self._held.find(b"\n", start, start + _LONGEST_LINE)
        if end < 0 and len(self._held) - start >= _LONGEST_LINE:
            raise _BrokenError("a control line never ends")
        return None if end < 0 else bytes(self._held[start:end])

    def _drop(self, end: int) -> None:
        """Takes everything up to the LF at `end` off the stream."""
        del self._held[: end + 1]
