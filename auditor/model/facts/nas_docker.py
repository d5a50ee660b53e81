"""What Docker on the NAS says of the slots' containers and images; env, labels and history are judged, then dropped."""

from typing import Literal

from auditor.frozen import frozen
from auditor.model.facts.dotenv import EnvKey
from auditor.model.missing import MISSING, Missing


@frozen
class SecretSeen:
    """A secret by what may be shown of it: `hint` is the kind's public prefix at most, `hmac` hex."""

    kind: str
    place: str
    hint: str
    hmac: str


@frozen
class Label:
    """A label of OCI, of compose, or the configured commit label; others are not kept."""

    name: str
    value: str


@frozen
class PublishedPort:
    """A port of the container (`80/tcp`) and where the host listens for it; an empty address is every one."""

    container_port: str
    host_ip: str
    host_port: int


@frozen
class Mount:
    """What covers a folder of the container; `source` is a path of the host or a volume's name."""

    kind: str
    source: str
    destination: str
    writable: bool


@frozen
class ContainerChange:
    """A path that differs from the image, as `docker diff` names it; `folder` entries above a change are listed too."""

    path: str
    kind: Literal["added", "changed", "deleted"]


@frozen
class Stamp:
    """The build stamp in the container; `commit` is None where it lacks the configured field or that is no id."""

    path: str
    commit: str | None
    modified_at: str


@frozen
class BuildArgument:
    """A build argument that the image's history shows; `value` is kept for `PUBLIC_*` names and for commit ids.

    `has_value` is MISSING, without a gap, where the history does not tell what was given.
    """

    name: str
    has_value: bool | Missing = MISSING
    looks_secret: bool
    value: str | None
    commit: str | None


@frozen
class Image:
    """An image by its id; `created_at` is None where the build is reproducible and says year 1 or 1970.

    `commit` is the configured label's value, None without one. `code` is what its working directory and known web
    roots say of the code's place, None where they say nothing.
    """

    id: str
    tags: tuple[str, ...]
    created_at: str | None
    commit: str | None
    source: str | None
    working_dir: str | None
    code: str | None
    labels: tuple[Label, ...]
    env: tuple[EnvKey, ...]
    arguments: tuple[BuildArgument, ...] | Missing = MISSING
    secrets: tuple[SecretSeen, ...] | Missing = MISSING


@frozen
class Container:
    """A slot's container; `found_by` says whether its name or its published port led to it.

    `image_id` is what it runs, `image_reference` the name it was started with, `tag_image_id` what that name means
    today (None: nothing). `health` is None without a health check. `project`, `service`, `working_dir` and
    `config_hash` are compose's. Times are the NAS's clock; `started_at` is None if it never was.
    """

    id: str
    name: str
    found_by: Literal["name", "port"]
    image_id: str
    image_reference: str
    tag_image_id: str | Missing | None = MISSING
    created_at: str
    started_at: str | None
    status: str
    exit_code: int
    out_of_memory: bool
    health: str | None
    restart_count: int
    restart_policy: str
    network_mode: str
    ports: tuple[PublishedPort, ...]
    mounts: tuple[Mount, ...]
    labels: tuple[Label, ...]
    project: str | None
    service: str | None
    working_dir: str | None
    config_hash: str | None
    env: tuple[EnvKey, ...]
    secrets: tuple[SecretSeen, ...] | Missing = MISSING
    changes: tuple[ContainerChange, ...] | Missing = MISSING
    stamp: Stamp | Missing | None = MISSING
    image: Image | Missing = MISSING
