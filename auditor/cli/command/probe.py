"""The script that runs on the NAS, for its owner to read, pin and install."""

from typing import Any

import click

from auditor.cli.option import global_options, option, settings


@click.command(name="probe")
@option("--sha256", is_flag=True, help="Print its hash instead, which an installed copy must have.")
@option("--install", is_flag=True, help="Print the recipe that installs it with the least rights.")
@global_options
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Print the one script that runs on the NAS, with this site's constants, and nothing else.

    It is plain shell, made to be read. With `access: probe` it travels with every visit; with `access: command` a copy
    of it is installed there, and the key opens that alone.
    """
    from auditor.cli.output import write_stdout
    from auditor.cli.session import open_session
    from auditor.collectors.nas.recipe import install_recipe
    from auditor.collectors.nas.script import render_script, script_hash
    from auditor.errors import UsageError

    if given["sha256"] and given["install"]:
        raise UsageError("--sha256 and --install exclude each other: ask for one after the other")
    config = open_session(settings(context)).config
    if given["install"]:
        write_stdout(install_recipe(config))
    elif given["sha256"]:
        write_stdout(f"{script_hash(render_script(config))}\n")
    else:
        write_stdout(render_script(config))
    return 0
