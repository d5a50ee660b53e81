"""A Dask cluster as the crew: each worker audits with its own files, variables and history, and sends back a text."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.cli import exit_code
from auditor.cli.fleet.job import Order, read_job
from auditor.cli.fleet.judge import Told, failed, judge, settled, unjudged
from auditor.cli.fleet.parcel import pack, pack_told, unpack, unpack_told
from auditor.cli.fleet.scheduler import connected, machine_of
from auditor.cli.fleet.target import Target

if TYPE_CHECKING:  # an extra
    from distributed import Client

# a worker that died is back by then, if anything starts it again
_DESERTED_SECONDS = 30.0


def work(file: str, parcel: str) -> str:
    """What a worker does: text in, text out."""
    return pack_told(settled(file, lambda: judge(*unpack(parcel))))


@dataclass
class Cluster:
    """Sends a site to the same machine every night, as long as it is there, since its history is kept there."""

    client: "Client"
    machines: Sequence[str]
    width: int
    order: Order
    policy: Path | None
    _sent: dict[str, Any] = field(default_factory=dict)
    _deserted_at: float | None = None

    def send(self, target: Target) -> "Future[Told]":
        answer: Future[Told] = Future()
        try:
            parcel = pack(read_job(target, self.policy), self.order)
        except Exception as error:
            answer.set_result(failed(target.file, error))
            return answer
        machine = None if target.is_snapshot else _home(target, self.machines)
        sent = self.client.submit(
            work, target.file, parcel, pure=False, workers=machine, allow_other_workers=machine is not None
        )
        self._sent[sent.key] = sent
        sent.add_done_callback(lambda done: answer.set_result(self._received(target.file, done)))
        return answer

    def _received(self, file: str, sent: Any) -> Told:
        self._sent.pop(sent.key, None)
        try:
            return unpack_told(sent.result())
        except BaseException as error:  # a cancelled one is no Exception
            why = f"the cluster lost it ({type(error).__name__}): the logs of its workers may tell why"
            return unjudged(file, exit_code.INTERNAL, why)

    def fault(self) -> str | None:
        """The scheduler is gone, or has had no worker for a while."""
        if self.client.status != "running":
            return "the scheduler was lost while this site waited"
        if self.client.nthreads():
            self._deserted_at = None
            return None
        self._deserted_at = self._deserted_at or time.monotonic()
        deserted = time.monotonic() - self._deserted_at > _DESERTED_SECONDS
        return "the cluster lost its last worker while this site waited" if deserted else None

    def dismiss(self) -> None:
        """Nobody waits any more for what was sent."""
        if self._sent:
            self.client.cancel(list(self._sent.values()))


@contextmanager
def cluster(address: str, order: Order, policy: Path | None) -> Iterator[Cluster]:
    """The crew of the cluster whose scheduler is at `address`; raises UsageError where that can't be."""
    with connected(address) as client:
        threads = client.nthreads()
        machines = sorted({machine_of(worker) for worker in threads})
        # each has the next one at hand
        crew = Cluster(client, machines, 2 * sum(threads.values()), order, policy)
        try:
            yield crew
        finally:
            crew.dismiss()


def _home(target: Target, machines: Sequence[str]) -> str:
    """The machine of a site: one that is added or lost moves no site but its own."""
    name = str(target.path.absolute())
    return max(machines, key=lambda machine: hashlib.sha256(f"{machine}\n{name}".encode()).digest())
