"""A file that can't be used is said to be so in one line, and left as it is."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.errors import HistoryError
from auditor.history.record import HistoryUnwritableError
from auditor.history.schema import APPLICATION_ID, STEPS, is_outdated, migrate
from auditor.history.store import History


@pytest.fixture
def path(folder):
    folder.mkdir()
    return folder / "history.sqlite"


def refusal(folder, **options):
    with pytest.raises(HistoryError) as raised:
        History.open(folder, **options)
    assert str(raised.value).isprintable()
    return raised.value


def test_a_database_of_another_program_is_refused_and_left_as_it_is(folder, path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mail (id)")
    connection.close()
    before = path.read_bytes()
    assert "another program" in str(refusal(folder))
    assert path.read_bytes() == before
    assert list(folder.iterdir()) == [path]


def test_an_empty_database_with_the_mark_of_another_program_is_refused(folder, path):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA application_id = 7")
    connection.close()
    assert "another program" in str(refusal(folder))


@pytest.mark.parametrize("moment", ["application_id", "user_version", "schema_version"])
def test_a_history_that_another_process_makes_meanwhile_is_no_other_programs(folder, path, moment):
    late = sqlite3.connect(path, isolation_level=None)

    def meanwhile(statement):
        if moment in statement:
            late.set_trace_callback(None)
            History.open(folder).close()

    late.set_trace_callback(meanwhile)
    is_outdated(late, path)
    late.close()
    assert History.open(folder, create=False).verify() == ()


@pytest.mark.parametrize("content", [b"x", b"hello\n" * 200, b"SQLite format 3\0" + b"\xff" * 5000, b"\0" * 4096])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(folder, path, content):
    path.write_bytes(content)
    error = refusal(folder)
    assert not isinstance(error, HistoryUnwritableError)
    assert "move it away" in str(error)
    assert path.read_bytes() == content


def test_a_history_of_a_newer_version_is_refused_with_both_versions(folder, path):
    History.open(folder).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 7")
    connection.close()
    assert "has version 7, and this auditor knows 1: upgrade" in str(refusal(folder))


def test_a_named_pipe_is_refused_without_waiting(folder, path):
    os.mkfifo(path)
    assert "no SQLite file" in str(refusal(folder))


def test_a_folder_in_place_of_the_file_is_refused(folder, path):
    path.mkdir()
    assert "no SQLite file" in str(refusal(folder))


def test_a_network_file_system_is_refused_before_anything_is_made(folder):
    error = refusal(folder / "deeper", network=lambda _: "nfs4")
    assert not isinstance(error, HistoryUnwritableError)
    assert "network file system (nfs4)" in str(error)
    assert not folder.exists()


def test_the_network_is_asked_about_a_folder_that_exists(folder, tmp_path):
    asked = []
    History.open(folder / "deeper", network=asked.append).close()
    assert asked == [tmp_path]


def test_where_none_may_be_made_a_missing_history_says_what_makes_one(folder):
    assert "auditor audit" in str(refusal(folder, create=False))
    assert not folder.exists()


def test_a_folder_that_cannot_be_made_is_unwritable(tmp_path):
    (tmp_path / "file").write_text("")
    error = refusal(tmp_path / "file" / "state")
    assert isinstance(error, HistoryUnwritableError)
    assert "history.path" in str(error)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("mode", [0o500, 0o000])
def test_a_folder_without_the_right_to_write_is_unwritable(folder, mode):
    folder.mkdir()
    folder.chmod(mode)
    try:
        assert isinstance(refusal(folder), HistoryUnwritableError)
    finally:
        folder.chmod(0o700)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_without_the_right_to_write_is_unwritable(folder, store_night):
    with History.open(folder) as history:
        store_night(history, 1)
    (folder / "history.sqlite").chmod(0o400)
    folder.chmod(0o500)
    try:
        with pytest.raises(HistoryUnwritableError), History.open(folder) as history:
            store_night(history, 2)
    finally:
        folder.chmod(0o700)


def test_a_lock_held_too_long_is_unwritable_and_says_so(history, folder, store_night, site):
    other = sqlite3.connect(folder / "history.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(HistoryUnwritableError, match="locked by another process for 5 s"):
            store_night(history, 1)
        assert history.runs(site) == ()
    finally:
        other.close()
    store_night(history, 1)


FULL_DISK = """
import resource, sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from storing_process import main
from auditor.history.record import HistoryUnwritableError
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, resource.RLIM_INFINITY))
try:
    main(Path(sys.argv[1]), 1, 100)
except HistoryUnwritableError as error:
    print(error)
"""


def test_a_disk_that_takes_no_more_is_unwritable_and_keeps_what_was_stored(folder):
    # the nearest thing to a full disk that needs no rights: a limit on the size of files
    arguments = [sys.executable, "-c", FULL_DISK, str(folder), str(Path(__file__).parent)]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    _, *stored, error = done.stdout.splitlines()
    assert "disk" in error
    assert len(stored) >= 3
    with History.open(folder) as history:
        assert [run.id for run in reversed(history.runs("blog"))] == stored
        assert history.verify() == ()


def test_an_older_history_is_brought_to_the_newest_version_in_order():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    done = []
    migrate(connection, Path("x"))
    steps = (*STEPS, lambda _: done.append(2), lambda _: done.append(3))
    migrate(connection, Path("x"), steps=steps)
    migrate(connection, Path("x"), steps=steps)
    assert done == [2, 3]
    assert connection.execute("PRAGMA user_version").fetchone() == (3,)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    connection.close()


def test_opening_a_history_again_changes_nothing(folder, store_night):
    with History.open(folder) as history:
        store_night(history, 1)
    before = (folder / "history.sqlite").read_bytes()
    History.open(folder).close()
    assert (folder / "history.sqlite").read_bytes() == before
