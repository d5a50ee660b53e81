"""The gate before a deployment against recorded Gitea servers, by the command itself: green, red, unknown, too slow."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gitea_recording import ROOT_URL
from gitea_replay import Caller, ReplayGitea
from gitea_verdict import CHECKS, RECORDER

from auditor.cli.main import run
from auditor.history.store import History

STARTED = Callable[..., ReplayGitea]
SITE = "archicratie-edition"
VERSION = "1.27.0"


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "AUDITOR_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def gate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, dict[str, Any], str]]:
    """Runs `auditor gate` on a server; gives the exit code, the report and standard error."""

    def call(
        gitea: ReplayGitea, *options: str, caller: Caller = Caller.AUDITEUR, command: str = "gate", **changes: Any
    ) -> tuple[int, dict[str, Any], str]:
        file = policy(tmp_path, gitea, caller, changes)
        capsys.readouterr()
        code = run([command, "-c", str(file), "--format", "json", *options])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else {}, err

    return call


def policy(folder: Path, gitea: ReplayGitea, caller: Caller, changes: dict[str, Any]) -> Path:
    owner, repo = (gitea.recording.repository or "").split("/")
    token = folder / "token"
    token.write_text(gitea.token(caller) if caller is not Caller.ANONYMOUS else "")
    token.chmod(0o600)
    section = {
        "base": ROOT_URL,
        "api": gitea.url,
        "owner": owner,
        "repo": repo,
        "checks": list(CHECKS),
        "allow": {"ci_accounts": [RECORDER]},
        **({"token": {"file": "token"}} if caller is not Caller.ANONYMOUS else {}),
    }
    data = {"schema": 1, "extends": "standard", "id": "lab", "gitea": section, "history": {"path": "state"}}
    file = folder / "policies.yaml"
    file.write_text(json.dumps({**data, **changes}))
    return file


def outcomes(report: dict[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for finding in report["findings"]:
        found.setdefault(finding["rule_id"], set()).add(finding["outcome"])
    return found


def tip(gitea: ReplayGitea) -> str:
    bodies = (each.body for each in gitea.recording.exchanges if each.path.endswith("/branches/main"))
    return str(next(body["commit"]["id"] for body in bodies))


def test_a_healthy_main_goes_out(replay_gitea: STARTED, gate: Any) -> None:
    gitea = replay_gitea(VERSION, SITE)
    code, report, err = gate(gitea)
    assert (code, err) == (0, "")
    assert report["run"]["mode"] == "gate"
    assert outcomes(report)["gitea-main-ci-green"] == {"pass"}
    assert "gitea-deploy-keys-read-only" not in outcomes(report), "no rule of this stage"
    again, report, _ = gate(gitea, "--commit", tip(gitea)[:10])
    assert again == 0, [one for one in report["findings"] if one["outcome"] in ("fail", "unknown")]


@pytest.mark.parametrize(
    ("world", "rule"), [("actions", "gitea-commits-by-pull-request"), ("ci-states", "gitea-main-no-direct-push")]
)
def test_a_main_that_anybody_pushed_to_does_not(replay_gitea: STARTED, gate: Any, world: str, rule: str) -> None:
    code, report, _ = gate(replay_gitea(VERSION, world))
    assert code == 1
    assert "fail" in outcomes(report)[rule]


def test_what_a_reader_can_not_see_keeps_the_gate_shut_whatever_the_environment_says(
    replay_gitea: STARTED, gate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDITOR_ON_UNKNOWN", "warn")
    monkeypatch.setenv("AUDITOR_FAIL_ON", "critical")
    monkeypatch.setenv("AUDITOR_OVERRIDE", "because")
    monkeypatch.setenv("AUDITOR_UNTIL", "2099-01-01")
    gitea = replay_gitea(VERSION, SITE)
    code, report, _ = gate(gitea, caller=Caller.LECTEUR)
    assert (code, report["verdict"]) == (3, "inconclusive")
    code, _, _ = gate(gitea, "--on-unknown", "warn", caller=Caller.LECTEUR)
    assert code == 0, "said on the command line it is meant for this gate"


def test_a_server_that_is_too_slow_is_unknown_within_the_budget(replay_gitea: STARTED, gate: Any) -> None:
    over = threading.Event()

    def late(request: Any, serve: Any) -> Any:
        over.wait(90)
        return serve(request)

    gitea = replay_gitea(VERSION, SITE, fail={"R": late})
    began = time.monotonic()
    code, report, _ = gate(gitea, limits={"gate_budget": "2s"})
    over.set()
    assert time.monotonic() - began < 45, "one evaluation of the policy besides"
    assert (code, report["verdict"]) == (3, "inconclusive")
    assert {"pass"} not in outcomes(report).values()


def test_a_commit_that_is_no_tip_is_judged_by_its_own_checks(replay_gitea: STARTED, gate: Any) -> None:
    gitea = replay_gitea(VERSION, SITE)
    code, report, _ = gate(gitea, "--commit", "0" * 40)
    assert code in (1, 3)
    assert "pass" not in outcomes(report)["gitea-main-ci-green"]
    code, report, _ = gate(gitea, "--commit", "no-such-branch")
    assert code in (1, 3)
    assert outcomes(report)["gitea-main-ci-green"] == {"unknown"}


def test_pending_checks_are_waited_for_and_no_longer_than_asked(replay_gitea: STARTED, gate: Any) -> None:
    gitea = replay_gitea(VERSION, SITE)
    place = f"R/commits/{tip(gitea)}/status"
    gitea.overlay[place] = pending
    code, report, _ = gate(gitea, "--wait", "100ms", limits={"ci_grace": "9999d"})
    assert (code, outcomes(report)["gitea-main-ci-green"]) == (3, {"unknown"})
    turn = threading.Timer(1.0, lambda: gitea.overlay.pop(place))
    turn.start()
    code, report, _ = gate(gitea, "--wait", "60s", limits={"ci_grace": "9999d"})
    turn.join()
    assert (code, outcomes(report)["gitea-main-ci-green"]) == (0, {"pass"})


def pending(body: Any) -> Any:
    entries = [{**entry, "status": "pending"} for entry in body["statuses"]]
    return {**body, "state": "pending", "statuses": entries}


def test_an_override_goes_on_is_recorded_and_is_the_next_audits_finding(
    replay_gitea: STARTED, gate: Any, tmp_path: Path
) -> None:
    gitea = replay_gitea(VERSION, SITE)
    broken = replay_gitea(VERSION, "ci-states")
    code, _, err = gate(broken, "--override", "the shop\x1b[2J is down", "--until", "2099-01-01")
    assert code == 0
    assert "overridden" in err
    with History.open(tmp_path / "state") as history:
        assert [record.kind for record in history.records()] == ["override", "run"]
        assert history.verify() == ()
    _, report, _ = gate(gitea, command="audit")
    (found,) = [one for one in report["findings"] if one["rule_id"] == "audit-overrides-none"]
    assert (found["outcome"], found["severity"]) == ("fail", "high")
    assert "the shop\\x1b[2J is down" in found["message"]
    assert "non-compliant" in found["message"]
    _, report, _ = gate(gitea, command="audit")
    assert "fail" not in outcomes(report)["audit-overrides-none"], "each is told once"


def test_an_override_that_can_not_be_recorded_is_none(replay_gitea: STARTED, gate: Any, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    code, _, err = gate(replay_gitea(VERSION, "ci-states"), "--override", "hurry", "--until", "2099-01-01")
    assert code == 2
    assert "can't be made" in err


def test_a_gate_that_is_open_needs_no_override(replay_gitea: STARTED, gate: Any, tmp_path: Path) -> None:
    code, _, err = gate(replay_gitea(VERSION, SITE), "--override", "to be sure", "--until", "2099-01-01")
    assert (code, err) == (0, "")
    with History.open(tmp_path / "state") as history:
        assert [record.kind for record in history.records()] == ["run"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--override", "x"), "belong together"),
        (("--until", "2099-01-01"), "belong together"),
        (("--override", " ", "--until", "2099-01-01"), "needs a reason"),
        (("--override", "x", "--until", "2020-01-01"), "is over"),
        (("--override", "x", "--until", "soon"), "neither a date"),
        (("--slot", "red"), "no such slot 'red'"),
        (("--stage", "switch"), "no section nas"),
        (("--stage", "later"), "deploy"),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_is_judged(
    replay_gitea: STARTED, gate: Any, options: tuple[str, ...], said: str
) -> None:
    gitea = replay_gitea(VERSION, SITE)
    code, report, err = gate(gitea, *options)
    assert (code, report) == (2, {})
    assert said in err
    assert gitea.requests == []


def test_the_gates_runs_are_no_baseline_of_any_audit(replay_gitea: STARTED, gate: Any, tmp_path: Path) -> None:
    broken = replay_gitea(VERSION, "ci-states")
    gate(broken, command="audit")
    gate(broken)
    with History.open(tmp_path / "state") as history:
        gated, audited = history.runs("lab")
        assert (gated.mode, audited.mode) == ("gate", "audit")
        assert {last.run_id for last in history.last_judgement("lab").values()} == {audited.id}
