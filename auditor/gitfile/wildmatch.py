"""Git's glob patterns (wildmatch.c) as regular expressions over bytes; a pattern git never matches is None."""

import re
import string
from functools import lru_cache
from itertools import pairwise

_CLASSES: dict[bytes, frozenset[int]] = {
    b"alnum": frozenset((string.ascii_letters + string.digits).encode()),
    b"alpha": frozenset(string.ascii_letters.encode()),
    b"blank": frozenset(b" \t"),
    b"cntrl": frozenset([*range(32), 127]),
    b"digit": frozenset(string.digits.encode()),
    b"graph": frozenset(range(33, 127)),
    b"lower": frozenset(string.ascii_lowercase.encode()),
    b"print": frozenset(range(32, 127)),
    b"punct": frozenset(string.punctuation.encode()),
    b"space": frozenset(b" \t\n\r\v\f"),
    b"upper": frozenset(string.ascii_uppercase.encode()),
    b"xdigit": frozenset(string.hexdigits.encode()),
}

_LAZY = (b"[^/]*", b".*")
_FOLDERS = b"(?:.*/)?"
_STARS = (*_LAZY, _FOLDERS)


@lru_cache(maxsize=4096)
def compiled(pattern: bytes, *, pathname: bool, ignore_case: bool = False) -> re.Pattern[bytes] | None:
    """A regular expression for `fullmatch`; with `pathname` only `**` between slashes crosses a slash."""
    expression = translated(pattern, pathname=pathname)
    if expression is None:
        return None
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def translated(pattern: bytes, *, pathname: bool) -> bytes | None:
    """The expression's source, None for a pattern with an open bracket or a lone backslash at its end."""
    out: list[bytes] = []
    at = 0
    while at < len(pattern):
        char = pattern[at : at + 1]
        if char == b"*":
            piece, at = _stars(pattern, at, pathname)
        elif char == b"?":
            piece, at = (b"[^/]" if pathname else b"."), at + 1
        elif char == b"[":
            bracket = _bracket(pattern, at + 1)
            if bracket is None:
                return None
            members, at = bracket
            piece = _set(members - {47} if pathname else members)
        else:
            if char == b"\\":
                at += 1
                char = pattern[at : at + 1]
                if not char:
                    return None
            piece, at = re.escape(char), at + 1
        out.append(piece)
    return _joined(out)


def _joined(pieces: list[bytes]) -> bytes:
    """The pieces in one, each star but the last of its run settled at its first fit.

    What follows a star up to the next one has a fixed length, so the first fit is as good as any: without this, a
    pattern with many stars would take exponential time.
    """
    out: list[bytes] = []
    starts = [at for at, piece in enumerate(pieces) if piece in _STARS] + [len(pieces)]
    out.extend(pieces[: starts[0]])
    for start, end in pairwise(starts):
        star, fixed = pieces[start], b"".join(pieces[start + 1 : end])
        if star in _LAZY and end < len(pieces):
            out.append(b"(?>" + star + b"?" + fixed + b")")
        else:
            out.append(star + fixed)
    return b"".join(out)


def _stars(pattern: bytes, at: int, pathname: bool) -> tuple[bytes, int]:
    end = at
    while pattern[end : end + 1] == b"*":
        end += 1
    if not pathname:
        return b".*", end
    opened = at == 0 or pattern[at - 1 : at] == b"/"
    closed = end == len(pattern) or pattern[end : end + 1] == b"/" or pattern[end : end + 2] == b"\\/"
    if end - at < 2 or not (opened and closed):
        return b"[^/]*", end
    if pattern[end : end + 1] == b"/":
        return _FOLDERS, end + 1
    return b".*", end


def _bracket(pattern: bytes, at: int) -> tuple[frozenset[int], int] | None:
    """The bytes that a bracket expression starting after its `[` matches, and where it ends."""
    negated = pattern[at : at + 1] in (b"!", b"^")
    at += negated
    members: set[int] = set()
    previous = 0
    first = True
    while first or pattern[at : at + 1] != b"]":
        first = False
        item = _bracket_item(pattern, at, previous)
        if item is None:
            return None
        found, previous, at = item
        members |= found
    return (frozenset(range(256)) - members if negated else frozenset(members)), at + 1


def _bracket_item(pattern: bytes, at: int, previous: int) -> tuple[frozenset[int], int, int] | None:
    """One member of a bracket expression: its bytes, the start of a range that may follow, and the next place."""
    char = pattern[at : at + 1]
    if char == b"-" and previous and pattern[at + 1 : at + 2] not in (b"", b"]"):
        at += 2 if pattern[at + 1 : at + 2] == b"\\" else 1
        if at >= len(pattern):
            return None
        return frozenset(range(previous, pattern[at] + 1)), 0, at + 1
    if char == b"[" and pattern[at + 1 : at + 2] == b":":
        end = pattern.find(b"]", at + 2)
        if end < 0:
            return None
        if end > at + 2 and pattern[end - 1 : end] == b":":
            named = _CLASSES.get(pattern[at + 2 : end - 1])
            return None if named is None else (named, 0, end + 1)
    if char == b"\\":
        at += 1
    if at >= len(pattern):
        return None
    return frozenset([pattern[at]]), pattern[at], at + 1


def _set(members: frozenset[int]) -> bytes:
    if not members:
        return b"(?!)"
    return b"[" + b"".join(b"\\x%02x" % member for member in sorted(members)) + b"]"
