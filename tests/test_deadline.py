"""The time of a run: what a sleeping machine takes to wake is granted apart, and no more of it than is granted."""

import time

import pytest

from auditor.errors import SourceError
from auditor.interfaces import Deadline


def test_without_patience_waking_costs_as_much_as_anything_else() -> None:
    deadline = Deadline.after(0.2)
    with deadline.asleep():
        time.sleep(0.25)
        assert deadline.remaining() == 0.0
    with pytest.raises(SourceError):
        deadline.check()


def test_a_machine_that_wakes_in_time_costs_nothing() -> None:
    deadline = Deadline.after(50, patience=60)
    with deadline.asleep() as woke:
        before = deadline.remaining()
        time.sleep(0.3)
        assert deadline.remaining() == pytest.approx(before, abs=0.001)
        woke()
        assert deadline.remaining() <= before
        time.sleep(0.3)
    assert deadline.remaining() < before - 0.29


def test_a_machine_that_does_not_wake_costs_what_is_beyond_its_patience() -> None:
    began, deadline = time.monotonic(), Deadline.after(50, patience=0.2)
    with deadline.asleep():
        time.sleep(0.5)
        left = deadline.remaining()
        assert 50 - (time.monotonic() - began) + 0.19 < left < 49.71
    assert deadline.remaining() <= left

    deadline = Deadline.after(0.1, patience=0.2)
    with deadline.asleep():
        time.sleep(0.5)
        assert deadline.remaining() == 0.0


def test_patience_is_spent_once() -> None:
    deadline = Deadline.after(5, patience=0.2)
    for _ in range(3):
        with deadline.asleep():
            time.sleep(0.2)
    assert deadline.remaining() < 4.7


def test_a_machine_may_wake_for_as_long_as_it_is_granted_and_what_is_left_allows() -> None:
    assert Deadline.after(120).waking(60, reserve=2) == 60
    assert Deadline.after(20).waking(60, reserve=2) == pytest.approx(18, abs=5)
    assert Deadline.after(20, patience=60).waking(60, reserve=2) == 60
    assert Deadline.after(0.01, patience=0).waking(60, reserve=2) == 0
