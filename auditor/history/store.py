"""The history of the sites in one folder: runs are stored whole or not at all, addressed, verified and pruned."""

import dataclasses
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from auditor.errors import HistoryError
from auditor.history import blob, chain, row, state
from auditor.history.address import find_run
from auditor.history.database import FILE, NetworkCheck, explained, open_database, transaction
from auditor.history.filesystem import network_file_system
from auditor.history.prune import prune_runs
from auditor.history.record import Body, ChainRecord, FindingLife, FindingState, Judgement, LastJudgement, Run
from auditor.history.verification import problems

_OWN_KINDS = ("run", "prune")
T = TypeVar("T", Run, FindingState, Judgement)


class History:
    """The stored runs of a folder; it belongs to the thread that opened it, and to many processes at once."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def open(cls, folder: Path, *, create: bool = True, network: NetworkCheck = network_file_system) -> Self:
        """The history in `folder`, made where there is none and `create` says so.

        Raises HistoryUnwritableError where it can't be reached, HistoryError on a network file system and for a file
        that is damaged, another program's, or of a newer version.
        """
        return cls(open_database(folder, create=create, network=network), folder / FILE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        with explained(self._path):
            self._connection.close()

    def store(
        self,
        run: Run,
        *,
        snapshot: str,
        report: str,
        findings: Sequence[FindingState],
        judged: Sequence[Judgement],
        policy: str | None = None,
    ) -> str:
        """Store a run in one transaction and return the chain's new head; it is on the disk when this returns.

        `findings` are those that fail or are unknown, and those that the report lists as `absent`, with outcome
        `pass`; texts are JSON as the caller wrote it.
        """
        run = _storable(run)
        if blob.text_sha256(snapshot) != run.snapshot_sha256:
            raise HistoryError(
                f"run '{run.id}' names another snapshot than the one given: hash the text that is stored"
            )
        with self._writing():
            if row.select_runs(self._connection, "WHERE id = ?", run.id):
                raise HistoryError(f"run '{run.id}' is already stored")
            blob.put(self._connection, snapshot)
            body = row.run_body(
                run,
                report_blob=blob.put(self._connection, report),
                policy_blob=None if policy is None else blob.put(self._connection, policy),
            )
            state.advance(
                self._connection, run, [_storable(item) for item in findings], [_storable(item) for item in judged]
            )
            standing = {"state_sha256": state.digest(self._connection, run.site)}
            record = chain.append(self._connection, "run", {**body, **standing}, at=run.finished_at)
            row.insert_run(self._connection, record.seq, body)
        return record.hash

    def append(self, kind: str, body: Body, *, at: str) -> str:
        """Add a record of another kind (`waiver`, `policy`, `override`, `anchor`) and return the chain's new head."""
        if kind in _OWN_KINDS:
            raise HistoryError(f"a record of kind {kind!r} is written by storing or pruning alone")
        with self._writing():
            return chain.append(self._connection, kind, body, at=at).hash

    def latest(self, site: str, *, mode: str | None = None, before: str | None = None) -> Run | None:
        """The run of the site stored last, of one mode, that started before a moment."""
        found = self.runs(site, limit=1, mode=mode, before=before)
        return found[0] if found else None

    def runs(
        self,
        site: str,
        *,
        limit: int | None = None,
        mode: str | None = None,
        before: str | None = None,
        preceding: str | None = None,
    ) -> tuple[Run, ...]:
        """The runs of the site, the one stored last first: those that started `before` a moment, or that were stored
        earlier than the run whose id is `preceding`.
        """
        asked = {
            "site = ?": site,
            "mode = ?": mode,
            "started_at < ?": before,
            "seq < (SELECT seq FROM run WHERE id = ?)": preceding,
        }
        given = {clause: value for clause, value in asked.items() if value is not None}
        query = f"WHERE {' AND '.join(given)} ORDER BY seq DESC LIMIT ?"
        with explained(self._path):
            return tuple(row.select_runs(self._connection, query, *given.values(), -1 if limit is None else limit))

    def find(self, site: str, reference: str) -> Run:
        """The run that `latest`, `latest~3`, a date or the start of an id names; HistoryError names the candidates."""
        with explained(self._path):
            return find_run(self._connection, site, reference)

    def snapshot(self, run: Run) -> str:
        """The snapshot as it was stored."""
        with explained(self._path):
            return blob.get(self._connection, run.snapshot_sha256)

    def report(self, run: Run) -> str:
        """The report as it was stored."""
        with self._reading():
            return blob.get(self._connection, row.blob_keys(self._connection, run)[0])

    def policy(self, run: Run) -> str | None:
        """The policy as it was stored; None where it was not."""
        with self._reading():
            key = row.blob_keys(self._connection, run)[1]
            return None if key is None else blob.get(self._connection, key)

    def lives(self, site: str) -> tuple[FindingLife, ...]:
        """All findings that the site ever had, by rule and subject."""
        with explained(self._path):
            return tuple(state.lives(self._connection, site))

    def last_judgement(self, site: str) -> dict[str, LastJudgement]:
        """The last judgement of each rule that was ever judged, by rule, with what fails since: the baseline."""
        with self._reading():
            return state.last_judgements(self._connection, site)

    def records(self, kind: str | None = None) -> tuple[ChainRecord, ...]:
        """The chain's records in their order, of one kind or of all."""
        with explained(self._path):
            return tuple(chain.records(self._connection, kind))

    def records_after(self, run_id: str | None, kind: str) -> tuple[ChainRecord, ...]:
        """The records of one kind that were written after a run; all of them where that run is not stored (any more).

        The chain's order counts: a clock may have been set back in between.
        """
        with explained(self._path):
            return tuple(chain.records_after(self._connection, row.number_of(self._connection, run_id), kind))

    def head(self) -> str:
        """The hash of the last record, to be kept elsewhere."""
        with explained(self._path):
            last = chain.head(self._connection)
        return last.hash if last else chain.GENESIS

    def verify(self, *, head: str | None = None) -> tuple[str, ...]:
        """What is damaged, the first broken record of the chain by name; `head` is one that was kept elsewhere."""
        with self._reading():
            return tuple(problems(self._connection, head))

    def prune(self, site: str, *, before: str, at: str) -> int:
        """Remove the site's runs that started before a moment, its last one excepted, and return how many went.

        The chain keeps their records and the Merkle root of them.
        """
        with self._writing():
            count = prune_runs(self._connection, site, before=before, at=at)
        with explained(self._path):
            # as a script, for execute() would stop after the first page
            self._connection.executescript("PRAGMA incremental_vacuum")
        return count

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with explained(self._path), transaction(self._connection, writing=True):
            yield

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with explained(self._path), transaction(self._connection, writing=False):
            yield


def _storable(item: T) -> T:
    """The item with every lone surrogate, which SQLite refuses, shown as an escape."""
    texts: dict[str, Any] = {
        field.name: value.encode("utf-8", "backslashreplace").decode()
        for field in dataclasses.fields(item)
        if isinstance(value := getattr(item, field.name), str)
    }
    return dataclasses.replace(item, **texts)
