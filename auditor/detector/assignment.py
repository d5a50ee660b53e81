"""Values that are given to a name which says that they are secret, in the notations of shells, programs and files."""

import re
from collections.abc import Iterator

from auditor.detector.key_name import looks_secret

# what is part of the names that are searched for; a bare `cert`, `signature`, `hmac` holds what anybody may see
WORDS = (
    "token",
    "secret",
    "pass",
    "pw",
    "credential",
    "private",
    "key",
    "auth",
    "salt",
    "jwt",
    "cookie",
    "dsn",
    "webhook",
    "pat",
)
# a name, and what may stand between it and its value: `=`, `:`, `=>`, an XML tag's end, ` value=`, a line `value:`
_GIVEN = (
    r"(?P<escaped>\\?)[\"'`]?(?:[ \t]{0,8}(?:=>|:=|[:=])[ \t]{0,8}\\?|>|[ \t]{1,4}value[ \t]{0,2}=[ \t]{0,2}"
    r"|[ \t]{0,4}\r?\n[ \t]{1,24}value:[ \t]{0,8})"
)
FORM = re.compile(rf"(?P<key>[A-Za-z_][A-Za-z0-9_.-]{{1,100}}){_GIVEN}", re.ASCII)
_REST = "[a-z0-9_.-]{0,40}"
_SIGN = r"\\?[\"'`]?(?:[ \t]{0,8}[:=]|>|[ \t]{1,4}value[ \t]{0,2}=|[ \t]{0,4}\r?\n[ \t]{1,24}value:)"
# `path`, `pattern` hold the letters of a word that is a secret's: it must end where the word does
SEARCHED = {
    word: re.compile(word + (r"s?(?:[_.-]" + _REST + ")?" if word == "pat" else _REST) + _SIGN) for word in WORDS
}
_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
_FARTHEST = 100
_VALUE = re.compile(
    r"\"(?P<double>[^\"\r\n\\]{1,1000})\\?\"|'(?P<single>[^'\r\n\\]{1,1000})\\?'|`(?P<back>[^`\r\n\\]{1,1000})`"
    r"|(?P<bare>[^\s\"'`\\]{1,1000})"
)
_TAG = re.compile(r"(?P<bare>[^<>\s]{1,400})</")
_CUT = re.compile(r"[;&,][A-Za-z_][A-Za-z0-9_. -]{0,40}=")


def assigned_values(words: frozenset[str], text: str, lowered: str) -> Iterator[tuple[re.Match[str], int, int]]:
    """The match of the name and the place of its value, for every name that is a secret's."""
    seen: set[int] = set()
    for word in WORDS:
        if word not in words:
            continue
        for hit in SEARCHED[word].finditer(lowered):
            start = _name_start(text, hit.start())
            if start in seen:
                continue
            seen.add(start)
            match = FORM.match(text, start)
            if match and looks_secret(match["key"]):
                found = _value(text, match)
                if found:
                    yield match, *found


def _name_start(text: str, at: int) -> int:
    chunk = text[max(0, at - _FARTHEST) : at]
    start = at - len(chunk) + len(chunk.rstrip(_NAME))
    return start + len(text[start:at]) - len(text[start:at].lstrip("0123456789.-"))


def _value(text: str, match: re.Match[str]) -> tuple[int, int] | None:
    if text[match.end() - 1] == ">" and text[match.end() - 2] != "=":
        tagged = text[match.start() - 1 : match.start()] == "<"
        found = _TAG.match(text, match.end()) if tagged else None
        return found.span("bare") if found else None
    found = _VALUE.match(text, match.end())
    if found is None or found.lastgroup is None:
        return None
    start, end = found.span(found.lastgroup)
    if found.lastgroup == "bare":
        # the list or query may go on: `a;b=c`, `a&b=c`, `a,`
        cut = _CUT.search(text, start, end)
        end = start + len(text[start : cut.start() if cut else end].rstrip(",;"))
    return start, end
