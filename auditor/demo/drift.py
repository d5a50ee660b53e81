"""What can go wrong in the demo's world: each drift by its name, what it does, and the rules that must name it."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from dulwich.index import IndexEntry
from dulwich.repo import Repo

from auditor.demo.repository import note_move
from auditor.demo.world import BASE, DAY, OWNER, REPO, World, page

_TOKEN_LENGTH = 40


@dataclass(frozen=True)
class Drift:
    """A change of the world; `rules` are those that must fail for it, whatever else fails besides."""

    name: str
    title: str
    rules: tuple[str, ...]
    apply: Callable[[World], None]


DRIFTS: dict[str, Drift] = {}


def _drift(*rules: str) -> Callable[[Callable[[World], None]], Callable[[World], None]]:
    """Notes a function as a drift: its name is the drift's, the first line of its docstring the title."""

    def note(apply: Callable[[World], None]) -> Callable[[World], None]:
        name = apply.__name__.replace("_", "-")
        DRIFTS[name] = Drift(name, (apply.__doc__ or "").strip().rstrip("."), rules, apply)
        return apply

    return note


# --- source-of-truth ---


@_drift("gitea-commits-by-pull-request")
def direct_push(world: World) -> None:
    """Somebody pushes a commit straight to main."""
    world.push({"README.md": b"# Demo\n\nEdited in a hurry.\n"}, "Quick edit")


@_drift("gitea-main-protected")
def protection_gone(world: World) -> None:
    """The protection of main is deleted."""
    world.forge.protections.clear()


@_drift("gitea-main-no-direct-push", "gitea-protection-unchanged")
def pusher_allowed(world: World) -> None:
    """One more person may push to main."""
    world.forge.protections[0] |= {
        "enable_push": True,
        "enable_push_whitelist": True,
        "push_whitelist_usernames": ["mallory"],
    }


@_drift("gitea-main-no-force-push")
def force_push_allowed(world: World) -> None:
    """Main may be rewritten."""
    world.forge.protections[0] |= {"enable_push": True, "enable_force_push": True}


@_drift("gitea-main-requires-ci")
def checks_off(world: World) -> None:
    """Pull requests may be merged without CI."""
    world.forge.protections[0]["enable_status_check"] = False


@_drift("gitea-main-no-bypass")
def admins_bypass(world: World) -> None:
    """Admins may merge past the protection."""
    world.forge.protections[0]["block_admin_merge_override"] = False


@_drift("gitea-main-ci-green")
def ci_red(world: World) -> None:
    """The last run of CI on main failed."""
    entry = world.forge.statuses[world.repository.tip("refs/heads/main")][0]
    entry |= {"status": "failure", "description": "failure"}


@_drift("gitea-main-ci-genuine")
def ci_forged(world: World) -> None:
    """A person posts the success that CI never reported."""
    entry = world.forge.statuses[world.repository.tip("refs/heads/main")][0]
    entry["creator"] = {"login": "mallory"}


@_drift("gitea-main-not-rewritten", "nas-commit-on-main")
def main_rewritten(world: World) -> None:
    """The last merge is rewritten away from main."""
    main = "refs/heads/main"
    old = world.repository.tip(main)
    merged = next(pull for pull in world.forge.pulls if pull["merge_commit_sha"] == old)
    world.repository.point(main, merged["merge_base"])
    world.forge.report(merged["merge_base"], "push")


@_drift("gitea-deploy-keys-read-only")
def writable_key(world: World) -> None:
    """A deploy key that may write is added."""
    world.forge.keys.append(
        {
            "id": 1,
            "title": "old laptop",
            "fingerprint": "SHA256:KN3rC/sNa9I5bfd/ME6XcHK1Iuc9PFJtJxuFFStT2b8",
            "read_only": False,
            "created_at": "2026-01-01T00:00:00Z",
        }
    )


@_drift("gitea-default-branch")
def default_branch(world: World) -> None:
    """The default branch is another one."""
    world.forge.record["default_branch"] = "develop"


@_drift("gitea-repository-canonical")
def archived(world: World) -> None:
    """The repository is archived."""
    world.forge.record["archived"] = True


@_drift("local-main-not-ahead")
def commit_kept_back(world: World) -> None:
    """A commit on local main never went through Gitea."""
    with Repo(str(world.clone)) as clone:
        (world.clone / "README.md").write_text("# Demo\n\nOnly here.\n")
        worktree = clone.get_worktree()
        worktree.stage(["README.md"])
        worktree.commit(message=b"Only here", author=b"Ada <ada@demo.example>", committer=b"Ada <ada@demo.example>")


@_drift("local-origin-canonical")
def origin_elsewhere(world: World) -> None:
    """The clone's origin is another repository."""
    _set_origin(world, f"{BASE}/Mallory/{REPO}.git")


@_drift("local-git-hides-nothing")
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


@_drift("local-tls-verified")
def tls_off(world: World) -> None:
    """The clone no longer verifies the server's certificate."""
    _configure(world, (b"http",), b"sslVerify", b"false")


# --- nas-invents-nothing ---


@_drift("nas-hotfix-reported")
def hotfix(world: World) -> None:
    """Somebody edits a file on the NAS; no pull request carries it."""
    _edit(world, "README.md", "# Demo\n\nMended at night.\n", days_ago=0)


@_drift("nas-files-match-commit", "nas-hotfix-reported")
def hotfix_forgotten(world: World) -> None:
    """An edit on the NAS has waited for two days, and no pull request carries it."""
    _edit(world, "README.md", "# Demo\n\nMended the day before yesterday.\n", days_ago=2)


@_drift("nas-hotfix-reported")
def file_lost(world: World) -> None:
    """A file of the release is gone."""
    (world.release / "README.md").unlink()


@_drift("nas-no-unversioned-files")
def file_invented(world: World) -> None:
    """A file on the NAS that no commit knows."""
    (world.release / "www" / "beta.html").write_bytes(page("Nobody reviewed me."))


@_drift("nas-commit-is-main")
def stale(world: World) -> None:
    """Main moved two days ago, and nobody deployed it."""
    world.merge({"docs.md": b"news\n"}, "Write it down", days_ago=2)


@_drift("nas-commit-on-main")
def wrong_branch(world: World) -> None:
    """The NAS runs a branch that was never merged."""
    tip = world.repository.tip("refs/heads/main")
    files = {**world.repository.files(tip), "README.md": b"# Demo\n\nAn experiment.\n"}
    commit = world.repository.commit("refs/heads/lab", files, "Experiment", parents=(tip,), at=time.time() - DAY)
    git = world.release / ".git"
    (git / "refs" / "heads" / "main").write_text(f"{commit}\n")
    note_move(git / "logs" / "HEAD", commit)
    (world.release / "README.md").write_bytes(files["README.md"])


@_drift("nas-git-hides-nothing")
def exclude_private(world: World) -> None:
    """The NAS's own repository ignores a file privately."""
    exclude = world.release / ".git" / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("beta.html\n")


@_drift("nas-current-in-releases")
def current_astray(world: World) -> None:
    """`current` leads out of the releases."""
    current = world.nas / "current"
    current.unlink()
    (world.nas / "elsewhere").mkdir()
    current.symlink_to("elsewhere")


@_drift("nas-proxy-targets-slot")
def proxy_astray(world: World) -> None:
    """The proxy leads to a port that is no slot's."""
    world.point_proxy(1)


@_drift("nas-active-slot-healthy")
def slot_broken(world: World) -> None:
    """The slot that visitors get fails its smoke check."""
    (world.slot("blue") / "index.html").unlink()


@_drift("nas-public-is-active-slot")
def public_differs(world: World) -> None:
    """Visitors get what the other slot serves, and the proxy says otherwise."""
    (world.slot("green") / "index.html").write_bytes(page("The other one."))
    world.active = "green"


# --- proposer-links-work ---


@_drift("proposer-served-values")
def wrong_repository(world: World) -> None:
    """A build with a wrong PUBLIC_GITEA_REPO is served."""
    _serve(world, page("Welcome.", repo="old-site"))


@_drift("proposer-served-case")
def wrong_case(world: World) -> None:
    """A build with the owner's name in lower case is served."""
    _serve(world, page("Welcome.", owner=OWNER.lower()))


@_drift("proposer-base-public")
def private_base(world: World) -> None:
    """A build whose link leads to a private address is served."""
    _serve(world, page("Welcome.", base="http://192.168.1.20:3000"))


@_drift("proposer-issues-open")
def issues_off(world: World) -> None:
    """The repository's issue tracker is switched off."""
    world.forge.record |= {"has_issues": False, "internal_tracker": None}


@_drift("proposer-form-prefilled")
def blank_issues_banned(world: World) -> None:
    """Issues without a template are no longer allowed."""
    world.forge.blank_issues = False
    world.forge.templates = [
        {"name": "Bug", "title": "", "about": "A bug", "file_name": ".gitea/issue_template/bug.md"}
    ]


# --- secrets-stay-out ---


@_drift("secrets-env-ignored")
def env_not_ignored(world: World) -> None:
    """The ignore rules for env files are deleted."""
    world.merge({".gitignore": b"node_modules/\n"}, "Tidy up", days_ago=0.1)


@_drift("secrets-env-not-tracked")
def env_tracked(world: World) -> None:
    """An env file is committed."""
    world.merge({".env.production": b"PUBLIC_GITEA_OWNER=Demo\n"}, "Configure", days_ago=0.1)


@_drift("secrets-none-at-tip")
def token_committed(world: World) -> None:
    """A token is committed."""
    line = f"GITEA_TOKEN={os.urandom(_TOKEN_LENGTH // 2).hex()}\n"
    world.merge({"deploy.sh": line.encode()}, "Deploy by script", days_ago=0.1)


@_drift("secrets-none-in-remotes")
def token_in_remote(world: World) -> None:
    """The clone's remote holds a token."""
    token = os.urandom(_TOKEN_LENGTH // 2).hex()
    _set_origin(world, f"https://ada:{token}@{BASE.removeprefix('https://')}/{OWNER}/{REPO}.git")


@_drift("secrets-none-on-nas", "secrets-env-files-private")
def token_on_nas(world: World) -> None:
    """An env file on the NAS holds a token, and everybody can read it."""
    path = world.release / ".env"
    path.write_text(f"GITEA_TOKEN={os.urandom(_TOKEN_LENGTH // 2).hex()}\n")
    path.chmod(0o644)


@_drift("secrets-none-served")
def env_served(world: World) -> None:
    """The site serves an env file."""
    (world.slot("blue") / ".env").write_text(f"DB_PASSWORD={os.urandom(12).hex()}\n")


def _edit(world: World, name: str, text: str, *, days_ago: float) -> None:
    path = world.release / name
    path.write_text(text)
    at = time.time() - days_ago * DAY
    os.utime(path, (at, at))


def _serve(world: World, content: bytes) -> None:
    for slot in ("blue", "green"):
        (world.slot(slot) / "index.html").write_bytes(content)


def _set_origin(world: World, url: str) -> None:
    _configure(world, (b"remote", b"origin"), b"url", url.encode())


def _configure(world: World, section: tuple[bytes, ...], key: bytes, value: bytes) -> None:
    with Repo(str(world.clone)) as clone:
        config = clone.get_config()
        config.set(section, key, value)
        config.write_to_path()
