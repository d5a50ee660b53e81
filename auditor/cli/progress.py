"""What a run waits for, on standard error and on a terminal only: one line a source, with the time it has taken."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from auditor.cli.option import Settings
from auditor.text import printable, short

_REDRAW_SECONDS = 0.2
# a run that is over before the eye has found the lines shows none
_FIRST_SECONDS = 0.4


@contextmanager
def shown_progress(settings: Settings) -> Iterator[Callable[[str, str], None]]:
    """A function that takes a source and what it waits for (empty: done); the lines vanish at the end."""
    if settings.quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda _source, _text: None
        return
    board = _Board()
    drawer = threading.Thread(target=board.run, daemon=True)
    drawer.start()
    try:
        yield board.say
    finally:
        board.stop()
        drawer.join()


class _Board:
    """The lines, redrawn in place."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._lines: dict[str, tuple[float, str, float | None]] = {}
        self._drawn = 0
        self._over = threading.Event()
        self._lock = threading.Lock()

    def say(self, source: str, text: str) -> None:
        now = time.monotonic()
        with self._lock:
            began = self._lines.get(source, (now, "", None))[0]
            self._lines[source] = (began, text, None if text else now)

    def run(self) -> None:
        self._over.wait(_FIRST_SECONDS)
        while not self._over.wait(_REDRAW_SECONDS):
            self._draw()

    def stop(self) -> None:
        self._over.set()
        self._erase()

    def _draw(self) -> None:
        now = time.monotonic()
        with self._lock:
            lines = [_line(name, *entry, now) for name, entry in self._lines.items()]
        self._erase()
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()
        self._drawn = len(lines)

    def _erase(self) -> None:
        if self._drawn:
            sys.stderr.write(f"\x1b[{self._drawn}F\x1b[J")
            sys.stderr.flush()
            self._drawn = 0


def _line(name: str, began: float, text: str, done: float | None, now: float) -> str:
    took = (now if done is None else done) - began
    return short(f"{name:<8} {took:5.1f}s  {'done' if done is not None else printable(text)}", 78)
