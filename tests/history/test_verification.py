"""Whoever edits the file is found, wherever he does it."""

import sqlite3
import zlib

import pytest

from auditor.errors import HistoryError
from auditor.history.blob import LIMIT
from auditor.history.store import History


@pytest.fixture
def stored(history, folder, store_night, site):
    """Four nights of one site and one of another, with a failure, closed."""
    for night in range(4):
        store_night(history, night, {"local:file:x": "fail"} if night == 1 else {})
    store_night(history, 9, site="other")
    assert history.verify() == ()
    history.close()
    return folder


def tamper(folder, *statements):
    """Edit the file as its owner could: the triggers go, and come back as they were."""
    connection = sqlite3.connect(folder / "history.sqlite", isolation_level=None)
    try:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(*((statement,) if isinstance(statement, str) else statement))
        for _, sql in triggers:
            connection.execute(sql)
    finally:
        connection.close()


def verified(folder, **options):
    with History.open(folder) as history:
        return history.verify(**options)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE chain SET body = replace(body, 'compliant', 'non-compliant') WHERE seq = 2", "record 2 (run, "),
        ("UPDATE chain SET at = '2020-01-01T00:00:00Z' WHERE seq = 3", "record 3 (run, 2020"),
        ("UPDATE chain SET kind = 'waiver' WHERE seq = 3", "record 3 (waiver, "),
        ("UPDATE chain SET prev = hash WHERE seq = 3", "record 3 (run, "),
        ("DELETE FROM chain WHERE seq = 2", "record 2 is gone"),
        ("DELETE FROM chain WHERE seq = 1", "record 1 is gone"),
        ("UPDATE run SET verdict = 'non-compliant' WHERE seq = 2", "(record 2) was changed: verdict"),
        ("UPDATE run SET host = 'x', counts = '{}' WHERE seq = 5", "(record 5) was changed: counts, host"),
        ("UPDATE run SET policy_blob = snapshot_sha256 WHERE seq = 1", "(record 1) was changed: policy_blob"),
        ("DELETE FROM run WHERE seq = 4", "(record 4) is gone, and was not pruned"),
        ("UPDATE finding_state SET since = '2020-01-01T00:00:00Z'", "findings or judgements of 'example-site'"),
        ("DELETE FROM finding_state", "findings or judgements of 'example-site'"),
        ("UPDATE judgement SET complete_at = NULL WHERE site = 'other'", "findings or judgements of 'other'"),
        ("INSERT INTO judgement VALUES ('third', 'r', 'i', 'a', NULL)", "findings or judgements of 'third'"),
        ("UPDATE judgement SET at = x'00'", "findings or judgements of 'example-site'"),
        ("DELETE FROM blob", "is gone"),
        ("UPDATE blob SET bytes = x'00'", "is not what was stored"),
        ("UPDATE blob SET size = 1", "is not what was stored"),
        (("INSERT INTO blob VALUES (?, 1, ?)", ("0" * 64, zlib.compress(b"x"))), "belongs to no run"),
        ("CREATE TRIGGER mine AFTER INSERT ON run BEGIN DELETE FROM blob; END", "trigger mine"),
        ("ALTER TABLE run ADD COLUMN mine", "table run is not as auditor makes it"),
        ("DROP TABLE finding_state", "table finding_state is not as auditor makes it"),
        ("DROP INDEX run_site", "index run_site"),
    ],
)
def test_an_edit_is_found_and_named(stored, statement, problem):
    tamper(stored, "PRAGMA foreign_keys = OFF", statement)
    assert any(problem in line for line in verified(stored))


def test_the_first_broken_record_is_named_and_no_later_one(stored):
    tamper(stored, "UPDATE chain SET body = '{}' WHERE seq IN (2, 3, 4)")
    lines = [line for line in verified(stored) if "record" in line]
    assert len(lines) == 1
    assert lines[0].startswith("record 2 ")


def test_a_row_without_a_record_is_found(stored):
    columns = "seq, id, site, started_at, finished_at, mode, tool_version, policy_sha256, snapshot_sha256, verdict"
    tamper(
        stored,
        f"INSERT INTO run ({columns}, counts, host, report_blob) SELECT 99, 'forged', {columns[9:]}, counts, host, "
        "report_blob FROM run WHERE seq = 1".replace("SELECT 99, 'forged', id, ", "SELECT 99, 'forged', "),
    )
    assert "run forged stands in the table, and in no record" in verified(stored)


def test_a_trigger_that_was_dropped_is_missed(stored):
    connection = sqlite3.connect(stored / "history.sqlite")
    connection.execute("DROP TRIGGER chain_no_delete")
    connection.close()
    assert verified(stored) == ("trigger chain_no_delete is not as auditor makes it",)


def test_an_end_that_was_cut_off_is_found_by_a_head_kept_elsewhere(stored):
    with History.open(stored) as history:
        kept, earlier = history.head(), history.records()[1].hash
        assert history.verify(head=kept) == ()
    tamper(
        stored,
        "PRAGMA foreign_keys = OFF",
        "DELETE FROM run WHERE seq = 5",
        "DELETE FROM chain WHERE seq = 5",
        "DELETE FROM judgement WHERE site = 'other'",
        "DELETE FROM blob WHERE sha256 NOT IN (SELECT snapshot_sha256 FROM run UNION SELECT report_blob FROM run)",
    )
    assert verified(stored) == ()
    assert verified(stored, head=earlier) == ()
    assert any(kept in line for line in verified(stored, head=kept))


def test_a_damaged_blob_is_not_given_out(stored, site):
    tamper(stored, ("UPDATE blob SET bytes = ?", (zlib.compress(b"{}"),)))
    with History.open(stored) as history, pytest.raises(HistoryError, match="not what was stored"):
        history.snapshot(history.latest(site))


def test_a_blob_that_would_fill_the_memory_is_not_unpacked_without_end(stored, site):
    packed = zlib.compressobj()
    bomb = b"".join(packed.compress(bytes(1 << 20)) for _ in range(LIMIT // (1 << 20) + 1)) + packed.flush()
    tamper(stored, ("UPDATE blob SET bytes = ?", (bomb,)))
    with History.open(stored) as history, pytest.raises(HistoryError, match="not what was stored"):
        history.snapshot(history.latest(site))


def test_a_page_of_rubbish_is_a_problem_and_never_a_crash(stored):
    path = stored / "history.sqlite"
    content = path.read_bytes()
    pages = len(content) // 4096
    for page in range(1, pages):
        path.write_bytes(content[: page * 4096] + b"\xa5" * 4096 + content[(page + 1) * 4096 :])
        try:
            found = verified(stored)
        except HistoryError as error:
            assert "\n" not in str(error)
        else:
            assert found, f"page {page}"


def test_a_history_that_ends_early_is_a_problem_and_never_a_crash(stored):
    path = stored / "history.sqlite"
    content = path.read_bytes()
    for size in (1, 50, 99, 512, 4096, 5000, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        try:
            found = verified(stored)
        except HistoryError as error:
            assert "\n" not in str(error)
        else:
            assert found, f"{size} bytes"
