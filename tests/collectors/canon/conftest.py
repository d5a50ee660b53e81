"""Real repositories copied into a real mirror, and a first round that names their commits."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from auditor.collectors.canon import collect
from auditor.config import Config, Rollback
from auditor.config import Gitea as Section
from auditor.interfaces import Context, Deadline
from auditor.model.facts.canon import Canon, CanonCommit, CanonFile
from auditor.model.facts.gitea import Gitea, MainBranch, Pull
from auditor.model.facts.gitea_history import History, PullHead
from auditor.model.facts.local import Head
from auditor.model.facts.nas import Nas, Release, ReleaseFile
from auditor.model.facts.nas_git import GitDirectory
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot
from auditor.model.missing import MISSING
from auditor.text import name_text, time_text
from auditor.transports.mirror.place import mirror_folder
from auditor.transports.mirror.update import update_mirror

NOW = datetime(2026, 2, 3, 12, tzinfo=UTC)
Files = Mapping[str | bytes, bytes | None]


@dataclass
class World:
    """A repository with a work tree, the state folder of an auditor, and what the first round saw."""

    base: Path
    pulls: list[Pull] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    config: Config = field(init=False)
    minutes: int = 0

    def __post_init__(self) -> None:
        self.repository = self.base / "repository"
        self.repository.mkdir(parents=True)
        self.git("init", "-q", "-b", "main", ".")
        section = Section(base="https://git.example.net", owner="o", repo="r", git=str(self.repository))
        self.config = Config(id="site", gitea=section)

    @property
    def state(self) -> Path:
        """The auditor's own folder."""
        return self.base / "state"

    @property
    def mirror(self) -> Path:
        """The copy of the objects."""
        return mirror_folder(self.state, str(self.repository))

    def git(self, *words: str, at: Path | None = None, stdin: bytes = b"") -> str:
        """What git prints, in a world without configuration, at a clock that the commits move."""
        when = f"{1_760_000_000 + self.minutes * 60} +0000"
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.base),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@example.net",
            "GIT_COMMITTER_NAME": "c",
            "GIT_COMMITTER_EMAIL": "c@example.net",
            "GIT_AUTHOR_DATE": when,
            "GIT_COMMITTER_DATE": when,
            "LC_ALL": "C",
        }
        command = ["git", *words]
        done = subprocess.run(
            command, cwd=at or self.repository, env=variables, input=stdin, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.decode("utf-8", "replace").strip()

    def write(self, files: Files) -> None:
        """Changes files of the work tree; None removes one."""
        for name, content in files.items():
            path = os.path.join(os.fsencode(self.repository), os.fsencode(name))
            if content is None:
                os.unlink(path)
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)

    def commit(self, files: Files, subject: str = "change") -> str:
        """A commit with the changes, stored as they are: no attribute counts at check-in."""
        self.write(files)
        self.minutes += 1
        self.git("config", "core.autocrlf", "false")
        info = self.repository / ".git" / "info" / "attributes"
        info.parent.mkdir(exist_ok=True)
        # the blobs are to hold these very bytes, whatever the tree's own attributes would make of them
        info.write_text("* -text -eol -filter -ident !working-tree-encoding\n")
        self.git("add", "-A", "-f", ".")
        info.unlink()
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")

    def checked_out(self, commit: str) -> dict[str, bytes]:
        """What a fresh clone's `git checkout` really writes, by path; a link's bytes are its text."""
        clone = self.base / "clone"
        shutil.rmtree(clone, ignore_errors=True)
        self.git("clone", "-q", "-n", str(self.repository), str(clone), at=self.base)
        self.git("checkout", "-q", "-f", commit, at=clone)
        found = {}
        for folder, folders, files in os.walk(os.fsencode(clone)):
            folders[:] = [name for name in folders if name != b".git"]
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
            for name in (*files, *links):
                path = os.path.join(folder, name)
                content = os.readlink(path) if os.path.islink(path) else Path(os.fsdecode(path)).read_bytes()
                found[name_text(os.path.relpath(path, os.fsencode(clone)))] = content
        return found

    def update(self) -> None:
        """Brings the mirror up to date."""
        self.mirror.parent.mkdir(parents=True, exist_ok=True)
        update_mirror(
            self.mirror, str(self.repository), http=None, deadline=Deadline.after(60), progress=lambda _: None
        )

    def gitea(self, main: str) -> Gitea:
        """What the first round says of the server."""
        fetched = History(
            fetched_at=time_text(NOW), tip=None, baseline=None, baseline_on_line=False, commit_count=0, commits=()
        )
        heads = tuple(
            PullHead(number=pull.number, commit=pull.head_commit)
            for pull in self.pulls
            if isinstance(pull.head_commit, str)
        )
        return Gitea(
            available=True,
            observed_at=time_text(NOW),
            main=MainBranch(name="main", commit=main),
            history=fetched,
            pulls=tuple(self.pulls),
            pull_heads=heads,
        )

    def nas(self) -> Nas:
        """What the first round says of production."""
        return Nas(available=True, observed_at=time_text(NOW), access="probe", releases=tuple(self.releases))

    def context(self, gitea: Gitea | None = None, *, seconds: float = 60) -> Context:
        """What the collector is given."""
        seen = Snapshot(
            schema_version=SCHEMA_VERSION,
            tool_version="0",
            id="0",
            site_id="site",
            mode="audit",
            started_at=time_text(NOW),
            finished_at=time_text(NOW),
            sources=(),
            gitea=gitea or self.gitea(self.git("rev-parse", "main")),
            nas=self.nas() if self.releases else MISSING,
        )
        return Context(
            config=self.config,
            seen=seen,
            state=self.state,
            deadline=Deadline.after(seconds),
            now=NOW,
            progress=lambda _: None,
        )

    def collect(self) -> Canon:
        """The facts after the mirror was brought up to date."""
        self.update()
        return collect(self.context())

    def roll_back(self, to: str) -> None:
        """Declares a rollback."""
        self.config = replace(self.config, rollback=Rollback(to=to, until="2026-03-01T00:00:00Z", reason="r"))

    def pull(self, number: int, head: str, **values: object) -> None:
        """A pull request into main, open if nothing else is said."""
        facts = {"state": "open", "merged": False, "base_branch": "main", "updated_at": time_text(NOW)} | values
        self.pulls.append(Pull(number=number, head_commit=head, **facts))  # type: ignore[arg-type]  # a test's own words
        self.git("update-ref", f"refs/pull/{number}/head", head)

    def release(
        self, name: str, files: Mapping[str, bytes], *, head: str | None = None, active: bool = True, git: bool = True
    ) -> None:
        """A release with these files, and a git directory whose HEAD is `head`."""
        place = f"releases/{name}/app"
        facts = None
        if git:
            facts = GitDirectory(
                path=f"{place}/.git", kind="folder", head=Head(kind="branch", branch="main", commit=head)
            )
        self.releases.append(
            Release(
                name=name,
                path=place,
                active=active,
                kind="folder",
                modified_at=time_text(NOW),
                git=facts,
                files=tuple(release_files(files)),
                pruned=(),
            )
        )


def release_files(files: Mapping[str, bytes]) -> Iterable[ReleaseFile]:
    """Files as the probe tells of them."""
    for path, content in sorted(files.items()):
        yield ReleaseFile(
            path=path,
            kind="file",
            sha256=sha256(content).hexdigest(),
            size=len(content),
            executable=False,
            mode="0644",
            modified_at=time_text(NOW),
        )


def in_role(canon: Canon, role: str) -> CanonCommit:
    """The one commit that is there in a role."""
    assert canon.commits is not MISSING
    (found,) = [commit for commit in canon.commits if role in commit.roles]
    return found


def files_of(canon: Canon, role: str = "main") -> dict[str, CanonFile]:
    """The files of the commit in a role, by path."""
    assert canon.trees is not MISSING
    tree = next(tree for tree in canon.trees if tree.id == in_role(canon, role).tree)
    return {file.path: file for file in tree.files}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)
