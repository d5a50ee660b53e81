"""The nightly audit."""

from pathlib import Path
from typing import Any

import click

from auditor.cli import exit_code
from auditor.cli.option import (
    fail_on_option,
    format_option,
    global_options,
    on_unknown_option,
    only_option,
    option,
    rule_option,
    settings,
    timeout_option,
)


@click.command(name="audit", epilog=exit_code.JUDGES)
@only_option
@rule_option
@fail_on_option
@on_unknown_option
@format_option
@timeout_option
@option(
    "--with",
    "brought",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="SNAPSHOT",
    help="Take the clone's facts from a stored collect (repeatable): for a laptop that sleeps when the audit runs.",
)
@option("--no-store", is_flag=True, help="Leave the history alone; rules that need earlier runs are then unknown.")
@option("--snapshot-out", type=click.Path(path_type=Path), metavar="FILE", help="Write the snapshot to a file too.")
@global_options
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Collect all sources, judge them, report, and store the run.

    Without a policies.yaml, the git clone around this folder is audited by the standard policy.

    \b
    Examples:
      auditor audit                                   the clone or the site of this folder
      auditor audit -q --format json:report.json      for cron: silent when all is well
    """
    from auditor.cli.output import parse_formats, warn, write_file, write_reports
    from auditor.cli.progress import shown_progress
    from auditor.cli.session import open_session
    from auditor.cli.snapshot import read_snapshots, sources_known
    from auditor.model.rules import Severity
    from auditor.pipeline.audit import audit
    from auditor.pipeline.collection import Request
    from auditor.pipeline.evaluation import Terms, snapshot_text

    options, outputs = settings(context), parse_formats(given["formats"])
    session = open_session(options)
    bench = session.bench()
    request = Request(
        config=session.config,
        mode="audit",
        timeout=given["timeout"],
        only=sources_known(given["only"]),
        brought=read_snapshots(given["brought"], session.config.id),
        state=session.state,
    )
    terms = Terms(fail_on=Severity(given["fail_on"]), rules=given["rules"], notes=session.notes)
    with shown_progress(options) as say:
        audited = audit(request.heard_by(say), bench, terms, None if given["no_store"] else session.state)
    for text in audited.warnings:
        warn(text)
    code = exit_code.of_verdict(audited.report.verdict, on_unknown=given["on_unknown"])
    if given["snapshot_out"]:
        write_file(given["snapshot_out"], snapshot_text(audited.snapshot) + "\n")
    write_reports(outputs, audited.report, options)
    return code
