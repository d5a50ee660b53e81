"""What is read from the auditor's own copy of the objects: earlier tips, odd commits, workflows."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from git_import import commits, git, make_repository
from gitea_recording import World
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.collectors.gitea.gap import GapList
from auditor.collectors.gitea.objects import Objects
from auditor.collectors.gitea.workflow import parse_workflow
from auditor.errors import SourceError
from auditor.interfaces import Deadline
from auditor.model.facts.earlier import Earlier, SeenTip
from auditor.model.missing import MISSING
from auditor.transports.mirror.update import update_mirror
from auditor.transports.mirror.view import Mirror

SITE = "archicratie-edition"


def main_at(sha: str) -> Any:
    """A branch whose commit is `sha`."""
    return lambda branch: {**branch, "commit": {**branch["commit"], "id": sha}}


@pytest.fixture
def world(tmp_path: Path, bare: Any) -> Path:
    """A repository of the reference site that a test may change."""
    folder = tmp_path / "site"
    shutil.copytree(bare(World("1.27.0", SITE)), folder)
    return folder


def test_a_branch_that_only_went_forward_has_no_earlier_tip_of_its_own(world, replay, look) -> None:
    tip = git(world, "rev-parse", "main")
    before = git(world, "rev-parse", "main~2")
    git(world, "update-ref", "refs/heads/main", before)
    gitea = replay("1.27.0", SITE, git=world, overlay={"R/branches/main": main_at(before)})
    look(gitea)
    git(world, "update-ref", "refs/heads/main", tip)
    gitea.overlay.clear()
    assert look(gitea).earlier_tips == ()


def test_a_rewritten_branch_is_seen_to_have_lost_its_tip(world, replay, look) -> None:
    tip = git(world, "rev-parse", "main")
    gitea = replay("1.27.0", SITE, git=world)
    look(gitea)
    older = git(world, "rev-parse", "main~1")
    git(world, "update-ref", "refs/heads/main", older)
    gitea.overlay["R/branches/main"] = main_at(older)
    (earlier,) = look(gitea).earlier_tips
    assert (earlier.commit, earlier.is_ancestor) == (tip, False)
    git(world, "update-ref", "refs/heads/main", tip)
    gitea.overlay.clear()
    assert {each.commit: each.is_ancestor for each in look(gitea).earlier_tips}[tip] is True


def test_the_tips_that_the_history_remembers_are_judged_too(replay, look) -> None:
    gitea = replay("1.27.0", SITE)
    line = look(gitea).history.commits
    seen = [("main", line[3].sha), ("main", "2" * 40), ("other", "3" * 40)]
    tips = tuple(SeenTip(branch=branch, commit=sha, seen_at="2026-11-23T03:00:00Z") for branch, sha in seen)
    facts = look(gitea, earlier=Earlier(run=None, tips=tips))
    assert {each.commit: each.is_ancestor for each in facts.earlier_tips} == {line[3].sha: True, "2" * 40: False}
    assert {each.seen_at for each in facts.earlier_tips} == {"2026-11-23T03:00:00Z"}


def test_a_push_in_the_middle_of_the_look_is_caught_up_with(world, replay, look) -> None:
    tip = git(world, "rev-parse", "main")
    git(world, "update-ref", "refs/heads/main", "main~1")

    def pushed(request: Any, serve: Any) -> Any:
        git(world, "update-ref", "refs/heads/main", tip)
        return serve(request)

    facts = look(replay("1.27.0", SITE, git=world, fail={"R/branches/main": pushed}))
    assert facts.history.tip.sha == facts.main.commit == tip
    assert facts.gaps == ()


def test_the_pull_requests_are_asked_for_after_the_tip_that_they_brought(replay, look) -> None:
    gitea = replay("1.27.0", SITE)
    look(gitea)
    paths = [each.target.partition("?")[0].rpartition("/")[2] for each in gitea.requests]
    assert paths.index("git-upload-pack") < paths.index("main") < paths.index("pulls")


def test_the_objects_may_lie_in_a_folder(world, replay, look) -> None:
    gitea = replay("1.27.0", SITE, git=None)
    facts = look(gitea, git=str(world))
    assert facts.history.tip.sha == facts.main.commit
    assert facts.requests.git == 0


def test_the_token_is_not_sent_to_objects_on_another_server(replay, look) -> None:
    gitea, other = replay("1.27.0", SITE), replay("1.27.0", SITE)
    address = other.clone_url.replace("127.0.0.1", "localhost")
    facts = look(gitea, git=address)
    assert facts.history.tip.sha == facts.main.commit
    assert not any(each.authorized for each in other.requests)
    look(gitea, git=address, hosts=("localhost",))
    assert any(each.authorized for each in other.requests), "another name of the same server may have it"


def test_objects_that_cannot_be_had_leave_the_rest(replay, look) -> None:
    facts = look(replay("1.27.0", SITE, git=None))
    assert facts.history is MISSING
    assert facts.branches is MISSING
    assert len(facts.pulls) == 14
    assert len(facts.statuses[0].entries) == 2
    assert {"/gitea/history", "/gitea/branches", "/gitea/workflows"} <= {gap.pointer for gap in facts.gaps}


def test_a_long_line_is_cut_and_says_so(tmp_path) -> None:
    source = make_repository(tmp_path / "long", commits("refs/heads/main", 30, folders=1))
    deadline, gaps = Deadline.after(30), GapList()
    update_mirror(tmp_path / "copy", str(source), http=None, deadline=deadline, progress=lambda text: None)
    with Mirror.open(tmp_path / "copy") as mirror:
        cut = Objects(mirror, "main", deadline, lambda text: text, gaps, most_commits=20).history(None)
        whole = Objects(mirror, "main", deadline, lambda text: text, GapList(), most_commits=29).history(None)
    assert (cut.commit_count, len(cut.commits)) == (29, 20)
    assert cut.commits == whole.commits[:20]
    assert (whole.commit_count, len(whole.commits)) == (29, 29)
    assert [gap.pointer for gap in gaps.result()] == ["/gitea/history/commits"]


def test_a_pull_request_with_merges_in_it_adds_what_its_base_does_not_hold(world, replay, look) -> None:
    base = git(world, "rev-parse", "main")
    stream = [
        *commits("refs/heads/side", 2, parent=base),
        *commits("refs/heads/feature", 2, parent=base),
        b"commit refs/heads/feature\ncommitter Ada <ada@example.net> 1700009999 +0000\ndata 5\nmerge\n",
        b"merge refs/heads/side\n\n",
    ]
    git(world, "fast-import", "--quiet", "--force", stdin=b"".join(stream))
    head = git(world, "rev-parse", "feature")
    git(world, "update-ref", "refs/heads/main", head)
    git(world, "update-ref", "refs/pull/15/head", head)

    def with_fifteenth(pulls: Any) -> Any:
        merged = next(pull for pull in pulls if pull["number"] == 9)
        return [*pulls, {**merged, "number": 15, "merge_commit_sha": head, "merge_base": base}]

    overlay = {"R/branches/main": main_at(head), "R/pulls": with_fifteenth}
    facts = look(replay("1.27.0", SITE, git=world, overlay=overlay))
    added = {each.number: each for each in facts.pull_commits}
    assert 15 not in added, "a merge commit speaks for itself"
    last = git(world, "rev-parse", "feature~1")
    git(world, "update-ref", "refs/heads/main", last)

    def forward(pulls: Any) -> Any:
        return [{**pull, "merge_commit_sha": last} if pull["number"] == 15 else pull for pull in with_fifteenth(pulls)]

    overlay = {"R/branches/main": main_at(last), "R/pulls": forward}
    facts = look(replay("1.27.0", SITE, git=world, overlay=overlay))
    added = {each.number: each for each in facts.pull_commits}
    want = set(git(world, "rev-list", head, f"^{base}").split())
    assert {commit.sha for commit in added[15].commits} == want
    assert len(want) == 5


WORKFLOW = b"""
name: CI
on:
  push:
    branches: [main, 'release/**']
  pull_request:
    branches-ignore: wip
  workflow_dispatch:
jobs:
  build: {name: Build it, runs-on: x}
  test: {runs-on: x}
"""


def test_events_filters_and_jobs_are_read_as_written() -> None:
    workflow = parse_workflow(".gitea/workflows/ci.yml", WORKFLOW)
    push, pull, by_hand = workflow.events
    assert (push.name, push.branches) == ("push", ("main", "release/**"))
    assert (pull.name, pull.branches_ignore) == ("pull_request", ("wip",))
    assert by_hand.name == "workflow_dispatch"
    assert [(job.id, job.name) for job in workflow.jobs] == [("build", "Build it"), ("test", None)]


@pytest.mark.parametrize(
    ("text", "events"), [("on: push", ["push"]), ("on: [push, pull_request]", ["push", "pull_request"])]
)
def test_events_may_be_one_name_or_a_list(text, events) -> None:
    assert [event.name for event in parse_workflow("x", text.encode()).events] == events


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "on: {push: {branches: []}}", "on: {push: {branches: {a: b}}}", "on: 3.5: [", "name: x"),
        *("on: [[push]]", "jobs: [a]\non: push", "on: &a [*a]", "[" * 5000, "on: \x00"),
    ],
)
def test_a_file_that_is_no_workflow_is_an_error_and_nothing_worse(text) -> None:
    with pytest.raises(SourceError):
        parse_workflow("x", text.encode())


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet="on: pushjb[]{}&*-\n'", max_size=80).map(str.encode))
def test_no_bytes_break_the_reading_of_a_workflow(raw) -> None:
    try:
        workflow = parse_workflow("x", raw)
    except SourceError:
        return
    assert workflow.events is not MISSING
