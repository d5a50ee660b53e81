"""The last run at a glance."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from auditor.cli import exit_code
from auditor.cli.option import global_options, settings

if TYPE_CHECKING:  # loaded when the command runs: start-up is budgeted
    from collections.abc import Iterator

    from auditor.model.findings import Finding
    from auditor.model.report import Report

_SHOWN = 8
# rules.md: missed where more than one and a half of `every` lies between two audits
_MISSED = 1.5


@click.command(name="status", epilog=exit_code.JUDGES_NOTHING)
@global_options
@click.pass_context
def command(context: click.Context, /, **_given: Any) -> int:
    """Show the last run on one screen, each witness with its age.

    It asks no source and judges nothing; what it shows is as old as it says.

    \b
    Example:
      auditor status -c /etc/auditor/policies.yaml
    """
    from datetime import UTC, datetime

    from auditor.cli.archive import open_archive
    from auditor.cli.output import style_of, write_stdout
    from auditor.formats.console import render_head
    from auditor.text import parse_time

    options = settings(context)
    with open_archive(options) as archive:
        run = archive.history.latest(archive.site, mode="audit") or archive.find("latest")
        report = archive.report(run)
        every = archive.session.config.limits.every
    age = max(0.0, (datetime.now(UTC) - parse_time(report.run.finished_at)).total_seconds())
    write_stdout(render_head(_aged(report, age), style_of(options)))
    write_stdout("".join(f"{line}\n" for line in (*_open(report), *_overdue(age, every))))
    return 0


def _aged(report: "Report", seconds: float) -> "Report":
    """The report with its links as old as they are now."""
    chain = (replace(link, age_seconds=int((link.age_seconds or 0) + seconds)) for link in report.chain)
    return replace(report, chain=tuple(chain))


def _open(report: "Report") -> "Iterator[str]":
    """The gravest failures, a line each."""
    from auditor.model.rules import Outcome
    from auditor.text import printable, short

    failing = [one for one in report.findings if one.outcome is Outcome.FAIL and one.waiver is None]
    failing.sort(key=_weight)
    for finding in failing[:_SHOWN]:
        yield short(printable(f"{finding.severity.value:<8}  {finding.rule_id}  {finding.subject}"), 200)
    if len(failing) > _SHOWN:
        yield f"and {len(failing) - _SHOWN} more: auditor export shows them"


def _weight(finding: "Finding") -> int:
    return -finding.severity.weight


def _overdue(age: float, every: float) -> "Iterator[str]":
    from auditor.text import span_text

    if age > _MISSED * every:
        yield f"overdue: the last audit is {span_text(age)} old, and one is due every {span_text(every)}"
