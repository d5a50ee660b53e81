"""Which contexts count for main, when they are green, and whether a run or a person made them so."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.config import Allow, Config, Gitea
from auditor.derive import check
from auditor.model.facts import gitea as facts
from auditor.model.facts.gitea import CommitStatuses, MainBranch, Pull, Server, Status
from auditor.model.facts.gitea_history import Workflow, WorkflowEvent
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING

NOW = "2026-02-01T03:00:00Z"
TIP, HEAD = "1" * 40, "2" * 40
RUN = "/Acme/site/actions/runs/7/jobs/0"
STATES = ("success", "skipped", "pending", "failure", "error", "warning", "no-such-state")


def status(context: str, state: str = "success", creator: Any = None, url: Any = RUN) -> Status:
    return Status(id=1, context=context, state=state, creator=creator, target_url=url)


def derived(
    tip: Any = (), head: Any = MISSING, *, checks: tuple[str, ...] = ("CI / build",), **changes: Any
) -> check.Check:
    """The derivation over the statuses of the tip and of its pull request's head; no pull request without those."""
    allow = changes.pop("allow", Allow())
    finished = changes.pop("finished_at", NOW)
    main = MainBranch(
        name="main",
        commit=TIP,
        committed_at="2026-01-01T00:00:00Z",
        protected=True,
        enable_status_check=True,
        status_check_contexts=changes.pop("demanded", ("CI / build (pull_request)",)),
    )
    pull = Pull(
        number=3, state="closed", merged=True, merge_commit=TIP, base_branch="main", updated_at="2026-01-01T00:00:00Z"
    )
    statuses = [CommitStatuses(role="tip", commit=TIP, entries=tip)]
    if head is not MISSING:
        statuses.append(CommitStatuses(role="pull-head", commit=HEAD, pull=3, entries=head))
    gitea = facts.Gitea(
        available=True,
        observed_at=NOW,
        server=Server(version="1.27.0", product="gitea"),
        main=main,
        pulls=() if head is MISSING else (pull,),
        statuses=tuple(statuses),
        workflows=(),
    )
    section = Gitea(base="https://git.example.net", owner="Acme", repo="site", checks=checks, allow=allow)
    snapshot = Snapshot(
        schema_version=SCHEMA_VERSION,
        tool_version="0",
        id="x",
        site_id="x",
        mode="audit",
        started_at=finished,
        finished_at=finished,
        sources=(),
        gitea=replace(gitea, **changes),
    )
    return check.derive(snapshot, Config(id="x", gitea=section))


def only(found: check.Check) -> Any:
    assert found.contexts is not MISSING
    assert len(found.contexts) == 1
    return found.contexts[0]


@given(st.lists(st.sampled_from(STATES), min_size=1, max_size=4))
def test_a_context_is_green_exactly_if_every_entry_of_it_is(states: list[str]) -> None:
    found = only(derived(tuple(status("CI / build (push)", state) for state in states)))
    assert found.green is all(state in ("success", "skipped") for state in states)


def test_the_tips_own_pushes_count_before_the_pull_requests_head() -> None:
    red, green = (status("CI / build (push)", "failure"),), (status("CI / build (pull_request)"),)
    assert only(derived(red, green)).green is False
    assert only(derived((), green)).green is True
    assert only(derived((), green)).pull == 3
    assert only(derived((status("other (push)"),), green)).state == "absent"
    assert only(derived((), ())).state == "absent"


def test_an_event_in_checks_is_literal() -> None:
    tip, head = (status("CI / build (push)"),), (status("CI / build (pull_request)", "failure"),)
    assert only(derived(tip, head, checks=("CI / build (push)",))).green is True
    assert only(derived(tip, head, checks=("CI / build (pull_request)",))).green is False


def test_without_checks_the_protections_globs_are_required() -> None:
    found = derived((status("CI / a (push)"), status("CI / b (push)", "error")), checks=(), demanded=("CI / *",))
    assert found.contexts is not MISSING
    assert {one.name: one.green for one in found.contexts} == {"CI / a (push)": True, "CI / b (push)": False}
    nothing = only(derived(checks=(), demanded=()))
    assert nothing.required is False


@pytest.mark.parametrize("entries", [(), (status("CI / build (push)", "pending"),)])
def test_what_may_still_come_is_open_until_the_grace_is_over(entries: tuple[Status, ...]) -> None:
    young = derived(entries, finished_at="2026-01-01T00:29:59Z")
    assert only(young).green is MISSING
    assert "CI has 30m" in young.gaps[0].reason
    assert only(derived(entries, finished_at="2026-01-01T00:30:00Z")).green is False


def test_a_failure_waits_for_nothing() -> None:
    assert only(derived((status("CI / build (push)", "failure"),), finished_at="2026-01-01T00:00:01Z")).green is False


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tip": MISSING, "gaps": (Gap(pointer="/gitea/statuses/0/entries", reason="denied"),)}, "denied"),
        ({"tip": (), "pulls": MISSING}, "the pull requests were not observed"),
        ({"tip": (), "statuses": MISSING}, "the statuses of the tip were not observed"),
        ({"tip": (), "statuses": (CommitStatuses(role="tip", commit=HEAD, entries=()),)}, "main moved"),
    ],
)
def test_statuses_that_nobody_saw_are_neither_green_nor_red(changes: dict[str, Any], reason: str) -> None:
    found = derived(**changes)
    assert (only(found).green, only(found).genuine) == (MISSING, MISSING)
    assert reason in found.gaps[0].reason


def test_a_run_is_genuine_a_person_is_not_and_a_declared_account_is() -> None:
    assert only(derived((status("CI / build (push)"),))).genuine is True
    forged = (status("CI / build (push)", creator="mallory"),)
    assert only(derived(forged)).genuine is False
    assert only(derived(forged)).posted_by == ("mallory",)
    assert only(derived(forged, allow=Allow(ci_accounts=("Mallory",)))).genuine is True
    assert only(derived((status("CI / build (push)"), *forged))).genuine is False
    assert only(derived((status("CI / build (push)", creator=MISSING),))).genuine is MISSING
    assert only(derived((status("CI / build (push)", url="https://elsewhere.example/ok"),))).genuine is False


def test_a_failure_that_a_person_posted_is_no_forged_success() -> None:
    found = only(derived((status("CI / build (push)", "failure", creator="mallory"),)))
    assert (found.succeeded, found.genuine) == (False, True)


def test_where_no_run_ever_had_an_empty_creator_a_jobs_name_proves_nothing() -> None:
    old = Server(version="1.24.7", product="gitea")
    entries = (status("CI / build (push)", creator="gitea-actions"),)
    assert only(derived(entries, server=old)).genuine is MISSING
    assert only(derived(entries, server=old, creator_ever_empty=True)).genuine is False
    other = (status("external", creator="mallory"),)
    assert only(derived(other, server=old, checks=("external",))).genuine is False


@pytest.mark.parametrize(
    ("event", "demanded"),
    [
        (WorkflowEvent(name="push"), True),
        (WorkflowEvent(name="push", branches=("main",)), False),
        (WorkflowEvent(name="push", branches=("main", "**")), True),
        (WorkflowEvent(name="push", branches=("main", "release/*")), MISSING),
        (WorkflowEvent(name="push", branches_ignore=("main",)), True),
        (WorkflowEvent(name="push", tags=("v*",)), False),
        (WorkflowEvent(name="pull_request"), False),
    ],
)
def test_a_push_context_is_demanded_of_a_pull_request_where_the_workflow_runs_on_its_branch(
    event: WorkflowEvent, demanded: Any
) -> None:
    workflow = Workflow(path=".gitea/workflows/ci.yml", name="CI", events=(event,), jobs=())
    found = derived(demanded=("CI / build (push)",), workflows=(workflow,))
    assert found.demands is not MISSING
    assert [demand.demanded for demand in found.demands] == [demanded]


@pytest.mark.parametrize(
    ("globs", "demanded"),
    [
        (("CI / build (pull_request)",), True),
        (("CI / *",), True),
        (("*",), True),
        (("CI / build",), False),
        (("CI / other (pull_request)",), False),
        ((), False),
    ],
)
def test_a_check_is_demanded_by_name_or_glob(globs: tuple[str, ...], demanded: bool) -> None:
    found = derived(demanded=globs)
    assert found.demands is not MISSING
    assert [demand.demanded for demand in found.demands] == [demanded]


@given(st.text(max_size=30), st.text(max_size=30), st.sampled_from(STATES))
def test_no_text_of_a_server_raises(context: str, url: str, state: str) -> None:
    derived((status(context, state, url=url),), demanded=(context, url), checks=())
