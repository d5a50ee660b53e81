"""What was collected or stored, judged again: as an audit would judge it, but for what the history alone knows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.demo.drift import DRIFTS
from auditor.demo.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "world"
    folder.mkdir()
    with World(folder) as world:
        yield world


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def outcomes(report: Any) -> dict[str, set[str]]:
    told: dict[str, set[str]] = {}
    for finding in report["findings"]:
        told.setdefault(finding["rule_id"], set()).add(finding["outcome"])
    return told


def test_a_collect_is_judged_as_an_audit_on_the_same_machine_would_be(
    world: World, inside: Any, tmp_path: Path
) -> None:
    facts, judged, stored = (tmp_path / name for name in ("facts.json", "judged.json", "stored.json"))
    known = ("gitea-main-not-rewritten", "gitea-protection-unchanged", "audit-runs-regular", "audit-overrides-none")

    def replayed() -> Any:
        assert inside("collect", "-c", world.policy, "-o", facts).stderr == ""
        done = inside("evaluate", facts, "-c", world.policy, "--format", f"json:{judged}")
        assert done.returncode == 0, done.stderr
        return outcomes(read(judged))

    first = replayed()
    assert not (world.folder / "state" / "history.sqlite").exists(), "a collect begins no history"
    assert "unknown" not in set().union(*(first[rule] for rule in known)), "nothing is wrong, and nothing is in doubt"
    assert inside("audit", "-c", world.policy, "--format", f"json:{stored}").returncode == 0
    audited = outcomes(read(stored))
    assert {rule: first[rule] for rule in known} == {rule: audited[rule] for rule in known}
    assert first["gitea-main-not-rewritten"] == {"not_applicable"}, "it was the first night"
    assert replayed()["gitea-main-not-rewritten"] == {"pass"}, "the audit saw this tip"


def test_a_stored_audit_and_its_snapshot_judged_again_differ_in_what_the_history_alone_knows(
    world: World, inside: Any, tmp_path: Path
) -> None:
    snapshot, judged, stored = (tmp_path / name for name in ("snapshot.json", "judged.json", "stored.json"))
    first = inside("audit", "-c", world.policy)
    assert first.returncode == 0, first.stdout
    DRIFTS["hotfix"].apply(world)
    second = inside("audit", "-c", world.policy)
    assert second.returncode == 1, second.stdout
    DRIFTS["tls-off"].apply(world)
    assert inside("audit", "-q", "-c", world.policy, "--snapshot-out", snapshot).returncode == 1
    assert inside("export", "-c", world.policy, "--format", f"json:{stored}").returncode == 0
    assert inside("evaluate", snapshot, "-c", world.policy, "--format", f"json:{judged}").returncode == 1
    remembered, fresh = read(stored), read(judged)
    states = {one["rule_id"]: one["baseline"] for one in remembered["findings"] if one["outcome"] == "fail"}
    assert states == {"local-tls-verified": "new", "nas-hotfix-reported": "unchanged"}
    assert all(one["dirty_at"] for one in remembered["findings"] if one["outcome"] == "fail")
    assert len(remembered.pop("trend")) == 3
    for finding in remembered["findings"]:
        finding.update(baseline=None, clean_at=None, dirty_at=None)
    assert fresh.pop("trend") == []
    assert fresh == remembered
