"""The SQLite file: made private, opened durably, and every error of it said in one line with its remedy."""

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from auditor.errors import HistoryError
from auditor.history.record import HistoryDamagedError, HistoryUnwritableError
from auditor.history.schema import is_outdated, migrate
from auditor.text import printable

FILE = "history.sqlite"
BUSY_SECONDS = 5.0
_SMALLEST = 512
NetworkCheck = Callable[[Path], str | None]
# closing any descriptor of a file drops the process's locks on it, those of SQLite in another thread too
_CREATION = threading.Lock()

_ELSEWHERE = "or name another folder in history.path"
_UNWRITABLE = {
    sqlite3.SQLITE_BUSY: f"has been locked by another process for {BUSY_SECONDS:.0f} s: try again when it has ended",
    sqlite3.SQLITE_LOCKED: "is locked: try again",
    sqlite3.SQLITE_FULL: f"can't grow, the disk is full: make room, {_ELSEWHERE}",
    sqlite3.SQLITE_IOERR: f"can't be read or written, the disk says so: check it and its quota, {_ELSEWHERE}",
    sqlite3.SQLITE_READONLY: f"can't be written: give this user the right, {_ELSEWHERE}",
    sqlite3.SQLITE_PERM: f"can't be opened: give this user the right, {_ELSEWHERE}",
    sqlite3.SQLITE_CANTOPEN: f"can't be opened: give this user the right on its folder, {_ELSEWHERE}",
}
_FOREIGN = f"is no SQLite file: move it away, {_ELSEWHERE}"
_DAMAGED = "is damaged: move it away and put a copy back; without one the next run begins anew"


def open_database(folder: Path, *, create: bool, network: NetworkCheck) -> sqlite3.Connection:
    """The connection to the history in `folder`, of the newest version; it belongs to this thread.

    Raises HistoryUnwritableError where it can't be reached or written, HistoryError where it must not be used.
    """
    path = folder / FILE
    with explained(path):
        _refuse_network(folder, network)
        _provide(path, create=create)
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Every error of SQLite and of the system as a HistoryError that names the file and the remedy."""
    name = repr(printable(str(path)))
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _UNWRITABLE:
            raise HistoryUnwritableError(f"history {name} {_UNWRITABLE[code]}") from error
        if code == sqlite3.SQLITE_CORRUPT:
            raise HistoryDamagedError(f"history {name} {_DAMAGED}") from error
        refused = f"refused: {printable(str(error))}; look at it with `auditor history verify`"
        reason = _FOREIGN if code == sqlite3.SQLITE_NOTADB else refused
        raise HistoryError(f"history {name} {reason}") from error
    except OSError as error:
        reason = f"can't be made or read ({error.strerror}): give this user the right, {_ELSEWHERE}"
        raise HistoryUnwritableError(f"history {name} {reason}") from error


@contextmanager
def transaction(connection: sqlite3.Connection, *, writing: bool) -> Iterator[None]:
    """All that is done inside, or nothing; a reading one sees one state of the file throughout."""
    # IMMEDIATE: a lock that is taken up later could fail without waiting
    connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _refuse_network(folder: Path, network: NetworkCheck) -> None:
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    kind = network(existing)
    if kind is not None:
        raise HistoryError(
            f"history folder {printable(str(folder))!r} lies on a network file system ({printable(kind)}), "
            "where a database can't be kept whole: name a local folder in history.path"
        )


def _provide(path: Path, *, create: bool) -> None:
    with _CREATION:
        if path.exists():
            _make_private(path)
            return
        if not create:
            raise HistoryError(f"no history at {printable(str(path))!r}: `auditor audit` begins one")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        for folder in (path.parent, path.parent.parent):
            _sync(folder)


def _make_private(path: Path) -> None:
    found = path.stat()
    # SQLite takes a file shorter than its smallest page for an empty one, and would write over it
    if not stat.S_ISREG(found.st_mode) or 0 < found.st_size < _SMALLEST:
        raise HistoryError(f"history {printable(str(path))!r} is no SQLite file: move it away, {_ELSEWHERE}")
    if found.st_mode & 0o077:
        with suppress(PermissionError):  # another owner's: his to say
            path.chmod(0o600)


def _sync(folder: Path) -> None:
    # the name of a new file survives a power cut only once its folder is on the disk
    with suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    # before anything is changed: a foreign file stays as it is
    outdated = is_outdated(connection, path)
    if outdated:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # counts in an empty file only
    _use_write_ahead_log(connection, path)
    # FULL, not NORMAL: a run that was said to be stored must outlive a power cut, and a night can wait for one fsync
    for setting in ("synchronous = FULL", "fullfsync = ON", "foreign_keys = ON", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {setting}")
    if outdated:
        with transaction(connection, writing=True):
            migrate(connection, path)


def _use_write_ahead_log(connection: sqlite3.Connection, path: Path) -> None:
    deadline = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            # SQLite does not wait here by itself when two processes make the file at once
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
            continue
        if mode != "wal":
            raise HistoryError(
                f"history {printable(str(path))!r} can't share memory on this file system: "
                "name a folder on a local disk in history.path"
            )
