"""The files that decide a build, from the archives that the probe sent; they are judged in memory and dropped."""

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.collectors.nas.compose import parse_compose
from auditor.collectors.nas.dockerfile import parse_docker_ignore, parse_dockerfile
from auditor.collectors.nas.env_file import release_of
from auditor.collectors.nas.gap import GapList
from auditor.collectors.nas.git_tar import GitFile
from auditor.collectors.nas.interpolation import Known
from auditor.collectors.nas.judgement import Judge, judged
from auditor.model.facts.nas import NasEnvFile
from auditor.model.facts.nas_build import ComposeFile, Dockerfile, DockerIgnore
from auditor.model.missing import MISSING, Missing
from auditor.text import name_text


@dataclass(frozen=True)
class BuildFiles:
    """What declares and what builds, each list by path."""

    compose_files: tuple[ComposeFile, ...]
    dockerfiles: tuple[Dockerfile, ...]
    docker_ignores: tuple[DockerIgnore, ...]


@dataclass(frozen=True)
class BuildFileReader:
    """Reads the files by path below the root; env files tell what compose would fill in."""

    files: Mapping[bytes, GitFile]
    env_files: tuple[NasEnvFile, ...] | Missing
    judge: Judge
    gaps: GapList

    def read(self) -> BuildFiles:
        """All of them; a link is not followed, and listed nowhere."""
        named = sorted((name_text(name), one.content) for name, one in self.files.items() if one.content is not None)
        compose = [one for one in named if one[0].lower().endswith((".yml", ".yaml"))]
        ignores = [one for one in named if one[0].endswith(".dockerignore")]
        others = [one for one in named if one not in compose and one not in ignores]
        return BuildFiles(
            tuple(self._compose(path, data, index) for index, (path, data) in enumerate(compose)),
            tuple(self._dockerfile(path, data) for path, data in others),
            tuple(
                DockerIgnore(path=path, release=release_of(path), patterns=parse_docker_ignore(data))
                for path, data in ignores
            ),
        )

    def _compose(self, path: str, data: bytes, index: int) -> ComposeFile:
        pointer = f"compose_files/{index}/services"
        return ComposeFile(
            path=path,
            release=release_of(path),
            services=self.gaps.attempt(pointer, lambda: parse_compose(data, self._known(path))),
            secrets=judged(self.judge, [(data.decode("utf-8", "replace"), f"nas:{path}")]),
        )

    def _dockerfile(self, path: str, data: bytes) -> Dockerfile:
        return Dockerfile(
            path=path,
            release=release_of(path),
            variables=parse_dockerfile(data),
            secrets=judged(self.judge, [(data.decode("utf-8", "replace"), f"nas:{path}")]),
        )

    def _known(self, path: str) -> Known:
        """The variables of the `.env` beside a file; a value that never left the NAS is MISSING."""
        beside = f"{path.rpartition('/')[0]}/.env".removeprefix("/")
        for file in () if self.env_files is MISSING else self.env_files:
            if file.path == beside and file.keys is not MISSING:
                return {
                    key.name: MISSING if key.value is None and key.has_value else key.value or "" for key in file.keys
                }
        return {}
