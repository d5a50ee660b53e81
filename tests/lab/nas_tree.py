"""The folder of the lab's NAS: releases made by real clones, `current`, env files, and what may befall them.

tree = NasTree(root, canon)
tree.add_release("20260201-120000", canon.tip); tree.point("20260201-120000")
tree.write("src/a.md", b"hacked\n")          # 48 hours ago, in the active release
"""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nas_canon import Canon, run_git
from nas_site import BASE, ENV_FILE, OWNER, REPO

ORIGIN = f"{BASE}/{OWNER}/{REPO}.git"
NOISE = (
    *("@eaDir/a.md@SynoEAStream", "#recycle/old.md", "#snapshot/x", "@tmp/y", "@sharebin/z", ".DS_Store", "._a.md"),
    *(".TemporaryItems/t", "Thumbs.db", "desktop.ini", "a.md@SynoResource"),
)


@dataclass
class NasTree:
    """The site's root on the NAS."""

    root: Path
    canon: Canon

    @property
    def app(self) -> Path:
        """The folder that `current` leads to."""
        return (self.root / "current").resolve()

    def release(self, name: str) -> Path:
        """The folder of a release's code."""
        return self.root / "releases" / name / "app"

    def add_release(self, name: str, commit: str, *, hours: float = 29, git: bool = True) -> Path:
        """A release cloned so long ago, when main was at `commit`, with an env file; without `git`, the files alone."""
        app = self.release(name)
        app.parent.mkdir(parents=True)
        at = {"GIT_COMMITTER_DATE": f"{int(time.time() - hours * 3600)} +0000"}
        run_git(app.parent, "clone", "-q", "--no-hardlinks", "--no-checkout", str(self.canon.bare), "app", **at)
        shutil.rmtree(app / ".git/logs")
        run_git(app, "update-ref", "refs/remotes/origin/main", commit)
        run_git(app, "update-ref", "refs/heads/main", commit, **at)
        run_git(app, "reset", "-q", "--hard", commit, **at)
        run_git(app, "remote", "set-url", "origin", ORIGIN)
        if not git:
            shutil.rmtree(app / ".git")
        (app / ".env").write_bytes(ENV_FILE)
        (app / ".env").chmod(0o600)
        for folder in (app, app.parent):
            _age(folder, hours)
        return app

    def point(self, name: str, *, target: str | None = None) -> None:
        """Leads `current` to a release (or anywhere), as `ln -sfn` does."""
        link = self.root / "current"
        link.unlink(missing_ok=True)
        link.symlink_to(target or f"releases/{name}/app")

    def write(self, path: str, body: bytes, *, hours: float = 48, release: str | None = None) -> Path:
        """Writes a file, with an mtime so long ago."""
        file = (self.app if release is None else self.release(release)) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.is_symlink():
            file.unlink()
        file.write_bytes(body)
        _age(file, hours)
        return file

    def append(self, path: str, body: bytes = b"hacked\n", *, hours: float = 48, release: str | None = None) -> Path:
        """Adds to a file, so long ago."""
        file = (self.app if release is None else self.release(release)) / path
        return self.write(path, file.read_bytes() + body, hours=hours, release=release)

    def add_noise(self, count: int = 200) -> None:
        """What DSM, a Mac and a Windows machine leave in a share."""
        for number in range(count):
            name = NOISE[number % len(NOISE)]
            self.write(f"src/n{number}/{name}" if number >= len(NOISE) else name, b"noise\n")

    def fetch(self, ref: str, *, hours: float = 29) -> str:
        """Step B of the owner's manual: fetches, and resets the live release hard to a ref; so long ago."""
        at = {"GIT_COMMITTER_DATE": f"{int(time.time() - hours * 3600)} +0000"}
        self.git("fetch", "-q", str(self.canon.bare), ref, **at)
        self.git("reset", "-q", "--hard", "FETCH_HEAD", **at)
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str, release: str | None = None, **environment: str) -> str:
        """Runs git in the active release, as somebody on the NAS would."""
        app = self.app if release is None else self.release(release)
        return run_git(app, *arguments, **environment)

    def status(self) -> str:
        """What `git status` there says: the empty text is clean."""
        return self.git("status", "--porcelain", GIT_OPTIONAL_LOCKS="0")

    def hide(self, way: str) -> str:
        """Makes a change and hides it from `git status` in one of the WAYS; gives the path of the change."""
        return WAYS[way](self)


def _age(path: Path, hours: float) -> None:
    moment = time.time() - hours * 3600
    os.utime(path, (moment, moment), follow_symlinks=False)


def _flag(flag: str) -> Callable[[NasTree], str]:
    def hide(tree: NasTree) -> str:
        tree.git("update-index", f"--{flag}", "src/a.md")
        tree.append("src/a.md")
        return "src/a.md"

    return hide


def _exclude(tree: NasTree) -> str:
    (tree.app / ".git/info").mkdir(exist_ok=True)
    with (tree.app / ".git/info/exclude").open("a") as file:
        file.write("/www/evil.js\n")
    tree.write("www/evil.js", b"evil()\n")
    return "www/evil.js"


def _excludes_file(tree: NasTree) -> str:
    (tree.app / ".git/quiet").write_text("evil.js\n")
    tree.git("config", "core.excludesFile", str(tree.app / ".git/quiet"))
    tree.write("www/evil.js", b"evil()\n")
    return "www/evil.js"


def _untracked(tree: NasTree) -> str:
    tree.git("config", "status.showUntrackedFiles", "no")
    tree.write("www/evil.js", b"evil()\n")
    return "www/evil.js"


def _file_mode(tree: NasTree) -> str:
    tree.git("config", "core.fileMode", "false")
    (tree.app / "www/app.js").chmod(0o755)
    return "www/app.js"


def _check_stat(tree: NasTree) -> str:
    """The same size, the same second, and a git that looks at nothing else."""
    file = tree.app / "src/a.md"
    _age(file, 48)
    tree.git("update-index", "--really-refresh")
    before = file.stat()
    tree.git("config", "core.checkStat", "minimal")
    tree.git("config", "core.trustCtime", "false")
    file.write_bytes(file.read_bytes().swapcase())
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    return "src/a.md"


WAYS: dict[str, Callable[[NasTree], str]] = {
    "assume-unchanged": _flag("assume-unchanged"),
    "skip-worktree": _flag("skip-worktree"),
    "info/exclude": _exclude,
    "core.excludesFile": _excludes_file,
    "status.showUntrackedFiles": _untracked,
    "core.fileMode": _file_mode,
    "core.checkStat": _check_stat,
}
