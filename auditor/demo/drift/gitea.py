"""What can go wrong in Gitea: its settings, its commits, and what is in them."""

import os
import time
from collections.abc import Mapping

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from auditor.demo.drift.definition import drift
from auditor.demo.world import DAY, OWNER, REPO, World

_TOKEN_LENGTH = 40


@drift("gitea-commits-by-pull-request")
def direct_push(world: World) -> None:
    """Somebody pushes a commit straight to main."""
    world.push({"README.md": b"# Demo\n\nEdited in a hurry.\n"}, "Quick edit")


@drift("gitea-main-protected")
def protection_gone(world: World) -> None:
    """The protection of main is deleted."""
    world.forge.protections.clear()


@drift("gitea-main-no-direct-push", "gitea-protection-unchanged")
def pusher_allowed(world: World) -> None:
    """One more person may push to main."""
    world.forge.protections[0] |= {
        "enable_push": True,
        "enable_push_whitelist": True,
        "push_whitelist_usernames": ["mallory"],
    }


@drift("gitea-main-no-force-push")
def force_push_allowed(world: World) -> None:
    """Main may be rewritten."""
    world.forge.protections[0] |= {"enable_push": True, "enable_force_push": True}


@drift("gitea-main-requires-ci")
def checks_off(world: World) -> None:
    """Pull requests may be merged without CI."""
    world.forge.protections[0]["enable_status_check"] = False


@drift("gitea-main-no-bypass")
def admins_bypass(world: World) -> None:
    """Admins may merge past the protection."""
    world.forge.protections[0]["block_admin_merge_override"] = False


@drift("gitea-main-ci-green")
def ci_red(world: World) -> None:
    """The last run of CI on main failed."""
    entry = world.forge.statuses[world.repository.tip("refs/heads/main")][0]
    entry |= {"status": "failure", "description": "failure"}


@drift("gitea-main-ci-genuine")
def ci_forged(world: World) -> None:
    """A person posts the success that CI never reported."""
    entry = world.forge.statuses[world.repository.tip("refs/heads/main")][0]
    entry["creator"] = {"login": "mallory"}


@drift("gitea-main-not-rewritten", "nas-commit-on-main")
def main_rewritten(world: World) -> None:
    """The last merge is rewritten away from main."""
    main = "refs/heads/main"
    old = world.repository.tip(main)
    merged = next(pull for pull in world.forge.pulls if pull["merge_commit_sha"] == old)
    world.repository.point(main, merged["merge_base"])
    world.forge.report(merged["merge_base"], "push")


@drift("gitea-deploy-keys-read-only")
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


@drift("gitea-default-branch")
def default_branch(world: World) -> None:
    """The default branch is another one."""
    world.forge.record["default_branch"] = "develop"


@drift("gitea-repository-canonical")
def archived(world: World) -> None:
    """The repository is archived."""
    world.forge.record["archived"] = True


@drift("gitea-repository-case")
def renamed_in_case(world: World) -> None:
    """The repository's name changes its letter case."""
    world.forge.record["full_name"] = f"{OWNER.lower()}/{REPO}"


@drift("gitea-branches-named")
def branch_unnamed(world: World) -> None:
    """A pull request comes from a branch that is named as nobody agreed."""
    _propose(world, "try", {"README.md": b"# Demo\n\nA try.\n"}, days_ago=0)


@drift("nas-commit-is-main")
def stale(world: World) -> None:
    """Main moved two days ago, and nobody deployed it."""
    world.merge({"docs.md": b"news\n"}, "Write it down", days_ago=2)


@drift("proposer-issues-open")
def issues_off(world: World) -> None:
    """The repository's issue tracker is switched off."""
    world.forge.record |= {"has_issues": False, "internal_tracker": None}


@drift("proposer-form-prefilled")
def blank_issues_banned(world: World) -> None:
    """Issues without a template are no longer allowed."""
    world.forge.blank_issues = False
    world.forge.templates = [
        {"name": "Bug", "title": "", "about": "A bug", "file_name": ".gitea/issue_template/bug.md"}
    ]


@drift("proposer-login-returns")
def login_elsewhere(world: World) -> None:
    """A visitor is sent to sign in on another host."""
    world.forge.login = "https://login.example.net/start"


@drift("secrets-env-ignored")
def env_not_ignored(world: World) -> None:
    """The ignore rules for env files are deleted."""
    world.merge({".gitignore": b"node_modules/\n"}, "Tidy up", days_ago=0.1)


@drift("secrets-env-not-tracked")
def env_tracked(world: World) -> None:
    """An env file is committed."""
    world.merge({".env.production": b"PUBLIC_GITEA_OWNER=Demo\n"}, "Configure", days_ago=0.1)


@drift("secrets-none-at-tip")
def token_committed(world: World) -> None:
    """A token is committed."""
    line = f"GITEA_TOKEN={os.urandom(_TOKEN_LENGTH // 2).hex()}\n"
    world.merge({"deploy.sh": line.encode()}, "Deploy by script", days_ago=0.1)


@drift("secrets-leaked-are-dead", "secrets-none-at-tip")
def live_token_committed(world: World) -> None:
    """A token is committed that still opens Gitea."""
    world.merge({"deploy.sh": f"GITEA_TOKEN={world.forge.token}\n".encode()}, "Deploy by script", days_ago=0.1)


@drift("secrets-none-in-history")
def token_taken_back(world: World) -> None:
    """A token is committed, and deleted by the next commit."""
    token_committed.apply(world)
    number = len(world.forge.pulls)
    cleaned = world.merge({"deploy.sh": b"GITEA_TOKEN=$1\n"}, "Take the token out", days_ago=0.05)
    world.repository.point(f"refs/heads/feat/{number}", cleaned)


@drift("secrets-key-files-not-tracked")
def key_committed(world: World) -> None:
    """A private key is committed."""
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    world.merge({"deploy.pem": key}, "Deploy by key", days_ago=0.1)


@drift("secrets-ci-variables-clean")
def token_in_ci_variable(world: World) -> None:
    """A token is kept as a CI variable, in plain text."""
    world.forge.variables["DEPLOY_TOKEN"] = os.urandom(_TOKEN_LENGTH // 2).hex()


@drift("proposer-variables-agree")
def ci_variable_wrong(world: World) -> None:
    """A CI variable names another repository."""
    world.forge.variables["PUBLIC_GITEA_REPO"] = "old-site"


@drift("secrets-own-values-nowhere")
def own_value_told(world: World) -> None:
    """The password of the clone's env file stands in a page of the manual."""
    world.merge({"manual.md": f"To deploy, log in with {world.password}.\n".encode()}, "Explain it", days_ago=0.1)


@drift("secrets-own-values-nowhere")
def own_value_in_ci(world: World) -> None:
    """The password of the clone's env file is a CI variable, of a name that says nothing."""
    world.forge.variables["SITE_PARAMETER"] = world.password


def _propose(world: World, branch: str, files: Mapping[str, bytes], *, days_ago: float) -> None:
    """An open pull request from a branch of its own."""
    at, main = time.time() - days_ago * DAY, world.repository.tip("refs/heads/main")
    whole = {**world.repository.files(main), **files}
    head = world.repository.commit(f"refs/heads/{branch}", whole, "Propose it", parents=(main,), at=at)
    world.forge.open_pull(branch, head, main, at, "Propose it")
