"""Runs go in whole and come out as they were."""

import json
import sqlite3
import stat
from pathlib import Path

import pytest

from auditor.errors import HistoryError
from auditor.history.record import FindingState, Judgement
from auditor.history.store import History


def count(folder, table):
    connection = sqlite3.connect(folder / "history.sqlite")
    try:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    finally:
        connection.close()


def test_a_stored_run_is_read_back_as_it_was(history, folder, store_night, site):
    text = '{"branch":"h\u00e9t\\u0000\udcff\U0001f600"}'
    run = store_night(history, 1, snapshot=text, report="{\r\n}", policy="schema: 1\n")
    with History.open(folder, create=False) as other:
        found = other.latest(site)
        assert found == run
        assert other.snapshot(found) == text
        assert other.report(found) == "{\r\n}"
        assert other.policy(found) == "schema: 1\n"
        assert other.verify() == ()


def test_a_run_without_a_policy_text_has_none(history, store_night):
    assert history.policy(store_night(history, 1)) is None


def test_a_lone_surrogate_in_a_finding_is_stored_as_an_escape(history, store_night, make_state, site):
    store_night(history, 1, findings=[make_state("local:branch:x")], host="h\udcff")
    (life,) = history.lives(site)
    assert life.subject == "local:branch:x"
    assert history.latest(site).host == "h\\udcff"
    assert history.verify() == ()


def test_nights_with_the_same_snapshot_take_one_row(history, folder, store_night):
    for night in range(5):
        store_night(history, night, snapshot='{"same":true}', report='{"same":"report"}')
    assert count(folder, "blob") == 2
    assert count(folder, "run") == 5


def test_the_history_is_private(history, folder, store_night):
    store_night(history, 1)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = sorted(folder.iterdir())
    assert len(files) == 3  # the file, its write-ahead log, its index
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_history_that_others_may_read_is_made_private_again(history, folder):
    history.close()
    (folder / "history.sqlite").chmod(0o644)
    with History.open(folder):
        assert stat.S_IMODE((folder / "history.sqlite").stat().st_mode) == 0o600


def test_a_run_is_on_the_disk_before_it_is_said_to_be_stored(history):
    # 2 is FULL: the write-ahead log is synchronised at each commit
    assert history._connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert history._connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_run_that_is_already_stored_is_refused_and_changes_nothing(history, store_night, site):
    store_night(history, 1)
    head = history.head()
    with pytest.raises(HistoryError, match="already stored"):
        store_night(history, 1, {"local:file:x": "fail"})
    assert history.head() == head
    assert history.lives(site) == ()


def test_a_run_that_names_another_snapshot_is_refused(history, make_run):
    with pytest.raises(HistoryError, match="another snapshot"):
        history.store(make_run(1, snapshot="{}"), snapshot="[]", report="{}", findings=[], judged=[])


class Interrupted(list[FindingState]):
    """Findings of which the second can't be had."""

    def __iter__(self):
        yield self[0]
        raise KeyboardInterrupt


def test_an_interrupted_run_leaves_nothing_behind(history, folder, store_night, make_state, site):
    store_night(history, 1)
    head = history.head()
    with pytest.raises(KeyboardInterrupt):
        store_night(history, 2, findings=Interrupted([make_state("local:file:x")]), policy="schema: 1")
    assert history.head() == head
    assert [run.started_at for run in history.runs(site)] == ["2026-01-02T02:00:00Z"]
    assert count(folder, "blob") == 2
    assert history.verify() == ()
    store_night(history, 2)
    assert len(history.runs(site)) == 2


def test_runs_are_found_by_site_mode_and_moment(history, store_night, site):
    first, gate = store_night(history, 1), store_night(history, 2, mode="gate")
    other = store_night(history, 3, site="other")
    assert history.runs(site) == (gate, first)
    assert history.runs(site, limit=1) == (gate,)
    assert history.latest(site, mode="audit") == first
    assert history.latest(site, before=gate.started_at) == first
    assert history.latest("other") == other
    assert history.latest("nobody") is None


def test_with_the_clock_set_back_the_last_run_is_the_one_stored_last(history, store_night, site):
    store_night(history, 20)
    back = store_night(history, 3)
    assert history.latest(site) == back


def test_each_rule_has_the_last_run_that_judged_it(history, make_run, make_state, site):
    def store(night, rules, findings=()):
        run = make_run(night)
        judged = [Judgement(rule_id=rule, complete=True) for rule in rules]
        history.store(run, snapshot="{}", report="{}", findings=findings, judged=judged)
        return run

    first = store(1, ["a", "b"], [make_state("local:file:x", rule_id="a")])
    second = store(2, ["b"])
    last = history.last_judgement(site)
    assert {rule: judgement.run_id for rule, judgement in last.items()} == {"a": first.id, "b": second.id}
    assert [life.subject for life in last["a"].failing.values()] == ["local:file:x"]
    assert not last["b"].failing
    assert history.last_judgement("other") == {}


def test_a_record_of_another_kind_is_kept_in_the_chain(history, store_night):
    store_night(history, 1)
    head = history.append("override", {"reason": "fire", "until": "2026-01-02"}, at="2026-01-02T10:00:00Z")
    (record,) = history.records("override")
    assert record.hash == head == history.head()
    assert record.body == '{"reason":"fire","until":"2026-01-02"}'
    assert [entry.kind for entry in history.records()] == ["run", "override"]


def test_a_reason_that_is_not_utf_8_is_kept_without_loss(history):
    history.append("override", {"reason": "feu\udcff \u00e9"}, at="2026-01-02T10:00:00Z")
    assert json.loads(history.records("override")[0].body) == {"reason": "feu\udcff \u00e9"}
    assert history.verify() == ()


def test_a_record_of_a_run_is_written_by_storing_alone(history):
    with pytest.raises(HistoryError, match="alone"):
        history.append("run", {}, at="2026-01-02T10:00:00Z")


def test_a_closed_history_says_so_in_one_line(history, store_night, site):
    history.close()
    with pytest.raises(HistoryError, match="closed") as raised:
        history.latest(site)
    assert "\n" not in str(raised.value)


def test_the_report_of_a_pruned_run_is_said_to_be_gone(history, make_run):
    with pytest.raises(HistoryError, match="pruned"):
        history.report(make_run(1))


def test_no_descriptor_stays_open(folder, store_night):
    before = len(list(Path("/dev/fd").iterdir()))
    with History.open(folder) as history:
        store_night(history, 1)
    assert len(list(Path("/dev/fd").iterdir())) == before
