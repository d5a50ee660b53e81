"""The git repository behind a recorded world, as a bare folder: out of its bundle, or made anew with the same shas.

Where no bundle was kept, the repository has one commit, whose author, message, second and tree are known: the first
commit of all worlds but two has the tree of `direct-push`, so its sha comes out as recorded. The trees of
`form-template` and `form-default` were not recorded: their main can't be recreated, and they have no repository here.
"""

import os
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

from gitea_recording import API, DATA, Recording, World, load_recording

_NAME, _EMAIL, _MESSAGE = "ecrivain", "ecrivain@archicratie.example", "first edition\n"
# The repository was created some seconds before its first push; `renamed` recorded only the former.
_SECONDS_TO_FIRST_PUSH = 10


def make_repository(world: World, folder: Path) -> Path | None:
    """Makes the bare repository of `world` at `folder`, or returns None where it can't be recreated.

    Branches stand below refs/heads and pull requests below refs/pull, as Gitea serves them.
    """
    recording = load_recording(world)
    if recording.repository is None:
        return None
    bundle = _bundle(world)
    if bundle.exists():
        return _out_of_bundle(bundle, folder)
    if world.scenario == "empty":
        _git("init", "--quiet", "--bare", "--initial-branch=main", str(folder))
        return folder
    return _first_commit(recording, folder)


def _out_of_bundle(bundle: Path, folder: Path) -> Path:
    _git("clone", "--quiet", "--mirror", str(bundle), str(folder))
    prefix = "refs/remotes/origin/"
    for line in _git("for-each-ref", "--format=%(objectname) %(refname)", prefix, cwd=folder).splitlines():
        sha, ref = line.split()
        _git("update-ref", f"refs/heads/{ref.removeprefix(prefix)}", sha, cwd=folder)
        _git("update-ref", "-d", ref, cwd=folder)
    _git("symbolic-ref", "HEAD", "refs/heads/main", cwd=folder)
    _git("remote", "remove", "origin", cwd=folder)
    return folder


def _first_commit(recording: Recording, folder: Path) -> Path | None:
    branch, sha, seconds = _first_push(recording)
    lender = World(recording.world.version, "direct-push")
    donor = _out_of_bundle(_bundle(lender), folder)
    tree = f"{load_recording(lender).baseline}^{{tree}}"
    if not any(_commit(tree, second, donor) == sha for second in seconds):
        return None
    for ref in _git("for-each-ref", "--format=%(refname)", cwd=donor).split():
        _git("update-ref", "-d", ref, cwd=donor)
    others = [each["name"] for each in _recorded(recording, "/branches") or []]
    for name in {branch, *others}:
        _git("update-ref", f"refs/heads/{name}", sha, cwd=donor)
    _git("symbolic-ref", "HEAD", f"refs/heads/{branch}", cwd=donor)
    _git("gc", "--quiet", "--prune=now", cwd=donor)
    return donor


def _first_push(recording: Recording) -> tuple[str, str, range]:
    """The default branch, its sha, and the Unix seconds at which it may have been made."""
    about = _recorded(recording, "")
    branch = about["default_branch"]
    tip = _recorded(recording, f"/branches/{branch}")
    if tip is not None:
        second = _unix(tip["commit"]["timestamp"])
        return branch, tip["commit"]["id"], range(second, second + 1)
    created = _unix(about["created_at"])
    return branch, recording.baseline or "", range(created, created + _SECONDS_TO_FIRST_PUSH)


def _recorded(recording: Recording, route: str) -> Any:
    found = recording.of_path(f"{API}/repos/{recording.repository}{route}")
    return next((each.body for each in found if each.status == 200), None)


def _commit(tree: str, second: int, repository: Path) -> str:
    when = f"{second} +0000"
    author = {"GIT_AUTHOR_NAME": _NAME, "GIT_AUTHOR_EMAIL": _EMAIL, "GIT_AUTHOR_DATE": when}
    committer = {"GIT_COMMITTER_NAME": _NAME, "GIT_COMMITTER_EMAIL": _EMAIL, "GIT_COMMITTER_DATE": when}
    return _git("commit-tree", tree, cwd=repository, given=_MESSAGE, **author, **committer).strip()


def _bundle(world: World) -> Path:
    return DATA / world.version / f"{world.scenario}.bundle"


def _unix(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _git(*arguments: str, cwd: Path | None = None, given: str = "", **environment: str) -> str:
    alone = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["git", *arguments],
        cwd=cwd,
        input=given,
        env=alone | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
