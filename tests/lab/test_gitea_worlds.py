"""Histories that no recording has, made by real git and judged from the server's answers to the verdict."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gitea_recording import ROOT_URL
from gitea_replay import ReplayGitea
from gitea_verdict import judge, observe, site, verdicts
from gitea_world import OwnWorld

from auditor.config import Local

RULE = "gitea-commits-by-pull-request"
STARTED = Callable[..., ReplayGitea]
STYLES = ("merge", "rebase", "rebase-merge", "squash", "fast-forward-only")


@pytest.fixture
def world(tmp_path: Path) -> OwnWorld:
    return OwnWorld(tmp_path / "world")


@pytest.fixture
def direct(world: OwnWorld, replay_gitea: STARTED, tmp_path: Path) -> Callable[..., Any]:
    """The commits that the rule names, as a set of ids, or the outcome where that is no failure."""

    def look(**settings: Any) -> set[str] | str:
        gitea = replay_gitea("1.27.0", "direct-push", git=world.bare(tmp_path / "bare.git"), overlay=world.overlay())
        config = site(gitea, tmp_path, **settings)
        verdict = verdicts(judge(observe(config, tmp_path / "state", seconds=120), config))[RULE]
        if verdict.outcome != "fail":
            return verdict.outcome
        return {subject.removeprefix("commit:") for subject in verdict.subjects}

    return look


def clone_of(world: OwnWorld, folder: Path) -> Path:
    world.git("clone", "--quiet", str(world.folder), str(folder))
    world.git("-C", str(folder), "remote", "set-url", "origin", f"{ROOT_URL}/Archicratia/direct-push.git")
    return folder


def test_the_clone_is_compared_with_the_live_main_and_not_with_what_it_fetched_last(
    world: OwnWorld, replay_gitea: STARTED, tmp_path: Path
) -> None:
    clone = clone_of(world, tmp_path / "clone")
    world.git("-C", str(clone), "commit", "--quiet", "--allow-empty", "--message", "mine")
    mine = world.git("-C", str(clone), "rev-parse", "HEAD")
    world.branch("feat/a")
    world.merge("feat/a", "squash")
    gitea = replay_gitea("1.27.0", "direct-push", git=world.bare(tmp_path / "bare.git"), overlay=world.overlay())
    config = site(gitea, tmp_path, local=Local(path=clone))
    found = verdicts(judge(observe(config, tmp_path / "state"), config), "local-")
    assert str(found["local-main-not-ahead"]) == f"fail local:commit:{mine}"
    assert found["local-main-fresh"].outcome == "fail"
    gitea.fail["/api/v1"] = 502
    found = verdicts(judge(observe(config, tmp_path / "state"), config), "local-")
    assert {found[f"local-main-{rule}"].outcome for rule in ("not-ahead", "fresh")} == {"unknown"}


@pytest.mark.parametrize("style", STYLES)
def test_a_pull_request_of_sixty_commits_is_covered_and_the_push_below_it_is_named(
    style: str, world: OwnWorld, direct: Callable[..., Any]
) -> None:
    pushed = world.commit("pushed")
    world.branch("feat/long", 60, base="main" if style == "fast-forward-only" else world.first)
    world.merge("feat/long", style)
    assert direct() == {pushed}


@pytest.mark.parametrize("style", STYLES)
def test_a_clean_line_passes(style: str, world: OwnWorld, direct: Callable[..., Any]) -> None:
    for number in range(3):
        world.branch(f"feat/{number}", 2)
        world.merge(f"feat/{number}", style)
    assert direct() == "pass"


def test_octopus_merges_empty_commits_and_messages_that_are_no_text(
    world: OwnWorld, direct: Callable[..., Any]
) -> None:
    world.branch("feat/a")
    world.branch("feat/b")
    world.branch("feat/c")
    world.merge("feat/a", "merge", others=("feat/b", "feat/c"))
    empty = world.commit("empty", empty=True)
    odd = world.commit("odd", message=b"caf\xe9 \xff\xfe\x1b[2J\n\nReviewed-on: https://git.example.net/pulls/1\n")
    world.branch("feat/d")
    world.git("merge", "--quiet", "--no-ff", "--no-edit", "feat/d")
    assert direct() == {empty, odd, world.sha()}


def test_a_second_root_that_a_pull_request_brings(world: OwnWorld, direct: Callable[..., Any]) -> None:
    world.git("checkout", "--quiet", "--orphan", "other")
    world.commit("another root")
    world.git("checkout", "--quiet", "main")
    world.commit("on main")
    pushed = world.sha()
    world.git("merge", "--quiet", "--no-ff", "--no-edit", "--allow-unrelated-histories", "other")
    world.pull(world.sha("other"), world.sha(), world.first)
    assert direct() == {pushed}


def test_a_pull_request_into_another_branch_covers_nothing_on_main(world: OwnWorld, direct: Callable[..., Any]) -> None:
    world.git("branch", "develop")
    world.branch("feat/first")
    through = world.merge("feat/first", "merge", base="develop")
    world.git("merge", "--quiet", "--ff-only", "develop")
    assert world.sha() == through
    assert direct() == {through}


def test_what_came_through_another_branch_is_covered_once_that_branch_is_merged(
    world: OwnWorld, direct: Callable[..., Any]
) -> None:
    world.git("branch", "develop")
    world.branch("feat/first")
    world.merge("feat/first", "merge", base="develop")
    world.merge("develop", "merge")
    assert direct() == "pass"


def test_a_merge_that_swaps_its_parents_does_not_hide_what_was_pushed(
    world: OwnWorld, direct: Callable[..., Any]
) -> None:
    world.branch("feat/swap", 2)
    world.commit("pushed one")
    world.commit("pushed two")
    world.git("checkout", "--quiet", "feat/swap")
    world.git("merge", "--quiet", "--no-ff", "--no-edit", "main")
    own = world.git("rev-list", "--first-parent", f"{world.first}..feat/swap").split()
    world.git("checkout", "--quiet", "main")
    world.git("merge", "--quiet", "--ff-only", "feat/swap")
    assert direct() == set(own)


def test_a_fast_forward_over_a_merge_of_main_is_never_a_pass_where_main_hides_behind_it(
    world: OwnWorld, direct: Callable[..., Any]
) -> None:
    world.branch("feat/swap", 2)
    world.commit("pushed")
    world.git("checkout", "--quiet", "feat/swap")
    world.git("merge", "--quiet", "--no-ff", "--no-edit", "main")
    world.git("checkout", "--quiet", "main")
    world.merge("feat/swap", "fast-forward-only")
    assert direct() != "pass"


def test_a_revert_and_a_cherry_pick_are_pushes_like_any_other(world: OwnWorld, direct: Callable[..., Any]) -> None:
    world.branch("feat/a", 2)
    world.merge("feat/a", "squash")
    world.git("revert", "--no-edit", "HEAD")
    reverted = world.sha()
    world.branch("feat/b", 2)
    world.git("cherry-pick", "feat/b~1")
    picked = world.sha()
    world.merge("feat/b", "rebase")
    assert direct() == {reverted, picked}


def test_a_message_that_speaks_of_a_pull_request_covers_nothing(world: OwnWorld, direct: Callable[..., Any]) -> None:
    pushed = world.commit("x", message=b"Merge pull request 'x' (#1) from feat/x into main\n\nReviewed-on: /pulls/1\n")
    world.branch("feat/x")
    world.pull(world.sha("feat/x"), None, world.first)
    assert direct() == {pushed}


def test_a_baseline_spares_what_is_older(world: OwnWorld, direct: Callable[..., Any]) -> None:
    old = world.commit("old")
    assert direct(baseline=old) == "pass"


def test_a_baseline_that_main_does_not_hold_is_unknown(world: OwnWorld, direct: Callable[..., Any]) -> None:
    world.branch("feat/a")
    world.merge("feat/a", "merge")
    assert direct(baseline="0" * 39 + "1") == "unknown"


def test_five_thousand_commits_of_which_two_were_pushed(world: OwnWorld, direct: Callable[..., Any]) -> None:
    stream = [f"reset refs/heads/main\nfrom {world.first}\n"]
    for number in range(5000):
        message = f"change {number}"
        stream.append(
            f"commit refs/heads/main\nmark :{number + 1}\ncommitter dev <dev@example.net> {1767300000 + number} +0000\n"
            f"data {len(message)}\n{message}\n"
        )
    file = world.folder.parent / "stream"
    file.write_text("".join(stream) + "done\n")
    with file.open("rb") as text:
        subprocess.run(["git", "fast-import", "--quiet", "--force", "--done"], cwd=world.folder, stdin=text, check=True)
    world.git("reset", "--quiet", "--hard", "main")
    line = world.git("rev-list", "--first-parent", f"{world.first}..main").split()
    # fast-forwards of a hundred commits each brought all but the newest and the oldest
    for place in range(1, len(line), 100):
        world.pull(line[place], line[place], line[min(place + 100, len(line) - 1)])
    assert direct() == {line[0], line[-1]}
