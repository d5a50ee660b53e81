"""The tables, and the ordered steps from each version of them to the next; a file of another program is left alone."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from auditor.errors import HistoryError

APPLICATION_ID = 0x41554454  # "AUDT", in the file's header
Step = Callable[[sqlite3.Connection], None]

_TABLES = (
    """CREATE TABLE chain (
        seq INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL,
        prev TEXT NOT NULL,
        hash TEXT NOT NULL
    )""",
    "CREATE INDEX chain_kind ON chain (kind, seq)",
    """CREATE TRIGGER chain_no_update BEFORE UPDATE ON chain
    BEGIN SELECT raise(ABORT, 'the chain is append-only'); END""",
    """CREATE TRIGGER chain_no_delete BEFORE DELETE ON chain
    BEGIN SELECT raise(ABORT, 'the chain is append-only'); END""",
    # also keeps INSERT OR REPLACE, which fires no delete trigger, from replacing a record
    """CREATE TRIGGER chain_next BEFORE INSERT ON chain
    WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM chain)
        OR NEW.prev IS NOT coalesce((SELECT hash FROM chain ORDER BY seq DESC LIMIT 1), NEW.prev)
    BEGIN SELECT raise(ABORT, 'the record does not follow the last one'); END""",
    """CREATE TABLE blob (
        sha256 TEXT PRIMARY KEY,
        size INTEGER NOT NULL,
        bytes BLOB NOT NULL
    )""",
    """CREATE TABLE run (
        seq INTEGER PRIMARY KEY REFERENCES chain (seq),
        id TEXT NOT NULL UNIQUE,
        site TEXT NOT NULL,
        started_at TEXT NOT NULL,
        finished_at TEXT NOT NULL,
        mode TEXT NOT NULL,
        tool_version TEXT NOT NULL,
        policy_sha256 TEXT NOT NULL,
        snapshot_sha256 TEXT NOT NULL REFERENCES blob (sha256),
        verdict TEXT NOT NULL,
        counts TEXT NOT NULL,
        host TEXT NOT NULL,
        report_blob TEXT NOT NULL REFERENCES blob (sha256),
        policy_blob TEXT REFERENCES blob (sha256)
    )""",
    "CREATE INDEX run_site ON run (site, seq)",
    "CREATE INDEX run_started ON run (site, started_at)",
    """CREATE TABLE judgement (
        site TEXT NOT NULL,
        rule_id TEXT NOT NULL,
        run_id TEXT NOT NULL,
        at TEXT NOT NULL,
        complete_at TEXT,
        PRIMARY KEY (site, rule_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE finding_state (
        site TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        rule_id TEXT NOT NULL,
        invariant TEXT NOT NULL,
        severity TEXT NOT NULL,
        subject TEXT NOT NULL,
        message TEXT NOT NULL,
        outcome TEXT NOT NULL,
        waived INTEGER NOT NULL,
        failing INTEGER NOT NULL,
        first_seen TEXT NOT NULL,
        clean_at TEXT,
        since TEXT,
        last_seen TEXT NOT NULL,
        outcome_since TEXT NOT NULL,
        resolved_at TEXT,
        occurrences INTEGER NOT NULL,
        PRIMARY KEY (site, fingerprint)
    ) WITHOUT ROWID""",
)


def _create(connection: sqlite3.Connection) -> None:
    for statement in _TABLES:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


STEPS: tuple[Step, ...] = (_create,)


def is_outdated(connection: sqlite3.Connection, path: Path, *, steps: Sequence[Step] = STEPS) -> bool:
    """Whether the file is empty or of an older version; raises HistoryError for a foreign or a newer one."""
    version, changes = _number(connection, "user_version"), _number(connection, "schema_version")
    # asked for last: another process may make the file between two questions, and then this is its mark
    application = _number(connection, "application_id")
    empty = application == version == changes == 0
    if not empty and application != APPLICATION_ID:
        raise HistoryError(f"{str(path)!r} is a database of another program: name another folder in history.path")
    if version > len(steps):
        raise HistoryError(
            f"{str(path)!r} has version {version}, and this auditor knows {len(steps)}: upgrade auditor, "
            "or name another folder in history.path"
        )
    return version < len(steps)


def migrate(connection: sqlite3.Connection, path: Path, *, steps: Sequence[Step] = STEPS) -> None:
    """Bring the file to the newest version; the caller holds the write transaction."""
    # asked again, for another process may have done it while this one waited for its turn
    if not is_outdated(connection, path, steps=steps):
        return
    for step in steps[_number(connection, "user_version") :]:
        step(connection)
    connection.execute(f"PRAGMA user_version = {len(steps)}")


def altered(connection: sqlite3.Connection) -> list[str]:
    """The tables, indexes and triggers that are not as the steps make them: `trigger chain_no_update`."""
    fresh = sqlite3.connect(":memory:")
    try:
        migrate(fresh, Path(":memory:"))
        expected, found = _objects(fresh), _objects(connection)
    finally:
        fresh.close()
    return sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))


def _objects(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute(
        "SELECT type || ' ' || name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    return dict(rows.fetchall())


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
