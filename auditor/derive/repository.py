"""The active release's own git repository: what in it hides changes, runs programs, or turns verification off."""

from collections.abc import Iterator
from typing import Literal

from auditor.config import Config
from auditor.derive.production import active_release
from auditor.derive.remote import fault, hosts_of
from auditor.frozen import frozen
from auditor.model.facts.git_config import RemoteUrl
from auditor.model.facts.nas import Nas, Release
from auditor.model.facts.nas_git import GitDirectory
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing

_ORIGIN = "origin"
_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))


@frozen
class Mask:
    """What makes git look away, run a program, or read other content; `path` is relative to the site's root."""

    kind: str
    name: str
    path: str
    line: int | None
    place: str


@frozen
class Verification:
    """A setting that turns the verification of certificates off."""

    key: str
    overridden: bool
    remotes: tuple[str, ...]
    path: str
    line: int | None


@frozen
class RepositoryAddress:
    """An address of the repository's `origin`; `fault` says what is wrong with it, None: nothing."""

    remote: str
    direction: Literal["fetch", "push"]
    url: str
    place: str
    fault: str | None


@frozen
class Repository:
    """The repository of the active release; `path` is the folder of its code, `git_path` None without `.git`."""

    path: str | Missing = MISSING
    git_path: str | Missing | None = MISSING
    masks: tuple[Mask, ...] | Missing = MISSING
    verification: tuple[Verification, ...] | Missing = MISSING
    addresses: tuple[RepositoryAddress, ...] | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, config: Config) -> Repository:
    """What the active release's `.git` holds."""
    nas = snapshot.nas
    if nas is MISSING or config.nas is None:
        return Repository()
    if not nas.available:
        return Repository(gaps=(Gap(pointer="/repository", reason=f"nas is unavailable: {nas.error}"),))
    release = active_release(nas)
    if release is None or release.git is MISSING:
        return Repository(gaps=_dark(nas, release))
    if release.git is None:
        return Repository(path=release.path, git_path=None, masks=(), verification=(), addresses=())
    place = git_pointer(nas, release)
    return Repository(
        path=release.path,
        git_path=release.git.path,
        masks=MISSING if release.git.disguises is MISSING else tuple(_masks(release.git)),
        verification=MISSING if release.git.tls_switches is MISSING else tuple(_switches(release.git)),
        addresses=MISSING if release.git.remotes is MISSING else tuple(_addresses(release.git, config)),
        gaps=(
            *carried(nas.gaps, (f"{place}/remotes",), "/repository/addresses"),
            *carried(nas.gaps, (f"{place}/disguises", f"{place}/index_version"), "/repository/masks"),
            *carried(nas.gaps, (f"{place}/tls_switches",), "/repository/verification"),
        ),
    )


def git_pointer(nas: Nas, release: Release) -> str:
    """The JSON pointer of a release's repository."""
    releases = () if nas.releases is MISSING else nas.releases
    index = next((number for number, one in enumerate(releases) if one is release), 0)
    return f"/nas/releases/{index}/git"


def _dark(nas: Nas, release: Release | None) -> tuple[Gap, ...]:
    below = ("/nas/releases", "/nas/current") if release is None else (git_pointer(nas, release),)
    why = "current leads to no release" if release is None else f"the repository of {release.name} was not read"
    return carried(nas.gaps, below, "/repository") or (Gap(pointer="/repository", reason=why),)


def _masks(git: GitDirectory) -> Iterator[Mask]:
    for one in () if git.disguises is MISSING else git.disguises:
        path = f"{git.path}/{one.file}"
        place = path if one.line is None else f"{path}:{one.line}"
        yield Mask(kind=one.kind, name=one.name, path=path, line=one.line, place=place)


def _switches(git: GitDirectory) -> Iterator[Verification]:
    for one in () if git.tls_switches is MISSING else git.tls_switches:
        file = one.origin.file or "config"
        yield Verification(
            key=one.key,
            overridden=one.overridden,
            remotes=one.remotes,
            path=f"{git.path}/{file}",
            line=one.origin.line,
        )


def _addresses(git: GitDirectory, config: Config) -> Iterator[RepositoryAddress]:
    remotes = () if git.remotes is MISSING else git.remotes
    remote = next((one for one in remotes if one.name == _ORIGIN), None)
    place = f"{git.path}/config"
    if remote is None:
        why = f"it has no remote named {_ORIGIN}"
        yield RepositoryAddress(remote=_ORIGIN, direction="fetch", url="", place=place, fault=why)
        return
    for one in remote.addresses:
        line = one.origin.line
        yield RepositoryAddress(
            remote=_ORIGIN,
            direction=one.direction,
            url=one.url.text,
            place=place if line is None else f"{place}:{line}",
            fault=_address_fault(one.url, config),
        )


def _address_fault(url: RemoteUrl, config: Config) -> str | None:
    if config.gitea is None:
        return None
    ssh = config.nas.ssh if config.nas else None
    host = ssh.rpartition("@")[2].rsplit(":", 1)[0].lower() if ssh else ""
    # loopback is the server where the server is the NAS itself
    more = _LOOPBACK if host in hosts_of(config.gitea) else frozenset()
    credential = f"it carries a {url.credential_kind}" if url.credential_kind else None
    return fault(url, config.gitea, more) or credential
