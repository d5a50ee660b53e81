"""Env files wherever they lie: who may read them, which are tracked, and whether the ignore rules keep them out."""

from collections.abc import Iterator
from typing import Literal

from auditor.config import Config
from auditor.derive.env_file.commit import EnvName, TrackedEnvFile, gaps_of, ignores_of, left_out, tracked_of
from auditor.frozen import frozen
from auditor.model.facts.local import Local
from auditor.model.facts.nas import Nas
from auditor.model.facts.snapshot import Snapshot, withheld
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing


@frozen
class EnvFile:
    """An env file on a machine; `mode` is octal text."""

    source: Literal["local", "nas"]
    path: str
    mode: str | Missing = MISSING
    readable_by_others: bool | Missing = MISSING


@frozen
class EnvFiles:
    """`ignores` are the names that must be ignored, as the committed ignore rules judge them.

    `ignores_asked` and `tracked_asked` are False where the run left out what has to be asked for them.
    """

    files: tuple[EnvFile, ...] | Missing = MISSING
    tracked: tuple[TrackedEnvFile, ...] | Missing = MISSING
    ignores: tuple[EnvName, ...] | Missing = MISSING
    ignores_asked: bool = True
    tracked_asked: bool = True
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, config: Config) -> EnvFiles:
    """The env files of the clone and of the NAS, and what commits track and ignore."""
    local, nas = snapshot.local, snapshot.nas
    return EnvFiles(
        files=MISSING
        if local is MISSING and nas is MISSING
        else (*(() if local is MISSING else _files(local)), *(() if nas is MISSING else _nas_files(nas))),
        tracked=tracked_of(snapshot, config),
        ignores=ignores_of(snapshot, config),
        ignores_asked=not left_out(snapshot, config, "gitea"),
        tracked_asked=not left_out(snapshot, config, "gitea", "leaks"),
        gaps=(
            *(() if local is MISSING else _local_gaps(local)),
            *(() if nas is MISSING else _nas_gaps(nas)),
            *_withheld(snapshot),
            *gaps_of(snapshot, config),
        ),
    )


def _withheld(snapshot: Snapshot) -> Iterator[Gap]:
    for name in ("local", "nas"):
        if withheld(snapshot, name):
            yield Gap(pointer="/env_file/files", reason=f"the facts of {name} are not in the snapshot")


def _local_gaps(local: Local) -> Iterator[Gap]:
    if not local.available:
        yield Gap(pointer="/env_file/files", reason=f"local is unavailable: {local.error}")
        return
    yield from carried(local.gaps, ("/local/env_files",), "/env_file/files")
    if local.env_files is MISSING:
        yield Gap(pointer="/env_file/files", reason="the clone's env files were not observed")


def _nas_gaps(nas: Nas) -> Iterator[Gap]:
    if not nas.available:
        yield Gap(pointer="/env_file/files", reason=f"nas is unavailable: {nas.error}")
        return
    # what keys a file holds is another rule's matter
    own = tuple(gap for gap in nas.gaps if not gap.pointer.endswith("/keys"))
    found = carried(own, ("/nas/env_files",), "/env_file/files")
    yield from found
    if nas.env_files is MISSING and not found:
        yield Gap(pointer="/env_file/files", reason="the NAS's env files were not observed")


def _files(local: Local) -> Iterator[EnvFile]:
    for file in () if local.env_files is MISSING else local.env_files:
        if file.kind == "absent":
            continue
        mode = MISSING if file.mode is None else file.mode
        yield EnvFile(source="local", path=file.path, mode=mode, readable_by_others=file.readable_by_others)


def _nas_files(nas: Nas) -> Iterator[EnvFile]:
    for file in () if nas.env_files is MISSING else nas.env_files:
        yield EnvFile(source="nas", path=file.path, mode=file.mode, readable_by_others=file.readable_by_others)
