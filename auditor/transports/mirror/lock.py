"""One writer at a time: a lock that the kernel lets go of when its holder dies, so that none is ever stale."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auditor.interfaces import Deadline

_AGAIN_SECONDS = 0.1


@contextmanager
def held_lock(folder: Path, deadline: Deadline) -> Iterator[bool]:
    """Holds the lock of `folder` through the block; gives False where another run kept it until the deadline."""
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        yield _waited_for(handle, deadline)
    finally:
        os.close(handle)


def _waited_for(handle: int, deadline: Deadline) -> bool:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not deadline.remaining():
                return False
            time.sleep(min(_AGAIN_SECONDS, deadline.remaining()))
        else:
            return True
