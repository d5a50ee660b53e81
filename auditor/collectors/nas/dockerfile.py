"""Dockerfiles and .dockerignores as they are written: the variables that ARG and ENV declare, the patterns."""

import re
import shlex
from collections.abc import Iterator

from auditor.collectors.nas.declaration import variable
from auditor.model.facts.nas_build import Variable
from auditor.text import printable, short

_INSTRUCTION = re.compile(r"\s*(ARG|ENV)\s+(.+)", re.IGNORECASE | re.DOTALL)
_HEREDOC = re.compile(r"\s*(?:RUN|COPY|ADD)\b.*<<-?[\"']?([A-Za-z_][A-Za-z0-9_]*)[\"']?", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def parse_dockerfile(data: bytes) -> tuple[Variable, ...]:
    """The variables that ARG and ENV lines declare, in order; a stage's own are not told apart."""
    found: list[Variable] = []
    for line, text in _instructions(data.decode("utf-8-sig", "replace")):
        match = _INSTRUCTION.fullmatch(text)
        if match is None:
            continue
        argument = match[1].upper() == "ARG"
        for name, value in _assignments(match[2].strip(), argument=argument):
            if _NAME.fullmatch(name):
                found.append(variable(name, value, "argument" if argument else "environment", line, {}))
    return tuple(found)


def parse_docker_ignore(data: bytes) -> tuple[str, ...]:
    """The patterns in order, comments and empty lines left out."""
    lines = data.decode("utf-8-sig", "replace").split("\n")
    return tuple(short(printable(line.strip()), 1024) for line in lines if line.strip() and not line.startswith("#"))


def _instructions(text: str) -> Iterator[tuple[int, str]]:
    """Each instruction with the number of its first line; continued lines are joined, heredocs passed over."""
    pending, first, heredoc = "", 0, ""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if heredoc:
            heredoc = "" if line.strip() == heredoc else heredoc
            continue
        if line.lstrip().startswith("#") or (pending and not line.strip()):
            continue
        first = first if pending else number
        body = line.rstrip()
        if body.endswith("\\"):
            pending += body[:-1] + " "
            continue
        joined, pending = pending + body, ""
        opened = _HEREDOC.match(joined)
        heredoc = opened[1] if opened else ""
        yield first, joined
    if pending:
        yield first, pending


def _assignments(rest: str, *, argument: bool) -> Iterator[tuple[str, str | None]]:
    """`A=1 B="2"`, `ARG A`, and the old form `ENV A the rest`."""
    name, blank, value = rest.partition(" ")
    if not argument and blank and "=" not in name:
        yield name, value.strip()
        return
    try:
        words = shlex.split(rest, posix=True)
    except ValueError:
        words = rest.split()
    for word in words:
        name, equals, value = word.partition("=")
        yield name, value if equals else None
