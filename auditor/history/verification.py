"""Whether the history is what was stored: the chain first, then every table against it."""

import sqlite3
from collections.abc import Iterator

from auditor.history import blob, chain, row, state
from auditor.history.prune import prunable
from auditor.history.record import Body, ChainRecord
from auditor.history.schema import altered
from auditor.text import printable, short

_STATE = "state_sha256"


def problems(connection: sqlite3.Connection, head: str | None) -> list[str]:
    """One line for each thing that is wrong; the caller holds a reading transaction.

    `head` is a hash kept elsewhere: without it a chain whose end was cut off looks whole.
    """
    try:
        if found := _file(connection):
            return found
        changed = altered(connection)
        found = [f"{printable(name)} is not as auditor makes it" for name in changed]
        if any(name.startswith("table ") for name in changed):
            return found
        return [*found, *_chain(connection, head), *_blobs(connection)]
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        return [f"the file is damaged: {printable(str(error))}"]


def _file(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("PRAGMA integrity_check(5)").fetchall()
    return [f"the file is damaged: {printable(short(str(row[0]), 200))}" for row in rows if row != ("ok",)]


def _chain(connection: sqlite3.Connection, head: str | None) -> Iterator[str]:
    broken = chain.first_break(connection)
    if broken is not None:
        yield broken  # what comes after it proves nothing about the tables
        return
    records = list(chain.records(connection))
    if head not in (None, chain.GENESIS) and all(record.hash != head for record in records):
        yield f"no record has the hash '{head}': the end of the chain was cut off, or the whole was written anew"
    alive: dict[int, Body] = {}
    standing: dict[str, str] = {}
    for record in records:
        yield from _follow(record, records, alive, standing)
    yield from _runs(connection, alive)
    yield from _standings(connection, standing)


def _follow(
    record: ChainRecord, records: list[ChainRecord], alive: dict[int, Body], standing: dict[str, str]
) -> Iterator[str]:
    if record.kind not in ("run", "prune"):
        return
    try:
        body = chain.body_of(record)
    except ValueError as error:
        yield f"record {record.seq} ({record.kind}, {record.at}) can't be read: {printable(str(error))}"
        return
    site = str(body.get("site"))
    standing[site] = str(body.pop(_STATE, None))
    if record.kind == "run":
        alive[record.seq] = body
        return
    gone = prunable(alive, site, str(body.get("before")))
    root = chain.merkle_root([records[seq - 1].hash for seq in gone])
    if (len(gone), root) != (body.get("count"), body.get("merkle_root")):
        yield f"record {record.seq} (prune, {record.at}) does not name the runs that went"
    for seq in gone:
        del alive[seq]


def _runs(connection: sqlite3.Connection, alive: dict[int, Body]) -> Iterator[str]:
    rows = row.run_bodies(connection)
    for seq, body in alive.items():
        name = f"run {printable(str(body.get('id')))} (record {seq})"
        if seq not in rows:
            yield f"{name} is gone, and was not pruned"
        elif rows[seq] != body:
            differing = sorted(key for key in rows[seq] if rows[seq][key] != body.get(key))
            yield f"{name} was changed: {', '.join(differing)}"
    for seq in rows.keys() - alive.keys():
        yield f"run {printable(str(rows[seq]['id']))} stands in the table, and in no record"


def _standings(connection: sqlite3.Connection, standing: dict[str, str]) -> Iterator[str]:
    stored = connection.execute("SELECT site FROM finding_state UNION SELECT site FROM judgement").fetchall()
    for site in sorted(standing.keys() | {str(entry[0]) for entry in stored}):
        try:
            same = state.digest(connection, site) == standing.get(site)
        except (TypeError, ValueError):  # a value of a type that we never write
            same = False
        if not same:
            yield f"the findings or judgements of {printable(site)!r} were changed since its last record"


def _blobs(connection: sqlite3.Connection) -> Iterator[str]:
    yield from (f"blob {key} is not what was stored" for key in blob.damaged(connection))
    kept = {key for (key,) in connection.execute("SELECT sha256 FROM blob")}
    named: dict[object, object] = {}
    for body in row.run_bodies(connection).values():
        for key in (body["snapshot_sha256"], body["report_blob"], body["policy_blob"]):
            named.setdefault(key, body["id"])
    named.pop(None, None)
    yield from (f"blob {key} of run {run} is gone" for key, run in named.items() if key not in kept)
    yield from (f"blob {key} belongs to no run" for key in sorted(kept - named.keys()))
