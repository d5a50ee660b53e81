"""Real clones made by the git program, in a world where no configuration of this machine is seen."""

# paths are bytes here, which pathlib can't hold

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from auditor.collectors.local.clone import observe
from auditor.interfaces import Deadline
from auditor.model.facts.local import Local

NOW = datetime(2026, 2, 3, 12, tzinfo=UTC)


@dataclass
class World:
    """A folder with a clone, a home, and the variables under which git and the witness both look at them."""

    base: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clone = self.base / "clone"
        self.home = self.base / "home"
        self.home.mkdir(parents=True)
        self.variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@example.net",
            "GIT_COMMITTER_NAME": "c",
            "GIT_COMMITTER_EMAIL": "c@example.net",
            "LC_ALL": "C",
        }

    def git(self, *words: str, at: Path | None = None, check: bool = True, text: bytes = b"") -> bytes:
        """What git prints; `text` is its input."""
        command = ["git", "-C", os.fspath(at or self.clone), *words]
        done = subprocess.run(command, input=text, capture_output=True, env=self.variables, check=False)
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout

    def init(self, *options: str) -> "World":
        self.clone.mkdir()
        self.git("init", "-q", "-b", "main", *options)
        return self

    def write(self, path: str | bytes, content: bytes = b"x\n") -> None:
        full = os.path.join(os.fsencode(self.clone), os.fsencode(path))
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(content)

    def commit(self, message: str = "a change", when: int = 1_770_000_000) -> str:
        self.git("add", "-A")
        dates = {"GIT_AUTHOR_DATE": f"{when} +0000", "GIT_COMMITTER_DATE": f"{when} +0000"}
        self.variables.update(dates)
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").decode().strip()

    def observe(self, path: Path | None = None, *, seconds: float = 60) -> Local:
        return observe(
            path or self.clone,
            remote="origin",
            branch="main",
            now=NOW,
            deadline=Deadline.after(seconds),
            progress=lambda _text: None,
            environment={key.encode(): os.fsencode(value) for key, value in self.variables.items()},
        )


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path).init()


@pytest.fixture
def new_world() -> Iterator[object]:
    """Makes worlds within one test, each in a folder of its own (for properties that need a fresh one each time)."""
    with TemporaryDirectory() as base:
        count = 0

        def make(*options: str) -> World:
            nonlocal count
            count += 1
            return World(Path(base) / str(count)).init(*options)

        yield make
