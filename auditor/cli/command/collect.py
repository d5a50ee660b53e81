"""Facts without a verdict."""

from pathlib import Path
from typing import Any

import click

from auditor.cli import exit_code
from auditor.cli.option import global_options, only_option, option, settings, timeout_option


@click.command(name="collect", epilog=exit_code.JUDGES_NOTHING)
@only_option
@timeout_option
@option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file, not to standard output."
)
@global_options
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Write a snapshot of facts as JSON, and judge nothing.

    The snapshot holds no secret; what earlier audits of this machine saw goes along, so that it judges itself alone.
    `auditor evaluate` judges it later, `auditor audit --with` uses it in place of a clone that can't be reached.

    \b
    Examples:
      auditor collect -o snapshot.json          every source, then: auditor evaluate snapshot.json
      auditor collect --only local --only leaks -o laptop.json
    """
    from auditor.cli.output import warn, write_file, write_stdout
    from auditor.cli.progress import shown_progress
    from auditor.cli.session import open_session
    from auditor.cli.snapshot import sources_known
    from auditor.pipeline.collection import Request, collect
    from auditor.pipeline.evaluation import snapshot_text
    from auditor.pipeline.storage import with_memory

    options = settings(context)
    session = open_session(options)
    request = Request(
        config=session.config,
        mode="collect",
        timeout=given["timeout"],
        only=sources_known(given["only"]),
        state=session.state,
    )
    request, warnings = with_memory(request, session.state)
    for warning in warnings:
        warn(warning)
    with shown_progress(options) as say:
        text = snapshot_text(collect(request.heard_by(say))) + "\n"
    if given["output"]:
        write_file(given["output"], text)
    else:
        write_stdout(text)
    return 0
