"""Old runs go, the proof of them stays."""

import json
import sqlite3

import pytest

from auditor.errors import HistoryError
from auditor.history.chain import merkle_root
from auditor.history.store import History

AT = "2026-06-01T00:00:00Z"


@pytest.fixture
def nights(history, store_night):
    return [store_night(history, night) for night in range(6)]


def test_what_started_before_the_moment_goes_and_the_history_stays_whole(history, nights, site):
    assert history.prune(site, before=nights[4].started_at, at=AT) == 4
    assert history.runs(site) == (nights[5], nights[4])
    assert history.verify() == ()
    with pytest.raises(HistoryError, match="gone"):
        history.snapshot(nights[0])


def test_the_chain_keeps_the_merkle_root_of_what_went(history, nights, site):
    hashes = [record.hash for record in history.records("run")]
    history.prune(site, before=nights[3].started_at, at=AT)
    (record,) = history.records("prune")
    assert record.at == AT
    body = json.loads(record.body)
    assert (body["count"], body["merkle_root"]) == (3, merkle_root(hashes[:3]))
    assert [entry.hash for entry in history.records("run")] == hashes


def test_the_last_run_of_a_site_never_goes(history, nights, site):
    assert history.prune(site, before="2999-01-01T00:00:00Z", at=AT) == 5
    assert history.runs(site) == (nights[5],)
    assert history.prune(site, before="2999-01-01T00:00:00Z", at=AT) == 0
    assert len(history.records("prune")) == 1
    assert history.verify() == ()


def test_other_sites_keep_their_runs(history, nights, store_night, site):
    other = store_night(history, 0, site="other", id="019b76da-ffff-7000-8000-000000000000")
    history.prune(site, before="2999-01-01T00:00:00Z", at=AT)
    assert history.runs("other") == (other,)
    assert history.snapshot(other)


def test_pruning_again_and_again_with_the_clock_set_back_stays_whole(history, nights, store_night, site):
    store_night(history, 60)
    store_night(history, 2, id="019b76da-eeee-7000-8000-000000000000")
    for moment in ("2026-01-03", "2026-01-05", "2026-02-20"):
        history.prune(site, before=moment, at=AT)
        store_night(history, int(moment[5:7]) * 40 + int(moment[8:]))
        assert history.verify() == ()


def test_a_run_that_goes_after_a_pruning_is_missed(history, folder, nights, site):
    history.prune(site, before=nights[2].started_at, at=AT)
    history.close()
    connection = sqlite3.connect(folder / "history.sqlite")
    connection.execute("DELETE FROM run WHERE id = ?", (nights[3].id,))
    connection.commit()
    connection.close()
    with History.open(folder) as again:
        assert any(nights[3].id in line and "was not pruned" in line for line in again.verify())


def test_a_forged_record_of_a_pruning_proves_nothing(history, folder, nights, site):
    history.close()
    connection = sqlite3.connect(folder / "history.sqlite")
    connection.execute("DELETE FROM run WHERE id = ?", (nights[3].id,))
    connection.commit()
    connection.close()
    with History.open(folder) as again:
        with pytest.raises(HistoryError, match="alone"):
            again.append("prune", {"site": site, "before": "2027", "count": 1, "merkle_root": "0" * 64}, at=AT)
        assert again.verify()


def test_long_repaired_findings_are_forgotten_and_open_ones_are_not(history, store_night, site):
    store_night(history, 0, {"local:file:repaired": "fail", "local:file:unseen": "fail"})
    store_night(history, 1, {"local:file:repaired": "pass"}, complete=False)
    for night in range(2, 6):
        store_night(history, night, complete=False)
    history.prune(site, before="2026-01-05", at=AT)
    assert [life.subject for life in history.lives(site)] == ["local:file:unseen"]
    assert history.lives(site)[0].failing
    assert history.verify() == ()


def test_pruning_gives_the_disk_its_room_back(history, folder, store_night, site):
    for night in range(6):
        noise = "".join(f"{(night + 1) * number * 2654435761 % 2**32:08x}" for number in range(50_000))
        store_night(history, night, snapshot=noise)
    history.close()
    before = (folder / "history.sqlite").stat().st_size
    with History.open(folder) as again:
        again.prune(site, before="2999", at=AT)
    assert (folder / "history.sqlite").stat().st_size < before / 3
