"""The secret search alone."""

from pathlib import Path
from typing import Any

import click

from auditor.cli import exit_code
from auditor.cli.option import (
    fail_on_option,
    format_option,
    global_options,
    on_unknown_option,
    option,
    settings,
    timeout_option,
)


@click.command(name="secrets", epilog=exit_code.JUDGES)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@option("--staged", is_flag=True, help="Search what the next commit changes, and nothing else: for a pre-commit hook.")
@option("--why", metavar="PATH:LINE", help="Say what on this line is no secret, and why; judge nothing.")
@fail_on_option
@on_unknown_option
@format_option
@timeout_option
@global_options
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Search repositories and folders for secrets: no configuration, no network, no value shown.

    Of a repository every object is searched, reachable or not, its work tree, ignored files too, .git/config and
    reflogs; the next time only what is new. Without PATH, the clone that holds this folder.

    \b
    Examples:
      auditor secrets                      this clone, its whole history
      auditor secrets --staged             as a pre-commit hook
      auditor secrets --why deploy.sh:12   why nothing was found there
    """
    from auditor.cli.output import parse_formats, warn, write_reports
    from auditor.cli.progress import shown_progress
    from auditor.cli.search import bench_of, explained, searched_paths
    from auditor.model.rules import Severity
    from auditor.pipeline.collection import Request, collect
    from auditor.pipeline.evaluation import Terms, evaluate
    from auditor.pipeline.secrets import RULES, search_collectors

    options = settings(context)
    if given["why"]:
        return explained(given["why"], options)
    outputs = parse_formats(given["formats"])
    paths = searched_paths(given["paths"], staged=given["staged"])
    bench, state = bench_of(paths, options)
    request = Request(
        config=bench.config,
        mode="secrets",
        timeout=given["timeout"],
        state=state,
        collectors=search_collectors(paths, staged=given["staged"]),
    )
    with shown_progress(options) as say:
        snapshot = collect(request.heard_by(say))
    for error in (f"{run.name}: {run.error}" for run in snapshot.sources if run.error):
        warn(error, options)
    report = evaluate(snapshot, bench, Terms(fail_on=Severity(given["fail_on"]), rules=RULES))
    write_reports(outputs, report, options)
    return exit_code.of_verdict(report.verdict, on_unknown=given["on_unknown"])
