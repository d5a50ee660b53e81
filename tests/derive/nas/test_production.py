"""The deployed commit, its place on main, how long main has been elsewhere, and a declared rollback."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.config import Rollback
from auditor.derive import cause, production
from auditor.model.facts.canon import Step
from auditor.model.facts.gitea import Activity, ActivityFeed, Branch, Pull
from auditor.model.facts.nas_git import Fetch
from auditor.model.missing import MISSING

TIP, MID = "f" * 40, "e" * 40
LONG_AGO, YESTERDAY, TODAY = "2026-01-20T12:00:00Z", "2026-01-31T12:00:01Z", "2026-02-01T09:00:00Z"


PUSH = Activity(id=1, kind="commit_repo", actor="a", created_at=TODAY, old=TIP)


def behind(world: Any, kit: Any, *commits: tuple[str, str], changed: tuple[str, ...] = ("src/a.md",)) -> Any:
    """The world in which main has moved past the deployed commit by these commits, oldest first."""
    tip = commits[-1][0]
    line = tuple(kit.history_commit(commit, at) for commit, at in reversed(commits))
    left = replace(
        world.snapshot.canon.commits[0],
        behind=len(commits),
        left_at=commits[0][1],
        changed_since=changed,
        steps=MISSING,
    )
    return (
        world.put("canon/main", tip)
        .put("gitea/main/commit", tip)
        .put("gitea/history/commits", lambda known: (*line, *known))
        .put("canon/commits/0", left)
    )


def lag(world: Any) -> set[str]:
    return world.outcomes("nas-commit-is-main")["nas-commit-is-main"]


def merged(commit: Any, at: Any) -> tuple[Pull, ...]:
    return (
        Pull(
            number=3, state="closed", merged=True, merged_at=at, merge_commit=commit, base_branch="main",
            head_commit="9" * 40, updated_at=TODAY,
        ),
    )  # fmt: skip


def test_a_day_of_lag_is_too_much_and_a_second_less_is_not(world: Any, kit: Any) -> None:
    assert lag(behind(world, kit, (TIP, "2026-01-31T12:00:00Z"))) == {"fail"}
    assert lag(behind(world, kit, (TIP, YESTERDAY))) == {"pass"}


def test_the_merge_counts_before_the_feed_and_the_feed_before_the_commits_own_date(world: Any, kit: Any) -> None:
    old = behind(world, kit, (TIP, LONG_AGO))
    assert old.derive(production.derive).left_at == LONG_AGO
    row = Activity(id=1, kind="commit_repo", actor="a", created_at=YESTERDAY, old=kit.MAIN, new=TIP, commit_count=1)
    fed = old.put("gitea/activity", ActivityFeed(complete=True, rows=(row,)))
    assert fed.derive(production.derive).left_at == YESTERDAY
    pulled = fed.put("gitea/pulls", merged(TIP, TODAY))
    assert pulled.derive(production.derive).left_at == TODAY
    assert lag(fed.put("gitea/pulls", merged(TIP, MISSING))) == {"unknown"}
    assert lag(fed.put("gitea/pulls", merged(MISSING, TODAY))) == {"unknown"}


def test_the_first_commit_that_counts_begins_the_lag(world: Any, kit: Any) -> None:
    docs = behind(world, kit, (MID, LONG_AGO), (TIP, TODAY), changed=("docs/a.md", "src/a.md"))
    assert lag(docs) == {"fail"}
    excused = docs.configured("nas/not_deployed", ("docs/**", "*.txt"))
    assert lag(excused) == {"unknown"}
    steps = (
        Step(commit=MID, committed_at=LONG_AGO, paths=("docs/a.md",)),
        Step(commit=TIP, committed_at=TODAY, paths=("src/a.md",)),
    )
    assert lag(excused.put("canon/commits/0/steps", steps)) == {"pass"}
    assert lag(docs.put("canon/commits/0/steps", steps)) == {"fail"}


def test_commits_that_are_not_deployed_are_no_lag(world: Any, kit: Any) -> None:
    docs = behind(world, kit, (TIP, LONG_AGO), changed=("docs/deep/a.md", "note.txt"))
    assert lag(docs) == {"fail"}
    assert lag(docs.configured("nas/not_deployed", ("docs/**", "*.txt"))) == {"pass"}


def test_a_commit_that_gitea_lacks_was_made_elsewhere(world: Any, kit: Any) -> None:
    made = world.put("nas/releases/0/git/head/commit", TIP)
    made = made.put(
        "canon/commits", lambda known: (*known, replace(known[0], commit=TIP, known=False, roles=("deployed",)))
    )
    assert {"nas-commit-on-main", "nas-commit-is-main"} <= made.failing()
    assert made.derive(cause.derive).place.name == "tampering"


def elsewhere(world: Any) -> Any:
    """The world whose release is of a commit that is not in main's history."""
    world = world.put("nas/releases/0/git/head/commit", TIP)
    return world.put(
        "canon/commits", lambda known: (*known, replace(known[0], commit=TIP, on_main=False, roles=("deployed",)))
    )


def test_a_branchs_head_is_the_wrong_branch(world: Any) -> None:
    wrong = elsewhere(world).put("gitea/branches", (Branch(name="feat/x", commit=TIP),))
    found = wrong.derive(cause.derive).place
    assert (found.name, found.text) == ("wrong-branch", "ffffffffffff is the head of branch feat/x, not of main")
    assert {one.name for one in found.ruled_out} == {"rewritten-main", "tampering", "rolled-back", "stale"}
    assert "nas-commit-on-main" in wrong.failing()


def test_a_tip_that_main_no_longer_contains_means_that_main_was_rewritten(world: Any) -> None:
    from auditor.model.facts.earlier import Earlier, SeenTip

    seen = Earlier(run=None, tips=(SeenTip(branch="main", commit=TIP, seen_at=LONG_AGO),))
    assert elsewhere(world).put("earlier", seen).derive(cause.derive).place.name == "rewritten-main"


@pytest.mark.parametrize(
    ("path", "record", "said"),
    [
        ("gitea/pulls", merged(TIP, TODAY), "pull request #3 was merged as it"),
        (
            "gitea/activity",
            ActivityFeed(
                complete=True, rows=(Activity(id=1, kind="commit_repo", actor="a", created_at=TODAY, old=TIP),)
            ),
            "Gitea's activity feed saw main there",
        ),
        ("nas/releases/0/git/remote_main", TIP, "the NAS fetched it as main"),
    ],
)
def test_a_rewritten_main_is_told_on_the_first_night_too(world: Any, path: str, record: Any, said: str) -> None:
    # the lost tip may be the head of a pull request still: that does not make it another branch
    rewritten = elsewhere(world).put("gitea/branches", (Branch(name="feat/x", commit=TIP),)).put(path, record)
    found = rewritten.derive(cause.derive).place
    assert found.name == "rewritten-main"
    assert found.text.startswith(said)
    assert found.text.endswith("and main no longer contains ffffffffffff")


def test_what_the_nas_fetched_proves_nothing_of_a_commit_that_gitea_lacks(world: Any) -> None:
    made = elsewhere(world).put("nas/releases/0/git/remote_main", TIP).put("canon/commits/2/known", False)
    assert made.derive(cause.derive).place.name == "tampering"


def test_nothing_newer_was_deployed_is_stale_and_something_newer_is_rolled_back(world: Any, kit: Any) -> None:
    late = behind(world, kit, (TIP, LONG_AGO)).put("nas/releases/0/git/fetch", Fetch(fetched_at=LONG_AGO, refs=()))
    assert late.derive(cause.derive).place.text == (
        f"aaaaaaaaaaaa is 1 commit(s) behind main: nothing newer was deployed; the NAS last fetched at {LONG_AGO}"
    )
    back = late.put("nas/releases/1/git/head/commit", TIP).put(
        "canon/commits", lambda known: (*known, replace(known[0], commit=TIP, behind=0, roles=("main",)))
    )
    found = back.derive(cause.derive).place
    assert (found.name, found.text) == (
        "rolled-back",
        "rolled back to aaaaaaaaaaaa: release 20260101-120000 holds the newer ffffffffffff",
    )


@pytest.mark.parametrize(
    ("place", "new", "fault"),
    [
        ("kind", "absent", "current does not exist"),
        ("kind", "folder", "current is a folder of its own, not a link into releases"),
        ("resolved", None, "current leads to no folder"),
        ("release", None, "current leads to releases/20260201-120000/app, which is not below releases"),
        ("resolved", "releases/x/app/dist", "current leads to releases/x/app/dist, which is no release's folder"),
        ("unchanged", False, "current moved during the audit"),
        ("resolved", "releases/20260201-120000", None),
    ],
)  # fmt: skip
def test_current_leads_to_a_release(world: Any, place: str, new: Any, fault: str | None) -> None:
    assert world.put(f"nas/current/{place}", new).derive(production.derive).link_fault == fault


def rolled_back(world: Any, kit: Any, *, until: str, to: str | None = None) -> Any:
    """Production put back to the older commit by its port and its link, with a declaration that says so."""
    declared = Rollback(to=to or kit.OLD, until=until, reason="broken footer")
    moved = (
        world.put("nas/releases/0/active", False)
        .put("nas/releases/1/active", True)
        .put("nas/current/resolved", "releases/20260101-120000/app")
        .put("nas/current/release", "20260101-120000")
        .put("nas/slots/0/saw_visit", False)
        .put("nas/slots/1/saw_visit", True)
        .put("nas/proxy/rules/0/backend_port", 8082)
        .put("nas/proxy/rules/1/backend_port", 8082)
        .put("nas/public", kit.answer("old page"))
        .put("gitea/history/commits/0/committed_at", LONG_AGO)
    )
    return replace(moved, config=replace(moved.config, rollback=declared))


def test_a_declared_rollback_is_judged_by_its_commit_and_waives_the_lag(world: Any, kit: Any) -> None:
    valid = rolled_back(world, kit, until="2026-02-03T12:00:00Z")
    assert valid.failing() == {"nas-commit-is-main"}
    finding = valid.findings("nas-commit-is-main")[0]
    assert finding.waiver is not None
    assert finding.waiver.reason == "broken footer"
    assert valid.derive(production.derive).rollback.deployed is True
    assert valid.derive(cause.derive).place.name == "rolled-back"


def test_a_rollback_by_port_alone_is_judged_by_its_commit_too(world: Any, kit: Any) -> None:
    valid = rolled_back(world, kit, until="2026-02-03T12:00:00Z", to=kit.OLD[:10])
    by_port = valid.put("nas/current", world.snapshot.nas.current).put("nas/releases", world.snapshot.nas.releases)
    by_port = by_port.put("canon/commits/1/roles", ("rollback",))
    assert by_port.failing() == {"nas-commit-is-main"}


def test_a_rollback_that_is_over_waives_nothing(world: Any, kit: Any) -> None:
    over = rolled_back(world, kit, until="2026-02-01T12:00:00Z")
    finding = over.findings("nas-commit-is-main")[0]
    assert (finding.outcome.value, finding.waiver) == ("fail", None)


def test_a_rollback_to_another_commit_than_is_served_fails(world: Any, kit: Any) -> None:
    declared = Rollback(to=kit.OLD, until="2026-02-03T12:00:00Z", reason="broken footer")
    wrong = replace(world, config=replace(world.config, rollback=declared))
    assert "nas-image-of-commit" in wrong.failing()
