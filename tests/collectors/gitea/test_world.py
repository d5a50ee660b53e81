"""What the collector says of the recorded worlds, against the recordings themselves and against git."""

import json
from typing import Any

import pytest
from gitea_history import _git as git
from gitea_recording import API, VERSIONS, World, load_recording, worlds
from gitea_replay import Caller

from auditor.model.codec import canonical, decode, encode
from auditor.model.facts.gitea import CommitStatuses, Gitea, Status
from auditor.model.facts.gitea_protection import BranchProtection
from auditor.model.missing import MISSING

SITE = "archicratie-edition"
SETTLED = ("redirect", "repository", "main", "protections", "deploy_keys", "branches", "pulls", "statuses", "activity")
READ = ("history", "pull_heads", "pull_commits", "earlier_tips", "workflows", "creator_ever_empty")
VARIANTS = [world for world in worlds() if world.scenario == "protection"]


def recorded(world: World, route: str, caller: str = "auditeur") -> Any:
    recording = load_recording(world)
    found = recording.of_path(f"{API}/repos/{recording.repository}{route}")
    return next(each.body for each in found if each.caller == caller and each.status == 200)


def entries(statuses: CommitStatuses) -> tuple[Status, ...]:
    assert statuses.entries is not MISSING
    return statuses.entries


@pytest.mark.parametrize("version", VERSIONS)
def test_an_admin_collaborator_sees_every_fact_of_the_reference_site(version, replay, look) -> None:
    facts = look(replay(version, SITE))
    assert facts.available
    assert [name for name in (*SETTLED, *READ) if getattr(facts, name) is MISSING] == []
    untold = [] if version == "1.27.0" else ["/gitea/caller/scopes"]
    assert [gap.pointer for gap in facts.gaps] == untold
    assert facts.server.version == version
    assert facts.server.product == "gitea"
    assert facts.server.max_page_size == 50
    assert facts.server.root_url == "https://git.archicratie.example"
    assert (facts.caller.login, facts.caller.is_admin, facts.caller.admin) == ("auditeur", False, True)
    assert decode(Gitea, json.loads(canonical(encode(facts)))) == facts


@pytest.mark.parametrize("version", VERSIONS)
def test_the_line_of_main_is_what_git_says_without_the_first_commit(version, replay, look, bare) -> None:
    world = World(version, SITE)
    facts = look(replay(version, SITE))
    told = git("rev-list", "--first-parent", "--format=%P|%T|%cI|%aI|%an|%s", "main", cwd=bare(world)).split("commit ")
    lines = [text.splitlines()[:2] for text in told if text]
    assert [commit.sha for commit in facts.history.commits] == [sha for sha, _ in lines[:-1]]
    assert facts.history.baseline == lines[-1][0] == load_recording(world).baseline
    assert facts.history.baseline_on_line
    assert facts.history.commit_count == len(lines) - 1
    for commit, (_, line) in zip(facts.history.commits, lines, strict=False):
        parents, tree, committed, authored, author, subject = line.split("|")
        assert " ".join(commit.parents) == parents
        assert (commit.tree, commit.author, commit.subject) == (tree, author, subject)
        assert (commit.committed_at, commit.authored_at) == (
            committed.replace("+00:00", "Z"),
            authored.replace("+00:00", "Z"),
        )


def test_a_configured_baseline_ends_the_line_and_may_be_the_beginning_of_an_id(replay, look) -> None:
    gitea = replay("1.27.0", SITE)
    whole = look(gitea).history
    middle = whole.commits[4].sha
    for baseline in (middle, middle[:9]):
        history = look(gitea, baseline=baseline).history
        assert history.commits == whole.commits[:4]
        assert (history.baseline, history.baseline_on_line, history.commit_count) == (middle, True, 4)
    stranger = look(gitea, baseline="0" * 40).history
    assert not stranger.baseline_on_line
    assert stranger.commit_count == whole.commit_count + 1, "the very first commit belongs to the line then"


@pytest.mark.parametrize("version", VERSIONS)
def test_each_pull_request_is_told_as_recorded(version, replay, look) -> None:
    facts = look(replay(version, SITE))
    rows = {row["number"]: row for row in recorded(World(version, SITE), "/pulls")}
    assert [pull.number for pull in facts.pulls] == sorted(rows, reverse=True)
    for pull in facts.pulls:
        row = rows[pull.number]
        assert (pull.state, pull.merged, pull.merge_commit) == (row["state"], row["merged"], row["merge_commit_sha"])
        assert (pull.base_branch, pull.merge_base) == (row["base"]["ref"], row["merge_base"])
        assert (pull.head_branch, pull.head_commit) == (row["head"]["ref"], row["head"]["sha"])
        assert (pull.head_repository, pull.author) == (row["head"]["repo"]["full_name"], row["user"]["login"])
        assert (pull.title, pull.updated_at) == (row["title"], row["updated_at"])


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_pull_request_added_is_known_where_main_became_it_without_a_merge_commit(version, replay, look) -> None:
    facts = look(replay(version, SITE))
    titles = {pull.number: pull.head_branch if pull.state == "open" else pull.title for pull in facts.pulls}
    added = {titles[each.number].partition(":")[0]: each for each in facts.pull_commits}
    assert "feat/merge" not in added
    assert "feat/other-base" not in added, "it went into another branch"
    assert len(added["feat/rebase"].commits) == 3
    assert len(added["feat/squash"].commits) == 3
    forward = added["feat/ff"]
    line = [commit.sha for commit in facts.history.commits]
    at = line.index(forward.head)
    assert [commit.sha for commit in forward.commits] == line[at : at + 2]
    rebased = added["feat/rebase"].commits
    merge = next(pull.merge_commit for pull in facts.pulls if pull.number == added["feat/rebase"].number)
    at = line.index(merge)
    for old, new in zip(rebased, facts.history.commits[at : at + 3], strict=True):
        assert old.sha != new.sha
        assert (old.author, old.authored_at, old.message_sha256) == (new.author, new.authored_at, new.message_sha256)


@pytest.mark.parametrize("world", VARIANTS, ids=str)
def test_every_field_of_every_protection_rule_is_kept_and_none_is_made_up(world, replay, look) -> None:
    facts = look(replay(world.version, world.scenario, variant=world.variant, git=None))
    rows = recorded(world, "/branch_protections")
    assert len(facts.protections) == len(rows)
    for rule, row in zip(facts.protections, rows, strict=True):
        told = encode(rule)
        row = {key: value for key, value in row.items() if key != "branch_name"}
        row["approvals_whitelist_usernames"] = row.pop("approvals_whitelist_username")
        row["status_check_contexts"] = row["status_check_contexts"] or []  # so Go writes an empty list: null
        for key in ("protected_file_patterns", "unprotected_file_patterns"):
            row[key] = [part.strip() for part in row[key].split(";") if part.strip()]
        assert told == row
    assert not any(gap.pointer.startswith("/gitea/protections") for gap in facts.gaps)


@pytest.mark.parametrize("world", VARIANTS, ids=str)
@pytest.mark.parametrize("caller", [Caller.AUDITEUR, Caller.LECTEUR, Caller.ANONYMOUS])
def test_any_reader_sees_whether_main_is_protected_and_what_it_requires(world, caller, replay, look) -> None:
    facts = look(replay(world.version, world.scenario, variant=world.variant, git=None), caller)
    row = recorded(world, "/branches/main")
    assert facts.main.commit == row["commit"]["id"]
    assert facts.main.protected is row["protected"]
    assert facts.main.required_approvals == row["required_approvals"]
    assert facts.main.enable_status_check is row["enable_status_check"]
    assert facts.main.status_check_contexts == tuple(row["status_check_contexts"] or ())
    if not row["protected"]:
        assert facts.main.effective_rule is None
    elif caller is Caller.AUDITEUR:
        assert facts.main.effective_rule == row["effective_branch_protection_name"]
    else:
        assert facts.main.effective_rule is MISSING
        assert "/gitea/main/effective_rule" in {gap.pointer for gap in facts.gaps}


def test_a_field_that_only_another_version_or_product_has_is_missing_without_a_gap(replay, look) -> None:
    def forgejo(rules: Any) -> Any:
        gone = ("priority", "block_admin_merge_override", "enable_force_push")
        return [
            {key: value for key, value in rule.items() if key not in gone} | {"apply_to_admins": True} for rule in rules
        ]

    overlay = {
        "R/branch_protections": forgejo,
        f"{API}/version": {"version": "15.0.3+gitea-1.22.0"},
        "/api/forgejo/v1/version": {"version": "15.0.3+gitea-1.22.0"},
    }
    facts = look(replay("1.26.4", SITE, overlay=overlay))
    (rule,) = facts.protections
    assert isinstance(rule, BranchProtection)
    assert rule.apply_to_admins is True
    assert rule.block_admin_merge_override is MISSING
    assert facts.server.product == "forgejo"
    assert not any(gap.pointer.startswith("/gitea/protections") for gap in facts.gaps)


@pytest.mark.parametrize("version", VERSIONS)
def test_all_62_contexts_are_read_over_two_pages_and_the_summary_is_not_believed(version, replay, look) -> None:
    (tip,) = look(replay(version, "ci-states")).statuses
    states = [status.state for status in entries(tip)]
    assert len(states) == 62
    assert states.count("failure") == 1
    assert len({status.context for status in entries(tip)}) == 62


@pytest.mark.parametrize("version", VERSIONS)
def test_a_status_that_a_person_posted_can_be_told_from_a_run(version, replay, look) -> None:
    facts = look(replay(version, "actions"))
    (tip,) = facts.statuses
    forged = [status for status in entries(tip) if status.context.startswith("CI / build") and status.creator]
    assert {status.creator for status in forged} == {"ecrivain"}
    real = [status for status in entries(tip) if status.creator is None]
    # up to 1.26 the forged entries took the place of the real ones, which only the commit's past shows
    assert bool(real) is (version == "1.27.0")
    assert all("/actions/runs/" in status.target_url for status in real)
    assert facts.creator_ever_empty is True


def test_a_real_status_that_a_forged_one_replaced_still_shows_that_actions_name_no_creator(replay, look) -> None:
    def forged_alone(combined: Any) -> Any:
        combined["statuses"] = [each for each in combined["statuses"] if each["creator"]]
        return combined

    gitea = replay("1.26.4", "actions", overlay={"R/commits/main/status": forged_alone})
    assert look(gitea).creator_ever_empty is True
    gitea.overlay["R/commits/main/statuses"] = []
    assert look(gitea).creator_ever_empty is True, "it is remembered"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_whose_statuses_all_have_a_creator_was_never_seen_to_leave_it_empty(version, replay, look) -> None:
    gitea = replay(version, SITE)
    assert look(gitea).creator_ever_empty is False
    before = len(gitea.requests)
    assert look(gitea).creator_ever_empty is False
    again = [each.target for each in gitea.requests[before:]]
    assert not any("/statuses" in target for target in again), "the same tip is asked once"


def test_without_push_contexts_the_head_of_the_pull_request_that_brought_the_tip_is_asked(replay, look) -> None:
    gitea = replay("1.27.0", SITE, overlay={"R/commits/main/status": {"statuses": None}})
    tip, head = look(gitea).statuses
    assert entries(tip) == ()
    assert (head.role, head.pull) == ("pull-head", 11)
    assert {status.context for status in entries(head)} == {
        "CI / build-and-anchors (pull_request)",
        "SMOKE / smoke (pull_request)",
    }
    gitea.overlay["R/pulls"] = lambda rows: [row for row in rows if row["number"] != 11]
    assert [each.role for each in look(gitea).statuses] == ["tip"], "nothing brought it"


def test_the_head_is_asked_too_where_a_check_is_demanded_of_pull_requests_by_name(replay, look) -> None:
    gitea = replay("1.27.0", SITE)
    assert [each.role for each in look(gitea, checks=("CI / build-and-anchors",)).statuses] == ["tip"]
    asked = look(gitea, checks=("CI / build-and-anchors (pull_request)",)).statuses
    assert [each.role for each in asked] == ["tip", "pull-head"]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_pushes_of_the_feed_chain_from_the_first_commit_to_the_tip(version, replay, look) -> None:
    facts = look(replay(version, SITE))
    assert facts.activity.complete
    pushes = {row.new: row for row in facts.activity.rows if row.new and row.old}
    at, actors = facts.main.commit, set()
    while at != facts.history.baseline:
        actors.add(pushes[at].actor)
        at = pushes[at].old
    assert {"root-admin"} < actors
    merged = {row.pull for row in facts.activity.rows if row.kind == "merge_pull_request"}
    assert merged == {pull.number for pull in facts.pulls if pull.merged}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_workflow_tells_the_events_it_reacts_to(version, replay, look) -> None:
    (workflow,) = look(replay(version, "actions")).workflows
    assert workflow.path == ".gitea/workflows/ci.yml"
    assert workflow.name == "CI"
    assert {event.name for event in workflow.events} == {"push", "pull_request"}
    assert "build-and-anchors" in {job.id for job in workflow.jobs}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("scenario", "field", "value"),
    [
        ("archived", "archived", True),
        ("private", "private", True),
        ("issues-off", "has_issues", False),
        ("issues-off", "has_internal_tracker", False),
        ("external-tracker", "has_issues", True),
        ("external-tracker", "has_internal_tracker", False),
        ("external-tracker", "has_external_tracker", True),
        ("pulls-off", "has_pull_requests", False),
        ("trunk", "default_branch", "trunk"),
        ("empty", "empty", True),
        (SITE, "has_external_tracker", False),
        (SITE, "object_format", "sha1"),
    ],
)
def test_what_is_odd_about_a_repository_stands_in_its_record(version, scenario, field, value, replay, look) -> None:
    assert getattr(look(replay(version, scenario)).repository, field) == value


@pytest.mark.parametrize("version", VERSIONS)
def test_pull_requests_that_are_switched_off_are_unknown_not_absent(version, replay, look) -> None:
    facts = look(replay(version, "pulls-off"))
    assert facts.pulls is MISSING
    assert facts.pull_commits is MISSING
    assert "/gitea/pulls" in {gap.pointer for gap in facts.gaps}
    assert facts.history.tip.sha == facts.main.commit


@pytest.mark.parametrize("version", VERSIONS)
def test_an_empty_repository_has_no_branch_and_no_commit(version, replay, look) -> None:
    facts = look(replay(version, "empty"))
    assert facts.main is None
    assert (facts.pulls, facts.branches, facts.statuses, facts.protections) == ((), (), (), ())
    assert (facts.history.tip, facts.history.commits, facts.workflows) == (None, (), ())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "target"),
    [("Archicratia/old-name", "/api/v1/repos/Archicratia/new-name"), ("OldOrg/moved", "/api/v1/repos/NewOrg/moved")],
)
def test_a_name_that_leads_elsewhere_is_a_fact_and_nobody_goes_there(version, name, target, replay, look) -> None:
    gitea = replay(version, "renamed")
    facts = look(gitea, repository=name)
    assert facts.redirect.status in (301, 307)
    assert facts.redirect.location == gitea.url + target
    assert facts.repository is MISSING
    assert facts.history is MISSING
    assert not any("new-name" in each.target or "NewOrg" in each.target for each in gitea.requests)
    assert {"/gitea/main", "/gitea/protections", "/gitea/history"} <= {gap.pointer for gap in facts.gaps}


def test_a_wrong_case_is_answered_and_the_true_name_told(replay, look) -> None:
    facts = look(replay("1.27.0", SITE), repository="archicratia/ARCHICRATIE-EDITION")
    assert facts.redirect is None
    assert facts.repository.full_name == f"Archicratia/{SITE}"


def test_a_branch_that_does_not_exist_is_none(replay, look) -> None:
    facts = look(replay("1.27.0", SITE), branch="nope")
    assert facts.main is None
    assert facts.history.tip is None
    assert facts.statuses == ()
