"""What lies in a container otherwise than in its image, below the place of the code."""

import posixpath
from collections.abc import Iterator
from typing import Literal

from auditor.config import Nas
from auditor.frozen import frozen
from auditor.model.facts.nas_docker import Container, ContainerChange
from auditor.model.missing import MISSING


@frozen
class ContainerPath:
    """A path that the image does not decide; `code` is the place of the code, `source` what a mount puts there."""

    slot: str
    container: str
    service: str
    path: str
    kind: Literal["added", "changed", "deleted", "mounted"]
    code: str
    source: str | None = None


def code_place(container: Container, name: str, nas: Nas) -> str | None:
    """The folder of the code: the policy file's, else the build stamp's, else what the image names."""
    configured = next((slot.code for slot in nas.slots if slot.name == name), None)
    if configured is None and nas.build_stamp is not None:
        configured = posixpath.dirname(nas.build_stamp.path)
    if configured is None and container.image is not MISSING:
        configured = container.image.code or container.image.working_dir
    if configured is None:
        return None
    return posixpath.normpath(configured)


def mounted(container: Container, slot: str, code: str) -> Iterator[ContainerPath]:
    """The mounts that cover the code, a part of it, or a folder above it."""
    for mount in container.mounts:
        place = posixpath.normpath(mount.destination)
        if place == code or _below(place, code) or _below(code, place):
            yield _path(container, slot, mount.destination, "mounted", code, mount.source)


def changed(container: Container, slot: str, code: str) -> Iterator[ContainerPath]:
    """The changes at or below the code; a folder that is listed for what lies in it is left out."""
    changes = () if container.changes is MISSING else container.changes
    above = {posixpath.dirname(change.path) for change in changes}
    for change in changes:
        if concerns(change, code) and not (change.kind == "changed" and change.path in above):
            yield _path(container, slot, change.path, change.kind, code, None)


def concerns(change: ContainerChange, code: str) -> bool:
    """Whether a change touches the code: below it, or the folder itself or one above it gone or put anew."""
    if _below(change.path, code):
        return True
    return change.kind != "changed" and (change.path == code or _below(code, change.path))


def _below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder.rstrip('/')}/") and path != folder


def _path(
    container: Container,
    slot: str,
    path: str,
    kind: Literal["added", "changed", "deleted", "mounted"],
    code: str,
    source: str | None,
) -> ContainerPath:
    return ContainerPath(
        slot=slot,
        container=container.name,
        service=container.service or container.name,
        path=path,
        kind=kind,
        code=code,
        source=source,
    )
