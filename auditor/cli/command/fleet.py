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
@option("--dask", metavar="ADDRESS", help="Have the workers of a Dask cluster do it: tls://HOST:PORT (extra fleet).")
@option("--no-store", is_flag=True, help="Leave every history alone; rules that need earlier runs are then unknown.")
@global_options
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Audit many sites at once, or sum up their stored snapshots: a line a site, the worst first.

    FILE is the policies.yaml of a site, audited as auditor audit does; or a snapshot that ends in .json, judged by the
    policy that -c names, or that lies beside it or above. DIR stands for the policy files in it and its folders, else
    for its snapshots. A file merely found there uses no credentials before it is trusted. --timeout is for each site.
    The exit code is that of the worst site: a failure (1), then what could not be judged (70, 2, 75), then unknown (3).

    With --dask the text of the policy files travels, and the names of the secrets in it: each worker reads its own
    variables and files, looks at what it can reach, and keeps the history of its sites.

    \b
    Examples:
      auditor fleet sites/*.yaml                       all sites of a machine, tonight
      auditor fleet -c policies.yaml snapshots/        a year of one site's snapshots
      auditor fleet sites/ --dask tls://scheduler:8786 --format json:fleet.json
    """
    from auditor.cli.fleet.crew import crew_of
    from auditor.cli.fleet.job import Order
    from auditor.cli.fleet.output import fleet_outputs, wants_reports, write_fleet
    from auditor.cli.fleet.shelf import opened_shelf
    from auditor.cli.fleet.survey import survey
    from auditor.cli.fleet.target import find_targets
    from auditor.cli.progress import shown_progress
    from auditor.model.rules import Severity

    options, outputs = settings(context), fleet_outputs(given["formats"])
    order = Order(
        timeout=given["timeout"],
        fail_on=Severity(given["fail_on"]),
        rules=given["rules"],
        on_unknown=given["on_unknown"],
        store=not given["no_store"],
        reports=any(map(wants_reports, outputs)),
    )
    with opened_shelf() as shelf:
        with crew_of(given["dask"], given["jobs"], order, options.config) as crew, shown_progress(options) as say:
            surveyed = survey(find_targets(given["paths"]), crew, shelf, say)
        write_fleet(outputs, surveyed, options)
    return surveyed.fleet.exit_code
