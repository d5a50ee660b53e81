"""The repository behind a recorded world is the one that the recording speaks of."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from gitea_client import ask_once, asking
from gitea_recording import VERSIONS, World, worlds
from gitea_replay import Caller, ReplayGitea

SITE = "archicratie-edition"
STARTED = Callable[..., ReplayGitea]
ONE_WORLD_A_SCENARIO = {(world.version, world.scenario): world for world in worlds()}.values()
ALL_SCENARIOS = pytest.mark.parametrize("world", list(ONE_WORLD_A_SCENARIO), ids=str)
ALL_VERSIONS = pytest.mark.parametrize("version", VERSIONS)


@ALL_SCENARIOS
def test_the_repository_behind_a_world_has_the_recorded_tip(world: World, replay_gitea: STARTED) -> None:
    gitea = replay_gitea(world.version, world.scenario, variant=world.variant)
    listed = ls_remote(gitea)
    if world.scenario in ("instance", "form-template", "form-default"):
        assert listed is None
        return
    if world.scenario == "empty":
        assert listed == {}
        return
    assert listed is not None
    about = ask_once(gitea, "R").body
    branch = f"refs/heads/{about['default_branch']}"
    tip = ask_once(gitea, f"R/branches/{about['default_branch']}")
    recorded = tip.body["commit"]["id"] if tip.status == 200 else gitea.recording.baseline
    assert listed[branch] == listed["HEAD"] == recorded
    assert {ref for ref in listed if ref.startswith("refs/heads/")} >= recorded_branches(gitea)
    pulls = ask_once(gitea, "R/git/refs/pull")
    for pull in pulls.body if pulls.status == 200 else []:
        assert listed[pull["ref"]] == pull["object"]["sha"]


@ALL_VERSIONS
def test_git_lists_the_refs_that_the_real_server_listed(version: str, replay_gitea: STARTED) -> None:
    gitea = replay_gitea(version, SITE)
    target = f"/Archicratia/{SITE}.git/info/refs?service=git-upload-pack"
    recorded = next(each for each in gitea.recording.exchanges if each.target == target)
    with asking(gitea) as ask:
        got = ask(target, Caller.ANONYMOUS)
        without_suffix = ask(target.replace(".git", ""), Caller.ANONYMOUS)
    assert got.status == recorded.status
    assert got.headers["content-type"] == recorded.headers["content-type"]
    assert advertised(got.content.decode()) == advertised(recorded.body)
    assert advertised(without_suffix.content.decode()) == advertised(recorded.body)


def advertised(text: str) -> set[str]:
    """The refs of an advertisement, without the capabilities that a version of git adds."""
    lines = [line.partition("\0")[0] for line in text.splitlines()]
    return {" ".join(line.split()[:2])[-41 - len(line.split()[1]) :] for line in lines if " refs/" in line}


def recorded_branches(gitea: ReplayGitea) -> set[str]:
    branches = ask_once(gitea, "R/branches")
    return {f"refs/heads/{branch['name']}" for branch in (branches.body if branches.status == 200 else [])}


def ls_remote(gitea: ReplayGitea) -> dict[str, str] | None:
    header = f"http.extraHeader=Authorization: token {gitea.token(Caller.AUDITEUR)}"
    done = subprocess.run(
        ["git", "-c", header, "ls-remote", gitea.clone_url],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"},
        check=False,
    )
    if done.returncode:
        return None
    return {ref: sha for sha, ref in (line.split("\t") for line in done.stdout.splitlines())}


def test_a_clone_brings_every_ref_and_a_push_is_refused(tmp_path: Path, replay_gitea: STARTED) -> None:
    gitea = replay_gitea("1.27.0", SITE)
    subprocess.run(["git", "clone", "--quiet", "--mirror", gitea.clone_url, str(tmp_path / "copy")], check=True)
    refs = subprocess.run(
        ["git", "for-each-ref", "--format=%(refname)"],
        cwd=tmp_path / "copy",
        capture_output=True,
        text=True,
        check=True,
    )
    push = subprocess.run(["git", "push", gitea.clone_url, "main"], cwd=tmp_path / "copy", capture_output=True)
    assert "refs/pull/14/head" in refs.stdout.split()
    assert push.returncode != 0


def test_a_test_may_serve_a_repository_of_its_own(tmp_path: Path, replay_gitea: STARTED) -> None:
    own = tmp_path / "own.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(own)], check=True)
    gitea = replay_gitea("1.27.0", "form-template", git=own)
    assert ls_remote(gitea) == {}


def test_a_fault_reaches_git_too(replay_gitea: STARTED) -> None:
    gitea = replay_gitea("1.27.0", SITE, fail={f"/Archicratia/{SITE}.git": 503})
    assert ls_remote(gitea) is None
    gitea.fail.clear()
    assert ls_remote(gitea)
    assert not gitea.api_requests
    assert {each.caller for each in gitea.requests} == {Caller.AUDITEUR}
