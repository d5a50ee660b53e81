"""The embedded world: a clean night is clean, every drift is named, and nothing of it stays."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.demo.drift import DRIFTS
from auditor.demo.limit import LIMITS
from auditor.demo.trial import Auditor, Trial, one_way
from auditor.demo.world import World
from auditor.model.rules import Outcome, Severity


def _environment(home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "KF_RULE_CACHE_DIR")}
    return {"HOME": str(home), "TMPDIR": str(home), **kept}


def demo(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command as a user types it, with a home and a folder for temporary files of its own."""
    own = _environment(folder)
    return subprocess.run(
        [sys.executable, "-m", "auditor", "demo", *arguments], env=own, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def trials() -> dict[str, Trial]:
    return {trial.drift.name: trial for trial in Auditor().try_all(list(DRIFTS.values()))}


@pytest.mark.parametrize("name", DRIFTS)
def test_each_drift_is_named_by_its_rules_after_a_clean_night(trials: dict[str, Trial], name: str) -> None:
    trial = trials[name]
    odd = [one for one in trial.before.findings if one.outcome in (Outcome.FAIL, Outcome.UNKNOWN)]
    assert trial.before.verdict == "compliant", odd
    assert trial.missed == ()
    weights = [rule.severity.weight for rule in trial.after.rules if rule.id in trial.drift.rules]
    if max(weights) >= Severity.MEDIUM.weight:
        assert trial.after.verdict == "non-compliant"


def test_every_rule_is_broken_by_a_drift_or_there_is_a_reason_why_none_can(trials: dict[str, Trial]) -> None:
    assert set(one_way(list(trials.values()))) == set(LIMITS)


def test_a_trial_whose_drift_goes_unseen_is_missed(trials: dict[str, Trial]) -> None:
    trial = trials["hotfix"]
    unseen = Trial(drift=trial.drift, before=trial.before, after=trial.before)
    assert unseen.missed == trial.drift.rules
    dirty = Trial(drift=trial.drift, before=trial.after, after=trial.after)
    assert "nas-hotfix-reported" in dirty.missed


def test_the_story_shows_a_clean_night_first_and_leaves_nothing(tmp_path: Path) -> None:
    told = demo(folder=tmp_path)
    assert told.returncode == 1
    assert "a clean night" in told.stderr
    assert told.stdout.startswith("compliant  demo")
    for rule in ("nas-hotfix-reported", "gitea-commits-by-pull-request", "proposer-served-values"):
        assert rule in told.stdout
    assert not list(tmp_path.glob("auditor-demo-*"))


def test_the_machine_readable_report_is_that_of_the_last_night(tmp_path: Path) -> None:
    told = demo("--drift", "ci-red", "--format", "json", "-q", folder=tmp_path)
    assert (told.returncode, told.stderr) == (1, "")
    report = json.loads(told.stdout)  # one document, and nothing besides
    assert report["verdict"] == "non-compliant"
    assert "gitea-main-ci-green" in {one["rule_id"] for one in report["findings"] if one["outcome"] == "fail"}


def test_the_kept_world_has_its_policy_file_and_no_secret_that_others_can_read(tmp_path: Path) -> None:
    told = demo("--drift", "ci-red", "--keep", folder=tmp_path)
    [world] = tmp_path.glob("auditor-demo-*")
    assert f"the world's policy file: {world / 'policies.yaml'}" in told.stderr
    assert (world / "policies.yaml").is_file()
    for name in ("token", "nas_key", "server.pem"):
        assert (world / name).stat().st_mode & 0o077 == 0


def test_the_drifts_are_listed_one_a_line_with_the_name_first(tmp_path: Path) -> None:
    told = demo("--list", folder=tmp_path)
    assert told.returncode == 0
    assert [line.split()[0] for line in told.stdout.splitlines()] == list(DRIFTS)


def test_an_unknown_drift_is_a_usage_error_that_knows_better(tmp_path: Path) -> None:
    told = demo("--drift", "hotfx", folder=tmp_path)
    assert told.returncode == 2
    assert "did you mean hotfix?" in told.stderr


def test_ctrl_c_ends_a_served_world_and_leaves_nothing(tmp_path: Path) -> None:
    own = _environment(tmp_path)
    arguments = [sys.executable, "-m", "auditor", "demo", "--drift", "ci-red", "--serve"]
    with subprocess.Popen(arguments, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "run until Ctrl-C" in line:
                break
        process.send_signal(signal.SIGINT)
        process.stderr.read()
    assert process.returncode == 130
    assert not list(tmp_path.glob("auditor-demo-*"))


def test_the_links_of_the_clean_world_are_right_for_the_proposer_too(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        own = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
        command = [sys.executable, "-m", "auditor", "proposer", "-c", str(world.policy)]
        told = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "not known" not in told.stdout
