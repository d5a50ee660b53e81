"""Nights as a timer brings them: no terminal and no environment, two at once, killed in the middle, the disk full."""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from auditor.history.store import History

KILLS, WORKERS = 100, 2
VERDICTS = (0, 1, 3)


@pytest.fixture
def site(clone: Path, tmp_path: Path) -> Path:
    """The policy file of a clone, with a history of its own."""
    file = tmp_path / "policies.yaml"
    file.write_text(
        json.dumps(
            {
                "schema": 1,
                "extends": "standard",
                "id": "site",
                "local": {"path": str(clone)},
                "history": {"path": "state"},
            }
        )
    )
    return file


def started(file: Path, *options: str, **given: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "auditor", "audit", "-c", str(file), "--format", "json", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **given)


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    with process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def stored(folder: Path) -> set[str]:
    """The ids of the stored runs, each of them whole."""
    with History.open(folder) as history:
        assert history.verify() == ()
        runs = history.runs("site")
        for run in runs[:2]:
            assert json.loads(history.report(run))["run"]["id"] == run.id
            assert json.loads(history.snapshot(run))["id"] == run.id
        return {run.id for run in runs}


def test_no_kill_of_an_audit_loses_a_night_or_leaves_half_of_one(site: Path, tmp_path: Path) -> None:
    began = time.monotonic()
    assert finished(started(site))[0] in VERDICTS
    took = time.monotonic() - began

    def nights(worker: int) -> tuple[int, int]:
        """How many kills came before the end, and how many audits got there first."""
        dice = random.Random(worker)
        folder = tmp_path / f"state-{worker}"
        file = tmp_path / f"policies-{worker}.yaml"
        file.write_text(site.read_text().replace('"state"', json.dumps(str(folder))))
        told: set[str] = set()
        killed = 0
        for _ in range(KILLS // WORKERS):
            process = started(file)
            time.sleep(dice.uniform(0, took * 1.1))
            process.kill()
            code, out, err = finished(process)
            assert code in (-signal.SIGKILL, *VERDICTS), err
            killed += code == -signal.SIGKILL
            if out.endswith("}\n"):
                told.add(json.loads(out)["run"]["id"])
            if folder.exists():
                assert told <= stored(folder)
        code, out, err = finished(started(file))
        assert code in VERDICTS, err
        assert json.loads(out)["run"]["id"] in stored(folder)
        return killed, len(told)

    with ThreadPoolExecutor(WORKERS) as pool:
        results = list(pool.map(nights, range(WORKERS)))
    # kills are worth something only if most came before the end, and some after the run was stored
    assert sum(killed for killed, _ in results) > KILLS / 4
    assert sum(told for _, told in results) > 0


def test_of_audits_at_once_each_is_stored_or_says_that_another_runs(site: Path, tmp_path: Path) -> None:
    ends = [finished(process) for process in [started(site) for _ in range(4)]]
    told = {json.loads(out)["run"]["id"] for code, out, _ in ends if code in VERDICTS}
    assert {code for code, _, _ in ends} <= {*VERDICTS, 75}
    assert told
    assert all("another audit" in err for code, _, err in ends if code == 75)
    assert stored(tmp_path / "state") == told


def test_a_lock_that_a_killed_audit_left_holds_nobody_up(site: Path, tmp_path: Path) -> None:
    assert finished(started(site))[0] in VERDICTS
    (lock,) = (tmp_path / "state").glob("*.lock")
    assert json.loads(lock.read_text())["pid"], "the file stays, with who held it last"
    assert finished(started(site))[0] in VERDICTS


def full() -> None:
    """No file of this process may grow beyond 4 KiB, as on a disk without room."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def test_a_full_disk_keeps_the_verdict_and_what_was_stored(site: Path, tmp_path: Path) -> None:
    code, out, err = finished(started(site))
    assert (code in VERDICTS, err) == (True, "")
    before = stored(tmp_path / "state")
    again, out, err = finished(started(site, preexec_fn=full))
    assert again == code
    assert json.loads(out)["verdict"]
    assert "not stored" in err
    assert stored(tmp_path / "state") == before


def test_a_report_that_a_full_disk_cuts_short_is_2_and_leaves_no_file(site: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "auditor", "audit", "--no-store", "-c", str(site), "--format"]
    done = subprocess.run(
        [*command, f"json:{tmp_path / 'report.json'}"], capture_output=True, text=True, check=False, preexec_fn=full
    )
    assert done.returncode == 2
    assert "can't be written" in done.stderr
    assert list(tmp_path.glob("*report.json*")) == []


def test_an_empty_environment_is_enough(site: Path, tmp_path: Path) -> None:
    """Not even a home: cron gives more. Only the cache must not land in this machine's home."""
    code, out, err = finished(started(site, env={"XDG_CACHE_HOME": str(tmp_path / "cache")}, cwd="/"))
    assert (code in VERDICTS, err) == (True, ""), err
    assert stored(tmp_path / "state") == {json.loads(out)["run"]["id"]}


def test_a_green_night_is_silent_with_q_and_a_red_one_is_not(
    site: Path, clone: Path, auditor: Callable[..., Any], git: Callable[..., str]
) -> None:
    assert_silent = auditor("audit", "-q", "-c", site)
    assert (assert_silent.returncode, assert_silent.stdout, assert_silent.stderr) == (0, "", "")
    (clone / "page.md").write_text("straight to main\n")
    git(clone, "commit", "-q", "-am", "Straight to main")
    red = auditor("audit", "-q", "-c", site)
    assert red.returncode == 1
    assert "local-main-not-ahead" in red.stdout
    assert "first seen" not in red.stdout
    assert "first seen" in auditor("audit", "-q", "-c", site).stdout


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1"])
def test_a_night_in_a_terminal_of_forty_columns_without_unicode(site: Path, tmp_path: Path, locale: str) -> None:
    import pty

    leader, follower = pty.openpty()
    os.set_blocking(leader, True)
    environment = {
        **os.environ,
        "LC_ALL": locale,
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "COLUMNS": "40",
        "TERM": "dumb",
    }
    command = [sys.executable, "-m", "auditor", "audit", "--no-store", "-c", str(site)]
    process = subprocess.Popen(command, stdout=follower, stderr=follower, env=environment)
    os.close(follower)
    text = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        text += piece
    os.close(leader)
    assert process.wait(timeout=60) in VERDICTS
    assert b"\x1b[3" not in text
    lines = text.decode("latin-1").splitlines()
    commands = [number for number, line in enumerate(lines) if line.lstrip().startswith(("next:", "mend:"))]
    assert all(len(line) <= 40 for line in lines[: commands[0] if commands else None]), "but commands, which stay whole"
