"""Long unbroken runs of letters, digits, `_` and `-`: every service's token lies in one, and little of a text does."""

import string

# the shortest token of the catalogue with its prefix; words of prose and most names of a program are shorter
LEAST = 18
# what stands before a run and belongs to a token's prefix: `dp.audit.`, `hvs.`
_BEFORE = 10
_IN_RUN = frozenset((string.ascii_letters + string.digits + "_-").encode())
_FOLD = bytes(97 if char in _IN_RUN else 32 for char in range(256))
_NEEDLE = b"a" * LEAST


def long_runs(raw: bytes) -> list[tuple[int, int]]:
    """The places of the runs, in order."""
    folded = raw.translate(_FOLD)
    spans = []
    at = folded.find(_NEEDLE)
    while at >= 0:
        end = folded.find(b" ", at + LEAST)
        if end < 0:
            end = len(folded)
        spans.append((at, end))
        at = folded.find(_NEEDLE, end)
    return spans


def around_runs(runs: list[tuple[int, int]], text: str) -> str:
    """The different runs with what stands before them, joined; the whole text where that is no less."""
    if sum(end - start + _BEFORE for start, end in runs) >= len(text):
        return text
    return "\n".join({text[max(0, start - _BEFORE) : end] for start, end in runs})
