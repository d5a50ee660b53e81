"""A world of a test's own: a history made by real git, and the server's answers about it laid over a recorded one."""

import copy
import os
import subprocess
from pathlib import Path
from typing import Any

from gitea_recording import World, load_recording

_STARTED = 1_767_225_600


class OwnWorld:
    """A repository at `folder`, whose pull requests are merged as Gitea merges them; each command is a second later."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: list[Any] = []
        self._second = _STARTED
        recording = load_recording(World("1.27.0", "direct-push"))
        listed = next(each.body for each in recording.exchanges if "/pulls?state=all" in each.target)
        self._row = listed[0]
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.first = self.commit("first")

    def git(self, *arguments: str, **environment: str) -> str:
        """What git prints; author and committer are the same person unless the environment says else."""
        self._second += 1
        when = f"{self._second} +0000"
        person = {"NAME": "dev", "EMAIL": "dev@example.net", "DATE": when}
        own = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in person.items()}
        alone = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "PATH": os.environ["PATH"]}
        # git keeps the author of what it rewrites only where the environment names none
        if arguments[0] in ("rebase", "cherry-pick", "am"):
            own = {key: value for key, value in own.items() if "COMMITTER" in key}
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=alone | own | environment, capture_output=True, check=True
        )
        return done.stdout.decode("utf-8", "replace").strip()

    def sha(self, name: str = "HEAD") -> str:
        return self.git("rev-parse", name)

    def commit(self, name: str, *, empty: bool = False, message: bytes | None = None) -> str:
        """A commit on the branch that is checked out; it writes a file of its own unless it is empty."""
        if not empty:
            (self.folder / f"{name.replace('/', '-')}.txt").write_text(name)
            self.git("add", "--all")
        file = self.folder / ".git" / "message"
        file.write_bytes(message or name.encode())
        self.git("commit", "--quiet", "--allow-empty", "--file", str(file))
        return self.sha()

    def branch(self, name: str, count: int = 1, base: str = "main") -> str:
        """A branch with `count` commits; main is checked out again."""
        self.git("checkout", "--quiet", "-b", name, base)
        for number in range(count):
            self.commit(f"{name} {number}")
        head = self.sha()
        self.git("checkout", "--quiet", "main")
        return head

    def merge(self, name: str, style: str, *, base: str = "main", others: tuple[str, ...] = ()) -> str:
        """Merges a branch as a pull request into `base`; gives the commit that `base` then points to."""
        fork, head = self.git("merge-base", base, name), self.sha(name)
        self.git("checkout", "--quiet", base)
        if style in ("rebase", "rebase-merge"):
            self.git("checkout", "--quiet", "-B", "staging", name)
            self.git("rebase", "--quiet", base)
            self.git("checkout", "--quiet", base)
            name = "staging"
        if style in ("merge", "rebase-merge"):
            self.git("merge", "--quiet", "--no-ff", "--no-edit", name, *others)
        elif style == "squash":
            self.git("merge", "--quiet", "--squash", name)
            self.git("commit", "--quiet", "--allow-empty", "--message", f"{name} (squashed)")
        else:
            self.git("merge", "--quiet", "--ff-only", name)
        return self.pull(head, self.sha(), fork, base)

    def pull(self, head: str, result: str | None, fork: str, base: str = "main") -> str:
        """Notes a pull request: merged with `result`, or open."""
        number = len(self.rows) + 1
        row = copy.deepcopy(self._row) | {"number": number, "id": number, "merge_base": fork, "title": "a change"}
        row |= {"state": "closed" if result else "open", "merged": result is not None, "merge_commit_sha": result}
        row |= {"merged_at": row["updated_at"] if result else None, "closed_at": row["updated_at"] if result else None}
        row["base"] = row["base"] | {"ref": base, "label": base}
        row["head"] = row["head"] | {"sha": head}
        self.rows.insert(0, row)
        self.git("update-ref", f"refs/pull/{number}/head", head)
        self.git("checkout", "--quiet", "main")
        return result or head

    def bare(self, place: Path) -> Path:
        """The repository as a server holds it."""
        self.git("clone", "--quiet", "--mirror", str(self.folder), str(place))
        return place

    def overlay(self) -> dict[str, Any]:
        """What the server says of it, to be laid over the recorded `direct-push`."""
        tip = self.sha("main")

        def branch(body: Any) -> Any:
            return body | {"commit": body["commit"] | {"id": tip}}

        return {"R/pulls": self.rows, "R/branches/main": branch, "R/activities/feeds": []}
