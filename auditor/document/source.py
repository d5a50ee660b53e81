"""The text of a policy file, or one line that says why it can't be one: size, encoding, control characters."""

import hashlib
import re
from pathlib import Path

from auditor.errors import ConfigError

LARGEST_BYTES = 1_000_000
# C0 but tab and newline, DEL, C1, line separators, and what reorders text for the eye of a reviewer
_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")


def read_source(path: Path, name: str) -> bytes:
    """The bytes of the file; raises ConfigError where there are none, or too many."""
    try:
        # a FIFO would wait for a writer for ever
        if not path.is_file():
            reason = "is no file" if path.exists() else "does not exist"
            raise ConfigError(f"{name}: {reason}: name another with -c, or write one with auditor init")
        with path.open("rb") as stream:
            raw = stream.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no such name"
        raise ConfigError(f"{name}: can't be read ({reason}): check its owner and mode") from error
    return raw


def decode_source(raw: bytes, name: str) -> str:
    """The text of a policy file, with plain newlines; raises ConfigError with the place of what can't be."""
    if len(raw) > LARGEST_BYTES:
        raise ConfigError(f"{name}: is larger than 1 MB: a policy file holds rules, not data")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError(f"{name}:1:1: $: is UTF-16: save it as UTF-8")
    try:
        text = raw.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        place = _place(raw[: error.start].decode("utf-8", "replace"))
        raise ConfigError(f"{name}:{place}: $: is not UTF-8 text: save it as UTF-8") from error
    text = text.replace("\r\n", "\n")
    if refused := _REFUSED.search(text):
        place = _place(text[: refused.start()])
        what = f"the character U+{ord(refused[0]):04X} is not allowed"
        raise ConfigError(f"{name}:{place}: $: {what}: remove it, or is this a binary file?")
    return text


def sha256_text(raw: bytes) -> str:
    """The hash under which a file's bytes are known."""
    return hashlib.sha256(raw).hexdigest()


def _place(before: str) -> str:
    line = before.count("\n") + 1
    return f"{line}:{len(before) - (before.rfind(chr(10)) + 1) + 1}"
