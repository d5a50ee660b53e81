"""Old runs removed, and the proof of what they were left in the chain."""

import sqlite3
from collections.abc import Mapping

from auditor.history import blob, chain, row, state
from auditor.history.record import Body


def prune_runs(connection: sqlite3.Connection, site: str, *, before: str, at: str) -> int:
    """Remove the site's runs that started before a moment, and return how many; the caller holds the transaction."""
    gone = prunable(row.run_bodies(connection), site, before)
    if not gone:
        return 0
    row.delete_runs(connection, gone)
    blob.sweep(connection)
    state.forget(connection, site, before)
    hashes = {record.seq: record.hash for record in chain.records(connection, "run")}
    body = {
        "site": site,
        "before": before,
        "count": len(gone),
        "merkle_root": chain.merkle_root([hashes[seq] for seq in gone]),
        "state_sha256": state.digest(connection, site),
    }
    chain.append(connection, "prune", body, at=at)
    return len(gone)


def prunable(runs: Mapping[int, Body], site: str, before: str) -> list[int]:
    """The numbers of the site's runs that started before a moment, in order; never its last run.

    Verification asks the same of the chain's records, so what went needs no list of its own.
    """
    own = sorted(seq for seq, body in runs.items() if body.get("site") == site)
    return [seq for seq in own[:-1] if str(runs[seq].get("started_at")) < before]
