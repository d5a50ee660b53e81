"""One audit of a site at a time, and no lock outlives its process."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.errors import LockError
from auditor.history.lock import lock_name, site_lock
from auditor.history.record import HistoryUnwritableError

AT = "2026-01-02T02:00:00Z"
HOLDER = """
import sys, time
from pathlib import Path
from auditor.history.lock import site_lock
with site_lock(Path(sys.argv[1]), "blog", at="2026-01-01T02:00:00Z"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(folder):
    """Another process that holds the lock of the site `blog`."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "held\n"
        yield child
        child.kill()


def test_a_second_audit_is_told_who_holds_the_lock_since_when(folder, holder):
    with pytest.raises(LockError) as raised, site_lock(folder, "blog", at=AT):
        pass
    message = str(raised.value)
    assert f"process {holder.pid}" in message
    assert f"on {socket.gethostname()}" in message
    assert "since 2026-01-01T02:00:00Z" in message
    assert raised.value.exit_code == 75


def test_another_site_is_not_held_up(folder, holder):
    with site_lock(folder, "shop", at=AT):
        pass


def test_the_lock_of_a_killed_audit_is_free_at_once(folder, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with site_lock(folder, "blog", at=AT):
        written = json.loads((folder / lock_name("blog")).read_text())
    assert written == {"pid": os.getpid(), "host": socket.gethostname(), "since": AT}


def test_a_lock_is_free_when_the_audit_ends_by_whatever_way(folder):
    with pytest.raises(KeyboardInterrupt), site_lock(folder, "blog", at=AT):
        raise KeyboardInterrupt
    with site_lock(folder, "blog", at=AT), pytest.raises(LockError), site_lock(folder, "blog", at=AT):
        pass


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"pid": "\\u001b[2J", "host": "x", "since": "y"}', b"\xff" * 9999]
)
def test_whatever_the_lock_file_holds_the_message_is_one_harmless_line(folder, content):
    with site_lock(folder, "blog", at=AT):
        (folder / lock_name("blog")).write_bytes(content)
        with (
            pytest.raises(LockError, match="another audit of 'blog' is running") as raised,
            site_lock(folder, "blog", at=AT),
        ):
            pass
    assert str(raised.value).isprintable()


def test_names_of_sites_make_names_of_files_that_differ(folder):
    names = ["a/b", "a_b", "../x", ".", "", "é" * 300, "A", "\udcff"]
    assert len({lock_name(name) for name in names}) == len(names)
    for name in names:
        with site_lock(folder, name, at=AT):
            pass
    assert len(list(folder.iterdir())) == len(names)


def test_a_folder_that_cannot_be_made_is_unwritable(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(HistoryUnwritableError, match=r"history\.path"),
        site_lock(tmp_path / "file" / "x", "blog", at=AT),
    ):
        pass


def test_a_link_in_place_of_the_lock_is_not_followed(folder, tmp_path):
    folder.mkdir()
    (tmp_path / "precious").write_text("precious")
    (folder / lock_name("blog")).symlink_to(tmp_path / "precious")
    with pytest.raises(HistoryUnwritableError), site_lock(folder, "blog", at=AT):
        pass
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_process_forked_meanwhile_does_not_go_on_holding_the_lock(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with site_lock(tmp_path, "site", at="2026-02-01T03:00:00Z"):
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.read(reading, 1)  # lives until the test is over
            os._exit(0)
    with site_lock(tmp_path, "site", at="2026-02-01T03:00:01Z"):
        os.close(writing)
    os.waitpid(child, 0)
    os.close(reading)
