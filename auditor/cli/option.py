"""Options that several commands share; each can also be given as AUDITOR_<OPTION>."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

SEVERITIES = ("low", "medium", "high", "critical")
_UNITS = {"": 1, "ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Settings:
    """The options that stand before or after every command."""

    config: Path | None
    config_named: bool
    quiet: bool
    verbosity: int
    color: bool | None


def option(*names: str, **attributes: Any) -> Callable[[Command], Command]:
    """A click option with its environment variable."""
    long = next(name for name in names if name.startswith("--")).split("/")[0]
    attributes.setdefault("envvar", "AUDITOR_" + long.strip("-").upper().replace("-", "_"))
    return click.option(*names, **attributes)


def global_options(command: Command) -> Command:
    """The options that are accepted before and after the command."""
    for decorate in reversed(
        (
            option(
                "-c",
                "--config",
                type=click.Path(path_type=Path),
                help="The policy file; default: AUDITOR_CONFIG, else policies.yaml in this folder or a parent.",
            ),
            option("-q", "--quiet", is_flag=True, help="Say nothing but what is wrong."),
            option("-v", "--verbose", count=True, help="Show more: passes too (-v), evidence of all (-vv)."),
            option("--no-color", is_flag=True, help="No colour; so does the variable NO_COLOR."),
        )
    ):
        command = decorate(command)
    return command


def settings(context: click.Context) -> Settings:
    """The global options, as given before the command, after it, or both."""
    import os

    given = [level.params for level in _levels(context)]
    config = _config(context)
    plain = any(level.get("no_color") for level in given) or bool(os.environ.get("NO_COLOR"))
    return Settings(
        config=config,
        config_named=config is not None,
        quiet=any(level.get("quiet") for level in given),
        verbosity=max(level.get("verbose") or 0 for level in given),
        color=False if plain else None,
    )


def _levels(context: click.Context) -> Iterator[click.Context]:
    """The command, the group that it belongs to, the program."""
    level: click.Context | None = context
    while level is not None:
        yield level
        level = level.parent


def _config(context: click.Context) -> Path | None:
    """The file that the command line names, the last place first; only then the environment's, which all levels see."""
    levels = list(_levels(context))
    named = click.core.ParameterSource.COMMANDLINE
    spoken = [level for level in levels if level.get_parameter_source("config") is named]
    path: Path | None = (spoken or levels)[0].params.get("config")
    return path


class Seconds(click.ParamType[float]):
    """A length of time: `90`, `0.5`, `90s`, `15m`, `24h`, `7d`."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        match = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h|d|)", str(value))
        if not match or float(match[1]) <= 0:
            self.fail(f"'{value}' is no length of time: write 90, 0.5, 90s, 15m, 24h or 7d", param, ctx)
        return float(match[1]) * _UNITS[match[2]]


timeout_option = option(
    "--timeout",
    type=Seconds(),
    default="120",
    show_default=True,
    help="A hard limit for the whole run: 90, 0.5, 90s, 15m.",
)
fail_on = partial(
    option,
    "--fail-on",
    type=click.Choice(SEVERITIES),
    default="medium",
    show_default=True,
    help="The least severity that counts; what is below it is shown as advice.",
)
on_unknown = partial(
    option,
    "--on-unknown",
    type=click.Choice(("fail", "warn")),
    default="fail",
    show_default=True,
    help="Whether what could not be observed ends with 3 or with 0; the report shows it either way.",
)
fail_on_option, on_unknown_option = fail_on(), on_unknown()
rule_option = option("--rule", "rules", multiple=True, metavar="GLOB", help="Judge these rules alone (repeatable).")
only_option = option(
    "--only", multiple=True, metavar="SOURCE", help="Ask this source alone (repeatable): local, gitea, nas, site."
)


class _FormatOption(click.Option):
    """`--format`, whose help names the formats that are installed."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        from auditor.plugins import format_names
        from auditor.text import printable

        record = super().get_help_record(ctx)
        return record and (record[0], f"{record[1]}  NAME is one of {printable(', '.join(format_names()))}.")


format_option = option(
    "--format",
    "formats",
    cls=_FormatOption,
    multiple=True,
    metavar="NAME[:PATH]",
    help="How to report, and the file to write to (repeatable); default: console.",
)
