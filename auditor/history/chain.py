"""The append-only chain of records: each holds the hash of the one before, so that an edit or a gap is found.

A dropped tail is not, nor a rewrite of the whole: compare the head with one that was kept elsewhere.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence

from auditor.history.record import Body, ChainRecord
from auditor.model.codec import canonical

GENESIS = "0" * 64
_DOMAIN = b"auditor/v1\0"
_COLUMNS = "seq, at, kind, body, prev, hash"


def link_hash(prev: str, *, seq: int, at: str, kind: str, body: str) -> str:
    """The hash of a record whose body is canonical JSON text; the text before is hashed as 32 bytes."""
    # the canonical JSON of {at, body, kind, seq}, without parsing the body: any edit of its text counts
    text = f'{{"at":{canonical(at)},"body":{body},"kind":{canonical(kind)},"seq":{seq}}}'
    return hashlib.sha256(_DOMAIN + bytes.fromhex(prev) + text.encode("utf-8", "surrogatepass")).hexdigest()


def merkle_root(hashes: Sequence[str]) -> str:
    """The root over hex hashes in their order, with RFC 6962's prefixes; of none it is the hash of nothing."""
    if not hashes:
        return hashlib.sha256().hexdigest()
    level = [hashlib.sha256(b"\0" + bytes.fromhex(item)).digest() for item in hashes]
    while len(level) > 1:
        pairs = [
            hashlib.sha256(b"\1" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)
        ]
        level = pairs + level[len(pairs) * 2 :]
    return level[0].hex()


def head(connection: sqlite3.Connection) -> ChainRecord | None:
    """The last record."""
    return next(_select(connection, "ORDER BY seq DESC LIMIT 1"), None)


def records(connection: sqlite3.Connection, kind: str | None = None) -> Iterator[ChainRecord]:
    """The records in their order, of one kind or of all."""
    if kind is None:
        return _select(connection, "ORDER BY seq")
    return _select(connection, "WHERE kind = ? ORDER BY seq", kind)


def records_after(connection: sqlite3.Connection, seq: int, kind: str) -> Iterator[ChainRecord]:
    """The records of one kind after the one with the number `seq`, in their order."""
    return _select(connection, "WHERE kind = ? AND seq > ? ORDER BY seq", kind, seq)


def append(connection: sqlite3.Connection, kind: str, body: Body, *, at: str) -> ChainRecord:
    """Add a record; the caller holds the write transaction."""
    last = head(connection)
    seq, prev = (last.seq + 1, last.hash) if last else (1, GENESIS)
    # a lone surrogate, which SQLite refuses, becomes JSON's own escape of it
    text = canonical(body).encode("utf-8", "backslashreplace").decode()
    record = ChainRecord(
        seq=seq,
        at=at,
        kind=kind,
        body=text,
        prev=prev,
        hash=link_hash(prev, seq=seq, at=at, kind=kind, body=text),
    )
    connection.execute(
        f"INSERT INTO chain ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 -- our own names
        (record.seq, record.at, record.kind, record.body, record.prev, record.hash),
    )
    return record


def body_of(record: ChainRecord) -> dict[str, object]:
    """The body as an object; ValueError where it is none."""
    try:
        body = json.loads(record.body)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(body, dict):
        raise ValueError("not an object")
    return body


def first_break(connection: sqlite3.Connection) -> str | None:
    """What is wrong with the first record that is; None where the chain holds."""
    prev = GENESIS
    for seq, record in enumerate(records(connection), start=1):
        if record.seq != seq:
            return f"record {seq} is gone: the chain goes on with record {record.seq}"
        if record.prev != prev:
            return f"record {seq} ({record.kind}, {record.at}) does not follow record {seq - 1}"
        expected = link_hash(prev, seq=seq, at=record.at, kind=record.kind, body=record.body)
        if record.hash != expected:
            return f"record {seq} ({record.kind}, {record.at}) was changed: its hash is not that of its content"
        prev = record.hash
    return None


def _select(connection: sqlite3.Connection, clause: str, *values: str | int) -> Iterator[ChainRecord]:
    for row in connection.execute(f"SELECT {_COLUMNS} FROM chain {clause}", values):  # noqa: S608 -- our own text
        yield ChainRecord(seq=row[0], at=row[1], kind=row[2], body=row[3], prev=row[4], hash=row[5])
