"""What can go wrong on the NAS."""

import os
import time

from dulwich.repo import Repo

from auditor.demo.drift.definition import drift
from auditor.demo.repository import note_move
from auditor.demo.world import BASE, DAY, OWNER, REPO, World, page

_TOKEN_LENGTH = 40


@drift("nas-hotfix-reported")
def hotfix(world: World) -> None:
    """Somebody edits a file on the NAS; no pull request carries it."""
    _edit(world, "README.md", "# Demo\n\nMended at night.\n", days_ago=0)


@drift("nas-files-match-commit", "nas-hotfix-reported")
def hotfix_forgotten(world: World) -> None:
    """An edit on the NAS has waited for two days, and no pull request carries it."""
    _edit(world, "README.md", "# Demo\n\nMended the day before yesterday.\n", days_ago=2)


@drift("nas-hotfix-reported")
def file_lost(world: World) -> None:
    """A file of the release is gone."""
    (world.release / "README.md").unlink()


@drift("nas-no-unversioned-files")
def file_invented(world: World) -> None:
    """A file on the NAS that no commit knows."""
    (world.release / "www" / "beta.html").write_bytes(page("Nobody reviewed me."))


@drift("nas-commit-on-main")
def wrong_branch(world: World) -> None:
    """The NAS runs a branch that was never merged."""
    tip = world.repository.tip("refs/heads/main")
    files = {**world.repository.files(tip), "README.md": b"# Demo\n\nAn experiment.\n"}
    commit = world.repository.commit("refs/heads/lab", files, "Experiment", parents=(tip,), at=time.time() - DAY)
    git = world.release / ".git"
    (git / "refs" / "heads" / "main").write_text(f"{commit}\n")
    note_move(git / "logs" / "HEAD", commit)
    (world.release / "README.md").write_bytes(files["README.md"])


@drift("nas-git-hides-nothing")
def exclude_private(world: World) -> None:
    """The NAS's own repository ignores a file privately."""
    exclude = world.release / ".git" / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("beta.html\n")


@drift("nas-tls-verified")
def tls_off_on_nas(world: World) -> None:
    """The NAS's own repository no longer verifies the server's certificate."""
    _configure(world, (b"http",), b"sslVerify", b"false")


@drift("nas-origin-canonical")
def origin_elsewhere_on_nas(world: World) -> None:
    """The NAS's own repository fetches from somewhere else."""
    _configure(world, (b"remote", b"origin"), b"url", f"{BASE}/Mallory/{REPO}.git".encode())


@drift("nas-release-intact")
def old_release_touched(world: World) -> None:
    """A file of the release before this one was edited: it is no way back."""
    older = world.nas / "releases" / "20251201-120000" / "app"
    world.repository.check_out(older, world.repository.tip("refs/heads/feat/2"), f"{BASE}/{OWNER}/{REPO}.git")
    (older / "README.md").write_text("# Demo\n\nNot as it was.\n")


@drift("nas-current-in-releases")
def current_astray(world: World) -> None:
    """`current` leads out of the releases."""
    current = world.nas / "current"
    current.unlink()
    (world.nas / "elsewhere").mkdir()
    current.symlink_to("elsewhere")


@drift("nas-proxy-targets-slot")
def proxy_astray(world: World) -> None:
    """The proxy leads to a port that is no slot's."""
    world.point_proxy(1)


@drift("secrets-none-on-nas", "secrets-env-files-private")
def token_on_nas(world: World) -> None:
    """An env file on the NAS holds a token, and everybody can read it."""
    path = world.release / ".env"
    path.write_text(f"GITEA_TOKEN={os.urandom(_TOKEN_LENGTH // 2).hex()}\n")
    path.chmod(0o644)


def _edit(world: World, name: str, text: str, *, days_ago: float) -> None:
    path = world.release / name
    path.write_text(text)
    at = time.time() - days_ago * DAY
    os.utime(path, (at, at))


def _configure(world: World, section: tuple[bytes, ...], key: bytes, value: bytes) -> None:
    with Repo(str(world.release)) as repository:
        config = repository.get_config()
        config.set(section, key, value)
        config.write_to_path()
