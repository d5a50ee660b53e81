"""When a request is tried again, and after how long: exponential, with full jitter, and as the server asks."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

TRIED_AGAIN = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a request may take and how often it is tried.

    `idle_seconds` is above the 20 s that Gitea waits for a locked database before it answers 500.
    `total_seconds` bounds one attempt from its start to the last byte; streams are bounded by the run alone.
    """

    connect_seconds: float = 10
    idle_seconds: float = 35
    total_seconds: float = 90
    attempts: int = 3
    backoff_seconds: float = 0.5
    longest_pause_seconds: float = 30
    jitter: Callable[[], float] = random.random
    sleep: Callable[[float], None] = time.sleep

    def pause_seconds(self, attempt: int, retry_after: str | None) -> float | None:
        """How long to wait after this failed attempt (the first is 1); None: not tried again."""
        if attempt >= self.attempts:
            return None
        asked = parse_retry_after(retry_after)
        if asked is None:
            return self.jitter() * min(self.backoff_seconds * 2.0**attempt, self.longest_pause_seconds)
        return asked if asked <= self.longest_pause_seconds else None


def parse_retry_after(text: str | None) -> float | None:
    """The seconds that a Retry-After header asks for (RFC 9110, 10.2.3): a number or a date; None if it is neither."""
    if text is None or len(text) > 64:
        return None
    if text.isascii() and text.isdigit():
        return float(text)
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return max(0.0, moment - time.time())
