"""The rows of stored runs, each as a Run and as the body that the chain keeps of it."""

import dataclasses
import sqlite3
from collections.abc import Iterable

from auditor.errors import HistoryError
from auditor.history.record import Run
from auditor.text import printable

_RUN = tuple(field.name for field in dataclasses.fields(Run))
_BLOBS = ("report_blob", "policy_blob")
_RUN_COLUMNS = ", ".join(_RUN)
_ALL_COLUMNS = ", ".join((*_RUN, *_BLOBS))


def select_runs(connection: sqlite3.Connection, clause: str, *values: str | int) -> list[Run]:
    """The runs that a clause of our own text selects."""
    rows = connection.execute(f"SELECT {_RUN_COLUMNS} FROM run {clause}", values)  # noqa: S608 -- our own text
    return [Run(**dict(zip(_RUN, row, strict=True))) for row in rows]


def run_body(run: Run, *, report_blob: str, policy_blob: str | None) -> dict[str, str | None]:
    """Everything that the row of a run says, so that an edit of any of it is found."""
    values: dict[str, str | None] = {name: getattr(run, name) for name in _RUN}
    return {**values, "report_blob": report_blob, "policy_blob": policy_blob}


def run_bodies(connection: sqlite3.Connection) -> dict[int, dict[str, object]]:
    """What the rows say now, by the number of their record."""
    rows = connection.execute(f"SELECT seq, {_ALL_COLUMNS} FROM run ORDER BY seq")  # noqa: S608 -- our own names
    return {row[0]: dict(zip((*_RUN, *_BLOBS), row[1:], strict=True)) for row in rows}


def number_of(connection: sqlite3.Connection, run_id: str | None) -> int:
    """The number of a run's record; 0 where it is not stored."""
    found = connection.execute("SELECT seq FROM run WHERE id = ?", (run_id,)).fetchone()
    return 0 if found is None else int(found[0])


def blob_keys(connection: sqlite3.Connection, run: Run) -> tuple[str, str | None]:
    """The keys of the report and of the policy that were stored with a run."""
    found = connection.execute("SELECT report_blob, policy_blob FROM run WHERE id = ?", (run.id,)).fetchone()
    if found is None:
        raise HistoryError(f"run '{printable(run.id)}' is not stored, or was pruned: see `auditor history list`")
    return found[0], found[1]


def insert_run(connection: sqlite3.Connection, seq: int, body: dict[str, str | None]) -> None:
    """Write the row of the run whose record has the number `seq`."""
    marks = ", ".join("?" * (len(body) + 1))
    connection.execute(
        f"INSERT INTO run (seq, {', '.join(body)}) VALUES ({marks})",  # noqa: S608 -- our own names
        (seq, *body.values()),
    )


def delete_runs(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Remove rows; their records stay in the chain."""
    connection.executemany("DELETE FROM run WHERE seq = ?", [(seq,) for seq in numbers])
