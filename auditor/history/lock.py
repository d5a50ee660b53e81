"""One audit of a site at a time: a lock that the system drops with its process, so that none is ever left behind."""

import fcntl
import hashlib
import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auditor.errors import LockError
from auditor.history.record import HistoryUnwritableError
from auditor.text import printable, short

_READ = 4096


@contextmanager
def site_lock(folder: Path, site: str, *, at: str) -> Iterator[None]:
    """Hold the site's lock in `folder`; `at` is said to whoever meets it. Not for use twice in one process.

    Raises LockError, with who holds it since when, and HistoryUnwritableError where the folder can't be written.
    """
    path = folder / lock_name(site)
    descriptor = _opened(path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockError(_held(descriptor, site)) from error
        _write(descriptor, {"pid": os.getpid(), "host": socket.gethostname(), "since": at})
        yield
    finally:
        # a process that was forked meanwhile has the descriptor too, and would go on holding what is only closed here
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def lock_name(site: str) -> str:
    """The name of a site's lock file: readable, and unlike that of any other site."""
    readable = re.sub(r"[^A-Za-z0-9._-]", "_", site)[:40].lstrip(".")
    return f"{readable}-{hashlib.sha256(site.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}.lock"


def _opened(path: Path) -> int:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # the file stays: one that is removed while another waits for it would be two locks
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise HistoryUnwritableError(
            f"lock {printable(str(path))!r} can't be made ({error.strerror}): give this user the right, "
            "or name another folder in history.path"
        ) from error


def _write(descriptor: int, holder: dict[str, object]) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def _held(descriptor: int, site: str) -> str:
    try:
        holder = json.loads(os.pread(descriptor, _READ, 0))
        known = ", ".join(
            f"{label}{printable(short(str(holder[key]), 100))}"
            for key, label in (("pid", "process "), ("host", "on "), ("since", "since "))
        )
    except (OSError, ValueError, TypeError, KeyError):  # caught between its locking and its writing
        known = "process not known yet"
    return f"another audit of {printable(site)!r} is running ({known}): wait for it, or end it"
