"""Stored runs by the command line: listed, shown, compared, exported, verified, pruned, asked of a day; waived."""

import json
import re
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

STATE = ".local/state/auditor"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the nights are kept, so that each test needn't live through them."""
    return tmp_path_factory.mktemp("kept") / "nights"


@pytest.fixture
def nights(kept: Path, clone: Path, home: Path, git: Any, inside: Any) -> Path:
    """Three audits of the clone: clean, with a commit on main, with it taken off and an env file for everyone."""
    if not kept.exists():
        inside("audit", cwd=clone)
        git(clone, "commit", "-q", "--allow-empty", "-m", "Straight to main")
        inside("audit", cwd=clone)
        git(clone, "reset", "-q", "--keep", "origin/main")
        (clone / ".env").write_text("COLOUR=blue\n")
        (clone / ".env").chmod(0o644)
        inside("audit", cwd=clone)
        shutil.copytree(clone, kept / clone.name)
        shutil.copytree(home, kept / home.name)
    for folder in (clone, home):
        shutil.rmtree(folder)
        shutil.copytree(kept / folder.name, folder)
    return clone


@pytest.fixture
def database(home: Path) -> Path:
    return home / STATE / "history.sqlite"


def test_runs_are_listed_the_newest_first(nights: Path, inside: Any) -> None:
    done = inside("history", "list", cwd=nights)
    assert done.returncode == 0
    head, *rows = done.stdout.splitlines()
    assert head.split() == ["when", "run", "what", "verdict", "fail", "unknown"]
    assert [row.split()[4] for row in rows] == ["non-compliant", "non-compliant", "compliant"]
    assert len(inside("history", "list", "--limit", "2", cwd=nights).stdout.splitlines()) == 3


def test_a_run_is_shown_by_each_way_to_name_it(nights: Path, inside: Any) -> None:
    first = inside("history", "show", "latest~2", cwd=nights)
    assert first.returncode == 0
    name = first.stdout.splitlines()[0].split()[1]
    assert "\ncompliant  " in first.stdout
    assert inside("history", "show", name[:13], cwd=nights).stdout == first.stdout
    day = first.stdout.splitlines()[2].split()[1]
    assert "\nnon-compliant  " in inside("history", "show", day, cwd=nights).stdout


@pytest.mark.parametrize("words", [("show", "latest~9"), ("show", "nothing"), ("diff", "latest~1", "1999-01-01")])
def test_a_run_that_is_not_there_is_2_with_a_way_on(nights: Path, inside: Any, words: tuple[str, ...]) -> None:
    done = inside("history", *words, cwd=nights)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [("history", "list"), ("history", "verify"), ("export",), ("status",)])
def test_without_a_history_each_command_is_2_and_makes_none(
    clone: Path, inside: Any, home: Path, words: tuple[str, ...]
) -> None:
    done = inside(*words, cwd=clone)
    assert done.returncode == 2
    assert "auditor audit" in done.stderr
    assert not (home / STATE).exists()


def test_two_runs_are_compared(nights: Path, inside: Any) -> None:
    done = inside("history", "diff", "latest~1", cwd=nights)
    assert done.returncode == 0
    words = [line.split()[:3] for line in done.stdout.splitlines()[3:]]
    assert ["new", "medium", "secrets-env-files-private"] in words
    assert ["fixed", "high", "local-main-not-ahead"] in words
    same = inside("history", "diff", "latest", "latest", cwd=nights)
    assert same.stdout.endswith("no finding differs\n")


def test_an_export_is_the_report_of_that_night(nights: Path, inside: Any, tmp_path: Path) -> None:
    shown = inside("audit", "--format", "json", cwd=nights)
    assert shown.returncode == 1
    assert inside("export", "--format", "json", cwd=nights).stdout == shown.stdout
    file = tmp_path / "first.json"
    done = inside("export", "latest~3", "--format", f"json:{file}", cwd=nights)
    assert (done.returncode, json.loads(file.read_text())["verdict"]) == (0, "compliant")
    assert inside("export", "--format", "jsn", cwd=nights).returncode == 2


def test_each_report_shows_the_head_that_it_follows(nights: Path, inside: Any, tmp_path: Path) -> None:
    head = json.loads(inside("export", "--format", "json", cwd=nights).stdout)["run"]["history_head"]
    assert inside("export", cwd=nights).stdout.endswith(f"\nhistory {head}\n")
    assert inside("history", "verify", "--head", head, cwd=nights).returncode == 0
    bare = inside("audit", "--no-store", "--format", "json", cwd=nights)
    assert json.loads(bare.stdout)["run"]["history_head"] is None
    snapshot = tmp_path / "s.json"
    stored = inside("audit", "--snapshot-out", snapshot, "--format", "json", cwd=nights)
    again = inside("evaluate", snapshot, "--format", "json", cwd=nights)
    heads = {json.loads(done.stdout)["run"]["history_head"] for done in (stored, again)}
    assert len(heads) == 1
    assert heads != {head}


def test_a_whole_history_is_0(nights: Path, inside: Any) -> None:
    done = inside("history", "verify", cwd=nights)
    assert (done.returncode, done.stdout[:16]) == (0, "3 records, whole")
    assert inside("history", "verify", "-q", cwd=nights).stdout == ""


def test_an_edited_record_is_named_and_1(nights: Path, inside: Any, database: Path) -> None:
    with sqlite3.connect(database) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE chain SET body = replace(body, 'non-compliant', 'compliant') WHERE seq = 2")
    connection.close()
    done = inside("history", "verify", cwd=nights)
    assert done.returncode == 1
    assert "record 2 (run, " in done.stdout


def test_a_history_that_lost_its_end_is_found_by_a_head_kept_elsewhere(
    nights: Path, inside: Any, database: Path, tmp_path: Path
) -> None:
    shutil.copy(database, tmp_path / "old.sqlite")
    inside("audit", cwd=nights)
    inside("audit", cwd=nights)
    head = inside("export", cwd=nights).stdout.split()[-1]
    for file in database.parent.glob("history.sqlite*"):
        file.unlink()
    shutil.copy(tmp_path / "old.sqlite", database)
    assert inside("history", "verify", cwd=nights).returncode == 0
    done = inside("history", "verify", "--head", head, cwd=nights)
    assert (done.returncode, "was cut off" in done.stdout) == (1, True)


def test_a_broken_file_is_1_and_another_programs_is_2(nights: Path, inside: Any, database: Path) -> None:
    for file in database.parent.glob("history.sqlite-*"):
        file.unlink()
    whole = database.read_bytes()
    database.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    done = inside("history", "verify", cwd=nights)
    assert (done.returncode, "damaged" in done.stdout) == (1, True)
    database.write_bytes(b"not a database" * 100)
    assert inside("history", "verify", cwd=nights).returncode == 2


def test_pruning_keeps_the_last_run_and_is_itself_listed(nights: Path, inside: Any) -> None:
    time.sleep(1.1)  # runs are told apart by the second
    done = inside("history", "prune", "--keep", "1ms", cwd=nights)
    assert (done.returncode, done.stdout[:6]) == (0, "2 runs")
    rows = inside("history", "list", cwd=nights).stdout.splitlines()[1:]
    assert sum(" audit " in row for row in rows) == 1
    assert any(row.endswith("2 runs removed") for row in rows)
    assert inside("history", "verify", cwd=nights).returncode == 0
    assert inside("history", "prune", "--keep", "soon", cwd=nights).returncode == 2


def test_the_state_at_a_day_is_the_audit_before_it(nights: Path, inside: Any) -> None:
    done = inside("history", "state", "--at", "2199-01-01", cwd=nights)
    assert done.returncode == 0
    assert "secrets-env-files-private" in done.stdout
    moment = inside("history", "show", "latest~1", cwd=nights).stdout.splitlines()[2].split()
    early = inside("history", "state", "--at", "1999-01-01", cwd=nights)
    assert (early.returncode, "was stored before" in early.stderr) == (2, True)
    assert moment[0] == "began"
    assert inside("history", "state", "--at", "tomorrow", cwd=nights).returncode == 2


def test_a_run_is_shown_in_any_format_and_nothing_else_on_the_same_stream(nights: Path, inside: Any) -> None:
    exported = inside("export", "latest~1", "--format", "json", cwd=nights).stdout
    assert inside("history", "show", "latest~1", "--format", "json", cwd=nights).stdout == exported
    stated = inside("history", "state", "--at", "2199-01-01", "--format", "json", cwd=nights)
    assert stated.stdout == inside("export", "--format", "json", cwd=nights).stdout


def test_status_is_one_screen_with_ages_and_what_fails(nights: Path, inside: Any) -> None:
    done = inside("status", cwd=nights)
    assert done.returncode == 0
    assert done.stdout.startswith("non-compliant  ")
    assert "secrets-env-files-private  local:file:.env" in done.stdout
    assert len(done.stdout.splitlines()) < 24
    assert "overdue" not in done.stdout


def test_a_night_that_was_missed_is_said(clone: Path, inside: Any, tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(f"schema: 1\nid: site\nlocal: {{path: {clone}}}\nlimits: {{every: 1s}}\n")
    inside("audit", "-c", file)
    time.sleep(2.1)
    told = inside("status", "-c", file).stdout.splitlines()[-1]
    assert re.fullmatch(r"overdue: the last audit is \d+s old, and one is due every 1s", told)
    inside("audit", "-c", file)
    newest = inside("history", "list", "-c", file).stdout.splitlines()[1]
    assert re.search(r" \d+s after the one before$", newest)


UNTIL = ("--until", "2199-12-31", "--reason", "known: 'old' \"site\" é")


def test_waivers_that_are_pasted_waive(nights: Path, git: Any, inside: Any, tmp_path: Path) -> None:
    git(nights, "commit", "-q", "--allow-empty", "-m", "Straight to main")
    file = tmp_path / "p.yaml"
    text = f"schema: 1\nid: site\nlocal: {{path: {nights}}}\n"
    file.write_text(text)
    assert inside("audit", "-c", file).returncode == 1
    done = inside("waive", "--all", *UNTIL, "--owner", "ops", "-c", file)
    assert done.returncode == 0
    assert "secrets" not in done.stdout
    assert "1 failures of secrets-stay-out are left out" in done.stderr
    alone = inside("waive", "local:file:.env", *UNTIL, "-c", file)
    assert alone.returncode == 0
    file.write_text(text + done.stdout + alone.stdout.removeprefix("waivers:\n"))
    assert inside("validate", file).returncode == 0
    assert inside("audit", "-c", file).returncode == 0
    assert "nothing fails in the last run (audit, 2" in inside("waive", "--all", *UNTIL, "-c", file).stdout


def test_a_fingerprint_names_its_failure(nights: Path, inside: Any) -> None:
    report = json.loads(inside("export", "--format", "json", cwd=nights).stdout)
    failure = next(one for one in report["findings"] if one["outcome"] == "fail")
    for name in (failure["fingerprint"], failure["fingerprint"][:8], failure["subject"]):
        done = inside("waive", name, *UNTIL, cwd=nights)
        assert (done.returncode, failure["rule_id"] in done.stdout) == (0, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name one subject"),
        (("--all", "local:file:.env"), "name one subject"),
        (("local:file:.emv",), "did you mean 'local:file:.env'"),
    ],
)
def test_a_waiver_for_nothing_is_2(nights: Path, inside: Any, words: tuple[str, ...], said: str) -> None:
    done = inside("waive", *words, *UNTIL, cwd=nights)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize("given", [("soon", "a good reason"), ("2020-01-01", "a good reason"), ("2199-01-01", "why")])
def test_a_waiver_that_would_be_refused_is_not_printed(nights: Path, inside: Any, given: tuple[str, str]) -> None:
    done = inside("waive", "local:file:.env", "--until", given[0], "--reason", given[1], cwd=nights)
    assert (done.returncode, done.stdout) == (2, "")


def test_the_blind_rules_of_a_stored_run_are_told(nights: Path, inside: Any) -> None:
    done = inside("rules", "blind", "latest~2", cwd=nights)
    assert done.returncode == 0
    *lines, score = done.stdout.splitlines()
    assert any(line.startswith("fires  local-main-fresh: local.main.behind_count") for line in lines)
    assert any(line.startswith("blind  gitea-main-protected: gitea is not configured") for line in lines)
    assert score.endswith("are blind")


def test_a_gate_between_two_audits_does_not_hide_the_missed_night_and_an_override_is_listed(
    clone: Path, inside: Any, tmp_path: Path
) -> None:
    policy = tmp_path / "policies.yaml"
    policy.write_text(
        json.dumps(
            {
                "schema": 1,
                "extends": "standard",
                "id": "site",
                "local": {"path": str(clone)},
                "gitea": {"base": "https://git.example.net", "api": "http://127.0.0.1:9", "owner": "a", "repo": "b"},
                "limits": {"every": "1s"},
                "history": {"path": "state"},
            }
        )
    )
    inside("audit", "-c", policy, cwd=clone)
    time.sleep(2.1)
    passed = inside("gate", "-c", policy, "--override", "the shop is down", "--until", "2099-01-01", cwd=clone)
    assert passed.returncode == 0
    inside("audit", "-c", policy, cwd=clone)
    listed = inside("history", "list", "-c", policy, cwd=clone).stdout.splitlines()
    audit, gate = listed[1], next(line for line in listed if " gate " in line)
    assert re.search(r" \d+s after the one before$", audit)
    assert "inconclusive" in gate
    assert any("override" in line and "the shop is down" in line for line in listed)
    audited = inside("history", "show", "-c", policy, cwd=clone).stdout
    assert "after a pause: no audit was stored for" in audited
    assert "audit-overrides-none" in audited
