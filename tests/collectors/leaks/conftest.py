"""Repositories made by git for the search, and tokens that look real."""

import os
import random
import string
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

KEY = b"k" * 32


class Repo:
    """A repository with the means to put something into it."""

    def __init__(self, path: Path, *, object_format: str = "sha1") -> None:
        self.path = path
        path.mkdir()
        self.moment = 1_700_000_000
        self.git("init", "-q", "-b", "main", f"--object-format={object_format}")

    def git(self, *arguments: str, data: bytes | None = None, **environment: str) -> str:
        self.moment += 60
        date = f"{self.moment} +0000"
        variables = {
            **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
            **{f"GIT_{role}_{field}": text for role in ("AUTHOR", "COMMITTER") for field, text in _PERSON.items()},
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_DATE": date,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            **environment,
        }
        done = subprocess.run(["git", *arguments], cwd=self.path, env=variables, input=data, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def commit(self, files: dict[str, bytes | None], message: str = "a change", **environment: str) -> str:
        for name, content in files.items():
            path = self.path / name
            if content is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "--allow-empty", "-m", message, **environment)
        return self.git("rev-parse", "HEAD")


_PERSON = {"NAME": "Ada", "EMAIL": "ada@example.net"}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


@pytest.fixture
def token() -> Callable[[], str]:
    """Tokens of GitHub's form, each another one, the same ones in every run."""
    dice = random.Random(7)
    return lambda: "ghp_" + "".join(dice.choices(string.ascii_letters + string.digits, k=36))
