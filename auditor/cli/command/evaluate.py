"""A stored snapshot judged again."""

from pathlib import Path
from typing import Any

import click

from auditor.cli import exit_code
from auditor.cli.option import (
    fail_on_option,
    format_option,
    global_options,
    on_unknown_option,
    rule_option,
    settings,
)


@click.command(name="evaluate", epilog=exit_code.JUDGES)
@click.argument("snapshot", type=click.Path(path_type=Path))
@rule_option
@fail_on_option
@on_unknown_option
@format_option
@global_options
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Judge a stored snapshot: no network, the same bytes for the same inputs.

    SNAPSHOT is a file that collect or audit --snapshot-out wrote, - for standard input. Its own time counts as now.
    No history is asked: what is new, and since when, the stored run alone knows (auditor export).

    \b
    Examples:
      auditor evaluate snapshot.json
      auditor evaluate snapshot.json -c stricter.yaml --rule 'gitea-*' --format json
    """
    from auditor.cli.output import parse_formats, write_reports
    from auditor.cli.session import open_session
    from auditor.cli.snapshot import read_snapshot
    from auditor.model.rules import Severity
    from auditor.pipeline.evaluation import Terms, evaluate

    options = settings(context)
    outputs = parse_formats(given["formats"])
    snapshot = read_snapshot(given["snapshot"])
    session = open_session(options, judged=snapshot)
    terms = Terms(fail_on=Severity(given["fail_on"]), rules=given["rules"], notes=session.notes)
    report = evaluate(snapshot, session.bench(), terms)
    code = exit_code.of_verdict(report.verdict, on_unknown=given["on_unknown"])
    write_reports(outputs, report, options)
    return code
