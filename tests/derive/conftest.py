"""A clone of which only what a test names was observed, and the two kinds of policy file that it is judged by."""

from collections.abc import Callable
from typing import Any

import pytest

from auditor.config import Config, Gitea
from auditor.config import Local as LocalSection
from auditor.model.facts.local import Local
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot

NOW = "2026-02-01T03:00:00Z"


@pytest.fixture
def seen() -> Callable[..., Snapshot]:
    """Makes the snapshot of a run that observed these facts of the clone, and nothing else."""

    def snapshot(**facts: Any) -> Snapshot:
        local = Local(**{"available": True, "observed_at": NOW, **facts})
        return Snapshot(
            schema_version=SCHEMA_VERSION,
            tool_version="1",
            id="0",
            site_id="site",
            mode="audit",
            started_at=NOW,
            finished_at=NOW,
            sources=(),
            local=local,
        )

    return snapshot


@pytest.fixture
def bare(tmp_path: Any) -> Config:
    """A policy file that names the clone alone."""
    return Config(id="site", local=LocalSection(path=tmp_path))


@pytest.fixture
def served(tmp_path: Any) -> Config:
    """A policy file that names the clone and the server, which has a second name."""
    gitea = Gitea(base="https://git.example.net", owner="Acme", repo="site", hosts=("nas.lan",))
    return Config(id="site", local=LocalSection(path=tmp_path), gitea=gitea)
