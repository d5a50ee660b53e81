"""The gate around a deployment to a real NAS: each stage green, red, unknown, and too slow."""

import time
from pathlib import Path
from typing import Any

import pytest
from nas_world import NEW, World

from auditor.config.loader import load_config
from auditor.model.facts.target import Target
from auditor.model.missing import MISSING
from auditor.model.report import Report
from auditor.model.rules import Outcome
from auditor.pipeline.collection import Request
from auditor.pipeline.evaluation import Terms, prepare
from auditor.pipeline.gate import Waiting, gate

pytestmark = pytest.mark.lab


def judged(world: World, stage: str, *, seconds: float = 60, patience: float = 60, **named: Any) -> Report:
    loaded = load_config(world.config_file())
    target = Target(stage=stage, asked=named.get("commit"), slot=named.get("slot", MISSING))  # type: ignore[arg-type]
    state = world.folder / "state"
    request = Request(config=loaded.config, mode="gate", timeout=seconds, patience=patience, target=target, state=state)
    return gate(request, prepare(loaded, world.lab.folder / "cache"), Terms(), state, Waiting()).report


def of(report: Report, outcome: Outcome) -> dict[str, set[str]]:
    """By rule; the Proposer's are left out, for this lab has no public Gitea that its links could lead to."""
    found: dict[str, set[str]] = {}
    for one in report.findings:
        if one.outcome is outcome and one.waiver is None and one.rule_id.startswith(("nas-", "gitea-", "secrets-")):
            found.setdefault(one.rule_id, set()).add(one.subject)
    return found


def shut(report: Report) -> set[str]:
    return {*of(report, Outcome.FAIL), *of(report, Outcome.UNKNOWN)}


def failed(report: Report) -> dict[str, set[str]]:
    return of(report, Outcome.FAIL)


def test_every_stage_of_a_right_deployment_is_open(world: World) -> None:
    for stage in ("deploy", "switch", "after"):
        report = judged(world, stage)
        assert (stage, shut(report)) == (stage, set())


def test_a_hotfix_that_the_deployment_would_lose_keeps_it_out_until_main_has_it(world: World) -> None:
    world.tree.append("src/a.md")
    report = judged(world, "deploy")
    assert failed(report)["nas-hotfix-kept"] == {"nas:file:src/a.md"}
    assert any("src/a.md" in note for note in report.run.notes)
    bytes_there = (world.tree.app / "src/a.md").read_bytes()
    world.canon.merge(4, {"src/a.md": bytes_there}, hours=1)
    report = judged(world, "deploy")
    assert "nas-hotfix-kept" not in failed(report)
    assert of(report, Outcome.PASS)["nas-hotfix-kept"]


def test_a_switch_to_a_slot_that_still_runs_the_old_image_is_refused(world: World) -> None:
    world.prepare_image("green", world.canon.commits[-2])
    world.start("green")
    report = judged(world, "switch")
    assert failed(report) == {"nas-image-of-commit": {"nas:slot:green"}}
    assert shut(judged(world, "switch", slot="blue")) == set()


def test_a_switch_to_a_slot_that_is_down_is_refused(world: World) -> None:
    world.slots.stop("green")
    assert failed(judged(world, "switch"))["nas-active-slot-healthy"] == {"nas:slot:green"}


def test_a_switch_to_a_slot_that_serves_its_env_file_is_refused(world: World, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM app-web_green:latest\nCOPY .env /www/.env\n")
    (tmp_path / ".env").write_text("FORGE_TOKEN=sesame-open-sesame\n")
    world.lab.docker.build(tmp_path, "app-web_green:latest", {})
    world.start("green")
    report = judged(world, "switch")
    assert failed(report)["secrets-none-served"] == {"site:env-file:/.env"}
    (finding,) = [one for one in report.findings if one.rule_id == "secrets-none-served"]
    assert finding.message == "an env file is served: slot:green:/.env"
    assert "sesame" not in repr(report)
    assert "secrets-none-served" not in shut(judged(world, "switch", slot="blue"))


def test_after_the_switch_the_proxy_must_lead_to_the_slot(world: World) -> None:
    report = judged(world, "after", slot="green")
    assert failed(report) == {"nas-proxy-targets-slot": {"nas:proxy:site"}}
    world.proxy.point(world.slots.ports["green"])
    assert shut(judged(world, "after", slot="green")) == set()


def test_after_the_switch_a_release_that_main_left_a_moment_ago_is_wrong(world: World) -> None:
    world.canon.merge(4, {"src/d.md": b"new\n"}, hours=0.01)
    assert "nas-commit-is-main" in failed(judged(world, "after"))
    deployed = world.tree.git("rev-parse", "HEAD", release=NEW)
    assert "nas-commit-is-main" not in failed(judged(world, "after", commit=deployed)), "it is exactly what went out"


@pytest.mark.parametrize("stage", ["deploy", "switch", "after"])
def test_a_nas_that_does_not_wake_is_unknown_and_costs_no_more_than_it_is_granted(world: World, stage: str) -> None:
    world.changes["nas"] = {"ssh": "auditor@127.0.0.1:1"}
    world.changes["limits"] = {"wake": "2s"}
    began = time.monotonic()
    report = judged(world, stage, seconds=20, patience=2)
    assert report.verdict == "inconclusive"
    assert failed(report) == {}
    assert time.monotonic() - began < 25


@pytest.mark.parametrize("stage", ["deploy", "switch", "after"])
def test_a_budget_that_is_over_leaves_everything_unknown(world: World, stage: str) -> None:
    report = judged(world, stage, seconds=0.01, patience=0)
    assert report.verdict == "inconclusive"
    assert failed(report) == {}
    assert not {rule for rule in of(report, Outcome.PASS) if not rule.startswith("audit-")}
