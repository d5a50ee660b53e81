"""Who judges the sites: threads of this machine, or anything else that takes targets and gives lines back."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from auditor.cli.fleet.job import Order, read_job
from auditor.cli.fleet.judge import Told, judge, settled
from auditor.cli.fleet.target import Target


class Crew(Protocol):
    """`width` sites are sent at a time, so that neither what waits nor what has come back fills the memory."""

    @property
    def width(self) -> int: ...

    def send(self, target: Target) -> "Future[Told]":
        """Have the target judged; the future fails for nothing that is wrong with the site."""

    def fault(self) -> str | None:
        """Why nothing will come back any more; None while something may."""


@dataclass(frozen=True)
class Threads:
    """Threads of this process; `policy` is the file that judges stored snapshots, if one was named."""

    pool: ThreadPoolExecutor
    width: int
    order: Order
    policy: Path | None

    def send(self, target: Target) -> "Future[Told]":
        return self.pool.submit(settled, target.file, lambda: judge(read_job(target, self.policy), self.order))

    def fault(self) -> str | None:
        return None


@contextmanager
def crew_of(address: str | None, jobs: int, order: Order, policy: Path | None) -> Iterator[Crew]:
    """The workers of the Dask cluster at `address`, without one `jobs` threads of this process."""
    if address is None:
        with threads(jobs, order, policy) as crew:
            yield crew
        return
    from auditor.cli.fleet.cluster import cluster

    with cluster(address, order, policy) as workers:
        yield workers


@contextmanager
def threads(jobs: int, order: Order, policy: Path | None) -> Iterator[Threads]:
    """A crew of `jobs` threads; one that is interrupted waits for no site."""
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="site")
    try:
        yield Threads(pool, jobs, order, policy)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
