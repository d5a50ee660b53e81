"""A stranger's first evening: a clone with real drift, each drift mended by what the report itself prints."""

import json
import os
import pwd
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

OLD = f"{int(time.time()) - 20 * 86400} +0000"
HIDDEN = "it's $(touch stolen).md"


@pytest.fixture
def drifted(clone: Path, tmp_path: Path, git: Any) -> tuple[Path, str]:
    """The clone with every drift that the local rules know, and the password that its configuration holds."""
    git(tmp_path, "clone", "-q", "--bare", str(tmp_path / "upstream"), "server.git")
    git(clone, "remote", "set-url", "origin", str(tmp_path / "server.git"))
    git(clone, "switch", "-qc", "seed")
    (clone / HIDDEN).write_text("a\n")
    git(clone, "add", ".")
    git(clone, "commit", "-qm", "A page with an odd name")
    git(clone, "push", "-q", "origin", "HEAD:main")
    git(clone, "switch", "-q", "main")
    git(clone, "branch", "-qD", "seed")
    git(clone, "pull", "-q", "origin", "main")
    git(clone, "switch", "-qc", "feat/old")
    dates = {"GIT_AUTHOR_DATE": OLD, "GIT_COMMITTER_DATE": OLD}
    git(clone, "commit", "-q", "--allow-empty", "-m", "Old work", **dates)
    (clone / "page.md").write_text("half a thought\n")
    git(clone, "stash", "push", "-q", **dates)
    git(clone, "switch", "-q", "main")
    (clone / ".env").write_text("COLOUR=blue\n")
    git(clone, "add", "-f", ".env")
    git(clone, "commit", "-qm", "Straight to main")
    git(clone, "update-index", "--skip-worktree", HIDDEN)
    (clone / HIDDEN).write_text("changed behind git's back\n")
    password = secrets.token_hex(12)
    git(clone, "remote", "set-url", "--push", "origin", f"https://bob:{password}@git.example.net/Acme/site.git")
    git(clone, "config", "http.sslVerify", "false")
    return clone, password


@dataclass(frozen=True)
class Printed:
    """A console report, and the commands that it prints for each rule."""

    text: str

    def commands(self, rule: str) -> list[str]:
        """The remedy's lines below the rule's last finding, comments included: a shell skips them."""
        block = self.text.rpartition(f"  {rule}  ")[2]
        match = re.search(r"^ {10}mend: (.*\n(?: {16}.*\n)*)", block, re.MULTILINE)
        assert match, f"no remedy for {rule}"
        return [line.strip() for line in match[1].splitlines()]


@pytest.fixture
def paste(home: Path) -> Callable[..., None]:
    """Paste lines into a shell in a folder, with the placeholders filled in."""

    def run(folder: Path, lines: list[str], name: str = "feat/mine") -> None:
        script = "set -e\n" + "\n".join(lines).replace("feat/NAME", name)
        done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (script, done.stderr)

    return run


def test_each_drift_is_named_and_what_the_report_prints_mends_it(
    drifted: tuple[Path, str], auditor: Any, git: Any, paste: Callable[..., None], tmp_path: Path
) -> None:
    clone, password = drifted
    before = snapshot_of_tree(clone)
    done = auditor("audit", "-v", "--snapshot-out", tmp_path / "s.json", cwd=clone)
    assert done.returncode == 1, done.stdout + done.stderr
    assert snapshot_of_tree(clone) == before, "the audit has written into the clone"
    report = Printed(done.stdout)
    for rule in (
        "local-main-not-ahead", "local-work-published", "local-git-hides-nothing", "local-tls-verified",
        "secrets-env-not-tracked", "secrets-none-in-remotes", "secrets-env-files-private",
    ):  # fmt: skip
        assert report.commands(rule), rule
    assert "feat/old" in done.stdout
    assert "stash@{0}" in done.stdout
    assert password not in done.stdout + done.stderr + (tmp_path / "s.json").read_text()

    paste(clone, report.commands("secrets-env-files-private"))
    paste(clone, report.commands("secrets-none-in-remotes"))
    assert git(clone, "config", "remote.origin.pushurl") == "https://git.example.net/Acme/site.git"
    git(clone, "config", "--unset", "remote.origin.pushurl")  # there is no such server here
    paste(clone, report.commands("local-tls-verified"))
    paste(clone, report.commands("local-git-hides-nothing"))
    assert HIDDEN in git(clone, "status", "--porcelain")
    assert not (clone / "stolen").exists()
    git(clone, "restore", "--", HIDDEN)
    paste(clone, report.commands("secrets-env-not-tracked"))

    ahead = Printed(auditor("audit", cwd=clone).stdout)
    assert "(new)" in ahead.text, "the commit that stopped the tracking is a new finding"
    assert "fixed     secrets-none-in-remotes" in ahead.text
    paste(clone, ahead.commands("local-main-not-ahead"))
    git(clone, "push", "-q", "origin", "--all")

    held = Printed(auditor("audit", cwd=clone).stdout)
    assert "fixed     local-main-not-ahead" in held.text
    assert "git filter-repo" in "".join(held.commands("secrets-env-not-in-history")), "the branch still holds the file"
    # the same by git alone: nothing else is on that branch
    git(clone, "push", "-q", "origin", "--delete", "feat/mine")
    git(clone, "branch", "-qD", "feat/mine")
    git(clone, "reflog", "expire", "--expire=now", "HEAD", "main")
    git(clone, "gc", "-q", "--prune=now")

    done = auditor("audit", cwd=clone)
    assert done.returncode == 0, done.stdout
    assert "fixed     secrets-env-not-in-history" in done.stdout
    assert "1 low finding:" in done.stdout
    stash = Printed(auditor("audit", "-v", "--no-store", cwd=clone).stdout)
    paste(clone, stash.commands("local-work-published"), "feat/stash")
    assert auditor("audit", "-q", "--fail-on", "low", cwd=clone).stdout == ""
    assert git(clone, "log", "-1", "--format=%s", "origin/feat/stash") == "Work of mine"


def test_a_branch_is_published_by_the_printed_command_whatever_its_name(
    clone: Path, inside: Any, git: Any, paste: Callable[..., None], tmp_path: Path
) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(tmp_path / "upstream"), "server.git")
    git(clone, "remote", "set-url", "origin", str(tmp_path / "server.git"))
    name = "feat/it's$(touch${IFS}stolen);x"
    git(clone, "switch", "-qc", name)
    git(clone, "commit", "-q", "--allow-empty", "-m", "Old", GIT_COMMITTER_DATE=OLD, GIT_AUTHOR_DATE=OLD)
    report = Printed(inside("audit", "-v", "--no-store", cwd=clone).stdout)
    paste(clone, report.commands("local-work-published"))
    assert not (clone / "stolen").exists()
    assert git(clone, "rev-parse", f"origin/{name}") == git(clone, "rev-parse", "HEAD")


def test_a_damaged_object_is_3_with_and_without_a_policy_file(clone: Path, inside: Any, git: Any) -> None:
    commit = git(clone, "rev-parse", "HEAD")
    path = clone / ".git/objects" / commit[:2] / commit[2:]
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    for text in (None, "schema: 1\nid: site\nlocal: {path: .}\n"):
        if text:
            (clone / "policies.yaml").write_text(text)
            (clone / ".git/info/exclude").write_text("policies.yaml\n")
        done = inside("audit", cwd=clone)
        assert done.returncode == 3, done.stdout + done.stderr
        assert commit in done.stdout
        assert "audit-sources-observed" in done.stdout
        assert sum(line.startswith(f"object {commit[:12]}") for line in done.stdout.splitlines()) == 1


def test_a_git_folder_that_cannot_be_read_is_3(clone: Path, inside: Any) -> None:
    shutil.rmtree(clone / ".git/refs")
    (clone / ".git/HEAD").write_bytes(b"\0")
    done = inside("audit", cwd=clone)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "local is unavailable" in done.stdout


@pytest.mark.parametrize("what", [".git/config", ".git/index", ".git/refs", ".git/objects", "page.md"])
def test_what_an_unprivileged_user_may_not_read_is_3(clone: Path, tmp_path: Path, home: Path, what: str) -> None:
    (clone / what).chmod(0)
    command = [sys.executable, "-m", "auditor", "audit", "--no-store"]
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        if not shutil.which("setpriv") or not as_user(nobody, [sys.executable, "-m", "auditor", "--version"], clone):
            pytest.skip("no other user can run the program here")
        shutil.chown(clone, nobody.pw_uid)
        for folder in [tmp_path, *list(tmp_path.parents)[:2]]:
            folder.chmod(0o755)
        subprocess.run(["chown", "-R", "nobody", clone, home], check=True)
        command = [*setpriv(nobody), *command]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True, timeout=60, check=False)
    (clone / what).chmod(0o700)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "unknown" in done.stdout


def setpriv(user: pwd.struct_passwd) -> list[str]:
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def as_user(user: pwd.struct_passwd, command: list[str], folder: Path) -> bool:
    done = subprocess.run([*setpriv(user), *command], cwd="/", capture_output=True, check=False)
    return done.returncode == 0


def test_a_stored_snapshot_is_judged_again_to_the_same_bytes(
    drifted: tuple[Path, str], auditor: Any, tmp_path: Path
) -> None:
    clone, _ = drifted
    stored, first = tmp_path / "s.json", tmp_path / "first.json"
    done = auditor("audit", "--no-store", "--snapshot-out", stored, "--format", f"json:{first}", cwd=clone)
    assert done.returncode == 1
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    replays = [
        auditor("evaluate", stored, "--format", "json", cwd=folder, env={**os.environ, "TZ": zone, "LC_ALL": locale})
        for folder, zone, locale in ((elsewhere, "Asia/Tokyo", "C"), (clone, "America/New_York", "C.UTF-8"))
    ]
    assert {replay.returncode for replay in replays} == {1}
    assert {replay.stdout for replay in replays} == {first.read_text()}
    consoles = {auditor("evaluate", stored, cwd=folder).stdout for folder in (elsewhere, clone)}
    assert len(consoles) == 1
    assert consoles.pop().startswith("non-compliant")


def test_validate_finds_ten_different_mistakes_at_once(inside: Any, tmp_path: Path) -> None:
    file = tmp_path / "policies.yaml"
    token = secrets.token_hex(20)
    file.write_text(
        "schema: 1\n"
        "id: Not A Name!\n"
        "locale: {path: .}\n"
        "gitea:\n"
        "  base: not a url\n"
        "  owner: Acme\n"
        f"  token: {token}\n"
        "  checks: one\n"
        "limits: {max_lag: soon}\n"
        "rules:\n"
        "  - {id: local-main-frsh, severity: low}\n"
        "  - {id: local-main-fresh, severity: terrible}\n"
        "  - {id: own-rule, invariant: audit, severity: dire, title: t, assert: local.branchez == 1, message: m}\n"
        "waivers:\n"
        "  - {rule: local-main-fresh, subject: x, owner: a, reason: b, expires: whenever}\n"
    )
    done = inside("validate", file)
    assert done.returncode == 2
    assert done.stdout == ""
    count, *lines = done.stderr.splitlines()
    assert count == f"auditor: {len(lines)} errors:"
    placed = [re.match(r".*policies\.yaml:(\d+:\d+): \$[\w.\[\]-]*: \S", line) for line in lines]
    assert all(placed), done.stderr
    assert len({match[1] for match in placed if match}) >= 10, done.stderr
    assert token not in done.stderr
    for kind in ("severity: 'dire' is not one of", "no shipped rule is named", "undefined field 'branchez'"):
        assert kind in done.stderr
    assert "did you mean 'local'" in done.stderr
    assert "did you mean 'local-main-fresh'" in done.stderr


@pytest.mark.parametrize(
    ("rule", "said", "unsaid"),
    [
        ("assert: 3, message: '{local.a}'", ["assert: is no text", "message: undefined field 'a'"], []),
        (
            "assert: one.x == 1, message: '{one.x}', for_each: local.branches",
            ["'for_each' needs the key 'as'"],
            ["undeclared"],
        ),
        ("assert: local.x, message: m, enabled: false", ["missing key 'reason'"], ["undefined"]),
        ("assert: local.available, message: m, evidence: {e: local.x, f: 2}", ["evidence.f: is no text"], []),
    ],
)
def test_a_rule_that_is_wrong_in_one_key_is_checked_in_the_others(
    inside: Any, tmp_path: Path, rule: str, said: list[str], unsaid: list[str]
) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(f"schema: 1\nid: site\nrules: [{{id: own, invariant: audit, severity: dire, title: t, {rule}}}]\n")
    done = inside("validate", file)
    assert done.returncode == 2
    assert "severity: 'dire'" in done.stderr
    assert all(text in done.stderr for text in said), done.stderr
    assert not any(text in done.stderr for text in unsaid), done.stderr


def test_a_file_that_sites_extend_is_checked_as_such(inside: Any, tmp_path: Path) -> None:
    file = tmp_path / "team.yaml"
    rule = "{id: own, invariant: audit, severity: low, title: t, assert: local.available, message: m}"
    file.write_text(f"schema: 1\nrules: [{rule}]\n")
    done = inside("validate", file)
    assert (done.returncode, done.stdout.partition("valid: ")[2][:19]) == (0, "no site of its own,")
    file.write_text(f"schema: 1\nhistory: {{path: x}}\nrules: [{rule.replace('available', 'avail')}]\n")
    done = inside("validate", file)
    assert done.returncode == 2
    assert "an extended file holds rules" in done.stderr
    assert "undefined field 'avail'" in done.stderr


def snapshot_of_tree(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.lstat().st_mtime_ns, path.lstat().st_mode)
        for path in folder.rglob("*")
        if "trace" not in path.name
    }


def test_the_snapshot_is_valid_by_its_own_schema(clone: Path, inside: Any) -> None:
    from jsonschema import Draft202012Validator

    from auditor.schemas import load_schema

    done = inside("collect", cwd=clone)
    assert done.returncode == 0
    Draft202012Validator(load_schema("snapshot")).validate(json.loads(done.stdout))
