"""Command lines of help texts and documents, parsed by the program's own parser and not run."""

import re
import shlex

import click

from auditor.cli.main import cli


def taken(line: str) -> click.Context:
    """The context of the line's first command; raises UsageError where the program would not take it."""
    words = shlex.split(re.split(r"\s{3,}|\s#|&&|\|\||[|<>]", line)[0])
    context, command, rest = click.Context(cli), cli, words[1:]
    while isinstance(command, click.Group):
        name, inner, rest = command.resolve_command(context, rest)
        assert inner is not None
        context, command = click.Context(inner, context, info_name=name), inner
    command.parse_args(context, rest)
    return context
