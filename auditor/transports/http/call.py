"""What is asked of a server, and how much time the run has left for it."""

from dataclasses import dataclass, field
from typing import Protocol

from auditor.transports.http.address import Address


class Clock(Protocol):
    """What is left of the run's time."""

    def remaining(self) -> float:
        """Seconds; never negative."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request. Its header lines hold the token: they are shown nowhere.

    `place` is where the connection really goes (host:port). `total_seconds` bounds one attempt; None: the run's
    clock alone does.
    """

    method: str
    address: Address
    place: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    content: bytes = field(repr=False)
    limit_bytes: int | None
    total_seconds: float | None
