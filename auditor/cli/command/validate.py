"""The check of a policy file."""

from pathlib import Path
from typing import Any

import click

from auditor.cli import exit_code
from auditor.cli.option import global_options, settings


@click.command(name="validate", epilog=exit_code.JUDGES_NOTHING)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@global_options
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Check a policy file: every error at once, each with its place.

    FILE is policies.yaml in this folder or a parent if none is given. An error reads file:line:column: path: message.

    \b
    Example:
      auditor validate policies.yaml || exit          before an edited file is committed
    """
    from auditor.cli.output import write_stdout
    from auditor.config import Config
    from auditor.config.loader import NAME, find_config, is_standard, read_chain, read_shared
    from auditor.errors import UsageError
    from auditor.pipeline.validation import check_chain
    from auditor.policy.loader import load_policy
    from auditor.text import printable

    options = settings(context)
    path = given["file"] or options.config or find_config(Path.cwd())
    if path is None:
        raise UsageError(f"no {NAME} in this folder or a parent: name the file to check")
    if is_standard(path):
        loaded, site = check_chain(read_shared(path), Config(id="standard")), "no site of its own"
    else:
        loaded = check_chain(read_chain(path))
        site = f"site {loaded.config.id}"
    if not options.quiet:
        policy = load_policy(loaded)[0]
        counts = f"{len(policy.rules)} rules, {len(policy.waivers)} waivers"
        write_stdout(f"{printable(str(path))}: valid: {site}, {counts}\n")
    return 0
