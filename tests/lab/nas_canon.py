"""The canonical repository of the lab's world and the Gitea that serves it: a small site's history, by pull requests.

    canon = make_canon(folder)
    canon.open_pull(14, "hotfix/footer", {"www/index.html": b"…"})
    with canon.serve() as gitea: ...
Commits lie days before now; main's tip is 30 hours old, so that who lacks it is past the usual limit.
"""

import copy
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gitea_answer import Answer, Request, json_answer, usual_headers
from gitea_fault import Serve
from gitea_replay import Caller, ReplayGitea
from nas_site import BASE, CHECKS, FIRST, LATER, OWNER, REPO, Files

_HOUR = 3600


@dataclass
class Canon:
    """The bare repository `bare`, with what the server knows besides; `commits` of main, the oldest first."""

    folder: Path
    commits: list[str] = field(default_factory=list)
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    merged_at: dict[str, float] = field(default_factory=dict)

    @property
    def bare(self) -> Path:
        return self.folder / "canon.git"

    @property
    def tip(self) -> str:
        """Main's last commit."""
        return self.commits[-1]

    def merge(self, number: int, files: Files, hours: float) -> str:
        """A pull request, merged by fast-forward so long ago, and main's new tip."""
        commit = self._commit(self.commits[-1] if self.commits else None, files, f"change (#{number})", hours)
        self._point("refs/heads/main", commit)
        self.commits.append(commit)
        self.merged_at[commit] = time.time() - hours * _HOUR
        if number:
            self._pull(number, f"feat/{number}", commit, hours)
            merged = _moment(self.merged_at[commit])
            self.pulls[number] |= {
                "state": "closed",
                "merged": True,
                "merged_at": merged,
                "closed_at": merged,
                "merge_commit_sha": commit,
                "merged_by": {"id": 2, "login": "gardienne"},
            }
        return commit

    def open_pull(
        self, number: int, branch: str, files: Files, *, hours: float = 1, fork: bool = False, parent: str | None = None
    ) -> str:
        """An open pull request that changes `files` of main's tip (or `parent`), and its head; again: force-pushed."""
        commit = self._commit(parent or self.tip, files, f"hotfix {number}", hours)
        self._pull(number, branch, commit, hours)
        if fork:
            self.pulls[number]["head"]["repo"] |= {"full_name": f"stranger/{REPO}", "fork": True, "id": 99}
        else:
            self._point(f"refs/heads/{branch}", commit)
        return commit

    def open_pushed(self, number: int, branch: str, *, hours: float = 1) -> None:
        """An open pull request of a branch that somebody pushed."""
        self._pull(number, branch, self.git("rev-parse", f"refs/heads/{branch}"), hours)

    def close_pull(self, number: int) -> None:
        """Closes a pull request unmerged."""
        now = _moment(time.time())
        self.pulls[number] |= {"state": "closed", "closed_at": now, "updated_at": now}

    def merge_pull(self, number: int, *, hours: float = 0.5) -> str:
        """Merges an open pull request by fast-forward."""
        pull = self.pulls[number]
        commit = pull["head"]["sha"]
        self._point("refs/heads/main", commit)
        self.commits.append(commit)
        self.merged_at[commit] = time.time() - hours * _HOUR
        merged = _moment(self.merged_at[commit])
        pull |= {
            "state": "closed",
            "merged": True,
            "merged_at": merged,
            "closed_at": merged,
            "updated_at": merged,
            "merge_commit_sha": commit,
            "merged_by": {"id": 2, "login": "gardienne"},
        }
        return commit

    def rewrite(self, files: Files, hours: float = 30) -> str:
        """Main's tip replaced by another commit on the same parent: a forced push."""
        lost = self.commits.pop()
        commit = self._commit(self.commits[-1], files, "another tip", hours)
        self._point("refs/heads/main", commit)
        self.commits.append(commit)
        self.merged_at[commit] = self.merged_at[lost]
        return commit

    def commit_elsewhere(self, branch: str, files: Files, hours: float = 40) -> str:
        """A commit on a branch without a pull request."""
        commit = self._commit(self.commits[-2], files, f"work on {branch}", hours)
        self._point(f"refs/heads/{branch}", commit)
        return commit

    def copy(self, folder: Path) -> "Canon":
        """The same in another folder, free to change."""
        shutil.copytree(self.bare, folder / "canon.git")
        return Canon(folder, list(self.commits), copy.deepcopy(self.pulls), dict(self.merged_at))

    @contextmanager
    def serve(self) -> Iterator[ReplayGitea]:
        """The Gitea with this repository; what changes later is served too."""
        overlay: dict[str, Any] = {
            "R/branches/main": self._main_row,
            "R/branches": lambda rows: [self._main_row(rows[0])],
            "R/pulls": lambda rows: self._pull_rows(rows[0]),
            "R/activities/feeds": lambda rows: [],
        }
        faults = {"R/commits/": _statuses}
        with ReplayGitea("1.27.0", "archicratie-edition", git=self.bare, overlay=overlay, fail=faults) as gitea:
            yield gitea

    def _pull(self, number: int, branch: str, commit: str, hours: float) -> None:
        self._point(f"refs/pull/{number}/head", commit)
        at = _moment(time.time() - hours * _HOUR)
        before = self.pulls.get(number, {})
        self.pulls[number] = {
            "number": number,
            "id": number,
            "title": f"hotfix {number}",
            "state": "open",
            "merged": False,
            "created_at": before.get("created_at", at),
            "updated_at": at,
            "closed_at": None,
            "merged_at": None,
            "merge_commit_sha": None,
            "merged_by": None,
            "html_url": f"{BASE}/{OWNER}/{REPO}/pulls/{number}",
            "head": {"label": branch, "ref": branch, "sha": commit, "repo": {}},
        }

    def _main_row(self, row: dict[str, Any]) -> dict[str, Any]:
        row["name"] = "main"
        row["commit"] |= {"id": self.tip, "timestamp": _moment(self.merged_at[self.tip])}
        return row

    def _pull_rows(self, recorded: dict[str, Any]) -> list[dict[str, Any]]:
        rows = []
        for number in sorted(self.pulls, reverse=True):
            row, own = copy.deepcopy(recorded), copy.deepcopy(self.pulls[number])
            row["head"] |= {**own["head"], "repo": row["head"]["repo"] | own["head"]["repo"]}
            row |= {**own, "head": row["head"], "merge_base": self.commits[0]}
            row["base"] |= {"sha": self.commits[0]}
            rows.append(row)
        return sorted(rows, key=lambda row: row["updated_at"], reverse=True)

    def _point(self, ref: str, commit: str) -> None:
        self.git("update-ref", ref, commit)

    def _commit(self, parent: str | None, files: Files, message: str, hours: float) -> str:
        when = int(time.time() - hours * _HOUR)
        index = {"GIT_INDEX_FILE": str(self.folder / "canon.index")}
        if parent is None:
            self.git("read-tree", "--empty", **index)
        else:
            self.git("read-tree", parent, **index)
        lines = []
        for path, body in files.items():
            blob = "0" * 40 if body is None else self.git("hash-object", "-w", "--stdin", stdin=body)
            lines.append(f"{'0' if body is None else '100644'} {blob}\t{path}\0")
        if parent is None:
            link = self.git("hash-object", "-w", "--stdin", stdin=b"README.md")
            lines.append(f"120000 {link}\tREADME-link\0")
        self.git("update-index", "-z", "--index-info", stdin="".join(lines).encode(), **index)
        tree = self.git("write-tree", **index)
        dates = {"GIT_AUTHOR_DATE": f"{when} +0000", "GIT_COMMITTER_DATE": f"{when} +0000"}
        return self.git("commit-tree", tree, *(("-p", parent) if parent else ()), "-m", message, **dates)

    def git(self, *arguments: str, stdin: bytes = b"", **environment: str) -> str:
        """Runs git in the bare repository."""
        return run_git(self.bare, *arguments, stdin=stdin, **environment)


def make_canon(folder: Path) -> Canon:
    """The repository with its usual history: four commits of main, three merged pull requests."""
    folder.mkdir(parents=True, exist_ok=True)
    canon = Canon(folder)
    canon.bare.mkdir()
    canon.git("init", "-q", "--bare", "-b", "main", ".")
    canon.merge(0, FIRST, 480)
    for number, (hours, files) in enumerate(LATER, 1):
        canon.merge(number, files, hours)
    return canon


def run_git(folder: Path, *arguments: str, stdin: bytes = b"", **environment: str) -> str:
    """Runs git in a folder with no configuration but the repository's own."""
    own = {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.net",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.net",
        "GIT_TERMINAL_PROMPT": "0",
    }
    done = subprocess.run(["git", *arguments], cwd=folder, env=own | environment, input=stdin, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"git {' '.join(arguments[:2])}: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def auditor_token(gitea: ReplayGitea) -> str:
    """The token of the auditor's own user."""
    return gitea.token(Caller.AUDITEUR)


def _statuses(request: Request, serve: Serve) -> Answer:
    """Every commit's checks are green, posted by the server's own runner."""
    commit, _, kind = request.path.rpartition("/")
    if kind != "status":
        return serve(request)
    rows = [
        {
            "id": number,
            "status": "success",
            "context": f"{check} (push)",
            "creator": None,
            "target_url": f"/{OWNER}/{REPO}/actions/runs/{number}",
            "description": "Successful in 4s",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
        }
        for number, check in enumerate(CHECKS, 1)
    ]
    shown = rows if dict(request.query).get("page", "1") == "1" else []
    body = {"state": "success", "sha": commit.rpartition("/")[2], "total_count": len(rows), "statuses": shown}
    return json_answer(body, usual_headers("1.27.0"))


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
