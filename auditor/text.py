"""Text from outside made harmless: names without loss, control and bidirectional characters shown."""

import re
import unicodedata
from datetime import UTC, datetime

# C0, DEL, C1, the bidirectional controls (Unicode TR 9), what is invisible, line separators, and lone surrogates
_HOSTILE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def name_text(raw: bytes) -> str:
    """The text of a file, branch or ref name: UTF-8, `\\\\` for a backslash, `\\xNN` for a byte that is not UTF-8."""
    return raw.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def name_bytes(text: str) -> bytes:
    """The bytes of which `name_text` made `text`."""
    return re.sub(
        rb"\\(?:\\|x([0-9a-f]{2}))",
        lambda match: bytes.fromhex(match[1].decode()) if match[1] else b"\\",
        text.encode(),
    )


def printable(text: str, *, keep_newlines: bool = False) -> str:
    """`text` with every character that could drive a terminal or reorder a line shown as an escape."""

    def shown(match: re.Match[str]) -> str:
        char = match[0]
        if keep_newlines and char == "\n":
            return char
        code = ord(char)
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

    return _HOSTILE.sub(shown, text)


def short(text: str, limit: int = 1024) -> str:
    """`text` cut to `limit` characters, with the cut shown."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def folded(name: str) -> str:
    """The form under which names are equal on a case-insensitive, normalising file system."""
    return unicodedata.normalize("NFC", name).casefold()


def parse_time(text: str) -> datetime:
    """The moment that an RFC 3339 text names; raises ValueError for any other text or one without an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"'{text}' names no offset from UTC")
    if not 1 < moment.year < 9999:  # an offset could carry it out of the calendar
        raise ValueError(f"'{text}' is at the end of the calendar")
    return moment.astimezone(UTC)


def time_text(moment: datetime) -> str:
    """The RFC 3339 text of a moment, in UTC, to the second."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def span_text(seconds: float) -> str:
    """A length of time as a sentence says it: `45s`, `12m`, `5h`, `3d`."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size or (unit == "d" and seconds >= size):
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"
