"""Many sites, one summary."""

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
    rule_option,
    settings,
    timeout_option,
)


@click.command(name="fleet", epilog=exit_code.JUDGES)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE|DIR…")
@rule_option
@fail_on_option
@on_unknown_option
@format_option
@timeout_option
@option("--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="How many sites at a time.")
@option("--no-store", is_flag=True, help="Leave every history alone; rules that need earlier runs are then unknown.")
@global_options
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Audit many sites at once, or sum up their stored snapshots: a line a site, the worst first.

    FILE is the policies.yaml of a site, which is audited as auditor audit does it; or a snapshot that ends in .json,
    which is judged by the policy that -c names, or that lies beside it or above. DIR stands for the policy files in it
    and in the folders of it, else for its snapshots. A file that was merely found there uses no credentials before it
    is trusted. --timeout is for each site. The exit code is that of the worst site: a failure (1) is worse than what
    could not be judged (70, 2, 75), and that is worse than what is unknown (3).

    \b
    Examples:
      auditor fleet sites/*.yaml                       all sites of a machine, tonight
      auditor fleet -c policies.yaml snapshots/        a year of one site's snapshots
    """
    from auditor.cli.fleet import Order, find_targets, survey, worst_code
    from auditor.cli.fleet_table import RENDERERS
    from auditor.cli.output import parse_formats, style_of, warn, write_file, write_stdout
    from auditor.cli.progress import shown_progress
    from auditor.errors import UsageError
    from auditor.interfaces import Style
    from auditor.model.rules import Severity
    from auditor.pipeline.evaluation import Terms

    options, outputs = settings(context), parse_formats(given["formats"])
    for output in outputs:
        if output.name not in RENDERERS:
            raise UsageError(f"a fleet has no format '{output.name}': choose one of {', '.join(RENDERERS)}")
    order = Order(
        options=options,
        terms=Terms(fail_on=Severity(given["fail_on"]), rules=given["rules"]),
        timeout=given["timeout"],
        on_unknown=given["on_unknown"],
        store=not given["no_store"],
    )
    targets = find_targets(given["paths"])
    with shown_progress(options) as say:
        lines = survey(targets, order, given["jobs"], say)
    for line in lines:
        for text in line.warnings:
            warn(f"{line.site}: {text}", options)
    silent = options.quiet and all(line.verdict == "compliant" for line in lines)
    for output in outputs:
        render = RENDERERS[output.name]
        if output.path is not None:
            write_file(output.path, render(lines, Style(verbosity=options.verbosity)))
        elif not silent or output.name != "console":
            write_stdout(render(lines, style_of(options)))
    return worst_code(lines)
