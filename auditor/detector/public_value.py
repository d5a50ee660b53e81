"""Which variables a witness may keep with their value: those that are public by name, and look like no secret."""

from auditor.detector.key_name import looks_secret
from auditor.gitfile.url import has_credential
from auditor.text import printable, short

PUBLIC_PREFIX = "PUBLIC_"
_VALUE_LIMIT = 1024


def public_value(name: str, value: str) -> str | None:
    """The value of a `PUBLIC_*` variable that doesn't look like a secret; None for any other."""
    if not name.startswith(PUBLIC_PREFIX) or looks_secret(name) or has_credential(value.encode("utf-8", "replace")):
        return None
    return short(printable(value), _VALUE_LIMIT)
