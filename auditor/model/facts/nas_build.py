"""What the files that images are built from declare; of values, those of `PUBLIC_*` names alone."""

from typing import Literal

from auditor.frozen import frozen
from auditor.model.facts.nas_docker import SecretSeen
from auditor.model.missing import MISSING, Missing


@frozen
class Variable:
    """A variable that a compose file or a Dockerfile declares.

    `scope` says where it counts: at build time (`argument`) or at run time (`environment`). `text` is the value as
    written and `value` that with `${…}` filled in from the folder's `.env`, both for `PUBLIC_*` names alone;
    `value` is MISSING where it can't be told, both are None without a value.
    """

    name: str
    scope: Literal["argument", "environment"]
    has_value: bool
    looks_secret: bool
    text: str | None
    value: str | Missing | None
    line: int | None


@frozen
class ComposePort:
    """A published port as the file writes it: an empty address is every one."""

    host_ip: str
    host_port: str
    container_port: str


@frozen
class ComposeService:
    """A service of a compose file; `network_mode` is None by default."""

    name: str
    container_name: str | None
    image: str | None
    context: str | None
    dockerfile: str | None
    network_mode: str | None
    ports: tuple[ComposePort, ...]
    env_files: tuple[str, ...]
    variables: tuple[Variable, ...]


@frozen
class ComposeFile:
    """A compose file; `release` is None above the releases."""

    path: str
    release: str | None
    services: tuple[ComposeService, ...] | Missing = MISSING
    secrets: tuple[SecretSeen, ...] | Missing = MISSING


@frozen
class Dockerfile:
    """A Dockerfile: the variables that its ARG and ENV lines declare, in order."""

    path: str
    release: str | None
    variables: tuple[Variable, ...] | Missing = MISSING
    secrets: tuple[SecretSeen, ...] | Missing = MISSING


@frozen
class DockerIgnore:
    """A `.dockerignore` (or `<Dockerfile>.dockerignore`), its patterns in order."""

    path: str
    release: str | None
    patterns: tuple[str, ...]
