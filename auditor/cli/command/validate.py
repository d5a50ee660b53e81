"""The check of a policy file."""

from pathlib import Path
from typing import Any

import click

from auditor.cli.option import global_options, settings


@click.command(name="validate")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@global_options
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Check a policy file: every error at once, each with its place.

    FILE is policies.yaml in this folder or a parent if none is given. An error reads file:line:column: path: message.
    """
    from auditor.cli.output import write_stdout
    from auditor.config import Config
    from auditor.config.loader import NAME, find_config, is_standard, load_config, load_standard
    from auditor.errors import UsageError
    from auditor.pipeline.evaluation import prepare
    from auditor.text import printable

    options = settings(context)
    path = given["file"] or options.config or find_config(Path.cwd())
    if path is None:
        raise UsageError(f"no {NAME} in this folder or a parent: name the file to check")
    # the standard policy itself names no site
    loaded = load_standard(Config(id="standard")) if is_standard(path) else load_config(path)
    bench = prepare(loaded, None)
    if not options.quiet:
        rules, waivers = len(bench.policy.rules), len(bench.policy.waivers)
        write_stdout(f"{printable(str(path))}: valid: site {bench.config.id}, {rules} rules, {waivers} waivers\n")
    return 0
