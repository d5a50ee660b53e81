"""Stored runs as commands address them: the history of this call's site, and what was stored, read back."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from auditor.cli.option import Settings
from auditor.cli.session import Session, open_session
from auditor.errors import HistoryError
from auditor.history.record import Run
from auditor.history.store import History
from auditor.model.codec import DecodeError, decode
from auditor.model.facts.snapshot import Snapshot
from auditor.model.report import Report

T = TypeVar("T")


class Archive:
    """The stored runs of one site."""

    def __init__(self, session: Session, history: History) -> None:
        self.session = session
        self.history = history
        self.site = session.config.id

    def find(self, reference: str) -> Run:
        """The run that `latest`, `latest~3`, a date or the start of an id names; raises HistoryError."""
        return self.history.find(self.site, reference)

    def report(self, run: Run) -> Report:
        """The report as it was stored; raises HistoryError where this version can't read it."""
        return _read(Report, self.history.report(run), run)

    def snapshot(self, run: Run) -> Snapshot:
        """The facts as they were stored; raises HistoryError where this version can't read them."""
        return _read(Snapshot, self.history.snapshot(run), run)


@contextmanager
def open_archive(settings: Settings) -> Iterator[Archive]:
    """The archive of the site that the policy file names, else of the clone that holds this folder."""
    session = open_session(settings)
    with History.open(session.state, create=False) as history:
        yield Archive(session, history)


def _read(cls: type[T], text: str, run: Run) -> T:
    try:
        data: Any = json.loads(text)
        return decode(cls, data)
    except (DecodeError, ValueError, RecursionError) as error:
        raise HistoryError(
            f"run {run.id} was stored by auditor {run.tool_version}, and can't be read by this one: use that version"
        ) from error
