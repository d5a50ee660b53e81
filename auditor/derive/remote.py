"""The addresses that clones push to and fetch from: are they the canonical repository, do they carry credentials."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from auditor.config import Config, Gitea
from auditor.model.facts.local import Local, Origin, RemoteAddress, RemoteUrl
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing


@dataclass(frozen=True, kw_only=True)
class Address:
    """One address of the configured remote of a witness; `fault` says what is wrong with it, None: nothing."""

    source: Literal["local", "nas"]
    remote: str
    direction: Literal["fetch", "push"]
    url: str
    place: str
    fault: str | Missing | None = MISSING


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A place in a witness's git configuration that holds a credential; its value was never kept."""

    source: Literal["local", "nas"]
    name: str
    kind: str
    key: str
    place: str
    path: str | None
    line: int | None


@dataclass(frozen=True, kw_only=True)
class Remotes:
    """The addresses of the configured remotes, and every credential in a git configuration."""

    addresses: tuple[Address, ...] | Missing = MISSING
    credentials: tuple[Credential, ...] | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, config: Config) -> Remotes:
    """What the clone's remotes are; without `gitea:` there is nothing that they could be compared with."""
    local = snapshot.local
    if local is MISSING:
        return Remotes()
    if not local.available:
        return Remotes(gaps=(Gap(pointer="/remote", reason=f"local is unavailable: {local.error}"),))
    return Remotes(
        addresses=_addresses(local, config),
        credentials=MISSING if local.credentials is MISSING else tuple(_credentials(local)),
        gaps=(
            *carried(local.gaps, ("/local/remotes",), "/remote/addresses"),
            *carried(local.gaps, ("/local/credentials",), "/remote/credentials"),
        ),
    )


def _addresses(local: Local, config: Config) -> tuple[Address, ...] | Missing:
    if local.remotes is MISSING or local.remote is MISSING:
        return MISSING
    remote = next((remote for remote in local.remotes if remote.name == local.remote), None)
    if remote is None:
        missing = f"the clone has no remote named {local.remote}"
        return (Address(source="local", remote=local.remote, direction="fetch", url="", place="", fault=missing),)
    return tuple(_address(remote.name, address, config.gitea) for address in remote.addresses)


def _address(remote: str, address: RemoteAddress, gitea: Gitea | None) -> Address:
    return Address(
        source="local",
        remote=remote,
        direction=address.direction,
        url=address.url.text,
        place=_place(address.origin),
        fault=None if gitea is None else fault(address.url, gitea),
    )


def fault(url: RemoteUrl, gitea: Gitea) -> str | None:
    """What keeps `url` from being the canonical repository; https, ssh and scp forms of one repository are equal."""
    if url.host is None:
        return "it is no address of a server"
    if url.host.lower() not in _hosts(gitea):
        return f"its host is {url.host}"
    if f"{url.owner}/{url.repository}".lower() != f"{gitea.owner}/{gitea.repo}".lower():
        return f"it is the repository {url.owner or ''}/{url.repository or ''}"
    return None


def _hosts(gitea: Gitea) -> frozenset[str]:
    addresses = (urlsplit(address).hostname for address in (gitea.base, gitea.address))
    return frozenset(host.lower() for host in (*addresses, *gitea.hosts) if host)


def _credentials(local: Local) -> Iterator[Credential]:
    for found in () if local.credentials is MISSING else local.credentials:
        yield Credential(
            source="local",
            name=found.name,
            kind=found.credential_kind,
            key=found.key,
            place=_place(found.origin),
            path=found.origin.file,
            line=found.origin.line,
        )


def _place(origin: Origin) -> str:
    if origin.file is None:
        return origin.level
    return origin.file if origin.line is None else f"{origin.file}:{origin.line}"
