"""Which commits are looked up, and where they stand against main."""

from dataclasses import replace
from datetime import timedelta

import pytest

from auditor.collectors import canon as collector
from auditor.collectors.canon import collect, unavailable
from auditor.collectors.gitea.place import mirror_folder as folder_of_gitea
from auditor.config import Config
from auditor.errors import SourceError
from auditor.model.facts.canon import Canon
from auditor.model.facts.gitea import Gitea
from auditor.model.missing import MISSING
from auditor.text import time_text
from tests.collectors.canon.conftest import NOW, World, files_of, in_role


def roles(canon: Canon) -> dict[str, tuple[str, ...]]:
    assert canon.commits is not MISSING
    return {commit.commit: commit.roles for commit in canon.commits}


def reasons(canon: Canon) -> list[tuple[str, str]]:
    return [(gap.pointer, gap.reason) for gap in canon.gaps]


def test_the_copy_is_the_one_that_the_gitea_collector_keeps(world: World) -> None:
    assert world.config.gitea is not None
    assert folder_of_gitea(world.state, world.config.gitea) == world.mirror


def test_it_stands_in_the_second_round_wherever_a_server_is_configured(world: World) -> None:
    assert collector.ROUND == 2
    assert collector.configured(world.config)
    assert not collector.configured(Config(id="site"))
    assert unavailable("x", NOW).error == "x"


def test_a_commit_is_placed_against_the_tip(world: World) -> None:
    first = world.commit({"a": b"1\n", "docs/x.md": b"1\n"}, "first")
    second = world.commit({"docs/x.md": b"2\n"}, "second")
    third = world.commit({"a": b"3\n", "b": b"3\n"}, "third")
    world.release("2", {"a": b"1\n", "docs/x.md": b"1\n"}, head=first)
    canon = world.collect()
    assert canon.main == third
    assert in_role(canon, "main").behind == 0
    assert in_role(canon, "main").left_at is None
    assert in_role(canon, "main").changed_since == ()
    deployed = in_role(canon, "deployed")
    assert deployed.roles == ("deployed", "release:2", "nearest")
    assert (deployed.on_main, deployed.on_first_parents, deployed.behind) == (True, True, 2)
    assert deployed.changed_since == ("a", "b", "docs/x.md")
    assert deployed.subject == "first"
    assert deployed.steps is not MISSING
    assert [(step.commit, step.paths) for step in deployed.steps] == [(second, ("docs/x.md",)), (third, ("a", "b"))]
    assert deployed.left_at == deployed.steps[0].committed_at == "2025-10-09T08:55:20Z"
    assert canon.gaps == ()


def test_a_merged_side_branch_is_on_main_and_not_on_its_line(world: World) -> None:
    world.commit({"a": b"1\n"})
    world.git("checkout", "-q", "-b", "side")
    side = world.commit({"b": b"2\n"})
    world.git("checkout", "-q", "main")
    world.commit({"c": b"3\n"})
    world.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    world.release("1", {}, head=side)
    deployed = in_role(world.collect(), "deployed")
    assert (deployed.on_main, deployed.on_first_parents, deployed.behind, deployed.left_at) == (True, False, None, None)
    assert deployed.changed_since == ("c",)


def test_an_unknown_commit_is_known_to_be_unknown_only_to_a_whole_copy(world: World) -> None:
    tip = world.commit({"a": b"1\n"})
    foreign = "12ab" * 10
    world.release("1", {"a": b"1\n"}, head=foreign)
    canon = world.collect()
    found = in_role(canon, "deployed")
    assert (found.known, found.tree, found.on_main) == (False, MISSING, MISSING)
    stale = collect(world.context(replace(world.gitea(tip), history=MISSING)))
    assert foreign not in roles(stale)
    assert any(pointer == "/canon/commits" and foreign[:12] in reason for pointer, reason in reasons(stale))


def test_a_forced_push_leaves_the_old_commit_known_and_off_main(world: World) -> None:
    world.commit({"a": b"1\n"})
    old = world.commit({"a": b"2\n"})
    world.update()
    world.git("reset", "-q", "--hard", "HEAD~1")
    world.commit({"a": b"3\n"})
    world.release("1", {"a": b"2\n"}, head=old)
    found = in_role(world.collect(), "deployed")
    assert (found.known, found.on_main, found.behind) == (True, False, None)
    assert found.steps is MISSING


def test_open_pull_requests_come_with_head_and_base(world: World) -> None:
    base = world.commit({"a": b"1\n"})
    world.git("checkout", "-q", "-b", "fix")
    head = world.commit({"a": b"fixed\n"})
    world.git("checkout", "-q", "main")
    world.commit({"b": b"2\n"})
    world.pull(14, head)
    world.pull(15, head, merge_base=base)
    canon = world.collect()
    assert in_role(canon, "pull:14").commit == head
    assert in_role(canon, "pull-base:14").commit == base
    assert in_role(canon, "pull-base:15").commit == base
    assert files_of(canon, "pull:14")["a"].blob != files_of(canon, "pull-base:14")["a"].blob


def test_ended_pull_requests_come_while_they_are_young(world: World) -> None:
    world.commit({"a": b"1\n"})
    world.git("checkout", "-q", "-b", "fix")
    heads = [world.commit({"a": b"%d\n" % number}) for number in range(2)]
    world.git("checkout", "-q", "main")
    world.pull(1, heads[0], state="closed")
    world.pull(2, heads[1], state="closed", updated_at=time_text(NOW - timedelta(days=31)))
    found = roles(world.collect())
    assert "pull:1" in found[heads[0]]
    assert heads[1] not in found


def test_a_lost_head_of_an_ended_pull_request_is_no_gap_and_that_of_an_open_one_is_unknown(world: World) -> None:
    world.commit({"a": b"1\n"})
    world.pull(1, world.git("rev-parse", "HEAD"))
    world.pulls[0] = replace(world.pulls[0], head_commit=None, state="closed")
    assert world.collect().gaps == ()
    world.pulls[0] = replace(world.pulls[0], state="open")
    assert reasons(world.collect()) == [("/canon/commits", "the head of pull request #1 is not known")]


def test_a_rollback_may_be_written_short(world: World) -> None:
    first = world.commit({"a": b"1\n"})
    world.commit({"a": b"2\n"})
    world.roll_back(first[:9])
    found = in_role(world.collect(), "rollback")
    assert found.commit == first
    assert found.steps is not MISSING
    world.roll_back("0123456")
    assert "is the beginning of no commits" in reasons(world.collect())[0][1]


def test_without_a_server_that_was_asked_there_is_no_canon(world: World) -> None:
    tip = world.commit({"a": b"1\n"})
    world.update()
    down = Gitea(available=False, error="the server is away", observed_at=time_text(NOW))
    with pytest.raises(SourceError, match="the server is away"):
        collect(world.context(down))
    context = world.context()
    with pytest.raises(SourceError, match="was not asked"):
        collect(replace(context, seen=replace(context.seen, gitea=MISSING)))
    with pytest.raises(SourceError, match="no copy of the repository"):
        collect(replace(world.context(world.gitea(tip)), state=world.base / "elsewhere"))


def test_a_tip_that_the_copy_lacks_leaves_open_what_is_on_main(world: World) -> None:
    deployed = world.commit({"a": b"1\n"})
    world.update()
    tip = world.commit({"a": b"2\n"})
    world.release("1", {"a": b"1\n"}, head=deployed)
    canon = collect(world.context(replace(world.gitea(tip), history=MISSING)))
    found = in_role(canon, "deployed")
    assert (found.known, found.on_main, found.changed_since) == (True, MISSING, MISSING)
    assert canon.main == tip
    assert canon.nearest is MISSING
    assert files_of(canon, "deployed")["a"].path == "a"


def test_ignore_files_are_told_line_by_line(world: World) -> None:
    world.commit(
        {
            ".gitignore": b"a\n\xff*\n",
            "sub/.gitignore": b"",
            "sub/.dockerignore": b"x",
            "Dockerfile.dockerignore": b"y\n",
        }
    )
    canon = world.collect()
    assert canon.trees is not MISSING
    found = {file.path: (file.folder, file.lines) for file in canon.trees[0].ignore_files}
    assert found == {
        ".gitignore": ("", ("a", "\\xff*")),
        "sub/.gitignore": ("sub/", ()),
        "sub/.dockerignore": ("sub/", ("x",)),
        "Dockerfile.dockerignore": ("", ("y",)),
    }


def test_a_run_out_of_time_says_so_and_passes_nothing(world: World) -> None:
    world.commit({"a": b"1\n"})
    world.update()
    canon = collect(world.context(seconds=0))
    assert any("time limit" in reason for _, reason in reasons(canon))
