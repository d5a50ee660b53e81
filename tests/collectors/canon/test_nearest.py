"""The commit that a release's files are, or come closest to."""

from auditor.model.facts.canon import Canon, NearestCommit
from auditor.model.missing import MISSING
from tests.collectors.canon.conftest import World, in_role


def nearest(canon: Canon) -> NearestCommit:
    assert canon.nearest is not MISSING
    (found,) = canon.nearest
    return found


def history(world: World) -> list[str]:
    return [
        world.commit({"a": b"1\n", "b": b"1\n", "old": b"1\n"}),
        world.commit({"a": b"2\n"}),
        world.commit({"old": None, "c": b"3\n"}),
        world.commit({"b": b"4\n"}),
    ]


def test_the_commit_with_the_identical_tree_is_found(world: World) -> None:
    commits = history(world)
    for commit in commits:
        world.releases.clear()
        world.release("1", {**world.checked_out(commit), "dist/built.js": b"x"}, git=False)
        canon = world.collect()
        found = nearest(canon)
        assert (found.commit, found.differences, found.searched) == (commit, 0, 4)
        assert "nearest" in in_role(canon, "nearest").roles


def test_a_file_that_a_later_commit_deleted_counts(world: World) -> None:
    commits = history(world)
    files = world.checked_out(commits[3]) | {"old": b"1\n"}
    world.release("1", files, git=False)
    found = nearest(world.collect())
    assert (found.commit, found.differences) == (commits[3], 1)


def test_a_change_on_the_spot_leads_to_the_commit_with_the_fewest_differences(world: World) -> None:
    commits = history(world)
    world.release("1", world.checked_out(commits[1]) | {"b": b"hot\n"}, git=False)
    found = nearest(world.collect())
    assert (found.commit, found.differences) == (commits[1], 1)


def test_of_equal_commits_the_newest_is_named(world: World) -> None:
    first = world.commit({"a": b"1\n"})
    world.commit({"a": b"2\n"})
    third = world.commit({"a": b"1\n"})
    world.release("1", world.checked_out(first), git=False)
    assert nearest(world.collect()).commit == third


def test_attributes_of_the_commit_itself_decide(world: World) -> None:
    old = world.commit({"a.txt": b"1\n", ".gitattributes": b"*.txt text eol=crlf\n"})
    world.commit({".gitattributes": b"*.txt text eol=lf\n"})
    world.commit({"b": b"x\n"})
    files = world.checked_out(old)
    assert files["a.txt"] == b"1\r\n"
    world.release("1", files, git=False)
    assert (nearest(world.collect()).commit, nearest(world.collect()).differences) == (old, 0)


def test_only_the_active_release_and_those_without_a_known_commit_are_searched_for(world: World) -> None:
    commits = history(world)
    files = world.checked_out(commits[0])
    world.release("4", files, head=commits[0])
    world.release("3", files, head=commits[0], active=False)
    world.release("2", files, head="12ab" * 10, active=False)
    world.release("1", files, git=False, active=False)
    canon = world.collect()
    assert canon.nearest is not MISSING
    assert [(one.release, one.commit, one.differences) for one in canon.nearest] == [
        (name, commits[0], 0) for name in ("4", "2", "1")
    ]


def test_a_release_whose_files_were_not_read_has_a_gap(world: World) -> None:
    history(world)
    world.release("1", {}, git=False)
    from dataclasses import replace

    world.releases[0] = replace(world.releases[0], files=MISSING)
    canon = world.collect()
    assert canon.nearest == ()
    assert [gap.pointer for gap in canon.gaps] == ["/canon/nearest"]
