"""--help, read by machines: whole, true to itself, and no example that the program would not take."""

import re
from collections.abc import Iterator

import click
import pytest

from auditor.cli import exit_code
from auditor.cli.main import COMMANDS, cli

from .conftest import Run
from .example import calls_in, taken


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = sorted(commands(cli))


@pytest.mark.parametrize("path", [(), *ALL], ids=" ".join)
def test_a_command_says_what_it_does_how_it_ends_and_an_example_of_itself(inside: Run, path: tuple[str, ...]) -> None:
    done = inside(*path, "--help")
    assert done.returncode == 0
    text = done.stdout
    assert "Exit codes:" in text
    assert "..." not in text.partition("\n\n")[2], "nothing of it is cut off"
    examples = list(
        calls_in("\n".join(line for line in text.splitlines() if line.startswith(("    auditor ", "      --"))))
    )
    assert any(example.split()[: len(path)] == list(path) for example in examples), examples
    for example in examples:
        taken(example)


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_option_says_what_it_is_for(path: tuple[str, ...]) -> None:
    context, command = click.Context(cli), cli
    for name in path:
        command = command.get_command(context, name)  # type: ignore[assignment]
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help and parameter.help.endswith("."), parameter.name


def test_the_programs_own_help_says_what_each_command_says_of_itself() -> None:
    for name, first in COMMANDS.items():
        command = cli.get_command(click.Context(cli), name)
        assert command is not None and command.help is not None
        assert command.help.partition("\n")[0] == first, name


def test_the_programs_own_help_holds_the_table_of_exit_codes(inside: Run) -> None:
    text = " ".join(inside("--help").stdout.split())
    for line in re.findall(r"^ +(\d+  .*)$", exit_code.TABLE, re.MULTILINE):
        assert " ".join(line.split()) in text


def test_the_formats_are_named_where_one_is_chosen(inside: Run) -> None:
    text = " ".join(inside("audit", "--help").stdout.split())
    assert "one of console, csv, html, json, junit, markdown, prometheus, sarif" in text


def test_an_example_that_is_not_taken_is_found() -> None:
    assert list(calls_in("`auditor audit -q`, (auditor demo | less)\nauditors\nx/auditor gate && y")) == [
        "audit -q",
        "demo ",
        "gate ",
    ]
    for call in ("audit --nope", "gate --stage never", "history nope", "history prune"):
        with pytest.raises(click.UsageError):
            taken(call)
