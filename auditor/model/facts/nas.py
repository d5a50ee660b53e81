"""What the NAS said of itself in one read-only visit; a suspect's statement, to be compared and never believed.

Paths are relative to the site's root. All times are RFC 3339 UTC on the NAS's own clock. Lists are complete unless a
Gap names them. No value of an env file leaves the NAS but that of `PUBLIC_*` keys.
"""

from dataclasses import dataclass
from typing import Literal

from auditor.frozen import frozen
from auditor.model.facts.dotenv import EnvKey
from auditor.model.facts.nas_build import ComposeFile, Dockerfile, DockerIgnore
from auditor.model.facts.nas_docker import Container
from auditor.model.facts.nas_git import GitDirectory
from auditor.model.facts.nas_proxy import ReverseProxy
from auditor.model.facts.site import Exposed, Serving
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing


@frozen
class System:
    """The machine; `kind` is `dsm` where DSM names its version, `version` None elsewhere."""

    kind: Literal["dsm", "linux"]
    version: str | None
    kernel: str
    user: str
    tools: tuple[str, ...]
    docker_version: str | Missing | None = MISSING


@frozen
class Disk:
    """The file system of the site's root."""

    total_bytes: int
    free_bytes: int


@frozen
class Rights:
    """Which doors were open: `docker` and `proxy` say how they were asked; a right that was lost shows here.

    `sudo` are the commands that `sudo -n -l` lists, None where it asks for a password or isn't there. `forced_command`
    is True where the key's forced command answered.
    """

    docker: Literal["direct", "helper", "sudo", "none", "not-asked"] | Missing = MISSING
    proxy: Literal["plain", "helper", "sudo", "none", "not-asked"] | Missing = MISSING
    sudo: tuple[str, ...] | Missing | None = MISSING
    forced_command: bool | Missing = MISSING


@frozen
class Link:
    """One step of a chain of links."""

    path: str
    target: str


@frozen
class Current:
    """Where `current` leads: `resolved` is relative to the root (`releases/<name>/app`), or absolute outside it.

    `release` is the name of the release, None where it doesn't lead below `releases/`; `resolved` is None where it
    leads to no folder. `unchanged` compares the start of the visit with its end.
    """

    kind: Literal["link", "folder", "other", "absent"]
    links: tuple[Link, ...]
    resolved: str | None
    release: str | None
    unchanged: bool | Missing = MISSING


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseFile:
    """A file of a release, its path relative to the release's folder; `sha256` is that of the content or link text.

    `executable` is the owner's bit, `mode` octal text (`0644`): information, never drift.
    """

    path: str
    kind: Literal["file", "symlink", "other"]
    sha256: str | Missing = MISSING
    size: int
    executable: bool
    mode: str
    modified_at: str
    target: str | None = None


@frozen
class PrunedFolder:
    """A folder that the configuration leaves out of the comparison, and how many files it holds."""

    path: str
    file_count: int


@frozen
class NasEnvFile:
    """An env file; `mode` is octal text, MISSING where an ACL rules the file.

    `release` is None above the releases; `kind` as in a release.
    """

    path: str
    release: str | None
    kind: Literal["file", "symlink", "other"]
    mode: str | Missing = MISSING
    readable_by_group: bool | Missing = MISSING
    readable_by_others: bool | Missing = MISSING
    modified_at: str
    keys: tuple[EnvKey, ...] | Missing = MISSING


@frozen
class Release:
    """A folder below `releases/`; `path` is the folder that holds the code (`releases/<name>/app`, else itself).

    `active` is where `current` leads. `git` is None without `.git`. An older release whose files were not read has
    `files` MISSING and a Gap that says why.
    """

    name: str
    path: str
    active: bool
    kind: Literal["folder", "link"]
    modified_at: str
    git: GitDirectory | Missing | None = MISSING
    files: tuple[ReleaseFile, ...] | Missing = MISSING
    pruned: tuple[PrunedFolder, ...] | Missing = MISSING


@frozen
class Answer:
    """What a slot answered on its loopback port; the bytes are judged at home and not stored.

    `depth` is 0 for a configured page and the 404 page, 1 and 2 for scripts. `status` is None without an answer.
    `sha256` is that of the body, None where the tool gives none; `complete` is False where a cap cut it.
    """

    path: str
    depth: int
    status: int | None
    content_type: str | None
    location: str | None
    etag: str | None
    last_modified: str | None
    size: int | None
    sha256: str | None
    complete: bool


@frozen
class SmokeResult:
    """A smoke check of the configuration and what the slot answered; `contained` is None where nothing is demanded."""

    path: str
    expected_status: int
    status: int | None
    contains: str | None
    contained: bool | Missing | None
    passed: bool | Missing


@frozen
class NasSlot:
    """A configured slot: its container, and what answers on its port.

    `container` is None where Docker knows none by that name or port. `port_holders` are the ids of the containers that
    publish the port. `saw_visit` says whether its log holds the request that the auditor sent to the public site.
    `serving` is what its bytes hold of the link to the issue form; `exposed` are env files and files of a git directory
    that it serves.
    """

    name: str
    port: int
    container: Container | Missing | None = MISSING
    port_holders: tuple[str, ...] | Missing = MISSING
    saw_visit: bool | Missing = MISSING
    answers: tuple[Answer, ...] | Missing = MISSING
    smoke: tuple[SmokeResult, ...] | Missing = MISSING
    serving: Serving | Missing = MISSING
    exposed: tuple[Exposed, ...] | Missing = MISSING
    answering: bool | Missing = MISSING


@frozen
class Nas:
    """The facts of the NAS; with `available` False nothing but `error` is known.

    `clock_offset_seconds` is the NAS's clock minus the auditor's. `probe_sha256` is that of the installed copy, None
    where the script came along. `root` is the real path of the configured one. Releases are newest name first.
    `public` is what `site.url` itself answered when this visit asked it from the auditor's side (`path` is that of the
    URL, `depth` 0), None without `site:`. `notices` are lines for the user.
    """

    available: bool
    error: str | None = None
    observed_at: str
    gaps: tuple[Gap, ...] = ()

    access: Literal["probe", "command", "outside"]
    probe_sha256: str | Missing | None = MISSING
    started_at: str | Missing = MISSING
    finished_at: str | Missing = MISSING
    clock_offset_seconds: float | Missing = MISSING
    system: System | Missing = MISSING
    disk: Disk | Missing = MISSING
    rights: Rights | Missing = MISSING

    root: str | Missing = MISSING
    current: Current | Missing = MISSING
    releases: tuple[Release, ...] | Missing = MISSING
    env_files: tuple[NasEnvFile, ...] | Missing = MISSING
    compose_files: tuple[ComposeFile, ...] | Missing = MISSING
    dockerfiles: tuple[Dockerfile, ...] | Missing = MISSING
    docker_ignores: tuple[DockerIgnore, ...] | Missing = MISSING

    proxy: ReverseProxy | Missing = MISSING
    slots: tuple[NasSlot, ...] | Missing = MISSING
    notices: tuple[str, ...] = ()
    public: Answer | Missing | None = MISSING
