"""What earlier runs saw that rules need today; written into the snapshot, which so judges itself alone."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class EarlierRun:
    """The last stored audit of this site."""

    id: str
    finished_at: str


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """The memory of the nights before; `run` is None on the first one."""

    run: EarlierRun | None
