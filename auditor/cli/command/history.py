"""The stored runs: listed, shown, compared, proved whole, thinned out."""

from typing import TYPE_CHECKING, Any

import click

from auditor.cli import exit_code
from auditor.cli.option import Seconds, format_option, global_options, option, settings
from auditor.text import parse_time, printable, span_text

if TYPE_CHECKING:  # loaded when the command runs: start-up is budgeted
    from collections.abc import Sequence

    from auditor.history.record import ChainRecord, Run
    from auditor.model.report import Report
    from auditor.pipeline.difference import Difference

# a version 7 UUID begins with the millisecond of its making: no two runs of a site share so much of it
_ID = 13
# rules.md: missed where more than one and a half of `every` lies between two audits
_MISSED = 1.5


@click.group(name="history", epilog=exit_code.JUDGES_NOTHING)
@global_options
def command(**_settings: Any) -> None:
    """Look at the stored runs: list, show, diff, verify, prune, state.

    RUN is latest, latest~N, a date (UTC), or the start of an id. Each run is a record of a chain, whose head every
    report shows.

    \b
    Examples:
      auditor history list
      auditor history diff latest~1 latest
      auditor history verify
    """


@command.command(name="list", epilog=exit_code.JUDGES_NOTHING)
@option("--limit", type=click.IntRange(1), default=30, show_default=True, help="How many, the newest first.")
@global_options
@click.pass_context
def list_runs(context: click.Context, /, limit: int, **_given: Any) -> int:
    """List the stored runs, the newest first.

    Nights that were missed, gates that were overridden and runs that were removed are told in between.

    \b
    Example:
      auditor history list --limit 7
    """
    from tabulate import tabulate

    from auditor.cli.archive import open_archive
    from auditor.cli.output import write_stdout

    with open_archive(settings(context)) as archive:
        runs = archive.history.runs(archive.site, limit=limit + 1)
        notes = [record for record in archive.history.records() if _concerns(record, archive.site)]
        every = archive.session.config.limits.every
    since = runs[-1].started_at if len(runs) > limit else ""
    rows = [*_run_rows(runs, limit, every), *(_record_row(record) for record in notes if record.at >= since)]
    rows.sort(key=lambda row: row[0], reverse=True)
    table = [(_local_time(at), *rest) for at, *rest in rows]
    write_stdout(tabulate(table, headers=("when", "run", "what", "verdict", "fail", "unknown", ""), tablefmt="plain"))
    write_stdout("\n")
    return 0


def _run_rows(runs: "Sequence[Run]", limit: int, every: float) -> "list[tuple[str, ...]]":
    import json

    rows: list[tuple[str, ...]] = []
    for place, run in enumerate(runs[:limit]):
        counts = json.loads(run.counts)
        # a gate in between is no audit, and makes up for none
        before = next((one for one in runs[place + 1 :] if one.mode == "audit"), None)
        gap = 0.0 if before is None else _seconds(before.started_at, run.started_at)
        note = f"{span_text(gap)} after the one before" if run.mode == "audit" and gap > _MISSED * every else ""
        numbers = (str(counts.get("fail", "?")), str(counts.get("unknown", "?")))
        rows.append((run.started_at, run.id[:_ID], run.mode, run.verdict, *numbers, note))
    return rows


def _concerns(record: "ChainRecord", site: str) -> bool:
    """Whether a record that is no run tells something of the site."""
    return record.kind != "run" and _body(record).get("site", site) == site


def _body(record: "ChainRecord") -> dict[str, object]:
    """What the record says; nothing where it was damaged, which is verify's matter."""
    from auditor.history.chain import body_of

    try:
        return body_of(record)
    except ValueError:
        return {}


def _record_row(record: "ChainRecord") -> tuple[str, ...]:
    body = _body(record)
    told = body.get("reason") or (f"{body.get('count')} runs removed" if record.kind == "prune" else "")
    return record.at, "", printable(record.kind), "", "", "", printable(str(told))


@command.command(name="show", epilog=exit_code.JUDGES_NOTHING)
@click.argument("run", default="latest")
@format_option
@global_options
@click.pass_context
def show_run(context: click.Context, /, run: str, **given: Any) -> int:
    """Show a stored run: who judged what, and its report.

    \b
    Example:
      auditor history show 2026-02-01
    """
    from auditor.cli.archive import open_archive
    from auditor.cli.output import parse_formats, write_reports
    from auditor.pipeline.trend import with_trend

    options, outputs = settings(context), parse_formats(given["formats"])
    with open_archive(options) as archive:
        found = archive.find(run)
        report = with_trend(archive.report(found), archive.history)
    facts = {
        "run": found.id,
        "mode": f"{found.mode}, by auditor {found.tool_version} on {found.host}",
        "began": f"{_local_time(found.started_at)}, took {_seconds(found.started_at, found.finished_at):.0f}s",
        "policy": found.policy_sha256,
        "snapshot": found.snapshot_sha256,
    }
    told = "".join(f"{name:<9} {printable(text)}\n" for name, text in facts.items())
    write_reports(outputs, report, options, preface=f"{told}\n")
    return 0


@command.command(name="diff", epilog=exit_code.JUDGES_NOTHING)
@click.argument("before", metavar="A")
@click.argument("after", metavar="B", default="latest")
@global_options
@click.pass_context
def compare_runs(context: click.Context, /, before: str, after: str, **_given: Any) -> int:
    """Show what changed from run A to run B (default: latest).

    \b
    Example:
      auditor history diff latest~7
    """
    from auditor.cli.archive import open_archive
    from auditor.cli.output import write_stdout
    from auditor.pipeline.difference import differences

    with open_archive(settings(context)) as archive:
        first, second = (archive.report(archive.find(reference)) for reference in (before, after))
    changes = differences(first, second)
    lines = [*_compared_heads(first, second), "", *map(_changed_line, changes)]
    if not changes:
        lines.append("no finding differs")
    write_stdout("\n".join(lines) + "\n")
    return 0


def _compared_heads(first: "Report", second: "Report") -> list[str]:
    heads = []
    for report in (first, second):
        chain = " · ".join(f"{link.name} {link.text}" for link in report.chain)
        heads.append(printable(f"{_local_time(report.run.started_at)}  {report.verdict}  {chain}".rstrip()))
    return heads


def _changed_line(difference: "Difference") -> str:
    finding = difference.finding
    words = f"{difference.change:<10} {finding.severity.value:<8} {finding.rule_id}  {finding.subject}"
    return printable(f"{words}: {finding.message}")


@command.command(name="verify", epilog=exit_code.VERIFY)
@option("--head", metavar="HASH", help="A hash that a report showed: finds a history that was cut or rewritten.")
@global_options
@click.pass_context
def verify(context: click.Context, /, head: str | None, **_given: Any) -> int:
    """Prove that the history is what was stored.

    Each record holds the hash of the one before; the first that is broken is named. Only a head that was noted
    elsewhere, as reports show it, proves that none was cut off at the end.

    \b
    Example:
      auditor history verify --head "$head"
    """
    from auditor.cli.archive import open_archive
    from auditor.cli.output import write_stdout
    from auditor.history.record import HistoryDamagedError

    options = settings(context)
    try:
        with open_archive(options) as archive:
            problems = archive.history.verify(head=head)
            last = archive.history.head()
            count = len(archive.history.records()) if not problems else 0
    except HistoryDamagedError as error:
        problems = (str(error),)
    if problems:
        write_stdout("".join(f"{printable(problem)}\n" for problem in problems))
        return exit_code.NON_COMPLIANT
    if not options.quiet:
        write_stdout(f"{count} records, whole; the last is {last}\n")
    return 0


@command.command(name="prune", epilog=exit_code.JUDGES_NOTHING)
@option(
    "--keep",
    type=Seconds(),
    metavar="DURATION",
    required=True,
    help="Keep the runs of this last time, and always the last one.",
)
@global_options
@click.pass_context
def prune(context: click.Context, /, keep: float, **_given: Any) -> int:
    """Remove old runs; the chain keeps their records.

    \b
    Example:
      auditor history prune --keep 365d
    """
    from datetime import UTC, datetime, timedelta

    from auditor.cli.archive import open_archive
    from auditor.cli.output import write_stdout
    from auditor.text import time_text

    options, now = settings(context), datetime.now(UTC)
    before = time_text(now - timedelta(seconds=keep))
    with open_archive(options) as archive:
        count = archive.history.prune(archive.site, before=before, at=time_text(now))
    if not options.quiet:
        write_stdout(f"{count} runs from before {before} removed\n")
    return 0


@command.command(name="state", epilog=exit_code.JUDGES_NOTHING)
@option("--at", "at", metavar="DATE", required=True, help="A day (to its end, UTC) or a moment.")
@format_option
@global_options
@click.pass_context
def state(context: click.Context, /, at: str, **given: Any) -> int:
    """Show the last audit that was stored before a moment.

    \b
    Example:
      auditor history state --at 2026-02-01
    """
    from datetime import UTC, datetime

    from auditor.cli.archive import open_archive
    from auditor.cli.output import parse_formats, write_reports
    from auditor.errors import HistoryError
    from auditor.pipeline.trend import with_trend
    from auditor.text import time_text

    options, outputs, end = settings(context), parse_formats(given["formats"]), _end(at)
    with open_archive(options) as archive:
        run = archive.history.latest(archive.site, mode="audit", before=end)
        if run is None:
            raise HistoryError(f"no audit of {printable(archive.site)!r} was stored before {end}")
        report = with_trend(archive.report(run), archive.history)
    age = span_text(_seconds(run.started_at, min(end, time_text(datetime.now(UTC)))))
    told = f"the last audit before {end}: {_local_time(run.started_at)}, {age} earlier"
    write_reports(outputs, report, options, preface=f"{told}\n\n")
    return 0


def _end(at: str) -> str:
    """The first moment that is too late: the midnight after a day, the second after a moment."""
    from datetime import timedelta

    from auditor.notation import end_of
    from auditor.text import time_text

    try:
        return time_text(end_of(at) + timedelta(seconds="T" in at.upper()))
    except (ValueError, OverflowError) as error:
        raise click.UsageError(f"--at: '{printable(at)}' {error}") from error


def _seconds(first: str, second: str) -> float:
    return (parse_time(second) - parse_time(first)).total_seconds()


def _local_time(moment: str) -> str:
    return parse_time(moment).astimezone().isoformat(" ", "seconds")
