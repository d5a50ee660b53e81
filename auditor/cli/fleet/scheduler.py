"""The way to a scheduler of Dask: plain TCP goes no further than this machine, anything else is TLS.

Dask's own configuration names the certificates.
"""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from auditor.cli.fleet.parcel import version_agrees
from auditor.errors import UsageError
from auditor.text import printable, short

if TYPE_CHECKING:  # an extra
    from distributed import Client

_CONNECT_SECONDS = 10
_SETTINGS = "DASK_DISTRIBUTED__COMM__TLS__" + "{CA_FILE,CLIENT__CERT,CLIENT__KEY}"


@contextmanager
def connected(address: str) -> Iterator["Client"]:
    """A client of the scheduler, all of whose workers are fit; raises UsageError before anything is sent."""
    client = _client(_safe(address, f"--dask '{printable(address)}'"))
    try:
        _demand_workers(client)
        yield client
    finally:
        client.close(timeout=2)


def machine_of(address: str) -> str:
    """The host of an address of Dask's: `tls://192.0.2.7:4000` is on `192.0.2.7`."""
    return urlsplit(address).hostname or ""


def _safe(address: str, name: str) -> str:
    """The whole address; raises UsageError for one that names no scheduler, or that others could listen to."""
    whole = address if "://" in address else f"tcp://{address}"
    try:
        place = urlsplit(whole)
        named = bool(place.hostname and place.port)
    except ValueError:
        named = False
    if not named:
        raise UsageError(f"{name} names no host and port: write tls://HOST:PORT")
    if place.scheme not in ("tcp", "tls"):
        raise UsageError(f"{name} is of a kind that is not known here: write tls://HOST:PORT")
    if place.scheme == "tcp" and not _is_loopback(place.hostname or ""):
        raise UsageError(f"{name} is not encrypted, and not on this machine: use tls://")
    return whole


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _client(address: str) -> "Client":
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError("--dask needs the extra 'fleet': pip install 'auditor[fleet]'") from error
    # the lines of the sites tell what was lost, without a traceback
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    place = urlsplit(address)
    try:
        # Dask asks a closed port again and again until the time is over
        socket.create_connection((place.hostname, place.port or 0), _CONNECT_SECONDS).close()
        return Client(address, timeout=_CONNECT_SECONDS, set_as_default=False, name="auditor-fleet")
    # a missing certificate is a TypeError there
    except (OSError, TypeError, ValueError, RuntimeError) as error:
        reason = short(printable(" ".join(str(error).split())), 200) or type(error).__name__
        remedy = f"is it running there? tls:// needs {_SETTINGS}"
        raise UsageError(f"the scheduler '{printable(address)}' can't be reached ({reason}): {remedy}") from error


def _demand_workers(client: "Client") -> None:
    """Raise UsageError unless there are workers, each of this version and out of others' sight."""
    workers = client.nthreads()
    if not workers:
        raise UsageError("the cluster has no worker: start one with dask worker")
    for address in workers:
        _safe(address, f"the worker '{printable(address)}'")
    own = metadata.version("auditor")
    for address, version in client.run(metadata.version, "auditor", on_error="return").items():
        if isinstance(version, Exception):
            raise UsageError(f"the worker '{printable(address)}' has no auditor: install {own} there")
        version_agrees(own, version)
