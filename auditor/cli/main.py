"""The program's door: finds the command, and is the one place that turns errors into messages and exit codes."""

import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from types import FrameType
from typing import Any

import click

from auditor import __version__
from auditor.cli import exit_code
from auditor.cli.option import global_options
from auditor.errors import AuditorError, ConfigError

# the first line of each command's help, so that --help imports no command
COMMANDS = {
    "audit": "Collect all sources, judge them, report, and store the run.",
    "collect": "Write a snapshot of facts as JSON, and judge nothing.",
    "demo": "Show a clean night and some drifts in a small world on this machine.",
    "doctor": "Ask every source once: what can be reached, with which rights, and what they leave unknown.",
    "evaluate": "Judge a stored snapshot: no network, the same bytes for the same inputs.",
    "export": "Render a stored run in any format, as it was judged then.",
    "fleet": "Audit many sites at once, or sum up their stored snapshots: a line a site, the worst first.",
    "gate": "Judge whether a deployment may go on, before, in the middle of and after it.",
    "history": "Look at the stored runs: list, show, diff, verify, prune, state.",
    "init": "Write a commented policies.yaml for the git clone around this folder.",
    "probe": "Print the one script that runs on the NAS, its hash, or how to install it.",
    "proposer": "Follow the links to the issue form: which values are served, and where each link leads.",
    "rules": "Show the rules: what they hold, why, and how to mend what they find.",
    "secrets": "Search repositories and folders for secrets: no configuration, no network, no value shown.",
    "status": "Show the last run on one screen, each witness with its age.",
    "waive": "Print waiver entries for failures of the last run, to paste into the policy file.",
    "validate": "Check a policy file: every error at once, each with its place.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"auditor.cli.command.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise click.UsageError(_unknown_command(args[0]), ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


def _unknown_command(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, COMMANDS, 1)
    hint = f", did you mean '{close[0]}'?" if close else f": choose one of {', '.join(sorted(COMMANDS))}"
    return f"no such command '{name}'{hint}"


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog=exit_code.TABLE,
)
@click.version_option(__version__, "--version", message="auditor %(version)s")
@global_options
def cli(**_settings: Any) -> None:
    """Check that a clone, Gitea's main, a production NAS and the public site still agree.

    auditor looks and never touches. It reports what broke, why, and how to mend it; what it could not observe is
    UNKNOWN and never a pass. Without a policies.yaml it audits the git clone that it is called in.

    \b
    Examples:
      auditor demo                 see it in a small world on this machine
      auditor init                 write a policies.yaml for the clone of this folder
      auditor audit                judge it
    """


class _TerminatedError(BaseException):
    """SIGTERM, as an exception: what is half done is cleaned up on the way out."""


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise _TerminatedError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and leave with its exit code."""
    code = run(arguments)
    # the flush at exit would print a traceback of its own for a pipe that nobody reads any more
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    # threads that wait for a source which never answers must not keep the program alive
    os._exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the program and give its exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    # thousands of facts are made and none is dropped before the end: the collector of cycles would only look at them
    gc.set_threshold(100_000, 50, 50)
    try:
        result = cli.main(args=arguments, prog_name="auditor", standalone_mode=False)
    except click.exceptions.Abort:
        return exit_code.INTERRUPTED
    except click.ClickException as error:
        return _said(error.format_message(), error.exit_code, _context_line(error))
    except AuditorError as error:
        return _said(_told(error), error.exit_code)
    except KeyboardInterrupt:
        return exit_code.INTERRUPTED
    except _TerminatedError:
        return exit_code.TERMINATED
    except Exception as error:
        from auditor.cli.fault import crash_text

        return _said(crash_text(error), exit_code.INTERNAL)
    return result if isinstance(result, int) else 0


def _told(error: AuditorError) -> str:
    """The error's text; several at once stand on lines of their own, which editors can read."""
    count = len(error.problems) if isinstance(error, ConfigError) else 1
    return str(error) if count < 2 else f"{count} errors:\n{error}"


def _context_line(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"\ntry '{context.command_path} --help'" if context else ""


def _said(message: str, code: int, more: str = "") -> int:
    from auditor.text import printable

    with suppress(OSError):  # nobody may listen; the code still tells
        click.echo(f"auditor: {printable(message, keep_newlines=True)}{more}", err=True)
    return code
