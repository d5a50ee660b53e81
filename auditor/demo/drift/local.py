"""What can go wrong in a developer's clone."""

import os
import time

from dulwich.index import IndexEntry
from dulwich.repo import Repo

from auditor.demo.drift.definition import drift
from auditor.demo.world import BASE, DAY, OWNER, REPO, World

_TOKEN_LENGTH = 40


@drift("local-main-not-ahead")
def commit_kept_back(world: World) -> None:
    """A commit on local main never went through Gitea."""
    with Repo(str(world.clone)) as clone:
        (world.clone / "README.md").write_text("# Demo\n\nOnly here.\n")
        worktree = clone.get_worktree()
        worktree.stage(["README.md"])
        worktree.commit(message=b"Only here", author=b"Ada <ada@demo.example>", committer=b"Ada <ada@demo.example>")


@drift("local-work-published")
def work_at_risk(world: World) -> None:
    """A draft has lain in the clone alone for ten days."""
    draft = world.clone / "draft.md"
    draft.write_text("Nearly done.\n")
    at = time.time() - 10 * DAY
    os.utime(draft, (at, at))


@drift("local-origin-canonical")
def origin_elsewhere(world: World) -> None:
    """The clone's origin is another repository."""
    _set_origin(world, f"{BASE}/Mallory/{REPO}.git")


@drift("local-git-hides-nothing")
def change_hidden(world: World) -> None:
    """A change is hidden from git status by a bit in the index."""
    with Repo(str(world.clone)) as clone:
        index = clone.open_index()
        entry = index[b"README.md"]
        if isinstance(entry, IndexEntry):
            entry.set_skip_worktree(True)
            index[b"README.md"] = entry
        index.write()
    (world.clone / "README.md").write_text("# Demo\n\nHidden.\n")


@drift("local-tls-verified")
def tls_off(world: World) -> None:
    """The clone no longer verifies the server's certificate."""
    _configure(world, (b"http",), b"sslVerify", b"false")


@drift("secrets-none-in-remotes")
def token_in_remote(world: World) -> None:
    """The clone's remote holds a token."""
    token = os.urandom(_TOKEN_LENGTH // 2).hex()
    _set_origin(world, f"https://ada:{token}@{BASE.removeprefix('https://')}/{OWNER}/{REPO}.git")


def _set_origin(world: World, url: str) -> None:
    _configure(world, (b"remote", b"origin"), b"url", url.encode())


def _configure(world: World, section: tuple[bytes, ...], key: bytes, value: bytes) -> None:
    with Repo(str(world.clone)) as clone:
        config = clone.get_config()
        config.set(section, key, value)
        config.write_to_path()
