"""Killed at any moment, or many at once: no acknowledged run is lost, none is half there."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from auditor.history.store import History

PROGRAM = Path(__file__).with_name("storing_process.py")
KILLS = 60
NIGHTS_FOR_EVER = 10**6


def storing(folder, first, count=NIGHTS_FOR_EVER):
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), str(folder), str(first), str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def killed(child, seconds, *, lines=0):
    """What the process wrote, killed some time after its first so many lines."""
    with child:
        read = [child.stdout.readline() for _ in range(lines)]
        time.sleep(seconds)
        child.kill()
        written, errors = child.communicate()
    assert errors == ""
    return read + written.splitlines(keepends=True)


def acknowledged(lines):
    return [line.strip() for line in lines if line.endswith("\n") and line != "open\n"]


def check(folder, promised):
    with History.open(folder) as history:
        stored = history.runs("blog")
        assert set(promised) <= {run.id for run in stored}
        for run in stored[:3]:
            assert history.snapshot(run)
            assert history.report(run) == f"report of {run.id}"
        assert history.verify() == ()
        return stored


def test_no_kill_loses_a_run_or_leaves_half_of_one(tmp_path):
    dice = random.Random(20260102)
    stored_in_all = 0
    for kill in range(KILLS):
        folder = tmp_path / str(kill // 10)
        if kill % 10 == 0:
            promised = []
        child = storing(folder, kill * 1000)
        # one in four at any moment of its start and opening, the others while it stores
        lines = killed(child, dice.uniform(0, 0.1), lines=int(kill % 4 > 0))
        promised += acknowledged(lines)
        stored = check(folder, promised)
        # at most the one that was stored and not yet said, of each process
        assert 0 <= len(stored) - len(promised) <= kill % 10 + 1
        stored_in_all += len(acknowledged(lines))
    # the kills are worth something only if the processes were storing
    assert stored_in_all > KILLS / 3


def test_processes_that_begin_a_history_at_once_and_store_at_once_all_succeed(tmp_path):
    children = [storing(tmp_path / "state", number * 1000, 5) for number in range(1, 5)]
    promised = []
    for child in children:
        with child:
            written, errors = child.communicate(timeout=60)
        assert (child.returncode, errors) == (0, "")
        promised += acknowledged(written.splitlines(keepends=True))
    assert len(promised) == 20
    assert len(check(tmp_path / "state", promised)) == 20


def test_readers_see_whole_histories_while_another_process_stores(tmp_path):
    child = storing(tmp_path / "state", 1)
    try:
        assert child.stdout.readline() == "open\n"
        seen = 0
        deadline = time.monotonic() + 20
        while seen < 15 and time.monotonic() < deadline:
            stored = check(tmp_path / "state", [])
            assert len(stored) >= seen
            seen = len(stored)
        assert seen >= 15
        assert child.poll() is None
    finally:
        child.kill()
        child.communicate()


def test_a_history_that_was_begun_and_killed_before_its_tables_is_begun_again(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "history.sqlite").touch()
    with History.open(folder) as history:
        assert history.verify() == ()


@pytest.mark.parametrize("size", [0, 1, 31, 32, 1000])
def test_a_write_ahead_log_that_a_power_cut_shortened_ends_at_a_whole_run(tmp_path, size):
    lines = killed(storing(tmp_path / "state", 1), 0.01, lines=4)
    log = tmp_path / "state" / "history.sqlite-wal"
    content = log.read_bytes()
    assert len(content) > 1000
    log.write_bytes(content[: len(content) - size])
    # what a disk that lies about its writes takes away is lost, and what remains is whole
    check(tmp_path / "state", [] if size else acknowledged(lines))
