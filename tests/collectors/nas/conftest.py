"""The real probe against a site's folder on this machine, with every shell that a NAS may have."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from frame_answer import parse_frames

from auditor.collectors.nas.script import PATH, Nonces, render_script
from auditor.collectors.nas.visit import Occasion, facts_of
from auditor.config import Config, Nas, Proxy, Secrets, Site, Slot
from auditor.model.facts.nas import Nas as NasFacts
from auditor.transports.frames import Frames

NONCES = Nonces("1a" * 16, "2b" * 16, "3c" * 16)
SHELLS = ("dash", "bash", "bash-as-sh", "busybox")
# a name of every kind that breaks scripts; each is a file of its own
HOSTILE = (
    b"plain.md",
    b"two words.md",
    b"-exec",
    b"--help",
    b";",
    b"$(touch x)",
    b"`touch y`",
    b"new\nline.md",
    b"carriage\rreturn",
    b"back\\slash",
    b"back\\nslash",
    b"quote\"s'.md",
    b"\xff\xfe.bin",
    b"tab\there",
    b"*",
    b"[ab]?",
    b" leading",
    b"trailing ",
    b"trailing newline\n",
    "na\u00efve.md".encode(),
    b"\x1b[31mred",
    b"0" * 64 + b"  .fake",
)


@dataclass
class Box:
    """A NAS of folders: its root, the programs that it has, the answer that its shell gives."""

    root: Path
    tools: Path
    shell: str
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def app(self) -> Path:
        """The active release's folder."""
        return self.root / "releases/20260201-120000/app"

    def config(self, **settings: object) -> Config:
        """A site of this box, without slots, Docker and proxy unless they are given."""
        nas = {"slots": (), "docker": "none", "proxy": Proxy(kind="none"), **settings}
        return Config(
            id="site",
            nas=Nas(root=str(self.root), **nas),  # type: ignore[arg-type] # a test's own words
            site=Site(url="https://site.example/"),
            secrets=Secrets(own_values=("local:.env", "nas:.env")),
        )

    def command(self) -> list[str]:
        """The shell that reads a script from standard input."""
        if self.shell == "busybox":
            return [str(self.tools / "sh"), "-s"]
        return [str(self.tools / {"bash-as-sh": "sh"}.get(self.shell, self.shell)), "-s"]

    def path(self) -> str:
        """Where this box looks for programs."""
        return str(self.tools) if self.shell == "busybox" else f"{self.tools}:{PATH}"

    def run(self, config: Config, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[bytes]:
        """One visit by a script on standard input; `before` are words in front of the shell's."""
        text = NONCES.assignments() + render_script(config, path=self.path())
        return subprocess.run(
            [*before, *self.command()],
            input=text.encode(),
            capture_output=True,
            env={"PATH": str(self.tools), **self.environment},
            timeout=120,
            check=False,
        )

    def frames(self, config: Config | None = None) -> Frames:
        """The verified sections of one visit, which must be whole."""
        frames = parse_frames(self.run(config or self.config()).stdout, NONCES.frame)
        assert frames.complete
        return frames

    def facts(self, config: Config | None = None) -> NasFacts:
        """The facts of one visit."""
        config = config or self.config()
        return facts_of(self.frames(config), config, occasion())


def occasion(sha256: str = "") -> Occasion:
    """A visit without a detector."""
    now = datetime.now(UTC)
    return Occasion(asked_at=now, now=now, script_sha256=sha256, judge=lambda _text, _place: ())


def tools_for(shell: str, folder: Path) -> Path:
    """A folder with the shell, and for busybox with nothing but links to it."""
    folder.mkdir()
    busybox = shutil.which("busybox")
    if shell == "busybox":
        if busybox is None:
            pytest.skip("busybox is not installed")
        names = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
        for name in names:
            if name != "busybox":
                (folder / name).symlink_to(busybox)
        return folder
    real = shutil.which("bash" if shell == "bash-as-sh" else shell)
    if real is None:
        pytest.skip(f"{shell} is not installed")
    (folder / ("sh" if shell == "bash-as-sh" else shell)).symlink_to(real)
    return folder


def git(folder: Path, *words: str) -> None:
    """Git as a test prepares a repository with it; the probe runs none."""
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@site.example", *words],
        cwd=folder,
        check=True,
        capture_output=True,
        env={"PATH": PATH, "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"},
    )


def make_site(root: Path) -> None:
    """A site with an active release full of hostile names, and an older one without git."""
    app = root / "releases/20260201-120000/app"
    app.mkdir(parents=True)
    (root / "current").symlink_to("releases/20260201-120000/app")
    for number, name in enumerate(HOSTILE):
        (Path(app) / name.decode("utf-8", "surrogateescape")).write_text(f"content {number}\n")
    (app / "src").mkdir()
    (app / "src/a.md").write_text("hello\n")
    (app / "src/link").symlink_to("a.md\nb")
    (app / "src/gone").symlink_to("/etc/shadow")
    (app / "node_modules/x").mkdir(parents=True)
    (app / "node_modules/x/evil.js").write_text("x")
    git(app, "init", "-q", "-b", "main")
    git(app, "add", "-A")
    git(app, "commit", "-qm", "first")
    older = root / "releases/20260101-120000"
    older.mkdir()
    (older / "index.md").write_text("old\n")


@pytest.fixture(params=SHELLS)
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Box:
    """A site, once for each shell."""
    make_site(tmp_path / "site")
    return Box(tmp_path / "site", tools_for(request.param, tmp_path / "tools"), request.param)


@pytest.fixture
def dash_box(tmp_path: Path) -> Box:
    """A site and the shell of Debian."""
    make_site(tmp_path / "site")
    return Box(tmp_path / "site", tools_for("dash", tmp_path / "tools"), "dash")


@pytest.fixture
def slots() -> Callable[[int], tuple[Slot, ...]]:
    """One slot on a port."""
    return lambda port: (Slot(name="blue", port=port),)
