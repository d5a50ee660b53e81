"""Docker's own ignore rules: which paths of a build context the builder may take in; pure.

Source: https://docs.docker.com/build/concepts/context/#dockerignore-files, and its reference implementation
(moby/patternmatcher), whose order of evaluation and whose `**` this follows.
"""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_SPECIAL = re.compile(r"[*?\[\]\\]")


@dataclass(frozen=True)
class DockerIgnore:
    """The patterns of a `.dockerignore`: the last one that matches a path, or a folder above it, decides."""

    patterns: tuple[tuple[bool, re.Pattern[str]], ...]

    @classmethod
    def parse(cls, lines: Sequence[str]) -> "DockerIgnore":
        """The rules of the file's lines; a line that Docker would refuse excludes nothing."""
        patterns = []
        for number, line in enumerate(lines):
            text = line.removeprefix("\ufeff") if number == 0 else line
            body = "" if text.startswith("#") else text.strip()
            negated = body.startswith("!")
            body = _cleaned(body[negated:].strip())
            expression = _compiled(body) if body else None
            if expression is not None:
                patterns.append((negated, expression))
        return cls(tuple(patterns))

    def takes_in(self, path: str) -> bool:
        """Whether a file of the context, its path relative to it, reaches the builder."""
        parts = path.split("/")
        names = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        taken = True
        for negated, pattern in self.patterns:
            if negated is not taken and any(pattern.fullmatch(name) for name in names):
                taken = negated
        return taken


def _cleaned(body: str) -> str:
    """The path as Go's filepath.Clean leaves it, relative to the context; empty where it names nothing below it."""
    clean = posixpath.normpath(body).lstrip("/") if body else ""
    return "" if clean == "." else clean


@lru_cache(maxsize=1_024)
def _compiled(body: str) -> re.Pattern[str] | None:
    if body.startswith("**") and not _SPECIAL.search(body[2:]):
        # a pattern that is plain but for this is compared from the end: `**foo` has no folder's edge in it
        rest = body[2:]
        return re.compile(_optional(rest) if rest.startswith("/") else f".*{re.escape(rest)}", re.DOTALL)
    try:
        return re.compile(_expression(body), re.DOTALL)
    except re.error:
        return None


def _optional(rest: str) -> str:
    return f"(?:.*/)?{re.escape(rest[1:])}"


def _expression(body: str) -> str:
    """Go's filepath.Match with `**` for any number of folders, as a regular expression."""
    out, at = "", 0
    while at < len(body):
        char = body[at]
        if body.startswith("**", at):
            at += 3 if body.startswith("**/", at) else 2
            out += "(?:.*/)?" if at < len(body) else ".*"
        elif char == "[":
            end = body.find("]", at + 1)
            out, at = out + _class(body[at + 1 : end] if end > 0 else None), end + 1
        elif char == "\\" and at + 1 < len(body):
            out, at = out + re.escape(body[at + 1]), at + 2
        else:
            out, at = out + {"*": "[^/]*", "?": "[^/]"}.get(char, re.escape(char)), at + 1
    return out


def _class(inner: str | None) -> str:
    if not inner or inner == "^":
        raise re.error("a set without an end or without a member")
    negated = inner.startswith("^")
    members = re.sub(r"([\[&~|])", r"\\\1", inner[negated:])
    return f"[{'^' if negated else ''}{members}]"
