"""How the life of a finding goes on from one run to the next; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from auditor.frozen import frozen
from auditor.history.record import FindingLife, FindingState, Judgement


@frozen
class Past:
    """What is known of the judged rules before a run: lives by fingerprint, the last complete judgement by rule."""

    lives: Mapping[str, FindingLife] = field(default_factory=dict)
    complete_at: Mapping[str, str | None] = field(default_factory=dict)


def changed_lives(
    past: Past, findings: Sequence[FindingState], judged: Sequence[Judgement], at: str
) -> list[FindingLife]:
    """The lives that a run which started at `at` begins or changes.

    A finding that the run does not mention ends where its rule was judged completely, and stays as it is elsewhere:
    what was not observed is not gone.
    """
    lives = []
    for state in findings:
        life = past.lives.get(state.fingerprint)
        if state.outcome == "pass":
            if life is not None:
                lives.append(_ended(_described(life, state), at))
        else:
            lives.append(_seen(life, state, past.complete_at.get(state.rule_id), at))
    complete = {judgement.rule_id for judgement in judged if judgement.complete}
    mentioned = {state.fingerprint for state in findings}
    lives += [
        _ended(life, at)
        for life in past.lives.values()
        if life.rule_id in complete and life.outcome != "pass" and life.fingerprint not in mentioned
    ]
    return lives


def _seen(life: FindingLife | None, state: FindingState, complete_at: str | None, at: str) -> FindingLife:
    if life is None:
        life = _born(state, complete_at, at)
    elif life.outcome == "pass":
        # it was right when it was last seen, and whenever its rule was judged completely without naming it
        life = replace(life, clean_at=max(life.last_seen, complete_at or ""))
    if state.outcome == "fail":
        life = _failed(life, at)
    outcome_since = life.outcome_since if life.outcome == state.outcome else at
    return replace(_described(life, state), outcome=state.outcome, outcome_since=outcome_since, last_seen=at)


def _failed(life: FindingLife, at: str) -> FindingLife:
    occurrences = life.occurrences + 1
    if life.failing:
        return replace(life, occurrences=occurrences)
    return replace(life, occurrences=occurrences, failing=True, since=at, resolved_at=None)


def _ended(life: FindingLife, at: str) -> FindingLife:
    return replace(
        life,
        outcome="pass",
        outcome_since=life.outcome_since if life.outcome == "pass" else at,
        last_seen=at,
        failing=False,
        resolved_at=at if life.failing else life.resolved_at,
    )


def _described(life: FindingLife, state: FindingState) -> FindingLife:
    return replace(
        life,
        rule_id=state.rule_id,
        invariant=state.invariant,
        severity=state.severity,
        subject=state.subject,
        message=state.message,
        waived=state.waived,
    )


def _born(state: FindingState, complete_at: str | None, at: str) -> FindingLife:
    return FindingLife(
        fingerprint=state.fingerprint,
        rule_id=state.rule_id,
        invariant=state.invariant,
        severity=state.severity,
        subject=state.subject,
        message=state.message,
        outcome=state.outcome,
        waived=state.waived,
        failing=False,
        first_seen=at,
        clean_at=complete_at,
        since=None,
        last_seen=at,
        outcome_since=at,
        resolved_at=None,
        occurrences=0,
    )
