"""The program as a user runs it: a process of its own, in a home of its own."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Git = Callable[..., str]
AddSite = Callable[..., Path]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the rules of a policy are kept compiled: the standard ones once for all tests."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
def home(tmp_path: Path, compiled: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home; nothing of this machine's git or auditor configuration is seen."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith(("GIT_", "AUDITOR_", "XDG_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(compiled),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.net",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.net",
        "NO_COLOR": "1",
    }.items():
        monkeypatch.setenv(name, value)
    return home


@pytest.fixture
def auditor(home: Path, tmp_path: Path) -> Run:
    """Run the program with arguments; keyword arguments go to subprocess.run."""

    def run(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
        given: dict[str, object] = {"cwd": tmp_path, "capture_output": True, "text": True, "timeout": 60, **options}
        return subprocess.run([sys.executable, "-m", "auditor", *map(str, arguments)], check=False, **given)  # type: ignore[call-overload,no-any-return]

    return run


@pytest.fixture
def inside(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run the program in this process, which is faster; its code and texts come back as those of a process would."""
    from auditor.cli.main import run as program

    def run(*arguments: str | Path, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        monkeypatch.chdir(cwd)
        capsys.readouterr()
        words = [str(argument) for argument in arguments]
        code = program(words)
        out, err = capsys.readouterr()
        return subprocess.CompletedProcess(words, code, out, err)

    before = signal.getsignal(signal.SIGTERM)
    yield run
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def git(home: Path) -> Git:
    """Run git in a folder and give what it prints."""

    def run(folder: Path, *arguments: str, **options: str) -> str:
        environment = {**os.environ, **options}
        done = subprocess.run(
            ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True, env=environment
        )
        return done.stdout.strip()

    return run


@pytest.fixture
def clone(tmp_path: Path, git: Git) -> Path:
    """A clean clone of a small repository, fetched a moment ago."""
    upstream = tmp_path / "upstream"
    upstream.mkdir()
    git(upstream, "init", "-q", "-b", "main")
    (upstream / ".gitignore").write_text(".env\n.env.*\n!.env.example\n")
    (upstream / "page.md").write_text("hello\n")
    git(upstream, "add", ".")
    git(upstream, "commit", "-q", "-m", "First")
    git(tmp_path, "clone", "-q", str(upstream), "clone")
    folder = tmp_path / "clone"
    (upstream / "page.md").write_text("hello again\n")
    git(upstream, "commit", "-q", "-am", "Second")
    git(folder, "pull", "-q")
    return folder


@pytest.fixture
def add_site(clone: Path, tmp_path: Path) -> AddSite:
    """Write the policy file of a site with a clone of its own; a `dirty` one has an env file that all can read."""

    def add(name: str, *, dirty: bool = False, folder: str = "sites") -> Path:
        home = tmp_path / folder
        home.mkdir(exist_ok=True)
        own = shutil.copytree(clone, tmp_path / f"clone-{name}", symlinks=True)
        if dirty:
            (own / ".env").write_text("MODE=plain\n")
            (own / ".env").chmod(0o644)
        file = home / f"{name}.yaml"
        file.write_text(f"schema: 1\nid: {name}\nlocal: {{path: {own}}}\n")
        return file

    return add


def interrupted(process: "subprocess.Popen[bytes]", seconds: float = 20) -> tuple[int, bytes, bytes]:
    """The exit code and the texts of a process that is sent SIGINT; one that goes on is ended by force."""
    with process:
        try:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=seconds)
        finally:
            process.kill()
    return process.returncode, out, err.strip()
