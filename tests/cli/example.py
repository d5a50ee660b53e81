"""Command lines of help texts and documents, parsed by the program's own parser and not run."""

import re
import shlex
from collections.abc import Iterator

import click

from auditor.cli.main import COMMANDS, cli

_CALL = re.compile(rf"(?:^|[\s/`(])auditor (?=(?:-\S+ )*(?:{'|'.join(COMMANDS)})\b)([^\n`]*)", re.MULTILINE)
_END = re.compile(r"\s{3,}|\s#|&&|\|\||[|<>;]")


def calls_in(text: str) -> Iterator[str]:
    """What stands after `auditor` in each call of it in a text; a line that a backslash continues is one call."""
    for match in _CALL.finditer(re.sub(r"\\\n\s*", "", text)):
        yield _END.split(match[1])[0]


def named(call: str) -> tuple[click.Command, list[str]]:
    """The command that a call names, and the words that are left for it."""
    command: click.Command = cli
    rest = shlex.split(call)
    while isinstance(command, click.Group):
        _, inner, rest = command.resolve_command(click.Context(command), rest)
        assert inner is not None
        command = inner
    return command, rest


def taken(call: str) -> click.Context:
    """The context of a call's command; raises UsageError where the program would not take it."""
    command, rest = named(call)
    context = click.Context(command)
    command.parse_args(context, rest)
    return context
