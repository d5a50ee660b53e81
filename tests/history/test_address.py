"""References name one run, or say which they could mean."""

import pytest

from auditor.errors import HistoryError


@pytest.fixture
def nights(history, store_night):
    return [store_night(history, night) for night in range(6)]


def test_latest_counts_back_from_the_run_stored_last(history, nights, site):
    assert history.find(site, "latest") == nights[5]
    assert history.find(site, "latest~0") == nights[5]
    assert history.find(site, "latest~3") == nights[2]


def test_too_far_back_says_how_many_there_are(history, nights, site):
    with pytest.raises(HistoryError, match="6 runs"):
        history.find(site, "latest~6")
    with pytest.raises(HistoryError, match="6 runs"):
        history.find(site, "latest~999999999")


def test_a_site_without_runs_says_what_stores_one(history, nights):
    with pytest.raises(HistoryError, match="auditor audit"):
        history.find("other", "latest")


def test_a_date_names_the_last_run_of_that_day(history, nights, store_night, site):
    assert history.find(site, "2026-01-03") == nights[2]
    later = store_night(history, 90, started_at="2026-01-03T21:00:00Z")
    assert history.find(site, "2026-01-03") == later
    assert history.find(site, "2026-01-03T02") == nights[2]
    assert history.find(site, "2026-01-03 02:00") == nights[2]
    assert history.find(site, "2026-01-03T02:00:00Z") == nights[2]


def test_a_day_without_a_run_names_its_neighbours(history, store_night, site):
    store_night(history, 0)
    store_night(history, 4)
    with pytest.raises(HistoryError, match=r"2026-01-01T02:00:00Z and 2026-01-05T02:00:00Z"):
        history.find(site, "2026-01-03")


def test_the_start_of_an_id_names_its_run_in_either_case(history, nights, site):
    assert history.find(site, nights[4].id) == nights[4]
    assert history.find(site, "019B76DA-0004") == nights[4]


def test_an_ambiguous_start_names_the_candidates(history, nights, site):
    with pytest.raises(HistoryError, match="starts the ids of 6 runs") as raised:
        history.find(site, "019b")
    assert nights[5].id in str(raised.value)
    assert nights[1].id in str(raised.value)
    assert str(raised.value).endswith("and 1 more; say more of it")


def test_the_id_of_another_sites_run_is_unknown_here(history, nights, store_night, site):
    other = store_night(history, 77, site="other")
    with pytest.raises(HistoryError, match="history list"):
        history.find(site, other.id)


@pytest.mark.parametrize(
    "reference", ["", "last", "latest~", "latest~-1", "019", "%", "latest\n", "x\x1b[2J", "9" * 99]
)
def test_what_is_no_reference_is_refused_in_one_harmless_line(history, nights, site, reference):
    with pytest.raises(HistoryError, match="names no run") as raised:
        history.find(site, reference)
    assert str(raised.value).isprintable()
