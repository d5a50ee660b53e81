"""The table of exit codes, by real processes and injected faults: never 1 unless a rule failed, never 0 by accident."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from auditor.cli import exit_code

HOOK = """
import sys, {module}
def fault(*args, **kwargs):
    {action}
{module}.{name} = fault
from auditor.cli.main import main
main(sys.argv[1:])
"""


def faulty(module: str, name: str, action: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The program with one of its functions replaced, in a process of its own."""
    script = HOOK.format(module=module, name=name, action=action)
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=cwd, capture_output=True, text=True, timeout=60, check=False
    )


HANGING = "open('began', 'w').close(); import time; time.sleep(60)"


def hanging(clone: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """The program while its collector waits for something that never comes."""
    script = HOOK.format(module="auditor.collectors.local", name="collect", action=HANGING)
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments], cwd=clone, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while not (clone / "began").exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    return process


def test_help_prints_the_whole_table(auditor: Any) -> None:
    text = auditor("--help").stdout
    for code in (0, 1, 2, 3, 70, 75):
        assert f"\n  {code:>4}  " in text or f"   {code:>2}  " in text


def test_a_clean_clone_is_0_and_a_drifted_one_1(auditor: Any, clone: Path, git: Any) -> None:
    assert auditor("audit", cwd=clone).returncode == 0
    git(clone, "commit", "-q", "--allow-empty", "-m", "straight to main")
    done = auditor("audit", cwd=clone)
    assert done.returncode == 1
    assert "non-compliant" in done.stdout
    assert "local-main-not-ahead" in done.stdout


def test_what_cannot_be_observed_is_3_and_warn_makes_it_0(auditor: Any, clone: Path, git: Any) -> None:
    git(clone, "update-ref", "-d", "refs/remotes/origin/main")
    done = auditor("audit", cwd=clone)
    assert done.returncode == 3, done.stdout
    assert "inconclusive" in done.stdout
    warned = auditor("audit", "--on-unknown", "warn", cwd=clone)
    assert warned.returncode == 0
    assert "unknown" in warned.stdout


def test_failure_wins_over_unknown(auditor: Any, clone: Path, git: Any) -> None:
    git(clone, "update-ref", "-d", "refs/remotes/origin/main")
    git(clone, "config", "http.sslVerify", "false")
    assert auditor("audit", cwd=clone).returncode == 1


def test_fail_on_decides_what_counts(auditor: Any, clone: Path, git: Any) -> None:
    git(clone, "config", "http.sslVerify", "false")
    assert auditor("audit", "--fail-on", "high", cwd=clone).returncode == 0
    assert auditor("audit", "--fail-on", "medium", cwd=clone).returncode == 1
    assert auditor("audit", cwd=clone, env={**os.environ, "AUDITOR_FAIL_ON": "high"}).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["nope"],
        ["audit", "--nope"],
        ["audit", "--only", "moon"],
        ["audit", "--format", "nope"],
        ["audit", "--format", "console", "--format", "json"],
        ["audit", "--format", "json:"],
        ["audit", "--timeout", "soon"],
        ["audit", "--timeout", "0"],
        ["audit", "-c", "missing.yaml"],
        ["evaluate", "missing.json"],
        ["validate", "missing.yaml"],
        ["rules", "show", "nope"],
    ],
)
def test_a_wrong_call_is_2_with_one_clear_line(auditor: Any, clone: Path, arguments: list[str]) -> None:
    done = auditor(*arguments, cwd=clone)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("auditor: ")
    assert "Traceback" not in done.stderr


def test_outside_a_clone_it_is_2_and_says_what_to_do(auditor: Any, tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    folder.mkdir()
    done = auditor("audit", cwd=folder)
    assert done.returncode == 2
    assert "-c" in done.stderr


def test_an_uncaught_exception_is_70_and_shows_no_value(clone: Path, home: Path) -> None:
    done = faulty("auditor.pipeline.audit", "audit", "raise RuntimeError('hunter2')", "audit", cwd=clone)
    assert done.returncode == exit_code.INTERNAL
    assert "RuntimeError" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout


def test_a_collector_that_breaks_makes_its_source_unavailable(clone: Path, home: Path) -> None:
    done = faulty("auditor.collectors.local", "collect", "raise ValueError('hunter2')", "audit", cwd=clone)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "internal error: ValueError" in done.stdout
    assert "hunter2" not in done.stderr + done.stdout


def test_an_exhausted_budget_is_3(clone: Path, home: Path) -> None:
    done = faulty(
        "auditor.collectors.local", "collect", "import time; time.sleep(30)", "audit", "--timeout", "0.3", cwd=clone
    )
    assert done.returncode == 3
    assert "--timeout" in done.stdout


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_its_own_code_and_stores_nothing_half(
    clone: Path, home: Path, number: signal.Signals, code: int
) -> None:
    process = hanging(clone, "audit", "--format", "json:report.json")
    process.send_signal(number)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == code
    assert b"Traceback" not in stderr
    assert not (clone / "report.json").exists()


def test_a_closed_standard_output_leaves_the_verdicts_own_code(clone: Path, home: Path, git: Any) -> None:
    git(clone, "commit", "-q", "--allow-empty", "-m", "straight to main")
    command = f"{sys.executable} -m auditor audit"
    closed = subprocess.run(["sh", "-c", f"{command} >&-"], cwd=clone, capture_output=True, text=True, check=False)
    assert closed.returncode == 1, closed.stderr
    assert "Traceback" not in closed.stderr
    piped = subprocess.run(
        ["bash", "-c", f"{command} -vv | true; exit ${{PIPESTATUS[0]}}"],
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
    )
    assert piped.returncode == 1, piped.stderr
    assert "Traceback" not in piped.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_report_that_cannot_be_written_is_2(auditor: Any, clone: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = auditor("audit", cwd=clone, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert "can't be written" in done.stderr
    assert auditor("audit", "--format", "json:/dev/full", cwd=clone).returncode == 2
    assert auditor("audit", "--format", "json:no/such/folder/x.json", cwd=clone).returncode == 2
    assert auditor("audit", "--snapshot-out", "/dev/full", cwd=clone).returncode == 2


def test_a_run_is_stored_whole_even_when_nobody_reads_its_report(clone: Path, home: Path) -> None:
    from auditor.config.trust import state_folder
    from auditor.history.store import History

    subprocess.run([f"{sys.executable} -m auditor audit -vv | true"], shell=True, cwd=clone, check=False)
    with History.open(state_folder()) as history:
        assert history.verify() == ()
        assert len(history.records("run")) == 1


def test_a_state_folder_that_cannot_be_written_is_said_and_the_rest_is_judged(
    auditor: Any, clone: Path, home: Path
) -> None:
    (home / ".local").write_text("a file where a folder should be")
    done = auditor("audit", cwd=clone)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not stored" in done.stderr


def test_a_history_of_another_program_is_2(auditor: Any, clone: Path, home: Path) -> None:
    folder = home / ".local/state/auditor"
    folder.mkdir(parents=True)
    (folder / "history.sqlite").write_bytes(b"not a database at all" * 100)
    done = auditor("audit", cwd=clone)
    assert done.returncode == 2, done.stdout
    assert "history" in done.stderr


def test_two_audits_at_once_are_75(auditor: Any, clone: Path, home: Path) -> None:
    first = hanging(clone, "audit")
    try:
        second = auditor("audit", cwd=clone)
        assert second.returncode == 75
        assert "another audit" in second.stderr
    finally:
        first.kill()
        first.communicate()
