"""The standing of a site between runs: the lives of its findings and the last judgement of each rule."""

import dataclasses
import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from auditor.history.life import Past, changed_lives
from auditor.history.record import FindingLife, FindingState, Judgement, LastJudgement, Run
from auditor.model.codec import canonical

_LIFE = tuple(field.name for field in dataclasses.fields(FindingLife))
_LIFE_COLUMNS = ", ".join(_LIFE)


def lives(connection: sqlite3.Connection, site: str) -> list[FindingLife]:
    """All findings that the site ever had, by rule and subject."""
    query = f"SELECT {_LIFE_COLUMNS} FROM finding_state WHERE site = ? ORDER BY rule_id, subject"  # noqa: S608 -- our own names
    return [_life(row) for row in connection.execute(query, (site,))]


def last_judgements(connection: sqlite3.Connection, site: str) -> dict[str, LastJudgement]:
    """The last judgement of each rule that was ever judged, by rule."""
    failing: dict[str, dict[str, FindingLife]] = {}
    for life in lives(connection, site):
        if life.failing:
            failing.setdefault(life.rule_id, {})[life.fingerprint] = life
    query = "SELECT rule_id, run_id, at, complete_at FROM judgement WHERE site = ? ORDER BY rule_id"
    return {
        rule_id: LastJudgement(
            rule_id=rule_id, run_id=run_id, at=at, complete_at=complete_at, failing=failing.get(rule_id, {})
        )
        for rule_id, run_id, at, complete_at in connection.execute(query, (site,))
    }


def advance(
    connection: sqlite3.Connection, run: Run, findings: Sequence[FindingState], judged: Sequence[Judgement]
) -> None:
    """Take a run into the site's standing; the caller holds the write transaction."""
    past = Past(
        lives={life.fingerprint: life for life in lives(connection, run.site)},
        complete_at=dict(
            connection.execute("SELECT rule_id, complete_at FROM judgement WHERE site = ?", (run.site,)).fetchall()
        ),
    )
    _write_lives(connection, run.site, changed_lives(past, findings, judged, run.started_at))
    connection.executemany(
        "INSERT INTO judgement (site, rule_id, run_id, at, complete_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (site, rule_id) DO UPDATE SET run_id = excluded.run_id, at = excluded.at, "
        "complete_at = coalesce(excluded.complete_at, complete_at)",
        [
            (run.site, judgement.rule_id, run.id, run.started_at, run.started_at if judgement.complete else None)
            for judgement in judged
        ],
    )


def forget(connection: sqlite3.Connection, site: str, before: str) -> None:
    """Drop the findings that were last seen before a moment and are right since."""
    connection.execute(
        "DELETE FROM finding_state WHERE site = ? AND outcome = 'pass' AND last_seen < ?", (site, before)
    )


def digest(connection: sqlite3.Connection, site: str) -> str:
    """The hash of the site's whole standing, which the chain keeps, so that an edit of it is found."""
    result = hashlib.sha256()
    for table, key in (("finding_state", "fingerprint"), ("judgement", "rule_id")):
        query = f"SELECT * FROM {table} WHERE site = ? ORDER BY {key}"  # noqa: S608 -- our own names
        for row in connection.execute(query, (site,)):
            result.update(canonical(list(row)).encode("utf-8", "surrogatepass") + b"\n")
        result.update(b"\n")
    return result.hexdigest()


def _write_lives(connection: sqlite3.Connection, site: str, changed: Iterable[FindingLife]) -> None:
    marks = ", ".join("?" * (len(_LIFE) + 1))
    connection.executemany(
        f"INSERT OR REPLACE INTO finding_state (site, {_LIFE_COLUMNS}) VALUES ({marks})",  # noqa: S608 -- our own names
        [(site, *(getattr(life, name) for name in _LIFE)) for life in changed],
    )


def _life(row: Sequence[Any]) -> FindingLife:
    values = dict(zip(_LIFE, row, strict=True))
    # SQLite keeps truth as a number
    return FindingLife(**{**values, "waived": bool(values["waived"]), "failing": bool(values["failing"])})
