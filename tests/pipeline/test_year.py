"""A year of nights, the clock being the only thing that is not real: missed nights, drift that goes and comes back."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.config import Config
from auditor.history.store import History
from auditor.model.facts.local import Local, MainBranch
from auditor.model.findings import Finding
from auditor.model.rules import Outcome, Waiver
from auditor.pipeline.audit import Audited, audit
from auditor.pipeline.collection import Request
from auditor.pipeline.evaluation import Bench, Terms
from auditor.text import time_text

from .conftest import AHEAD, WHOLE, FakeCollector, ahead_of

RULE = "local-main-not-ahead"
START = datetime(2026, 1, 1, 3, tzinfo=UTC)
NIGHTS = 365


@dataclass
class Year:
    """Nights that are counted from 0; each is one audit by the clock of that night."""

    config: Config
    bench: Bench
    folder: Path

    def night(self, number: float, *, drift: bool = False, waivers: tuple[Waiver, ...] = ()) -> Audited:
        now = START + timedelta(days=number)
        clone = _fresh(ahead_of((AHEAD,)) if drift else WHOLE, time_text(now))
        request = Request(
            config=self.config,
            mode="audit",
            timeout=20,
            state=self.folder,
            collectors={"local": FakeCollector(lambda _: clone)},
            clock=lambda: now,
        )
        bench = replace(self.bench, policy=replace(self.bench.policy, waivers=waivers))
        return audit(request, bench, Terms(), self.folder)


def _fresh(clone: Local, moment: str) -> Local:
    assert isinstance(clone.main, MainBranch)
    return replace(clone, observed_at=moment, main=replace(clone.main, tracking_updated_at=moment))


@pytest.fixture
def year(config: Config, bench: Bench, tmp_path: Path) -> Year:
    return Year(config, bench, tmp_path / "state")


def of(audited: Audited, rule: str = RULE) -> list[Finding]:
    return [one for one in audited.report.findings if one.rule_id == rule]


def at(number: float) -> str:
    return time_text(START + timedelta(days=number))


def test_a_failure_says_between_which_nights_it_began(year: Year) -> None:
    year.night(0)
    (new,) = of(year.night(1, drift=True))
    assert (new.clean_at, new.dirty_at) == (at(0), at(1))
    (old,) = of(year.night(2, drift=True))
    assert (old.baseline, old.clean_at, old.dirty_at) == ("unchanged", at(0), at(1))
    (gone,) = [one for one in of(year.night(3)) if one.baseline is not None]
    assert (gone.baseline, gone.clean_at, gone.dirty_at) == ("absent", None, None)
    year.night(4)
    (again,) = of(year.night(5, drift=True))
    assert (again.baseline, again.clean_at, again.dirty_at) == ("new", at(4), at(5))


def test_the_first_night_knows_no_time_at_which_it_was_right(year: Year) -> None:
    (first,) = of(year.night(0, drift=True))
    assert (first.clean_at, first.dirty_at) == (None, at(0))


def test_the_interval_is_stored_and_the_same_in_the_history(year: Year) -> None:
    year.night(0)
    audited = year.night(1, drift=True)
    with History.open(year.folder) as history:
        stored = json.loads(history.report(history.runs("site")[0]))
        (life,) = [one for one in history.lives("site") if one.rule_id == RULE and one.failing]
    (found,) = [one for one in stored["findings"] if one["rule_id"] == RULE]
    assert (found["clean_at"], found["dirty_at"]) == (life.clean_at, life.since) == (at(0), at(1))
    assert of(audited)[0].dirty_at == life.since


def test_a_clock_that_was_set_back_is_told_and_loses_no_run(year: Year) -> None:
    year.night(10)
    back = year.night(5, drift=True)
    (lapse,) = of(back, "audit-runs-regular")
    assert lapse.outcome is Outcome.FAIL
    assert "a clock was set back" in lapse.message
    (found,) = of(back)
    assert found.baseline == "new"
    year.night(11, drift=True)
    with History.open(year.folder) as history:
        assert [run.started_at for run in history.runs("site")] == [at(11), at(5), at(10)]
        assert history.verify() == ()


def test_a_waiver_covers_a_failure_until_its_day_is_over(year: Year) -> None:
    waiver = Waiver(
        rule=RULE, owner="ops@example.net", reason="known", expires="2026-01-04", expires_at=at(2.875), subjects=("*",)
    )
    waived = [bool(of(year.night(number, drift=True, waivers=(waiver,)))[0].waiver) for number in range(5)]
    assert waived == [True, True, True, False, False]
    assert of(year.night(5, drift=True, waivers=(waiver,)), "audit-waivers-live")[0].outcome is Outcome.FAIL


def test_a_year_of_nights(year: Year) -> None:
    """Five nights missed in May, one every other month; drift every tenth night for three nights."""
    missed = {*range(120, 125), 59, 181, 243, 304}
    drifts: Callable[[int], bool] = lambda number: number % 10 in (7, 8, 9)  # noqa: E731
    told: dict[str, list[int]] = {"new": [], "unchanged": [], "absent": [], "missed": []}
    for number in range(NIGHTS):
        if number in missed:
            continue
        audited = year.night(number, drift=drifts(number))
        for finding in of(audited):
            if finding.baseline is not None:
                told[finding.baseline].append(number)
        lapses = of(audited, "audit-runs-regular")
        if lapses[0].outcome is Outcome.FAIL:
            told["missed"].append(number)
            assert any("after a pause" in note for note in audited.report.run.notes)
    went_by = [number for number in range(NIGHTS) if number not in missed]
    assert told["missed"] == [60, 125, 182, 244, 305]
    assert told["new"] == [one for one, last in zip(went_by[1:], went_by, strict=False) if drifts(one) > drifts(last)]
    assert told["absent"] == [
        one for one, last in zip(went_by[1:], went_by, strict=False) if drifts(last) > drifts(one)
    ]
    assert told["unchanged"] == [
        one for one, last in zip(went_by[1:], went_by, strict=False) if drifts(one) and drifts(last)
    ]
    with History.open(year.folder) as history:
        assert len(history.runs("site")) == len(went_by)
        assert history.verify() == ()
        (life,) = [one for one in history.lives("site") if one.rule_id == RULE]
    last = max(number for number in went_by if drifts(number))
    assert life.occurrences == sum(map(drifts, went_by))
    assert last == 359
    assert life.resolved_at == at(360)
