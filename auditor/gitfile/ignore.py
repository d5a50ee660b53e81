"""Git's ignore rules (gitignore(5), dir.c): patterns of a folder, and the one that decides over a path."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from auditor.gitfile.wildmatch import translated

_SPECIAL = re.compile(rb"[*?\[\\]")
_NEVER = re.compile(rb"(?!)")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of an ignore file; `base` is the folder of that file, empty or with a slash at its end."""

    text: bytes
    negated: bool
    folder_only: bool
    name_only: bool
    base: bytes
    expression: re.Pattern[bytes]
    file: bytes
    line: int

    def fits(self, path: bytes, name: bytes, is_folder: bool) -> bool:
        """Whether the pattern speaks of this path (its last part is `name`), which is below `base`."""
        if self.folder_only and not is_folder:
            return False
        subject = name if self.name_only else path[len(self.base) :]
        return self.expression.fullmatch(subject) is not None


def parse_patterns(data: bytes, file: bytes, base: bytes = b"", *, ignore_case: bool = False) -> list[Pattern]:
    """The patterns of an ignore file in order."""
    patterns = []
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        line = _trimmed(raw.removesuffix(b"\r"))
        if line and not line.startswith(b"#"):
            patterns.append(_pattern(line, file, number, base, ignore_case=ignore_case))
    return patterns


def _trimmed(line: bytes) -> bytes:
    """The line without the spaces at its end that no backslash protects."""
    line = line.partition(b"\0")[0]
    at, blank = 0, None
    while at < len(line):
        if line[at : at + 1] == b" ":
            blank = at if blank is None else blank
        else:
            blank = None
            if line[at : at + 1] == b"\\":
                at += 1
                if at == len(line):
                    return line
        at += 1
    return line if blank is None else line[:blank]


def _pattern(line: bytes, file: bytes, number: int, base: bytes, *, ignore_case: bool) -> Pattern:
    negated = line.startswith(b"!")
    body = line[negated:]
    folder_only = body.endswith(b"/")
    body = body[: len(body) - folder_only]
    name_only = b"/" not in body
    return Pattern(
        line,
        negated,
        folder_only,
        name_only,
        base,
        path_expression(body, name_only=name_only, ignore_case=ignore_case),
        file,
        number,
    )


@lru_cache(maxsize=1_024)  # one repository's patterns are asked for again by each rule of env files, every night
def path_expression(body: bytes, *, name_only: bool, ignore_case: bool) -> re.Pattern[bytes]:
    """What a pattern matches: a name, or a path from its file's folder on."""
    special = _SPECIAL.search(body)
    if name_only:
        source = translated(body, pathname=False) if special else re.escape(body)
    else:
        body = body.removeprefix(b"/")
        special = _SPECIAL.search(body)
        # git compares the part before the first special character by itself: `a**/b` then crosses slashes
        cut = special.start() if special else len(body)
        rest = translated(body[cut:], pathname=True)
        source = None if rest is None else re.escape(body[:cut]) + rest
    if source is None:
        return _NEVER
    return re.compile(source, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


Reader = Callable[[bytes], Sequence[Pattern]]


def deciding(groups: Sequence[Sequence[Pattern]], path: bytes, is_folder: bool) -> Pattern | None:
    """The last pattern that fits; `groups` stand from the weakest to the strongest."""
    name = path.rpartition(b"/")[2]
    for group in reversed(groups):
        for pattern in reversed(group):
            if pattern.fits(path, name, is_folder):
                return pattern
    return None


def deciding_from_root(read: Reader, common: Sequence[Sequence[Pattern]], path: bytes) -> Pattern | None:
    """The pattern that decides over a file, parents first: below an ignored folder no other pattern counts.

    `read` gives the patterns of a folder (empty, or with a slash at its end), `common` those of no folder.
    """
    groups = [*common, read(b"")]
    at = path.find(b"/")
    while at >= 0:
        folder = path[:at]
        pattern = deciding(groups, folder, True)
        if pattern is not None and not pattern.negated:
            return pattern
        groups.append(read(folder + b"/"))
        at = path.find(b"/", at + 1)
    return deciding(groups, path, False)
