"""Sources that do as they are told, and the standard policy ready to judge."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from auditor.config import Config
from auditor.config import Local as LocalSection
from auditor.config.loader import load_standard
from auditor.interfaces import Context
from auditor.model.facts.local import CommitLine, Head, Local, MainBranch
from auditor.model.facts.snapshot import Snapshot, SourceRun
from auditor.pipeline.evaluation import Bench, prepare
from auditor.text import time_text

MOMENT = "2026-02-01T03:00:00Z"
COMMIT, OTHER = "1" * 40, "2" * 40
AHEAD = CommitLine(commit=OTHER, committed_at="2026-01-31T10:00:00Z", subject="Straight to main")
WHOLE = Local(
    available=True,
    observed_at=MOMENT,
    path="/home/a/clone",
    git_dir="/home/a/clone/.git",
    object_format="sha1",
    bare=False,
    shallow=False,
    promisor_remotes=(),
    sparse=False,
    linked_worktree=False,
    head=Head(kind="branch", branch="main", commit=COMMIT),
    root_commits=(COMMIT,),
    remote="origin",
    default_branch="main",
    fetched_at=MOMENT,
    main=MainBranch(
        name="main",
        commit=COMMIT,
        tracking_ref="refs/remotes/origin/main",
        tracking_commit=COMMIT,
        tracking_updated_at=MOMENT,
        ahead_count=0,
        ahead=(),
        behind_count=0,
        behind_since=None,
    ),
    branches=(),
    detached=None,
    tracking_branches=(),
    stashes=(),
    worktrees=(),
    operations=(),
    staged=(),
    unstaged=(),
    untracked=(),
    ignored_count=0,
    tracked_count=1,
    hidden=(),
    submodules=(),
    remotes=(),
    credentials=(),
    tls_switches=(),
    env_files=(),
    tracked_env_files=(),
    env_ignore=(),
)


def ahead_of(commits: tuple[CommitLine, ...]) -> Local:
    """The clone with these commits on its main alone."""
    assert isinstance(WHOLE.main, MainBranch)
    return replace(WHOLE, main=replace(WHOLE.main, ahead=commits, ahead_count=len(commits)))


@dataclass
class FakeCollector:
    """A collector whose `act` observes; it remembers what it was given."""

    act: Callable[[Context], Any]
    ROUND: int = 1
    wanted: bool = True
    contexts: list[Context] = field(default_factory=list)
    entered: threading.Event = field(default_factory=threading.Event)

    def configured(self, config: Config) -> bool:
        return self.wanted

    def collect(self, context: Context) -> Any:
        self.contexts.append(context)
        self.entered.set()
        return self.act(context)

    def unavailable(self, reason: str, now: datetime) -> Local:
        return Local(available=False, error=reason, observed_at=time_text(now))


@pytest.fixture
def config() -> Config:
    return Config(id="site", local=LocalSection(path=Path("/home/a/clone"), branch="main"))


@pytest.fixture(scope="session")
def bench() -> Bench:
    """The standard policy for a site with a clone, compiled once."""
    return prepare(load_standard(Config(id="site", local=LocalSection(path=Path("/home/a/clone")))), None)


@pytest.fixture
def snapshot() -> Snapshot:
    """What a run saw of a clone that is all right."""
    return Snapshot(
        schema_version=1,
        tool_version="0",
        id="00000000-0000-7000-8000-000000000000",
        site_id="site",
        mode="audit",
        started_at=MOMENT,
        finished_at=MOMENT,
        sources=(SourceRun(name="local", status="ok", collected_at=MOMENT, took_seconds=0.1),),
        local=WHOLE,
    )
