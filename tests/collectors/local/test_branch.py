from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.model.missing import MISSING

# each commit: parents among the earlier ones, and a date that may lie before theirs
HISTORY = st.lists(
    st.tuples(st.lists(st.integers(0, 30), max_size=3, unique=True), st.integers(1, 50)), min_size=1, max_size=16
)


def build(world: Any, history: Any) -> list[str]:
    """Commits with just these parents and dates, made by git."""
    tree = world.git("hash-object", "-w", "-t", "tree", "--stdin").decode().strip()
    commits: list[str] = []
    for number, (parents, date) in enumerate(history):
        chosen = list(dict.fromkeys(commits[one % len(commits)] for one in parents)) if commits else []
        lines = [f"tree {tree}", *(f"parent {one}" for one in chosen)]
        lines += [f"{role} a <a@b> {date}000000 +0000" for role in ("author", "committer")] + ["", f"c{number}", ""]
        text = "\n".join(lines).encode()
        commits.append(world.git("hash-object", "-w", "-t", "commit", "--stdin", text=text).decode().strip())
    return commits


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORY, picks=st.lists(st.integers(0, 30), min_size=4, max_size=4))
def test_counts_and_commits_are_those_of_rev_list_whatever_the_dates(new_world: Any, history: Any, picks: Any) -> None:
    world = new_world()
    commits = build(world, history)
    main, tracked, feature, other = (commits[one % len(commits)] for one in picks)
    world.git("update-ref", "refs/heads/main", main)
    world.git("update-ref", "refs/heads/feature", feature)
    world.git("update-ref", "refs/remotes/origin/main", tracked)
    world.git("update-ref", "refs/remotes/fork/x", other)
    world.git("remote", "add", "origin", "https://git.example/o/r")
    world.git("config", "branch.main.remote", "origin")
    world.git("config", "branch.main.merge", "refs/heads/main")
    facts = world.observe()

    def listed(*words: str) -> set[str]:
        return set(world.git("rev-list", *words).decode().split())

    assert {one.commit for one in facts.main.ahead} == listed("origin/main..main")
    assert facts.main.ahead_count == len(facts.main.ahead)
    assert facts.main.behind_count == len(listed("main..origin/main"))
    for branch in facts.branches:
        unpublished = listed(branch.name, "--not", "--remotes")
        assert {one.commit for one in branch.unpublished} == unpublished
        assert branch.unpublished_count == len(unpublished)
    by_name = {one.name: one for one in facts.branches}
    assert (by_name["main"].ahead, by_name["main"].behind) == (facts.main.ahead_count, facts.main.behind_count)
    assert by_name["feature"].upstream is None
    roots = world.git("rev-list", "--max-parents=0", "main").decode().split()
    assert sorted(facts.root_commits) == sorted(roots)
    first_parents = world.git("rev-list", "--first-parent", "main").decode().split()
    assert facts.root_commits[0] == first_parents[-1]


def test_an_unpublished_commit_is_named_with_date_and_subject(world: Any) -> None:
    first = world.commit("first", 1_700_000_000)
    world.git("update-ref", "--create-reflog", "-m", "fetch", "refs/remotes/origin/main", first)
    world.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    world.git("remote", "add", "origin", "https://git.example/o/r")
    second = world.commit("second\nbody", 1_700_000_100)
    facts = world.observe()
    (line,) = facts.main.ahead
    assert (line.commit, line.committed_at, line.subject) == (second, "2023-11-14T22:15:00Z", "second")
    assert facts.default_branch == "main"
    assert [(one.name, one.commit, one.updated_at) for one in facts.tracking_branches] == [
        ("origin/main", first, "2023-11-14T22:13:20Z")
    ]
    assert facts.main.tracking_updated_at == "2023-11-14T22:13:20Z"
    (world.clone / ".git/logs/refs/remotes/origin/main").unlink()
    (world.clone / ".git/logs/refs/remotes/origin/HEAD").unlink(missing_ok=True)
    assert world.observe().main.tracking_updated_at is None
    world.git("pack-refs", "--all")
    assert world.observe().main.ahead == facts.main.ahead


def test_upstreams_are_found_through_the_refspecs(world: Any) -> None:
    commit = world.commit()
    world.git("update-ref", "refs/remotes/mine/topic", commit)
    world.git("config", "remote.origin.url", "https://git.example/o/r")
    world.git("config", "remote.origin.fetch", "+refs/heads/up/*:refs/remotes/mine/*")
    for name, remote, merge in (
        ("a", "origin", "refs/heads/up/topic"),
        ("b", ".", "refs/heads/main"),
        ("c", "origin", "refs/heads/elsewhere"),
        ("d", "origin", "refs/heads/up/gone"),
    ):
        world.git("branch", name)
        world.git("config", f"branch.{name}.remote", remote)
        world.git("config", f"branch.{name}.merge", merge)
    found = {one.name: one.upstream for one in world.observe().branches}
    assert (found["a"].tracking_ref, found["a"].commit) == ("refs/remotes/mine/topic", commit)
    assert (found["b"].tracking_ref, found["b"].commit) == ("refs/heads/main", commit)
    assert (found["c"].tracking_ref, found["c"].commit) == (None, None)
    assert (found["d"].tracking_ref, found["d"].commit) == ("refs/remotes/mine/gone", None)


def test_stashes_are_listed_newest_first(world: Any) -> None:
    world.write("a", b"1")
    world.commit(when=1_700_000_000)
    for number in (1, 2):
        world.write("a", b"changed %d" % number)
        world.variables["GIT_COMMITTER_DATE"] = f"17000001{number}0 +0000"
        world.git("stash", "push", "-m", f"number {number}")
    facts = world.observe()
    assert [(one.name, one.message, one.created_at, one.published) for one in facts.stashes] == [
        ("stash@{0}", "On main: number 2", "2023-11-14T22:15:20Z", False),
        ("stash@{1}", "On main: number 1", "2023-11-14T22:15:10Z", False),
    ]
    assert facts.stashes[0].commit == world.git("rev-parse", "stash@{0}").decode().strip()


def test_a_detached_head_is_seen_with_its_unpublished_commits(world: Any) -> None:
    first = world.commit()
    world.git("update-ref", "refs/remotes/origin/main", first)
    world.git("checkout", "-q", "--detach")
    second = world.commit("loose")
    facts = world.observe()
    assert (facts.head.kind, facts.head.branch, facts.head.commit) == ("detached", None, second)
    assert [one.commit for one in facts.detached.unpublished] == [second]
    world.git("checkout", "-q", "main")
    assert world.observe().detached is None


def test_an_unborn_branch_has_no_commits_and_is_no_error(world: Any) -> None:
    facts = world.observe()
    assert (facts.head.kind, facts.head.branch, facts.head.commit) == ("unborn", "main", None)
    assert (facts.main.commit, facts.main.ahead_count, facts.branches, facts.root_commits) == (None, None, (), ())
    assert facts.env_ignore is MISSING


def test_a_shallow_clone_says_so_and_keeps_its_counts(world: Any, new_world: Any) -> None:
    for number in range(3):
        world.commit(f"c{number}")
    shallow = new_world()
    shallow.git("remote", "add", "origin", f"file://{world.clone}")
    shallow.git("fetch", "-q", "--depth", "1", "origin", "main:refs/remotes/origin/main")
    shallow.git("reset", "-q", "--hard", "origin/main")
    shallow.commit("own")
    facts = shallow.observe()
    assert facts.shallow
    assert facts.root_commits is MISSING
    assert (facts.main.ahead_count, facts.main.behind_count) == (1, 0)
    assert facts.fetched_at is not None


def test_a_loose_ref_counts_more_than_a_packed_one(world: Any) -> None:
    world.commit()
    world.git("branch", "alias")
    world.git("pack-refs", "--all")
    second = world.commit("second")
    world.git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
    facts = world.observe()
    assert [(one.name, one.commit) for one in facts.branches] == [("main", second)]
    assert facts.head.commit == second


def test_a_fresh_clone_knows_how_old_its_main_is(world: Any, tmp_path: Path) -> None:
    world.commit("first", 1_700_000_000)
    world.git("branch", "-M", "main")
    fresh = tmp_path / "fresh"
    world.git("clone", "-q", str(world.clone), str(fresh))
    facts = world.observe(fresh)
    assert facts.main.tracking_updated_at is not None
    assert facts.main.tracking_commit == facts.main.commit
