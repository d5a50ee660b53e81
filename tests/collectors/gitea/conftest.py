"""A recorded Gitea, asked by the collector under test as any of its callers."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from auditor.collectors import gitea as collector
from auditor.config import Config, Gitea
from auditor.config.secret import SecretRef
from auditor.interfaces import Context, Deadline
from auditor.model.facts import gitea as facts
from auditor.model.facts.earlier import Earlier
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot
from auditor.model.missing import MISSING, Missing

sys.path.insert(0, str(Path(__file__).parents[2] / "lab"))

from gitea_history import make_repository
from gitea_recording import World
from gitea_replay import Caller, ReplayGitea

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
Replay = Callable[..., ReplayGitea]
Collect = Callable[..., facts.Gitea]


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Callable[[World], Path | None]:
    """The bare repository of a world, made once; None where it was not recorded."""
    folder, made = tmp_path_factory.mktemp("bare"), {}

    def make(world: World) -> Path | None:
        key = world.version, world.scenario
        if key not in made:
            made[key] = make_repository(world, folder / "-".join(key))
        return made[key]

    return make


@pytest.fixture
def replay(bare: Callable[[World], Path | None]) -> Iterator[Replay]:
    """Starts recorded servers, with their repository unless another `git` is given."""
    with ExitStack() as stack:

        def start(version: str, scenario: str, **options: Any) -> ReplayGitea:
            options.setdefault("git", bare(World(version, scenario, options.get("variant"))))
            return stack.enter_context(ReplayGitea(version, scenario, **options))

        yield start


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The auditor's own folder, kept from one look to the next within a test."""
    return tmp_path / "state"


@pytest.fixture
def look(state: Path, tmp_path: Path) -> Collect:
    """Collects from a recorded server as `caller`; other keywords are settings of the section `gitea`."""

    def collect(
        gitea: ReplayGitea,
        caller: Caller = Caller.AUDITEUR,
        *,
        earlier: Earlier | Missing = MISSING,
        seconds: float = 60,
        remember: bool = True,
        repository: str | None = None,
        **settings: Any,
    ) -> facts.Gitea:
        owner, repo = (repository or gitea.recording.repository or "x/x").split("/")
        section = Gitea(base=gitea.url, owner=owner, repo=repo)
        if caller is not Caller.ANONYMOUS:
            file = tmp_path / "token"
            file.write_text(gitea.token(caller) + "\n")
            file.chmod(0o600)
            section = replace(section, token=SecretRef(file=file, name="gitea.token"))
        section = replace(section, **settings)
        return collector.collect(
            Context(
                config=Config(id="site", gitea=section),
                seen=_NOTHING_SEEN,
                earlier=None if earlier is MISSING else lambda: earlier,
                state=state if remember else None,
                deadline=Deadline.after(seconds),
                now=NOW,
                progress=lambda text: None,
            )
        )

    return collect


_NOTHING_SEEN = Snapshot(
    schema_version=SCHEMA_VERSION,
    tool_version="0",
    id="0",
    site_id="site",
    mode="audit",
    started_at="2026-11-24T03:00:00Z",
    finished_at="2026-11-24T03:00:00Z",
    sources=(),
)
