"""Env files wherever they lie: who may read them, which are tracked, and whether the ignore rules keep them out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from auditor.config import Config
from auditor.model.facts.local import IgnoreProbe, Local
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing


@dataclass(frozen=True, kw_only=True)
class EnvFile:
    """An env file on a machine; `mode` is octal text."""

    source: Literal["local", "nas"]
    path: str
    mode: str | Missing = MISSING
    readable_by_others: bool | Missing = MISSING


@dataclass(frozen=True, kw_only=True)
class TrackedEnvFile:
    """An env file in the tree at the tip of a branch."""

    source: Literal["local", "gitea"]
    branch: str
    path: str


@dataclass(frozen=True, kw_only=True)
class EnvFiles:
    """`ignores` are the names that must be ignored, as the committed ignore rules judge them."""

    files: tuple[EnvFile, ...] | Missing = MISSING
    tracked: tuple[TrackedEnvFile, ...] | Missing = MISSING
    ignores: tuple[IgnoreProbe, ...] | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, _config: Config) -> EnvFiles:
    """The env files of the clone."""
    local = snapshot.local
    if local is MISSING:
        return EnvFiles()
    if not local.available:
        return EnvFiles(gaps=(Gap(pointer="/env_file", reason=f"local is unavailable: {local.error}"),))
    return EnvFiles(
        files=MISSING if local.env_files is MISSING else tuple(_files(local)),
        tracked=MISSING
        if local.tracked_env_files is MISSING
        else tuple(TrackedEnvFile(source="local", branch=one.branch, path=one.path) for one in local.tracked_env_files),
        ignores=local.env_ignore,
        gaps=(
            *carried(local.gaps, ("/local/env_files",), "/env_file/files"),
            *carried(local.gaps, ("/local/tracked_env_files",), "/env_file/tracked"),
            *carried(local.gaps, ("/local/env_ignore",), "/env_file/ignores"),
        ),
    )


def _files(local: Local) -> Iterator[EnvFile]:
    for file in () if local.env_files is MISSING else local.env_files:
        if file.kind == "absent":
            continue
        mode = MISSING if file.mode is None else file.mode
        yield EnvFile(source="local", path=file.path, mode=mode, readable_by_others=file.readable_by_others)
