"""Env files wherever they lie: who may read them, which are tracked, and whether the ignore rules keep them out."""

from collections.abc import Iterator
from typing import Literal

from auditor.config import Config
from auditor.frozen import frozen
from auditor.model.facts.local import IgnoreProbe, Local
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
class TrackedEnvFile:
    """An env file in the tree at the tip of a branch."""

    source: Literal["local", "gitea"]
    branch: str
    path: str


@frozen
class EnvFiles:
    """`ignores` are the names that must be ignored, as the committed ignore rules judge them."""

    files: tuple[EnvFile, ...] | Missing = MISSING
    tracked: tuple[TrackedEnvFile, ...] | Missing = MISSING
    ignores: tuple[IgnoreProbe, ...] | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, _config: Config) -> EnvFiles:
    """The env files of the clone and of the NAS; what the branches track and ignore is the clone's."""
    local, nas = snapshot.local, snapshot.nas
    if local is MISSING and nas is MISSING:
        return EnvFiles()
    known = local is not MISSING and local.available
    on_server = tuple(_on_server(snapshot))
    tracked: tuple[TrackedEnvFile, ...] | Missing = on_server or MISSING
    if local is not MISSING and local.tracked_env_files is not MISSING:
        found = local.tracked_env_files
        own = (TrackedEnvFile(source="local", branch=one.branch, path=one.path) for one in found)
        tracked = (*own, *on_server)
    return EnvFiles(
        files=(*(() if local is MISSING else _files(local)), *(() if nas is MISSING else _nas_files(nas))),
        tracked=tracked,
        ignores=local.env_ignore if known and local is not MISSING else MISSING,
        gaps=(
            *(() if local is MISSING else _local_gaps(local)),
            *(() if nas is MISSING else _nas_gaps(nas)),
            *_withheld(snapshot),
            *_search_gaps(snapshot),
        ),
    )


def _on_server(snapshot: Snapshot) -> Iterator[TrackedEnvFile]:
    """Env files at the tips of Gitea's branches and open pull requests; what is left out of them is the leaks' gap."""
    leaks = snapshot.leaks
    for file in () if leaks is MISSING or leaks.named_files is MISSING else leaks.named_files:
        if file.is_env and file.origin == "gitea":
            for tip in file.tips:
                yield TrackedEnvFile(source="gitea", branch=tip.removeprefix("refs/heads/"), path=file.path)


def _withheld(snapshot: Snapshot) -> Iterator[Gap]:
    for name in ("local", "nas"):
        if withheld(snapshot, name):
            yield Gap(pointer="/env_file/files", reason=f"the facts of {name} are not in the snapshot")


def _search_gaps(snapshot: Snapshot) -> Iterator[Gap]:
    leaks = snapshot.leaks
    if leaks is not MISSING:
        yield from carried(leaks.gaps, ("/leaks/named_files", "/leaks/searched"), "/env_file/tracked")


def _local_gaps(local: Local) -> Iterator[Gap]:
    if not local.available:
        for name in ("files", "tracked", "ignores"):
            yield Gap(pointer=f"/env_file/{name}", reason=f"local is unavailable: {local.error}")
        return
    yield from carried(local.gaps, ("/local/env_files",), "/env_file/files")
    yield from carried(local.gaps, ("/local/tracked_env_files",), "/env_file/tracked")
    yield from carried(local.gaps, ("/local/env_ignore",), "/env_file/ignores")
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
