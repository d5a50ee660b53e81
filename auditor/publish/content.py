"""What is published, as Markdown; pure. Where strangers can read the repository, of secrets nothing is said at all."""

from collections import Counter
from collections.abc import Iterator, Sequence

from auditor.model.facts.snapshot import Snapshot
from auditor.model.findings import Finding
from auditor.model.missing import MISSING
from auditor.model.report import Report
from auditor.model.rules import Invariant, Outcome
from auditor.text import printable, short

# the most that Gitea shows of a commit status
_STATUS_CHARS = 140
_MOST_LINES = 50
_LONGEST_LINE = 300
_TOLD = (Outcome.FAIL, Outcome.UNKNOWN)


def is_private(snapshot: Snapshot) -> bool:
    """Whether only members can read the repository; where that was not seen, it counts as public."""
    gitea = snapshot.gitea
    return gitea is not MISSING and gitea.repository is not MISSING and gitea.repository.private is True


def marker(kind: str, site: str) -> str:
    """The line by which our own issue or comment is known again; a reader does not see it."""
    return f"<!-- auditor:{kind}:{_plain(site)} -->"


def title(report: Report) -> str:
    """The title of the issue that mirrors the verdict."""
    return _plain(f"Audit of {report.run.site}")


def body(report: Report, kind: str, *, private: bool) -> str:
    """The verdict and what leads to it: whole in a private repository, else counts and ids of rules alone."""
    told = [one for one in report.findings if one.outcome in _TOLD and one.waiver is None]
    told = told if private else [one for one in told if one.invariant is not Invariant.SECRETS_STAY_OUT]
    lines = [*_head(report, kind), "", *(_findings(told) if private else _rules(told))]
    return "\n".join([*lines, "", f"{report.run.finished_at}, run `{_plain(report.run.id)}`", ""])


def status_state(report: Report) -> str:
    """The state of a commit status (Gitea: success, failure, error)."""
    return {"compliant": "success", "non-compliant": "failure"}.get(report.verdict, "error")


def status_text(report: Report, head: str | None) -> str:
    """Its description; with the head of the history's chain, which so is kept where the auditor can't change it."""
    summary = report.summary
    text = f"{report.verdict}: {summary.fail} failed, {summary.unknown} unknown"
    return short(_plain(text if head is None else f"{text}; history {head}"), _STATUS_CHARS)


def _head(report: Report, kind: str) -> Iterator[str]:
    summary = report.summary
    yield marker(kind, report.run.site)
    yield f"**{report.verdict}**: {summary.fail} failed, {summary.unknown} unknown, {summary.pass_} passed"


def _rules(told: Sequence[Finding]) -> Iterator[str]:
    counts = Counter((one.outcome.value, one.rule_id) for one in told)
    yield from (f"- {outcome}: `{rule}` ({count})" for (outcome, rule), count in sorted(counts.items()))


def _findings(told: Sequence[Finding]) -> Iterator[str]:
    for one in told[:_MOST_LINES]:
        yield f"- {one.outcome.value}: `{one.rule_id}` {_code(one.subject)}: {_code(one.message)}"
    if len(told) > _MOST_LINES:
        yield f"- … and {len(told) - _MOST_LINES} more"


def _code(text: str) -> str:
    """A text that is shown as it is: no link, mention, tag or reference in it works."""
    return f"`{short(_plain(text), _LONGEST_LINE)}`"


def _plain(text: str) -> str:
    return printable(text).replace("`", "'").replace("--", "- -")
