"""What has changed since a channel was last told; pure.

A failure is told once when it begins and once when it ends, whatever lies between: the history says when that was.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from auditor.config import EVENTS, Config
from auditor.history.record import FindingLife
from auditor.model.findings import Finding
from auditor.model.report import Report
from auditor.model.rules import Outcome, Severity, Waiver
from auditor.text import parse_time, span_text

WAIVER_NOTICE = timedelta(days=7)
# a night more than this late was missed (rules.md, audit-runs-regular)
_LATE = 1.5


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line of a digest; `event` is one of config.EVENTS, `count` how many findings it speaks of.

    `rule_id` and `fingerprint` are empty where it speaks of no single finding.
    """

    event: str
    text: str
    rule_id: str = ""
    subject: str = ""
    severity: str = ""
    fingerprint: str = ""
    count: int = 1


@dataclass(frozen=True, kw_only=True)
class Told:
    """The last run that a channel was told of: its start, and how it showed each finding that failed."""

    at: str
    severities: Mapping[str, Severity]
    waived: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Digest:
    """All that one run has to say to one channel, in the order of config.EVENTS."""

    report: Report
    changes: tuple[Change, ...]

    def of(self, events: Sequence[str]) -> "Digest":
        """The part of it that concerns these events."""
        return Digest(report=self.report, changes=tuple(one for one in self.changes if one.event in events))


def told_of(report: Report) -> Told:
    """What a channel knows that was told of `report`."""
    failing = [finding for finding in report.findings if finding.outcome is Outcome.FAIL]
    return Told(
        at=report.run.started_at,
        severities={finding.fingerprint: finding.severity for finding in failing},
        waived=frozenset(finding.fingerprint for finding in failing if finding.waiver is not None),
    )


def digest_of(
    report: Report, config: Config, lives: Sequence[FindingLife], told: Told | None, previous: str | None
) -> Digest:
    """The digest for a channel that was last told of `told` (None: never, and then every failure is new to it).

    `lives` are those that the history holds with this run in it; `previous` is when the audit before this one began.
    """
    known = {life.fingerprint: life for life in lives}
    failing = [finding for finding in report.findings if finding.outcome is Outcome.FAIL and finding.waiver is None]
    changes = [
        *_new(failing, known, told),
        *_worse(failing, known, told),
        *_fixed(lives, told),
        *_unknown(report, config, known, told),
        *_waivers(config.waivers, report.run.started_at, told),
        *_missed(report, config.limits.every, previous),
    ]
    return Digest(report=report, changes=tuple(sorted(changes, key=lambda change: EVENTS.index(change.event))))


def _new(failing: Sequence[Finding], known: Mapping[str, FindingLife], told: Told | None) -> Iterator[Change]:
    return (_change("new", finding) for finding in failing if _began_after(known.get(finding.fingerprint), told))


def _began_after(life: FindingLife | None, told: Told | None) -> bool:
    return told is None or life is None or life.since is None or life.since > told.at


def _worse(failing: Sequence[Finding], known: Mapping[str, FindingLife], told: Told | None) -> Iterator[Change]:
    for finding in failing:
        if told is None or _began_after(known.get(finding.fingerprint), told):
            continue
        before = told.severities.get(finding.fingerprint)
        if finding.fingerprint in told.waived:
            yield _change("worse", finding, "no longer waived: ")
        elif before is not None and before.weight < finding.severity.weight:
            yield _change("worse", finding, f"{finding.severity.value}, was {before.value}: ")


def _fixed(lives: Sequence[FindingLife], told: Told | None) -> Iterator[Change]:
    for life in lives:
        ended = told is not None and life.resolved_at is not None and life.resolved_at > told.at
        if ended and told is not None and life.since is not None and life.since <= told.at:
            yield Change(
                event="fixed",
                text=f"right again: {life.message}",
                rule_id=life.rule_id,
                subject=life.subject,
                severity=life.severity,
                fingerprint=life.fingerprint,
            )


def _unknown(report: Report, config: Config, known: Mapping[str, FindingLife], told: Told | None) -> Iterator[Change]:
    """What stayed unknown for the configured nights, a line a cause."""
    limit = timedelta(seconds=config.limits.every * (config.limits.unknown_nights - 1))
    due = []
    for finding in report.findings:
        life = known.get(finding.fingerprint)
        if finding.outcome is not Outcome.UNKNOWN or life is None or life.outcome != "unknown":
            continue
        moment = parse_time(life.outcome_since) + limit
        if moment <= parse_time(report.run.started_at) and (told is None or moment > parse_time(told.at)):
            due.append(finding)
    for cause, group in groupby(sorted(due, key=lambda one: (one.message, one.rule_id)), key=lambda one: one.message):
        rules = list(group)
        yield Change(
            event="unknown",
            text=f"unknown for {config.limits.unknown_nights} nights: {cause} ({len(rules)} findings)",
            rule_id=rules[0].rule_id if len(rules) == 1 else "",
            subject=rules[0].subject if len(rules) == 1 else "",
            count=len(rules),
        )


def _waivers(waivers: Sequence[Waiver], now: str, told: Told | None) -> Iterator[Change]:
    for waiver in waivers:
        end, moment = parse_time(waiver.expires_at), parse_time(now)
        last = None if told is None else parse_time(told.at)
        name = waiver.subject or ", ".join(waiver.subjects)
        if end <= moment:
            if last is None or end > last:
                yield _of_waiver(waiver, f"the waiver of {name} expired {waiver.expires}")
        elif end - WAIVER_NOTICE <= moment and (last is None or end - WAIVER_NOTICE > last):
            yield _of_waiver(waiver, f"the waiver of {name} expires {waiver.expires}: {waiver.owner} answers for it")


def _of_waiver(waiver: Waiver, text: str) -> Change:
    return Change(event="waiver", text=text, rule_id=waiver.rule, subject=waiver.subject or "")


def _missed(report: Report, every: float, previous: str | None) -> Iterator[Change]:
    if previous is None:
        return
    silence = (parse_time(report.run.started_at) - parse_time(previous)).total_seconds()
    if silence > _LATE * every:
        yield Change(event="missed", text=f"no audit for {span_text(silence)}, one is due every {span_text(every)}")


def _change(event: str, finding: Finding, before: str = "") -> Change:
    return Change(
        event=event,
        text=before + finding.message,
        rule_id=finding.rule_id,
        subject=finding.subject,
        severity=finding.severity.value,
        fingerprint=finding.fingerprint,
    )
