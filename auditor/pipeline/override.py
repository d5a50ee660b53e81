"""A gate that somebody overrode: written to the chain when it happens, and read by the next audit as what it was."""

import getpass
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from auditor.frozen import frozen
from auditor.history.chain import body_of
from auditor.history.record import ChainRecord
from auditor.history.store import History
from auditor.model.codec import DecodeError, decode, encode
from auditor.model.facts.earlier import SeenOverride
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING
from auditor.model.report import Report
from auditor.model.rules import Outcome, Severity
from auditor.text import printable, short

KIND = "override"
_RULE = "audit-overrides-none"
_LONGEST_REASON = 500
_UNREAD = SeenOverride(
    run="unreadable",
    at="1970-01-01T00:00:00Z",
    stage="deploy",
    verdict="unknown",
    reason="its record can't be read: auditor history verify",
    until="1970-01-01T00:00:00Z",
    by="unknown",
)


@frozen
class Override:
    """What `--override REASON --until TIME` says; `until` is RFC 3339, UTC."""

    reason: str
    until: str


def record_override(folder: Path, override: Override, snapshot: Snapshot, report: Report, fail_on: Severity) -> None:
    """Write down who went past the gate and why; raises HistoryError, and then nobody did."""
    target = snapshot.target
    commit = MISSING if target is MISSING else target.commit
    slot = None if target is MISSING else target.slot
    seen = SeenOverride(
        run=report.run.id,
        at=report.run.finished_at,
        stage="deploy" if target is MISSING else target.stage,
        verdict=report.verdict,
        reason=short(printable(override.reason), _LONGEST_REASON),
        until=override.until,
        by=f"{_user()} on {socket.gethostname()}",
        commit=None if commit is MISSING else commit,
        slot=None if slot is MISSING else slot,
        failed=tuple(dict.fromkeys(_speaking(report, fail_on))),
    )
    with History.open(folder) as history:
        history.append(KIND, {"site": report.run.site, **encode(seen)}, at=report.run.finished_at)


def overrides_since(history: History, site: str) -> tuple[SeenOverride, ...]:
    """Those of the site since the last stored audit that looked for them; one that can't be read is among them."""
    last = history.last_judgement(site).get(_RULE)
    records = history.records_after(None if last is None else last.run_id, KIND)
    return tuple(_numbered(records, site))


def _numbered(records: tuple[ChainRecord, ...], site: str) -> Iterator[SeenOverride]:
    for record in records:
        try:
            body = body_of(record)
        except ValueError:
            body = {"site": site}
        if body.pop("site", site) != site:
            continue
        seen = replace(_UNREAD, run=f"record-{record.seq}")
        with suppress(DecodeError):
            seen = decode(SeenOverride, body)
        yield seen


def _speaking(report: Report, fail_on: Severity) -> Iterator[str]:
    """The rules that kept the gate shut."""
    for finding in report.findings:
        told = finding.outcome in (Outcome.FAIL, Outcome.UNKNOWN) and finding.waiver is None
        if told and finding.severity.weight >= fail_on.weight:
            yield finding.rule_id


def _user() -> str:
    try:
        return printable(getpass.getuser())
    except (KeyError, OSError):  # a container's user may have no name
        return "an unnamed user"
