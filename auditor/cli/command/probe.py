"""The script that runs on the NAS, for its owner to read, pin and install."""

from typing import Any

import click

from auditor.cli import exit_code
from auditor.cli.option import global_options, option, settings


@click.command(name="probe", epilog=exit_code.JUDGES_NOTHING)
@option("--sha256", is_flag=True, help="Print its hash instead, which an installed copy must have.")
@option("--install", is_flag=True, help="Print the recipe that installs it with the least rights.")
@global_options
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Print the one script that runs on the NAS, its hash, or how to install it.

    It is plain shell with this site's constants at its top, made to be read. With `access: probe` it travels with every
    visit; with `access: command` a copy of it is installed there, and the key opens that alone.

    \b
    Examples:
      auditor probe | less                            read what will run there
      auditor probe --install                         how to install it, step by step
      auditor probe --sha256                          compare on the NAS: sha256sum /usr/local/sbin/nas-audit
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
