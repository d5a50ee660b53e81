"""The addresses that clones push to and fetch from: are they the canonical repository, do they carry credentials."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal
from urllib.parse import urlsplit

from auditor.config import Config, Gitea
from auditor.frozen import frozen
from auditor.model.facts.git_config import CredentialPlace, Origin, RemoteAddress, RemoteUrl
from auditor.model.facts.local import Local
from auditor.model.facts.nas import Nas
from auditor.model.facts.snapshot import Snapshot, withheld
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing

# ssh://git@host:port/owner/repo.git or git@host:owner/repo.git
_SSH_HOST = re.compile(r"(?:ssh://)?(?:[^@/]+@)?(?P<host>\[[^\]]+\]|[^:/\[]+)[:/]")


@frozen
class Address:
    """One address of the configured remote of a witness; `fault` says what is wrong with it, None: nothing."""

    source: Literal["local", "nas"]
    remote: str
    direction: Literal["fetch", "push"]
    url: str
    place: str
    fault: str | Missing | None = MISSING


@frozen
class Credential:
    """A place in a witness's git configuration that holds a credential; its value was never kept.

    `url` is the address that should stand there instead, None where the value is no address.
    """

    source: Literal["local", "nas"]
    name: str
    kind: str
    key: str
    url: str | None
    place: str
    path: str | None
    line: int | None


@frozen
class Remotes:
    """The addresses of the configured remotes, and every credential in a git configuration."""

    addresses: tuple[Address, ...] | Missing = MISSING
    credentials: tuple[Credential, ...] | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, config: Config) -> Remotes:
    """The clone's remotes, and the credentials of clone and NAS; without `gitea:` nothing says which is canonical."""
    local, nas = snapshot.local, snapshot.nas
    if local is MISSING and nas is MISSING:
        return Remotes()
    addresses: tuple[Address, ...] | Missing = MISSING
    if local is not MISSING and local.available:
        addresses = _addresses(local, config, ssh_hosts(snapshot))
    return Remotes(
        addresses=addresses,
        credentials=(
            *(() if local is MISSING else _credentials(local)),
            *(() if nas is MISSING or config.nas is None else _nas_credentials(nas, config.nas.root)),
        ),
        gaps=(
            *(() if local is MISSING else _local_gaps(local)),
            *_open_faults(addresses),
            *(() if nas is MISSING else _nas_gaps(nas)),
            *_withheld(snapshot),
        ),
    )


def _withheld(snapshot: Snapshot) -> Iterator[Gap]:
    for name in ("local", "nas"):
        if withheld(snapshot, name):
            yield Gap(pointer="/remote/credentials", reason=f"the facts of {name} are not in the snapshot")


def _local_gaps(local: Local) -> Iterator[Gap]:
    if not local.available:
        yield from _everywhere(f"local is unavailable: {local.error}")
        return
    yield from carried(local.gaps, ("/local/remotes",), "/remote/addresses")
    yield from carried(local.gaps, ("/local/credentials",), "/remote/credentials")
    if local.credentials is MISSING:
        yield Gap(pointer="/remote/credentials", reason="the clone's git configuration was not observed")


def _everywhere(reason: str) -> Iterator[Gap]:
    return (Gap(pointer=f"/remote/{name}", reason=reason) for name in ("addresses", "credentials"))


def _nas_gaps(nas: Nas) -> Iterator[Gap]:
    """Only credentials are the NAS's matter here: its own remotes are those of its repository."""
    if not nas.available or nas.releases is MISSING:
        yield Gap(pointer="/remote/credentials", reason=f"nas is unavailable: {nas.error or 'no release was read'}")
        return
    for index, release in enumerate(nas.releases):
        place = f"/nas/releases/{index}/git"
        found = tuple(gap for gap in nas.gaps if gap.pointer in (place, f"{place}/credentials"))
        if release.git is MISSING or (release.git is not None and release.git.credentials is MISSING):
            unread = Gap(pointer="", reason=f"the git configuration of release {release.name} was not observed")
            found = found or (unread,)
        yield from (replace(gap, pointer="/remote/credentials") for gap in found)


def _open_faults(addresses: tuple[Address, ...] | Missing) -> Iterator[Gap]:
    for index, address in enumerate(() if addresses is MISSING else addresses):
        if address.fault is MISSING:
            reason = f"whether {address.url} is the server's own ssh address was not observed"
            remedy = "# or name its host under gitea.hosts in policies.yaml"
            yield Gap(pointer=f"/remote/addresses/{index}/fault", reason=reason, remedy=remedy)


def _addresses(local: Local, config: Config, more: frozenset[str] | Missing) -> tuple[Address, ...] | Missing:
    if local.remotes is MISSING or local.remote is MISSING:
        return MISSING
    remote = next((remote for remote in local.remotes if remote.name == local.remote), None)
    if remote is None:
        missing = f"the clone has no remote named {local.remote}"
        return (Address(source="local", remote=local.remote, direction="fetch", url="", place="", fault=missing),)
    return tuple(_address(remote.name, address, config.gitea, more) for address in remote.addresses)


def _address(remote: str, address: RemoteAddress, gitea: Gitea | None, more: frozenset[str] | Missing) -> Address:
    return Address(
        source="local",
        remote=remote,
        direction=address.direction,
        url=address.url.text,
        place=_place(address.origin),
        fault=None if gitea is None else _fault(address.url, gitea, more),
    )


def _fault(url: RemoteUrl, gitea: Gitea, more: frozenset[str] | Missing) -> str | Missing | None:
    """The fault of an address; open where only the server could say that the host of an ssh address is its own."""
    if more is not MISSING:
        return fault(url, gitea, more)
    stranger = url.host is not None and url.host.lower() not in hosts_of(gitea)
    return MISSING if stranger and url.form in ("ssh", "scp") else fault(url, gitea)


def ssh_hosts(snapshot: Snapshot) -> frozenset[str] | Missing:
    """The host that the server itself names for ssh; MISSING where it was not asked or did not say."""
    gitea = snapshot.gitea
    if gitea is MISSING or gitea.repository is MISSING or gitea.repository.ssh_url is MISSING:
        return MISSING
    match = _SSH_HOST.match(gitea.repository.ssh_url)
    return frozenset({match["host"].lower()}) if match else frozenset()


def fault(url: RemoteUrl, gitea: Gitea, more: frozenset[str] = frozenset()) -> str | None:
    """What keeps `url` from being the canonical repository; https, ssh and scp forms of one repository are equal.

    `more` are further names of the server, as one witness sees it.
    """
    if url.host is None:
        return "it is no address of a server"
    if url.host.lower() not in hosts_of(gitea) | more:
        return f"its host is {url.host}"
    if f"{url.owner}/{url.repository}".lower() != f"{gitea.owner}/{gitea.repo}".lower():
        return f"it is the repository {url.owner or ''}/{url.repository or ''}"
    return None


def hosts_of(gitea: Gitea) -> frozenset[str]:
    """The names of the server that the policy file gives."""
    addresses = (urlsplit(address).hostname for address in (gitea.base, gitea.address))
    return frozenset(host.lower() for host in (*addresses, *gitea.hosts) if host)


def _credentials(local: Local) -> Iterator[Credential]:
    for found in () if local.credentials is MISSING else local.credentials:
        yield _credential("local", found, found.origin.file)


def _nas_credentials(nas: Nas, root: str) -> Iterator[Credential]:
    """Those of every release, the active one's first."""
    releases = () if nas.releases is MISSING else nas.releases
    for release in sorted(releases, key=lambda one: not one.active):
        if release.git is MISSING or release.git is None or release.git.credentials is MISSING:
            continue
        for found in release.git.credentials:
            yield _credential("nas", found, f"{root}/{release.git.path}/{found.origin.file or 'config'}")


def _credential(source: Literal["local", "nas"], found: CredentialPlace, path: str | None) -> Credential:
    line = found.origin.line
    place = found.origin.level if path is None else path if line is None else f"{path}:{line}"
    return Credential(
        source=source,
        name=found.name,
        kind=found.credential_kind,
        key=found.key,
        url=None if found.url is None else found.url.text,
        place=place,
        path=path,
        line=line,
    )


def _place(origin: Origin) -> str:
    if origin.file is None:
        return origin.level
    return origin.file if origin.line is None else f"{origin.file}:{origin.line}"
