"""What was computed on earlier nights from objects, which never change: hashes, folders, differences, parents.

A file that is damaged, or of another version of this program, counts as empty and is made anew; a row is believed only
with its checksum. No verdict is kept here, and no content.
"""

import contextlib
import hashlib
import os
import zlib
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import sqlite3

_VERSION = 1
_LARGEST_BYTES = 1 << 30
_SUM_BYTES = 8
_SMALL_BYTES = 200
_CREATE = "CREATE TABLE IF NOT EXISTS kept (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"
_SUFFIXES = ("", "-journal", "-wal", "-shm")


class Store:
    """Rows by key, in the file at `path`; where that is None, or can't be written, in memory alone.

    Use it in a `with`; at its end the rows are written.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._rows: dict[bytes, bytes] = {}
        self._file: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        if self._path is not None:
            self._file = _opened(self._path) or _opened(self._path, anew=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.save()
        if self._file is not None:
            self._file.close()

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, None where there is none that can be believed."""
        import sqlite3

        value = self._rows.get(key)
        if value is not None or self._file is None:
            return value
        try:
            row = self._file.execute("SELECT value FROM kept WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error:
            self._renew()
            return None
        return None if row is None else _unpacked(key, row[0])

    def put(self, key: bytes, value: bytes) -> None:
        """Keeps a value."""
        self._rows[key] = value

    def save(self) -> None:
        """Writes what is new; a disk that refuses costs memory, not the run."""
        import sqlite3

        if self._file is None or not self._rows:
            return
        packed = [(key, _packed(key, value)) for key, value in self._rows.items()]
        try:
            with self._file:
                self._file.executemany("INSERT OR REPLACE INTO kept (key, value) VALUES (?, ?)", packed)
        except sqlite3.DatabaseError as error:
            if not isinstance(error, sqlite3.OperationalError):
                self._renew()
            return
        self._rows.clear()

    def _renew(self) -> None:
        """Puts an empty file in the place of a damaged one."""
        if self._file is not None and self._path is not None:
            self._file.close()
            self._file = _opened(self._path, anew=True)


def _opened(path: Path, *, anew: bool = False) -> "sqlite3.Connection | None":
    import sqlite3

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if anew or path.is_symlink() or (path.exists() and path.stat().st_size > _LARGEST_BYTES):
            for suffix in _SUFFIXES:
                path.with_name(path.name + suffix).unlink(missing_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        path.chmod(0o600)
        file = sqlite3.connect(path, timeout=1)
    except (OSError, sqlite3.Error):
        return None
    try:
        # what is lost in a crash is computed again
        file.execute("PRAGMA synchronous = OFF")
        (version,) = file.execute("PRAGMA user_version").fetchone()
        if version == _VERSION:
            file.execute("SELECT key FROM kept LIMIT 1").fetchone()
            return file
        if not version and not path.stat().st_size:
            with file:
                file.execute(_CREATE)
                file.execute(f"PRAGMA user_version = {_VERSION}")
            return file
    except (OSError, sqlite3.Error):
        pass
    with contextlib.suppress(sqlite3.Error):
        file.close()
    return None


def _packed(key: bytes, value: bytes) -> bytes:
    body = b"z" + zlib.compress(value, 1) if len(value) > _SMALL_BYTES else b"p" + value
    return _sum(key, body) + body


def _unpacked(key: bytes, raw: object) -> bytes | None:
    if not isinstance(raw, bytes) or raw[:_SUM_BYTES] != _sum(key, raw[_SUM_BYTES:]):
        return None
    body = raw[_SUM_BYTES:]
    return zlib.decompress(body[1:]) if body.startswith(b"z") else body[1:]


def _sum(key: bytes, body: bytes) -> bytes:
    return hashlib.sha256(len(key).to_bytes(4, "big") + key + body).digest()[:_SUM_BYTES]
