"""What each stage of the gate says of made-up worlds: the commit and the slot stand for what is deployed and active."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.derive import chain, deployment, image, production, proxy
from auditor.model.facts.target import Target
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING
from auditor.pipeline.evaluation import Terms, evaluate
from auditor.pipeline.target import resolved_target

HEAD, BASE = "c" * 40, "d" * 40


def gated(world: Any, stage: str, *, commit: Any = None, slot: Any = "green", asked: str | None = None) -> Any:
    commit = world.snapshot.gitea.main.commit if commit is None else commit
    gaps = () if commit is not MISSING else (Gap(pointer="/target/commit", reason="nothing tells which it is"),)
    target = Target(stage=stage, asked=asked, commit=commit, slot=slot, gaps=gaps)  # type: ignore[arg-type]
    return world.put("target", target)


def verdicts(world: Any, *rules: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = world.outcomes(*(rules or ("nas-*",)))
    return found


def bad(world: Any, *rules: str) -> set[str]:
    return {rule for rule, seen in verdicts(world, *rules).items() if seen & {"fail", "unknown"}}


def edited(world: Any, kit: Any, path: str = "src/a.md", text: str = "hot") -> Any:
    return world.put("nas/releases/0/files", kit.release_files({**kit.main_files, path: text}))


def test_a_green_world_may_be_deployed_to(world: Any) -> None:
    green = gated(world, "deploy")
    assert bad(green) == set()
    assert set(verdicts(green)) == {
        "nas-commit-on-main",
        "nas-commit-is-main",
        "nas-hotfix-kept",
        "nas-hotfix-reported",
        "nas-no-unversioned-files",
    }
    said = green.derive(deployment.derive)
    assert said.agrees is True
    assert (
        said.text
        == "after deploying aaaaaaaaaaaa on green production would be main's tip, and no live change would be lost"
    )


def test_an_audit_is_not_asked_what_a_deployment_would_lose(world: Any, kit: Any) -> None:
    assert verdicts(edited(world, kit))["nas-hotfix-kept"] == {"not_applicable"}


@pytest.mark.parametrize("path", ["src/a.md", "src/new.md"])
def test_a_live_change_that_the_commit_lacks_would_be_lost(world: Any, kit: Any, path: str) -> None:
    gate = gated(edited(world, kit, path), "deploy")
    (lost,) = [one for one in gate.findings("nas-hotfix-kept") if one.outcome.value == "fail"]
    assert lost.subject == f"nas:file:{path}"
    assert "no open pull request is known to have them" in lost.message
    assert "<unknown>" not in lost.message + lost.remediation
    assert path in gate.derive(deployment.derive).text


def test_a_missing_file_is_a_live_change_too(world: Any, kit: Any) -> None:
    files = {path: text for path, text in kit.main_files.items() if path != "src/a.md"}
    gate = gated(world.put("nas/releases/0/files", kit.release_files(files)), "deploy")
    assert "nas-hotfix-kept" in bad(gate)


def test_a_change_that_the_commit_to_deploy_brings_is_kept(world: Any, kit: Any) -> None:
    changed = edited(world, kit)
    commit = kit.canon_commit(HEAD, "tree-head", ("target",))
    changed = changed.put("canon/commits", lambda known: (*known, commit))
    tree = kit.canon_tree("tree-head", {**kit.main_files, "src/a.md": "hot"})
    changed = changed.put("canon/trees", lambda known: (*known, tree))
    assert "nas-hotfix-kept" not in bad(gated(changed, "deploy", commit=HEAD))
    assert "nas-hotfix-kept" in bad(gated(changed, "deploy")), "main itself lacks it"


def test_what_git_ignores_no_deployment_loses(world: Any, kit: Any) -> None:
    assert bad(gated(edited(world, kit, "dist/index.html"), "deploy")) == set()


def test_a_commit_off_main_may_not_be_deployed(world: Any, kit: Any) -> None:
    commit = kit.canon_commit(HEAD, "tree-main", ("target",), on_main=False, on_first_parents=False, behind=None)
    gate = gated(world.put("canon/commits", lambda known: (*known, commit)), "deploy", commit=HEAD, asked="feat/x")
    assert {"nas-commit-on-main", "nas-commit-is-main"} <= bad(gate)
    assert gate.derive(deployment.derive).agrees is False
    assert "would not be main's tip" in gate.derive(deployment.derive).text


def test_what_the_deployment_itself_cures_does_not_keep_it_out(world: Any, kit: Any) -> None:
    """The release is of an old commit, whatever its image: deploying main is the remedy."""
    old = world.put("nas/releases/0/git/head/commit", kit.OLD)
    old = old.put("nas/releases/0/files", kit.release_files(kit.old_files))
    assert bad(gated(old, "deploy")) == set()


def test_a_commit_that_nothing_tells_is_unknown(world: Any) -> None:
    gate = gated(world, "deploy", commit=MISSING, asked="no-such-branch")
    assert verdicts(gate)["nas-commit-on-main"] == {"unknown"}
    assert gate.findings("nas-commit-is-main")[0].message == "nothing tells which it is"


def test_the_idle_slot_may_be_switched_to_once_it_is_the_commit(world: Any, kit: Any) -> None:
    assert bad(gated(world, "switch")) == {"nas-image-of-commit"}, "green still runs the old commit"
    built = world.put("nas/slots/1/container/image/commit", kit.MAIN)
    assert bad(gated(built, "switch")) == set()
    assert [slot.name for slot in gated(built, "switch").derive(image.derive).slots] == ["green"]


@pytest.mark.parametrize(
    ("place", "value", "rule"),
    [
        ("container/image/commit", "b" * 40, "nas-image-of-commit"),
        ("container/tag_image_id", "sha256:other", "nas-container-current"),
        ("container/health", "unhealthy", "nas-active-slot-healthy"),
        ("smoke/0/passed", False, "nas-active-slot-healthy"),
        ("container", None, "nas-active-slot-healthy"),
    ],
)
def test_a_switch_judges_the_slot_that_is_to_be_active_and_no_other(
    world: Any, kit: Any, place: str, value: Any, rule: str
) -> None:
    built = world.put("nas/slots/1/container/image/commit", kit.MAIN)
    assert rule in bad(gated(built.put(f"nas/slots/1/{place}", value), "switch"))
    assert bad(gated(built.put(f"nas/slots/0/{place}", value), "switch")) == set()


def test_a_switch_takes_no_deployment_for_one_in_progress(world: Any) -> None:
    moved = world.put("nas/releases/0/git/last_reflog/at", "2026-02-01T11:50:00Z")
    assert verdicts(gated(moved, "switch"))["nas-image-of-commit"] == {"fail"}


def test_a_slot_of_which_something_was_not_seen_is_unknown_at_its_own_place(world: Any, kit: Any) -> None:
    built = world.put("nas/slots/1/container/image/commit", kit.MAIN)
    blind = built.put("nas/slots/1/smoke", MISSING)
    blind = blind.put("nas/gaps", (Gap(pointer="/nas/slots/1/smoke", reason="curl is gone"),))
    gate = gated(blind, "switch")
    assert bad(gate) == {"nas-active-slot-healthy"}
    assert gate.findings("nas-active-slot-healthy")[0].message == "curl is gone"


def test_no_slot_is_unknown_where_none_is_idle_alone(world: Any) -> None:
    gate = gated(world, "switch", slot=MISSING)
    assert set().union(*verdicts(gate, "nas-*").values()) == {"unknown"}


def test_after_the_switch_production_is_exactly_the_commit(world: Any, kit: Any) -> None:
    green = gated(world, "after", slot="blue")
    assert bad(green) == set()
    behind = world.put("canon/main", HEAD).put("gitea/main/commit", HEAD)
    assert "nas-commit-is-main" not in bad(gated(behind, "after", slot="blue", commit=kit.MAIN, asked=kit.MAIN)), (
        "main may have moved on since"
    )
    other = gated(world, "after", slot="blue", commit=HEAD, asked=HEAD)
    (finding,) = [one for one in other.findings("nas-commit-is-main") if one.outcome.value == "fail"]
    assert "it is not the commit that was deployed" in finding.message


def test_after_the_switch_main_has_no_grace(world: Any, kit: Any) -> None:
    step = kit.history_commit(HEAD, "2026-02-01T11:59:00Z")
    late = world.put("canon/main", HEAD).put("gitea/main/commit", HEAD)
    late = late.put("gitea/history/commits", lambda known: (step, *known)).put("gitea/history/tip", step)
    late = late.put("canon/commits/0/changed_since", ("src/a.md",)).put("canon/commits/0/behind", 1)
    assert "nas-commit-is-main" not in bad(late)
    assert "nas-commit-is-main" in bad(gated(late, "after", slot="blue", commit=HEAD))


def test_after_the_switch_the_proxy_leads_to_the_slot(world: Any) -> None:
    gate = gated(world, "after", slot="green")
    assert gate.derive(proxy.derive).fault == "visitors get blue, and the proxy was to be switched to green"
    assert "nas-proxy-targets-slot" in bad(gate)


def test_the_chain_shows_what_is_and_not_what_is_to_be(world: Any) -> None:
    for stage in ("deploy", "switch"):
        links = {link.name: link.text for link in gated(world, stage).derive(chain.derive).links}
        assert links["nas"] == "aaaaaaa"
        assert "← proxy" not in links.get("green", "")


def test_a_rollback_in_force_is_not_what_is_to_be_deployed(world: Any, kit: Any) -> None:
    from auditor.config import Rollback

    rolled = world.configured("rollback", Rollback(to=kit.OLD, until="2026-03-01T00:00:00Z", reason="broken"))
    assert gated(rolled, "deploy").derive(production.derive).commit == kit.MAIN


@pytest.mark.parametrize("stage", ["deploy", "switch", "after"])
def test_a_source_that_was_not_seen_keeps_the_gate_shut(world: Any, stage: str) -> None:
    dark = gated(world, stage).put("nas/available", False).put("nas/error", "asleep")
    for name in ("releases", "slots", "current", "proxy", "env_files", "public"):
        dark = dark.put(f"nas/{name}", MISSING)
    assert "pass" not in set().union(*verdicts(dark).values())
    assert "unknown" in set().union(*verdicts(dark).values())


def test_a_gate_judges_its_stage_alone_and_says_so_of_the_others(world: Any) -> None:
    report = evaluate(gated(world, "switch").snapshot, replace(world.bench, config=world.config), Terms())
    judged = {rule.id for rule in report.rules if rule.judged}
    assert {one.rule_id for one in report.findings} <= judged
    assert "nas-image-of-commit" in judged
    assert not {"nas-hotfix-kept", "nas-proxy-targets-slot", "audit-waivers-live"} & judged


def resolved(world: Any, stage: str, asked: str | None = None, slot: Any = MISSING) -> Target:
    return resolved_target(Target(stage=stage, asked=asked, slot=slot), world.snapshot, world.config)  # type: ignore[arg-type]


def test_names_become_commits_and_roles_become_slots(world: Any, kit: Any) -> None:
    for asked in (None, "main", "refs/heads/main", kit.MAIN, kit.MAIN.upper()):
        assert resolved(world, "deploy", asked).commit == kit.MAIN
    assert resolved(world, "deploy", "feat/x").commit is MISSING
    target = world.put("canon/commits/0/roles", ("main", "target"))
    assert resolved(target, "deploy", kit.MAIN[:8]).commit == kit.MAIN
    assert [resolved(world, stage).slot for stage in ("deploy", "switch", "after")] == ["green", "green", "blue"]
    assert resolved(world, "switch", slot="blue").slot == "blue"
    assert resolved(world.put("nas/proxy", MISSING).put("nas/slots/0/saw_visit", MISSING), "switch").slot is MISSING


def test_a_site_with_one_slot_deploys_to_it_and_one_without_a_nas_to_none(world: Any) -> None:
    one = world.configured("nas/slots", lambda slots: slots[:1])
    assert resolved(one, "switch").slot == "blue"
    assert resolved(world.configured("nas", None), "deploy").slot is None
