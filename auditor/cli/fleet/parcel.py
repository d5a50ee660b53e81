"""What travels to a worker and back: JSON text of plain data. Names of variables and of files, never what they hold."""

import json
from functools import lru_cache

from auditor import __version__
from auditor.cli.fleet.job import Job, Order
from auditor.cli.fleet.judge import Told
from auditor.config.loader import Chain
from auditor.config.sheet import Bundle, bundle_of, chain_of
from auditor.errors import UsageError
from auditor.frozen import frozen
from auditor.model.codec import canonical, decode, encode


@frozen
class Parcel:
    """A job and what is asked of it; `version` is that of the program that sends it."""

    version: str
    file: str
    policy: Bundle
    trusted: bool
    order: Order
    snapshot: bytes | None = None


def pack(job: Job, order: Order) -> str:
    """The text that stands for a job; raises ConfigError for a policy file that leads nowhere."""
    parcel = Parcel(
        version=__version__,
        file=job.file,
        policy=bundle_of(job.chain),
        trusted=job.trusted,
        order=order,
        snapshot=job.snapshot,
    )
    return canonical(encode(parcel))


def unpack(text: str) -> tuple[Job, Order]:
    """What was packed; raises UsageError for a text of another version of this program."""
    data = json.loads(text)
    version_agrees(data["version"], __version__)
    parcel = decode(Parcel, data)
    chain = _kept_chain(parcel.policy)
    return Job(file=parcel.file, chain=chain, trusted=parcel.trusted, snapshot=parcel.snapshot), parcel.order


def version_agrees(here: str, there: str) -> None:
    """Raise UsageError where the versions of client and worker differ: they might judge differently."""
    if here != there:
        raise UsageError(f"the client is auditor {here}, a worker has auditor {there}: install the same on both")


def pack_told(told: Told) -> str:
    """The text of an answer."""
    return canonical(encode(told))


def unpack_told(text: str) -> Told:
    """The answer of a text."""
    return decode(Told, json.loads(text))


# the snapshots of one site come one after the other
@lru_cache(maxsize=4)
def _kept_chain(policy: Bundle) -> Chain:
    return chain_of(policy)
