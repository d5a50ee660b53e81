"""Where reports go: standard output, or files that are whole or not there at all."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.option import Settings
from auditor.errors import OutputError
from auditor.interfaces import Format, Style
from auditor.plugins import demand_format, load_format
from auditor.text import printable

if TYPE_CHECKING:  # reports come last
    from auditor.model.report import Report

_NARROWEST, _WIDEST = 40, 120
# the signs of our own that a terminal without Unicode lacks
_PLAIN = str.maketrans({"·": "-", "…": "...", "←": "<-", "→": "->", "≠": "!="})


@dataclass(frozen=True)
class Output:
    """One `--format`: the format and the file, None for standard output."""

    name: str
    path: Path | None

    @property
    def format(self) -> Format:
        """The format, imported when there is a report: a run's first request does not wait for it."""
        return load_format(self.name)


def parse_formats(values: Sequence[str]) -> tuple[Output, ...]:
    """The outputs that `--format` names; raises UsageError for an unusable one and for two on standard output."""
    if not values:
        return (Output("console", None),)  # our own, whatever is installed: nothing is searched for it
    outputs = []
    for value in values:
        name, colon, path = value.partition(":")
        if colon and not path:
            raise click.UsageError(f"'{value}' names no file: write {name}:PATH, or {name} for standard output")
        demand_format(name)
        outputs.append(Output(name, Path(path) if path else None))
    if sum(output.path is None for output in outputs) > 1:
        raise click.UsageError("only one --format can go to standard output: give the others a file, NAME:PATH")
    return tuple(outputs)


def write_reports(outputs: Sequence[Output], report: "Report", settings: Settings, *, preface: str = "") -> None:
    """Every output of the report; with --quiet the console's of a compliant one is not shown on standard output.

    `preface` is for people, and stands before the console's report there alone.
    """
    for output in outputs:
        if output.path is not None:
            write_file(output.path, output.format.render(report, Style(verbosity=settings.verbosity)))
        elif output.name != "console":
            write_stdout(output.format.render(report, style_of(settings)))
        elif not settings.quiet or report.verdict != "compliant":
            write_stdout(preface + output.format.render(report, style_of(settings)))


def style_of(settings: Settings) -> Style:
    """How standard output can show a report."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    width = shutil.get_terminal_size((100, 24)).columns if terminal else 100
    return Style(
        color=terminal and settings.color is not False and os.environ.get("TERM") != "dumb",
        width=max(_NARROWEST, min(width, _WIDEST)),
        verbosity=settings.verbosity,
    )


def write_stdout(text: str) -> None:
    """Write to standard output; one that nobody reads is no error, one that can't take the text is OutputError."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.buffer.write(_encoded(text))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _let_go(sys.stdout.fileno())
    except (OSError, ValueError) as error:
        if isinstance(error, ValueError) or error.errno in (None, 9):  # closed
            return
        _let_go(sys.stdout.fileno())
        raise OutputError(f"standard output can't be written: {error.strerror}") from error


def _encoded(text: str) -> bytes:
    encoding = sys.stdout.encoding or "utf-8"
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN).encode(encoding, "backslashreplace")


def _let_go(descriptor: int) -> None:
    """What is still buffered goes nowhere, so that the interpreter's own flush at the end stays quiet."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def write_file(path: Path, text: str) -> None:
    """Write a file whole, or leave what was there; raises OutputError."""
    write_pieces(path, (text,))


def write_pieces(path: Path, pieces: Iterable[str]) -> None:
    """Write a file of one piece after the other, whole, or leave what was there; raises OutputError."""
    parts = (piece.encode("utf-8", "backslashreplace") for piece in pieces)
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as stream:  # a device or a pipe
                stream.writelines(parts)
            return
        _replace(path, parts)
    except OSError as error:
        raise OutputError(f"'{printable(str(path))}' can't be written: {error.strerror}") from error


def _replace(path: Path, parts: Iterable[bytes]) -> None:
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.writelines(parts)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def warn(text: str, settings: Settings | None = None) -> None:
    """One line on standard error."""
    if settings is None or not settings.quiet:
        with suppress(OSError):
            click.echo(f"auditor: {printable(text)}", err=True)
