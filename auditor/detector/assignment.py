"""Values that are given to a name which says that they are secret, in the notations of shells, programs and files."""

import re
from collections.abc import Iterator

from auditor.detector.key_name import looks_secret
from auditor.detector.presence import Span, Text

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
# a name, and what may stand between it and its value: `=`, `:`, `=>`, ` value=`, a line `value:`, an XML tag's end
# (without a quote: pages are full of `class="key">`)
_GIVEN = (
    r"(?:\\?[\"'`]?(?:[ \t]{0,8}(?:=>|:=|[:=])[ \t]{0,8}\\?|[ \t]{1,4}value[ \t]{0,2}=[ \t]{0,2}"
    r"|[ \t]{0,4}\r?\n[ \t]{1,24}value:[ \t]{0,8})|>)"
)
FORM = re.compile(rf"(?P<key>[A-Za-z_][A-Za-z0-9_.-]{{1,100}}){_GIVEN}", re.ASCII)
_REST = "[a-z0-9_.-]{0,40}"
# `%s`: what follows a sign on its line
_SIGN = r"(?:\\?[\"'`]?(?:[ \t]{0,8}[:=]%s|[ \t]{1,4}value[ \t]{0,2}=|[ \t]{0,4}\r?\n[ \t]{1,24}value:)|>)"
_VALUE_BEGINS = r"[ \t]{0,8}[^\s\x00]"
# `path`, `pattern` hold the letters of a word that is a secret's: it must end where the word does; an author's is none
_AFTER = {
    "pat": "s?(?:[_.-]" + _REST + ")?",
    "auth": "(?:[a-np-z0-9_.-]" + _REST + "|o(?:[a-qs-z0-9_.-]" + _REST + ")?)?",
}
_NAMES = {word: word + _AFTER.get(word, _REST) for word in WORDS}
SEARCHED = {word: re.compile(name + _SIGN % "") for word, name in _NAMES.items()}
# for an engine that gives the end of every match, also of those that overlap: a name without a value is none to it
SEEN = {word: name + _SIGN % _VALUE_BEGINS for word, name in _NAMES.items()}
_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
_FARTHEST = 100
# a name with the sign after it, the line `value:`, and any line
_LONGEST_NAME, _VALUE_LINE, _LONGEST = 200, 31, 1_000
_VALUE = re.compile(
    r"\"(?P<double>[^\"\r\n\\]{1,1000})\\?\"|'(?P<single>[^'\r\n\\]{1,1000})\\?'|`(?P<back>[^`\r\n\\]{1,1000})`"
    r"|(?P<bare>[^\s\x00\"'`\\]{1,1000})"
)
_TAG = re.compile(r"(?P<bare>[^<>\s]{1,400})</")
_CUT = re.compile(r"[;&,][A-Za-z_][A-Za-z0-9_. -]{0,40}=")


def assigned_values(word: str, span: Span, text: Text) -> Iterator[tuple[re.Match[str], int, int]]:
    """The match of the name and the place of its value, for every name with a word that is a secret's."""
    low, high = span
    last = -1
    for hit in SEARCHED[word].finditer(text.lowered(low, high)):
        start = _name_start(text.plain, low + hit.start())
        match = FORM.match(text.plain, start) if start != last else None
        last = start
        if match and looks_secret(match["key"]):
            found = _value(text.plain, match)
            if found:
                yield match, *found


def line_before(raw: bytes, end: int) -> int:
    """Where the line of a name begins that was seen up to `end`; its sign may stand on the line after it."""
    lowest = max(0, end - _LONGEST_NAME)
    start = raw.rfind(b"\n", lowest, end)
    if start >= 0 and end - start <= _VALUE_LINE and raw[start:end].strip().lower() == b"value:":
        start = raw.rfind(b"\n", lowest, start)
    return start if start >= 0 else lowest


def line_of_value(plain: str, span: Span) -> str | None:
    """All that is told of the values in a span of whole lines depends on; None where that is more."""
    low, high = span
    if high - low > _LONGEST or (low and plain[low] != "\n"):
        return None
    end = plain.find("\n", high, high + _LONGEST)
    return plain[low:end] if end >= 0 else None


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
