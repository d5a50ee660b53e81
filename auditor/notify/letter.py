"""A digest as text for people: a subject line and a body, every name in it made harmless."""

from itertools import groupby

from auditor.notify.digest import Change, Digest
from auditor.text import printable, short

_MOST_LINES = 50
_LONGEST_LINE = 400


def subject(digest: Digest) -> str:
    """`my-site: 2 new, 1 fixed (non-compliant)`."""
    counts = [f"{sum(one.count for one in group)} {event}" for event, group in _by_event(digest)]
    return printable(f"{digest.report.run.site}: {', '.join(counts)} ({digest.report.verdict})")


def body(digest: Digest) -> str:
    """The changes, a line each, and where the whole report is."""
    lines: list[str] = []
    for event, group in _by_event(digest):
        lines += ["", event, *(_line(change) for change in group[:_MOST_LINES])]
        if len(group) > _MOST_LINES:
            lines.append(f"  … and {len(group) - _MOST_LINES} more")
    run = digest.report.run
    end = f"{digest.report.verdict} at {run.finished_at}; the whole report: auditor export {run.id}"
    return "\n".join([*lines[1:], "", end, ""])


def _by_event(digest: Digest) -> list[tuple[str, list[Change]]]:
    return [(event, list(group)) for event, group in groupby(digest.changes, key=lambda change: change.event)]


def _line(change: Change) -> str:
    name = " ".join(part for part in (change.severity, change.rule_id, change.subject) if part)
    return "  " + short(printable(f"{name}: {change.text}" if name else change.text), _LONGEST_LINE)
