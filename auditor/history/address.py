"""Which run a reference names: `latest`, `latest~3`, a date with or without a time, the start of an id."""

import re
import sqlite3

from auditor.errors import HistoryError
from auditor.history.record import Run
from auditor.history.row import select_runs
from auditor.text import printable, short

_LATEST = re.compile(r"latest(?:~(\d{1,9}))?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][0-9:.]*Z?)?")
_ID = re.compile(r"[0-9a-fA-F-]{4,36}")
_SHOWN = 5


def find_run(connection: sqlite3.Connection, site: str, reference: str) -> Run:
    """The run of the site that `reference` names; raises HistoryError, with the candidates where there are several.

    A date (UTC) names the last run that began in it; which run is the last is the order of storing, not the clock's.
    """
    if match := _LATEST.fullmatch(reference):
        return _nth(connection, site, int(match[1] or 0))
    if _DATE.fullmatch(reference):
        return _dated(connection, site, reference)
    if _ID.fullmatch(reference):
        return _identified(connection, site, reference)
    raise HistoryError(
        f"{printable(short(reference, 60))!r} names no run: say latest, latest~3, a date such as 2026-02-03, "
        "or the first four or more characters of an id"
    )


def _nth(connection: sqlite3.Connection, site: str, back: int) -> Run:
    runs = select_runs(connection, "WHERE site = ? ORDER BY seq DESC LIMIT 1 OFFSET ?", site, back)
    if runs:
        return runs[0]
    count = connection.execute("SELECT count(*) FROM run WHERE site = ?", (site,)).fetchone()[0]
    if count == 0:
        raise HistoryError(f"no run of {printable(site)!r} is stored: `auditor audit` stores one")
    raise HistoryError(f"'latest~{back}' is too far back: {count} runs of {printable(site)!r} are stored")


def _dated(connection: sqlite3.Connection, site: str, reference: str) -> Run:
    start = reference.replace(" ", "T")
    clause = "WHERE site = ? AND substr(started_at, 1, ?) = ? ORDER BY seq DESC LIMIT 1"
    runs = select_runs(connection, clause, site, len(start), start)
    if runs:
        return runs[0]
    before = select_runs(connection, "WHERE site = ? AND started_at < ? ORDER BY started_at DESC LIMIT 1", site, start)
    after = select_runs(connection, "WHERE site = ? AND started_at > ? ORDER BY started_at LIMIT 1", site, start)
    near = " and ".join(run.started_at for run in (*before, *after)) or "none is stored"
    raise HistoryError(f"no run of {printable(site)!r} began at '{reference}' (UTC); the nearest: {near}")


def _identified(connection: sqlite3.Connection, site: str, reference: str) -> Run:
    start = reference.lower()
    clause = "WHERE site = ? AND substr(id, 1, ?) = ? ORDER BY seq DESC"
    runs = select_runs(connection, clause, site, len(start), start)
    if len(runs) == 1:
        return runs[0]
    if not runs:
        raise HistoryError(
            f"no run of {printable(site)!r} has an id that starts with '{reference}': see `auditor history list`"
        )
    shown = ", ".join(f"{run.id} ({run.started_at})" for run in runs[:_SHOWN])
    more = f" and {len(runs) - _SHOWN} more" if len(runs) > _SHOWN else ""
    raise HistoryError(f"'{reference}' starts the ids of {len(runs)} runs: {shown}{more}; say more of it")
