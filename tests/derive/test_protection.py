"""The rule that Gitea applies, every way around it, and no answer that was made of a fact nobody saw."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.config import Allow, Config, Gitea
from auditor.derive import protection
from auditor.derive.protection.rule import effective_rule
from auditor.model.facts import gitea as facts
from auditor.model.facts.earlier import Earlier, EarlierRun, SeenProtection
from auditor.model.facts.gitea import DeployKey, MainBranch, Server
from auditor.model.facts.gitea_protection import BranchProtection
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING
from auditor.pipeline.memory import earlier_of

NOW = "2026-02-01T03:00:00Z"
STRICT = BranchProtection(
    rule_name="main",
    priority=1,
    created_at="2026-01-01T00:00:00Z",
    enable_push=False,
    enable_push_whitelist=False,
    push_whitelist_usernames=(),
    push_whitelist_teams=(),
    push_whitelist_deploy_keys=False,
    enable_force_push=False,
    enable_force_push_allowlist=False,
    force_push_allowlist_usernames=(),
    force_push_allowlist_teams=(),
    force_push_allowlist_deploy_keys=False,
    enable_bypass_allowlist=False,
    bypass_allowlist_usernames=(),
    bypass_allowlist_teams=(),
    block_admin_merge_override=True,
    unprotected_file_patterns=(),
)
SERVER = Server(version="1.27.0", product="gitea")


def derived(*rules: BranchProtection, allow: Allow | None = None, **changes: Any) -> protection.Protection:
    earlier = changes.pop("earlier", Earlier(run=None))
    section = Gitea(base="https://git.example.net", owner="Acme", repo="site", allow=allow or Allow())
    gitea = facts.Gitea(
        available=True,
        observed_at=NOW,
        server=SERVER,
        main=MainBranch(name="main", commit="1" * 40, protected=bool(rules)),
        protections=rules,
        deploy_keys=(),
    )
    return protection.derive(snapshot_of(replace(gitea, **changes), earlier), Config(id="x", gitea=section))


def snapshot_of(gitea: facts.Gitea, earlier: Any = MISSING) -> Snapshot:
    return Snapshot(
        schema_version=SCHEMA_VERSION,
        tool_version="0",
        id="x",
        site_id="x",
        mode="audit",
        started_at=NOW,
        finished_at=NOW,
        sources=(),
        gitea=gitea,
        earlier=earlier,
    )


def named(name: str, priority: int = 0, created: str = NOW) -> BranchProtection:
    return BranchProtection(rule_name=name, priority=priority, created_at=created)


@pytest.mark.parametrize(
    ("rules", "winner"),
    [
        ((named("ma*", 1), named("main", 2)), "ma*"),
        ((named("ma*", 2), named("main", 1)), "main"),
        ((named("ma*"), named("main")), "main"),
        ((named("m*", created="2026-01-02T00:00:00Z"), named("ma*", created="2026-01-01T00:00:00Z")), "ma*"),
        ((named("release/*", 1), named("MAIN", 5)), "MAIN"),
        ((named("*/x"),), None),
        ((named("MA*"),), None),
    ],
)
def test_the_first_rule_by_priority_plainness_and_age_decides(
    rules: tuple[BranchProtection, ...], winner: str | None
) -> None:
    rule = effective_rule(rules, "main")
    assert (rule.rule_name if rule else None) == winner


def test_a_strict_rule_leaves_no_way_in() -> None:
    found = derived(STRICT)
    assert found.push is not MISSING
    assert [door.open for door in found.push] == [False]
    assert found.force_push is not MISSING
    assert found.bypass is not MISSING
    assert (found.force_push.closed, found.bypass.closed, found.admins_bound) == (True, True, True)
    assert not found.gaps


def test_each_way_in_is_a_door_of_its_own() -> None:
    listed = replace(
        STRICT,
        enable_push=True,
        enable_push_whitelist=True,
        push_whitelist_usernames=("alice", "Bob"),
        push_whitelist_teams=("ops",),
        push_whitelist_deploy_keys=True,
        unprotected_file_patterns=("docs/**",),
    )
    found = derived(listed, allow=Allow(push=("bob",), unprotected_patterns=("docs/**",)))
    assert found.push is not MISSING
    assert {(door.kind, door.name): door.declared for door in found.push} == {
        ("user", "alice"): False,
        ("user", "Bob"): True,
        ("team", "ops"): False,
        ("deploy-keys", "deploy keys"): False,
        ("pattern", "docs/**"): True,
    }
    assert all(door.open is True for door in found.push)
    assert len(found.allowed) == 2
    assert all(text.startswith("push: ") for text in found.allowed)


@pytest.mark.parametrize(("titles", "declared"), [((), False), (("ci",), True), (("ci", "other"), False)])
def test_a_list_that_lets_deploy_keys_in_is_declared_by_naming_each(titles: tuple[str, ...], declared: bool) -> None:
    listed = replace(STRICT, enable_push=True, enable_push_whitelist=True, push_whitelist_deploy_keys=True)
    keys = tuple(DeployKey(id=at, title=title, read_only=False) for at, title in enumerate(titles))
    found = derived(listed, allow=Allow(push=("ci",)), deploy_keys=keys)
    assert found.push is not MISSING
    assert [door.declared for door in found.push] == [declared]


FIELDS = sorted(set(vars(STRICT)) - {"rule_name", "created_at", "updated_at", "priority"})


@given(st.sets(st.sampled_from(FIELDS)))
def test_a_field_that_should_be_there_and_is_not_never_closes_a_door(missing: set[str]) -> None:
    found = derived(replace(STRICT, **dict.fromkeys(missing, MISSING)))
    assert found.push is not MISSING
    assert found.force_push is not MISSING
    assert found.bypass is not MISSING
    closed = [all(door.open is False for door in found.push), found.force_push.closed, found.bypass.closed]
    for fields, verdict in zip(
        (
            {"enable_push", "unprotected_file_patterns"},
            {"enable_force_push"},
            {"enable_bypass_allowlist"},
        ),
        closed,
        strict=True,
    ):
        assert (verdict is True) == (not fields & missing)
    assert (found.admins_bound is True) == ("block_admin_merge_override" not in missing)


@pytest.mark.parametrize(
    ("server", "bound", "bindable"),
    [
        (Server(version="1.22.6", product="gitea"), False, False),
        (Server(version="1.26.4", product="gitea"), MISSING, True),
        (Server(version="15.0.3+gitea-1.22.0", product="forgejo"), MISSING, True),
        (Server(), MISSING, True),
    ],
)
def test_admins_are_bound_by_what_the_servers_version_can_do(server: Server, bound: Any, bindable: bool) -> None:
    rule = replace(STRICT, block_admin_merge_override=MISSING)
    found = derived(rule, server=server)
    assert (found.admins_bound, found.bindable) == (bound, bindable)


def test_forgejos_switch_binds_admins_and_its_lists_are_no_gap() -> None:
    lacking = [name for name in FIELDS if "force_push" in name or "bypass" in name or name.startswith("block_admin")]
    rule = replace(STRICT, priority=MISSING, apply_to_admins=True, **dict.fromkeys(lacking, MISSING))
    found = derived(rule, server=Server(version="15.0.3+gitea-1.22.0", product="forgejo"))
    assert found.admins_bound is True
    assert found.force_push is not MISSING
    assert found.force_push.closed is True
    assert not found.gaps


def test_answers_that_contradict_each_other_are_no_answer() -> None:
    other = MainBranch(name="main", protected=True, effective_rule="other")
    assert derived(STRICT, main=other).push is MISSING
    assert derived(main=MainBranch(name="main", protected=True)).push is MISSING
    assert derived(STRICT, main=MainBranch(name="main", protected=False)).exists is MISSING


def test_a_reader_knows_that_main_is_protected_and_not_how() -> None:
    gap = Gap(pointer="/gitea/protections", reason="denied", remedy="become admin")
    found = derived(STRICT, protections=MISSING, gaps=(gap,))
    assert found.exists is True
    assert found.push is MISSING
    assert {one.reason for one in found.gaps} == {"denied"}
    assert derived(STRICT, protections=MISSING, main=MainBranch(name="main", protected=False)).exists is False


def seen(rule: BranchProtection | None) -> Earlier:
    run = EarlierRun(id="y", finished_at="2026-01-31T03:00:00Z")
    return Earlier(run=run, protection=SeenProtection(branch="main", seen_at=run.finished_at, rule=rule))


@given(st.sampled_from(FIELDS))
def test_every_field_that_was_switched_is_named(name: str) -> None:
    value = getattr(STRICT, name)
    other = not value if isinstance(value, bool) else ("x",)
    found = derived(replace(STRICT, **{name: other}), earlier=seen(STRICT))
    assert found.changes is not MISSING
    assert [change.field for change in found.changes if change.changed is not False] == [name]


def test_a_rule_that_was_saved_again_or_gained_fields_by_an_upgrade_is_unchanged() -> None:
    older = replace(STRICT, enable_bypass_allowlist=MISSING, bypass_allowlist_usernames=MISSING, updated_at=NOW)
    found = derived(STRICT, earlier=seen(older))
    assert found.changes is not MISSING
    assert not [change for change in found.changes if change.changed is not False]


def test_a_rule_that_came_or_went_is_a_change() -> None:
    for rules, before in (((), STRICT), ((STRICT,), None)):
        found = derived(*rules, earlier=seen(before))
        assert found.changes is not MISSING
        assert [change.field for change in found.changes if change.changed] == ["rule"]


def test_the_memory_keeps_what_a_blind_night_could_not_see() -> None:
    first = snapshot_of(
        facts.Gitea(
            available=True,
            observed_at=NOW,
            main=MainBranch(name="main", commit="1" * 40, protected=True),
            protections=(STRICT,),
        ),
        Earlier(run=None),
    )
    kept = earlier_of(first)
    assert kept.protection is not None
    assert kept.protection.rule == STRICT
    assert [tip.commit for tip in kept.tips] == ["1" * 40]
    blind = earlier_of(snapshot_of(facts.Gitea(available=False, error="down", observed_at=NOW), kept))
    assert (blind.protection, blind.tips) == (kept.protection, kept.tips)
    moved = MainBranch(name="main", commit="2" * 40, protected=MISSING)
    after = earlier_of(snapshot_of(facts.Gitea(available=True, observed_at=NOW, main=moved), blind))
    assert [tip.commit for tip in after.tips] == ["1" * 40, "2" * 40]
    assert after.protection == kept.protection
