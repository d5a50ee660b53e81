"""Texts kept under the hash of their content, compressed: what is the same every night takes one row."""

import hashlib
import sqlite3
import zlib

from auditor.errors import HistoryError

LIMIT = 128 * 1024 * 1024  # bytes of one text, so that an edited row can't fill the memory


def text_sha256(text: str) -> str:
    """The key of a text: the hash of its UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def put(connection: sqlite3.Connection, text: str) -> str:
    """Keep a text and return its key; the caller holds the write transaction."""
    key = text_sha256(text)
    if connection.execute("SELECT 1 FROM blob WHERE sha256 = ?", (key,)).fetchone() is None:
        raw = text.encode("utf-8", "surrogatepass")
        if len(raw) > LIMIT:
            raise HistoryError(f"a text of {len(raw)} bytes is too large to store, {LIMIT} are allowed: --no-store")
        connection.execute(
            "INSERT INTO blob (sha256, size, bytes) VALUES (?, ?, ?)", (key, len(raw), zlib.compress(raw))
        )
    return key


def get(connection: sqlite3.Connection, key: str) -> str:
    """The text of a key, checked against it; raises HistoryError where it is gone or is not what was kept."""
    row = connection.execute("SELECT bytes FROM blob WHERE sha256 = ?", (key,)).fetchone()
    problem = f"blob {key} is gone" if row is None else None
    if row is not None:
        text = _unpacked(row[0])
        if text is not None and text_sha256(text) == key:
            return text
        problem = f"blob {key} is not what was stored"
    raise HistoryError(f"{problem}: look at the history with `auditor history verify`")


def damaged(connection: sqlite3.Connection) -> list[str]:
    """The keys whose bytes are not what was stored."""
    rows = connection.execute("SELECT sha256, size, bytes FROM blob ORDER BY sha256")
    return [str(key) for key, size, packed in rows if not _holds(key, size, packed)]


def sweep(connection: sqlite3.Connection) -> None:
    """Drop the texts that no run refers to any more."""
    connection.execute(
        "DELETE FROM blob WHERE sha256 NOT IN (SELECT snapshot_sha256 FROM run UNION SELECT report_blob FROM run "
        "UNION SELECT policy_blob FROM run WHERE policy_blob IS NOT NULL)"
    )


def _holds(key: object, size: object, packed: object) -> bool:
    text = _unpacked(packed)
    return text is not None and text_sha256(text) == key and len(text.encode("utf-8", "surrogatepass")) == size


def _unpacked(packed: object) -> str | None:
    if not isinstance(packed, bytes):
        return None
    try:
        stream = zlib.decompressobj()
        raw = stream.decompress(packed, LIMIT)
        return raw.decode("utf-8", "surrogatepass") if stream.eof else None
    except (zlib.error, UnicodeDecodeError):
        return None
