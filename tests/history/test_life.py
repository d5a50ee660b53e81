"""The life of a finding: intervals, repair, recurrence, and what was not observed is not gone."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.history.life import Past, changed_lives
from auditor.history.record import FindingState, Judgement

X = "local:file:x"


@pytest.fixture
def life_after(history, store_night, site):
    """The life of X after nights, each an outcome or None for one that does not mention it; `…?` is incomplete."""

    def after(*nights):
        for number, outcome in enumerate(nights):
            complete = not (outcome or "").endswith("?")
            word = (outcome or "").rstrip("?")
            store_night(history, number, {X: word} if word else {}, complete=complete)
        assert history.verify() == ()
        return next((life for life in history.lives(site) if life.subject == X), None)

    return after


def test_drift_lies_between_last_seen_clean_and_first_seen_dirty(life_after, start_of):
    life = life_after(None, None, "fail", "fail")
    assert (life.clean_at, life.since) == (start_of(1), start_of(2))
    assert (life.first_seen, life.last_seen, life.occurrences) == (start_of(2), start_of(3), 2)
    assert life.failing


def test_a_failure_of_the_first_night_was_never_seen_clean(life_after, start_of):
    life = life_after("fail")
    assert (life.clean_at, life.since) == (None, start_of(0))


def test_an_incomplete_night_proves_nothing_clean(life_after, start_of):
    life = life_after(None, "?", "fail")
    assert life.clean_at == start_of(0)


def test_a_repaired_failure_has_the_night_of_its_repair(life_after, start_of):
    life = life_after("fail", None, None)
    assert not life.failing
    assert life.resolved_at == start_of(1)
    assert life.outcome == "pass"


def test_what_was_not_observed_is_not_gone(life_after, history, site):
    life = life_after("fail", "?")
    assert life.failing
    assert life.fingerprint in history.last_judgement(site)["some-rule"].failing


def test_an_element_seen_right_under_an_incomplete_rule_is_repaired(life_after, start_of):
    life = life_after("fail", "pass?")
    assert not life.failing
    assert life.resolved_at == start_of(1)


def test_a_failure_that_comes_back_begins_a_new_interval_of_the_same_life(life_after, start_of):
    life = life_after("fail", None, None, "fail")
    assert (life.first_seen, life.clean_at, life.since) == (start_of(0), start_of(2), start_of(3))
    assert life.failing
    assert life.resolved_at is None
    assert life.occurrences == 2


def test_an_unknown_night_ends_no_failure_and_counts_its_own_nights(life_after, start_of):
    life = life_after("fail", "unknown", "unknown")
    assert life.failing
    assert (life.outcome, life.outcome_since, life.last_seen) == ("unknown", start_of(1), start_of(2))
    assert life.since == start_of(0)


def test_an_unknown_night_is_not_a_clean_one(life_after, start_of):
    life = life_after(None, "unknown", "fail")
    assert (life.clean_at, life.since) == (start_of(0), start_of(2))


def test_an_element_that_only_passes_has_no_life(life_after):
    assert life_after("pass", "pass") is None


def test_lives_of_two_sites_are_apart(history, store_night, site):
    store_night(history, 1, {X: "fail"})
    store_night(history, 2, {}, site="other")
    assert history.lives(site)[0].failing
    assert history.lives("other") == ()


nights = st.lists(
    st.tuples(st.booleans(), st.dictionaries(st.sampled_from("abc"), st.sampled_from(["fail", "unknown", "pass"]))),
    max_size=12,
)


@given(nights)
def test_a_life_is_what_the_nights_say_of_its_element(story):
    past = Past()
    for number, (complete, outcomes) in enumerate(story):
        at = f"{number:04d}"
        findings = [_state(subject, outcome) for subject, outcome in outcomes.items()]
        changed = changed_lives(past, findings, [Judgement(rule_id="r", complete=complete)], at)
        lives = {**past.lives, **{life.fingerprint: life for life in changed}}
        past = Past(lives=lives, complete_at={"r": at if complete else past.complete_at.get("r")})
    for subject in "abc":
        _compare(story, subject, past.lives.get(_state(subject, "fail").fingerprint))


def _compare(story, subject, life):
    # what each night says, in full: an element that a complete night does not name was right or was not there
    said = [outcomes.get(subject, "pass" if complete else None) for complete, outcomes in story]
    troubled = [number for number, word in enumerate(said) if word in ("fail", "unknown")]
    assert (life is None) == (not troubled)
    if life is None:
        return
    decisive = [word for word in said if word in ("fail", "pass")]
    assert life.failing == (decisive[-1:] == ["fail"])
    assert life.occurrences == said.count("fail")
    assert life.first_seen == f"{troubled[0]:04d}"
    if life.failing:
        since = max(n for n, word in enumerate(said) if word == "fail" and _first_since_clean(said, n))
        assert life.since == f"{since:04d}"
        # before its first sighting an element was only ever clean by a complete night
        clean = [n for n in range(since) if said[n] == "pass" and (n > troubled[0] or story[n][0])]
        assert life.clean_at == (f"{clean[-1]:04d}" if clean else None)


def _first_since_clean(said, number):
    earlier = [word for word in said[:number] if word in ("fail", "pass")]
    return earlier[-1:] != ["fail"]


def _state(subject, outcome):
    return FindingState(
        fingerprint=hashlib.sha256(subject.encode()).hexdigest(),
        rule_id="r",
        invariant="audit",
        severity="low",
        subject=subject,
        outcome=outcome,
        waived=False,
        message="",
    )
