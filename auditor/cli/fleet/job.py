"""One site, read and ready to be judged, here or on another machine."""

from functools import lru_cache
from pathlib import Path

from auditor.cli.fleet.target import Target
from auditor.cli.snapshot import read_bytes
from auditor.config.loader import NAME, Chain, find_config, read_chain
from auditor.config.trust import is_trusted, state_folder
from auditor.errors import ConfigError
from auditor.frozen import frozen
from auditor.model.rules import Severity

# the snapshots of one site come one after the other
kept_chain = lru_cache(maxsize=4)(read_chain)


@frozen
class Order:
    """What is asked of every site; `timeout` is for each, in seconds, and without `store` no history is touched.

    `reports`: whether the whole report of each is wanted, and not its line alone.
    """

    timeout: float
    fail_on: Severity = Severity.MEDIUM
    rules: tuple[str, ...] = ()
    on_unknown: str = "fail"
    store: bool = True
    reports: bool = False


@frozen
class Job:
    """A site's policy files and, where it is not to be asked itself, the bytes of a stored snapshot.

    `file` is what was named; `trusted` tells whether the policy may use credentials.
    """

    file: str
    chain: Chain
    trusted: bool
    snapshot: bytes | None = None


def read_job(target: Target, policy: Path | None) -> Job:
    """The target as a job; `policy` is the file for snapshots, else the one beside or above. Raises AuditorError."""
    if not target.is_snapshot:
        trusted = target.named or is_trusted(target.path, state_folder())
        return Job(file=target.file, chain=read_chain(target.path), trusted=trusted)
    policy = policy or find_config(target.path.absolute().parent)
    if policy is None:
        raise ConfigError(f"no {NAME} beside '{target.file}' or above: name its policy with -c")
    # a snapshot is judged without any credential, so it matters not who named its policy
    return Job(file=target.file, chain=kept_chain(policy), trusted=True, snapshot=read_bytes(target.path))
