"""`auditor:allow REASON`, on the line of a secret or the one before: somebody says why it may stay."""

import re

_ALLOW = re.compile(r"auditor:allow[ \t:]{1,4}[A-Za-z0-9]")
_MOST = 2048


def is_allowed(text: str, at: int) -> bool:
    """Whether the line of a place, or the one before, says so and gives a reason."""
    lowest = max(0, at - _MOST)
    first = text.rfind("\n", lowest, at)
    before = text.rfind("\n", lowest, first) if first >= 0 else -1
    end = text.find("\n", at, at + _MOST)
    return _ALLOW.search(text, max(before, lowest), end if end >= 0 else min(len(text), at + _MOST)) is not None
