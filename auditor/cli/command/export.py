"""A stored report, rendered again."""

from typing import Any

import click

from auditor.cli import exit_code
from auditor.cli.option import format_option, global_options, settings


@click.command(name="export", epilog=exit_code.JUDGES_NOTHING)
@click.argument("run", default="latest")
@format_option
@global_options
@click.pass_context
def command(context: click.Context, /, run: str, **given: Any) -> int:
    """Render a stored run in any format, as it was judged then.

    RUN is latest (the default), latest~N, a date (UTC), or the start of an id: see history list.

    \b
    Examples:
      auditor export --format json:report.json
      auditor export --format html:report.html
      auditor export latest~1 --format console
    """
    from auditor.cli.archive import open_archive
    from auditor.cli.output import parse_formats, write_reports
    from auditor.pipeline.trend import with_trend

    options, outputs = settings(context), parse_formats(given["formats"])
    with open_archive(options) as archive:
        report = with_trend(archive.report(archive.find(run)), archive.history)
    write_reports(outputs, report, options)
    return 0
