"""What a channel is told: each change once, whatever lies between two runs."""

import pytest

from auditor.config import Config, Limits
from auditor.model.report import Report
from auditor.model.rules import Outcome, Severity, Waiver
from auditor.notify.digest import Change, digest_of, told_of

from .conftest import NOTE, finding, life, night, report

SITE = Config(id="my-site", limits=Limits(unknown_nights=3))


def events(changes: tuple[Change, ...]) -> list[tuple[str, str]]:
    return [(change.event, change.subject) for change in changes]


def changes(now: Report, *lives: object, told: Report | None = None, config: Config = SITE) -> tuple[Change, ...]:
    known = None if told is None else told_of(told)
    return digest_of(now, config, lives, known, None).changes  # type: ignore[arg-type]  # lives are FindingLife


def test_the_first_time_every_failure_is_told() -> None:
    old = finding("a")
    assert events(changes(report(9, old), life(old, since=2))) == [("new", "local:file:a")]


def test_a_failure_that_was_told_is_not_told_again() -> None:
    one = finding("a")
    assert changes(report(5, one), life(one, since=4), told=report(4, one)) == ()


def test_a_failure_that_began_since_is_new_even_if_a_night_was_not_delivered() -> None:
    one = finding("a")
    assert events(changes(report(6, one), life(one, since=5), told=report(4))) == [("new", "local:file:a")]


def test_a_waived_failure_is_not_told_and_is_worse_once_its_waiver_is_gone() -> None:
    waived = finding("a", waiver=NOTE)
    assert changes(report(5, waived), life(waived, since=5), told=report(4)) == ()
    bare = finding("a")
    told = changes(report(6, bare), life(bare, since=5), told=report(5, waived))
    assert events(told) == [("worse", "local:file:a")]
    assert told[0].text == "no longer waived: a is wrong"


def test_a_failure_whose_severity_rose_is_worse_and_one_whose_severity_fell_is_not() -> None:
    low, high = finding("a", severity=Severity.LOW), finding("a", severity=Severity.HIGH)
    known = life(high, since=2)
    assert changes(report(5, high), known, told=report(4, low))[0].text == "high, was low: a is wrong"
    assert changes(report(5, low), known, told=report(4, high)) == ()


def test_what_is_right_again_is_told_once() -> None:
    one = finding("a")
    ended = life(one, since=2, resolved=5)
    assert events(changes(report(5), ended, told=report(4, one))) == [("fixed", "local:file:a")]
    assert changes(report(6), ended, told=report(5)) == ()


def test_what_came_and_went_between_two_tellings_is_not_called_fixed() -> None:
    assert changes(report(6), life(finding("a"), since=5, resolved=6), told=report(4)) == ()


def test_unknowns_of_one_cause_are_one_line_on_the_night_that_the_limit_is_reached() -> None:
    blind = [
        finding(name, Outcome.UNKNOWN, rule_id=f"rule-{name}", message="nas is unavailable", fingerprint="")
        for name in "abc"
    ]
    lives = [life(one, since=None, outcome_since=3) for one in blind]
    assert changes(report(4, *blind), *lives, told=report(3)) == ()
    due = changes(report(5, *blind), *lives, told=report(4))
    assert [(one.event, one.text, one.count) for one in due] == [
        ("unknown", "unknown for 3 nights: nas is unavailable (3 findings)", 3)
    ]
    assert changes(report(6, *blind), *lives, told=report(5)) == ()


@pytest.mark.parametrize(
    ("told", "now", "text"),
    [
        (1, 2, None),
        (3, 4, "the waiver of nas:file:x expires 2026-02-10: ops answers for it"),
        (4, 5, None),
        (10, 11, "the waiver of nas:file:x expired 2026-02-10"),
        (11, 12, None),
    ],
)
def test_a_waiver_is_told_a_week_before_its_end_and_at_its_end(told: int, now: int, text: str | None) -> None:
    waiver = Waiver(
        rule="r", owner="ops", reason="x", expires="2026-02-10", expires_at="2026-02-11T00:00:00Z", subject="nas:file:x"
    )
    config = Config(id="my-site", waivers=(waiver,))
    assert [one.text for one in changes(report(now), told=report(told), config=config)] == ([text] if text else [])


@pytest.mark.parametrize(("previous", "told"), [(None, []), (night(8), []), (night(3), ["missed"])])
def test_a_missed_night_is_told(previous: str | None, told: list[str]) -> None:
    digest = digest_of(report(9), SITE, (), told_of(report(8)), previous)
    assert [one.event for one in digest.changes] == told


def test_the_digest_of_a_channel_holds_its_events_in_their_order() -> None:
    broken, mended = finding("a"), finding("b")
    lives = [life(mended, since=2, resolved=5), life(broken, since=5)]
    whole = digest_of(report(5, broken), SITE, lives, told_of(report(4, mended)), night(1))
    assert [one.event for one in whole.changes] == ["new", "fixed", "missed"]
    assert [one.event for one in whole.of(["fixed"]).changes] == ["fixed"]
