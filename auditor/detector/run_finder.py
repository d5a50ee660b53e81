"""Where the unbroken runs of an alphabet begin that have a given form, by hyperscan (extra `fast`)."""

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

from auditor.detector.accelerator import accelerator_version, scan

if TYPE_CHECKING:
    import hyperscan

# most parts of a text have no long run at all, and that is seen several times as soon as where one begins
_PIECE = 32 << 10


class RunFinder:
    """Finds the unbroken runs of an alphabet that begin with so many characters, each group of them in a given form.

    `group` are the characters that may stand at each place of a group, of which `least` is a multiple.
    """

    def __init__(self, alphabet: bytes, group: Sequence[bytes], least: int) -> None:
        self._least = least
        begun = b"".join(b"[%s]" % one for one in group)
        self._any = b"[%s]{%d}" % (alphabet, least)
        self._begun = b"[^%s](?:%s){%d}" % (alphabet, begun, least // len(group))
        self._lock = Lock()
        self._databases: tuple[hyperscan.Database, hyperscan.Database] | None = None

    def starts(self, raw: bytes) -> list[int] | None:
        """Where the runs begin, in order; None without hyperscan, and while another thread asks."""
        if accelerator_version() is None or not self._lock.acquire(blocking=False):
            return None
        try:
            return self._scan(raw)
        finally:
            self._lock.release()

    def _scan(self, raw: bytes) -> list[int]:
        any_run, begun = self._ready()
        seen: list[int] = []
        ends: list[int] = []
        start = 0

        def note(_number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            ends.append(start + end - 1)

        view = memoryview(raw)
        for start in range(0, len(raw), _PIECE):
            stop = start + _PIECE + self._least - 1
            # with the character before
            piece = view[start - 1 : stop] if start else b"\n" + raw[:stop]
            seen.clear()
            scan(any_run, piece, lambda *_: seen.append(1))
            if seen:
                scan(begun, piece, note)
        return [end - self._least for end in sorted(ends)]

    def _ready(self) -> "tuple[hyperscan.Database, hyperscan.Database]":
        import hyperscan

        if self._databases is None:
            self._databases = (_compiled(self._any, hyperscan.HS_FLAG_SINGLEMATCH), _compiled(self._begun, 0))
        return self._databases


def _compiled(form: bytes, flag: int) -> "hyperscan.Database":
    import hyperscan

    database = hyperscan.Database()
    database.compile(expressions=[form], ids=[0], flags=[flag], elements=1)
    return database
