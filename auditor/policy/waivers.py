"""Waivers applied to findings: the failure stays in the report, and says who answers for it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase

from auditor.model.facts.audit import WaiverState
from auditor.model.findings import Finding, WaiverNote
from auditor.model.rules import Outcome, Waiver
from auditor.text import parse_time


def apply_waivers(
    findings: Sequence[Finding], waivers: Sequence[Waiver], rules: frozenset[str], now: datetime
) -> tuple[tuple[Finding, ...], tuple[WaiverState, ...]]:
    """`findings` with the failures that a live waiver covers marked, and how each waiver fared.

    `rules` are the ids of the policy's rules. A waiver whose rule wasn't judged, or knows less than it did, is live:
    nothing was seen that contradicts it.
    """
    states: list[WaiverState] = []
    marked = list(findings)
    for waiver in waivers:
        matched = [index for index, finding in enumerate(marked) if _matches(waiver, finding)]
        covered = [index for index in matched if waiver.content in (None, marked[index].content)]
        state = _state(waiver, marked, rules, now, matched=bool(matched), covered=len(covered) == len(matched))
        states.append(state)
        for index in matched:
            marked[index] = _marked(marked[index], waiver, expired=state.state == "expired", covered=index in covered)
    return tuple(marked), tuple(states)


def _matches(waiver: Waiver, finding: Finding) -> bool:
    if finding.rule_id != waiver.rule or finding.outcome is not Outcome.FAIL:
        return False
    if waiver.subject is not None:
        return finding.subject == waiver.subject
    return any(fnmatchcase(finding.subject, glob) for glob in waiver.subjects)


def _state(
    waiver: Waiver, findings: Sequence[Finding], rules: frozenset[str], now: datetime, *, matched: bool, covered: bool
) -> WaiverState:
    decided = [finding.outcome for finding in findings if finding.rule_id == waiver.rule]
    judged = Outcome.UNKNOWN not in decided and (Outcome.PASS in decided or Outcome.FAIL in decided)
    if waiver.rule not in rules:
        state = "unknown-rule"
    elif now >= parse_time(waiver.expires_at):
        state = "expired"
    elif matched and not covered:
        state = "content-changed"
    else:
        state = "live" if matched or not judged else "unused"
    return WaiverState(
        rule=waiver.rule,
        subject=waiver.subject or ", ".join(waiver.subjects),
        state=state,  # type: ignore[arg-type]  # one of the literals above
        owner=waiver.owner,
        expires=waiver.expires,
        place=str(waiver.place or ""),
    )


def _marked(finding: Finding, waiver: Waiver, *, expired: bool, covered: bool) -> Finding:
    if expired:
        return replace(finding, message=f"{finding.message} (its waiver expired {waiver.expires})")
    if not covered:
        return replace(finding, message=f"{finding.message} (its waiver is for other content)")
    note = WaiverNote(owner=waiver.owner, reason=waiver.reason, expires=waiver.expires)
    return replace(finding, waiver=note)
