"""Whom to visit, under which limits, and what comes of it."""

from dataclasses import dataclass
from pathlib import Path

from auditor.transports.frames import Frames


@dataclass(frozen=True, kw_only=True)
class SshTarget:
    """The machine and the credentials; exactly one of `host_key` and `known_hosts` is given.

    `key` is the file of a private key or, if an agent holds that, of its public half; `agent` without `key` takes the
    only key that the agent holds. `host_key` is as `ssh-keygen -lf` prints it: `SHA256:` and 43 characters.
    """

    host: str
    user: str
    port: int = 22
    key: Path | None = None
    agent: bool = False
    host_key: str | None = None
    known_hosts: Path | None = None

    @property
    def place(self) -> str:
        """The machine as messages name it."""
        return f"{self.host}:{self.port}"

    @property
    def known_name(self) -> str:
        """The machine as known_hosts names it."""
        return self.host.lower() if self.port == 22 else f"[{self.host.lower()}]:{self.port}"


@dataclass(frozen=True, kw_only=True)
class VisitLimits:
    """What a visit may take; `wake_seconds` is for the machine to greet us, and no part of `seconds`."""

    wake_seconds: float = 60
    seconds: float = 120
    answer_bytes: int = 64 << 20


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What one visit brought; `fault` is None if the whole answer came, whatever its sections say.

    `exit_status` is None where none came; `stderr_tail` is harmless text, without nonces; `took_seconds` counts from
    the machine's greeting; `round_trips` counts the times that we had to wait for the other side after sending.
    """

    frames: Frames
    fault: str | None
    exit_status: int | None
    stderr_tail: str
    server_version: str
    took_seconds: float
    bytes_received: int
    round_trips: int
    warnings: tuple[str, ...]
