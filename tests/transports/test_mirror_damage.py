"""What becomes of a mirror that is cut, killed, filled up or bent: repaired or refused, it never answers wrongly."""

import gc
import hashlib
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import pytest

from auditor.errors import SourceError, TransportError
from auditor.interfaces import Deadline
from auditor.transports.mirror.fault import MirrorDamagedError
from auditor.transports.mirror.lock import held_lock
from auditor.transports.mirror.state import load_state
from auditor.transports.mirror.view import Mirror
from tests.lab.git_http import GitServer, serve_git
from tests.lab.git_import import add_history, commits, git, make_repository
from tests.lab.mirror_run import GIT, left_over, mirrored, tips

with_and_without_git = pytest.mark.parametrize("program", [GIT, None], ids=["index-pack", "dulwich"])


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Sixteen branches of 40 kB each, on one trunk: some 700 kB that no compression makes smaller."""
    path = make_repository(tmp_path / "srv" / "o" / "r.git", commits("refs/heads/main", 30))
    branches = (
        commits(f"refs/heads/b{number:02}", 4, start=100 * number, parent="refs/heads/main~2", size=10_000)
        for number in range(16)
    )
    add_history(path, chain.from_iterable(branches))
    return path


@pytest.fixture
def server(repository: Path) -> Iterator[GitServer]:
    with serve_git(repository.parent.parent) as server:
        yield server


def only(folder: Path, suffix: str) -> Path:
    (path,) = (folder / "objects" / "pack").glob(f"*{suffix}")
    return path


def flip(path: Path, place: float) -> None:
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[int(len(content) * place)] ^= 0xFF
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def read_everything(folder: Path) -> dict[str, int]:
    """How many commits each tip reaches, every object below it looked at."""
    with Mirror.open(folder) as mirror:
        commits = list(mirror.reachable(ref.sha for ref in mirror.tips))
        for blob in {entry.sha for commit in commits for entry in mirror.tree(commit.sha).values()}:
            mirror.blob(blob)
        return {ref.name: len(list(mirror.reachable([ref.sha]))) for ref in mirror.tips}


DAMAGES: dict[str, Callable[[Path], None]] = {
    "a pack cut short": lambda folder: cut(only(folder, ".pack")),
    "a pack gone": lambda folder: only(folder, ".pack").unlink(),
    "an empty pack": lambda folder: empty(only(folder, ".pack")),
    "an index cut short": lambda folder: cut(only(folder, ".idx")),
    "an index gone": lambda folder: only(folder, ".idx").unlink(),
    "a state cut short": lambda folder: cut(folder / "mirror.json"),
    "a state bent": lambda folder: flip(folder / "mirror.json", 0.5),
    "an empty state": lambda folder: empty(folder / "mirror.json"),
    "a state gone": lambda folder: (folder / "mirror.json").unlink(),
}


@with_and_without_git
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_refused_by_the_reader_and_repaired_by_the_next_run(
    damage: str, program: str | None, repository: Path, tmp_path: Path
) -> None:
    whole = mirrored(tmp_path / "m", repository, git=program)
    right = read_everything(tmp_path / "m")
    for path in (tmp_path / "m" / "objects" / "pack").iterdir():
        path.chmod(0o600)
    DAMAGES[damage](tmp_path / "m")
    with pytest.raises(SourceError, match="run"):
        read_everything(tmp_path / "m")
    mended = mirrored(tmp_path / "m", repository, git=program)
    assert mended.state.tips == whole.state.tips
    assert read_everything(tmp_path / "m") == right
    after = mirrored(tmp_path / "m", repository, git=program)
    assert (after.notes, after.received_bytes) == ((), 0)


@with_and_without_git
@pytest.mark.parametrize("suffix", [".pack", ".idx"])
@pytest.mark.parametrize("place", [0.3, 0.5, 0.7])
def test_a_bent_byte_never_makes_a_wrong_answer_and_is_repaired(
    place: float, suffix: str, program: str | None, repository: Path, tmp_path: Path
) -> None:
    mirrored(tmp_path / "m", repository, git=program)
    right = read_everything(tmp_path / "m")
    flip(only(tmp_path / "m", suffix), place)
    try:
        assert read_everything(tmp_path / "m") == right  # a bent checksum of the index changes no answer
    except MirrorDamagedError:
        mirrored(tmp_path / "m", repository, git=program)
        assert read_everything(tmp_path / "m") == right


@with_and_without_git
def test_an_index_that_gives_one_object_for_another_is_not_believed(
    program: str | None, repository: Path, tmp_path: Path
) -> None:
    mirrored(tmp_path / "m", repository, git=program)
    right = read_everything(tmp_path / "m")
    index = only(tmp_path / "m", ".idx")
    content = index.read_bytes()
    count = int.from_bytes(content[8 + 255 * 4 : 8 + 256 * 4], "big")
    offsets = 8 + 1024 + count * 24
    table = content[offsets : offsets + count * 4]
    turned = table[4:] + table[:4]  # each object's place is its neighbour's
    index.chmod(0o600)
    index.write_bytes(content[:offsets] + turned + content[offsets + count * 4 :])
    with pytest.raises(MirrorDamagedError, match="broken in the mirror"):
        read_everything(tmp_path / "m")
    mirrored(tmp_path / "m", repository, git=program)
    assert read_everything(tmp_path / "m") == right


def test_a_bent_byte_that_nobody_read_is_found_within_the_week(repository: Path, tmp_path: Path) -> None:
    mirrored(tmp_path / "m", repository)
    flip(only(tmp_path / "m", ".pack"), 0.5)
    state = (tmp_path / "m" / "mirror.json").read_bytes()
    assert mirrored(tmp_path / "m", repository).notes == ()
    _age_checks(tmp_path / "m", state)
    assert any("damaged" in note for note in mirrored(tmp_path / "m", repository).notes)
    read_everything(tmp_path / "m")


def _age_checks(folder: Path, state: bytes) -> None:
    text = re.sub(rb'"checked_at": "....', b'"checked_at": "2001', state.partition(b"\n")[2])
    (folder / "mirror.json").write_bytes(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)


@with_and_without_git
@pytest.mark.parametrize("damage", ["a state bent", "a state gone", "an empty state"])
def test_old_tips_survive_the_loss_of_the_state(
    damage: str, program: str | None, repository: Path, tmp_path: Path
) -> None:
    old = tips(mirrored(tmp_path / "m", repository, git=program))["refs/heads/main"]
    add_history(repository, commits("refs/heads/main", 2, start=5000, parent="refs/heads/main~3"))
    before = mirrored(tmp_path / "m", repository, git=program)
    DAMAGES[damage](tmp_path / "m")
    after = mirrored(tmp_path / "m", repository, git=program)
    assert after.state.seen == before.state.seen
    assert [(tip.sha, tip.held) for tip in after.state.seen] == [(old, True)]
    with Mirror.open(tmp_path / "m") as mirror:
        assert mirror.is_whole(old)


@with_and_without_git
def test_an_old_tip_whose_objects_are_lost_for_good_says_so(
    program: str | None, repository: Path, tmp_path: Path
) -> None:
    mirrored(tmp_path / "m", repository, git=program)
    add_history(repository, commits("refs/heads/main", 2, start=5000, parent="refs/heads/main~3"))
    mirrored(tmp_path / "m", repository, git=program)
    git(repository, "reflog", "expire", "--expire=now", "--all")
    for number in range(16):
        git(repository, "update-ref", "-d", f"refs/heads/b{number:02}")
    git(repository, "gc", "-q", "--prune=now")
    for path in (tmp_path / "m" / "objects" / "pack").iterdir():
        path.unlink()
    update = mirrored(tmp_path / "m", repository, git=program)
    assert [tip.held for tip in update.state.seen if tip.name == "refs/heads/main"] == [False]
    assert any("lost" in note for note in update.notes)
    read_everything(tmp_path / "m")


@with_and_without_git
def test_a_first_transfer_that_is_cut_again_and_again_leaves_no_mirror(
    program: str | None, server: GitServer, tmp_path: Path
) -> None:
    server.cut_after = 700
    with pytest.raises(TransportError):
        mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program)
    assert load_state(tmp_path / "m") is None
    assert left_over(tmp_path / "m") == []
    with pytest.raises(SourceError):
        Mirror.open(tmp_path / "m")


@with_and_without_git
def test_what_is_cut_as_a_whole_arrives_in_pieces(program: str | None, server: GitServer, tmp_path: Path) -> None:
    server.cut_after = 250_000
    update = mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program)
    assert (len(update.state.tips), update.state.missing) == (17, ())
    assert not update.state.pieces
    read_everything(tmp_path / "m")


class UntilAsked(Deadline):
    """A time that is over once the server was asked so many times, whatever the clock says."""

    def __init__(self, server: GitServer, times: int) -> None:
        super().__init__(at=0)
        self.server, self.times = server, times

    def remaining(self) -> float:
        return 60.0 if len(self.server.requests) < self.times else 0.0


@with_and_without_git
def test_a_night_that_ends_too_early_keeps_its_pieces_and_the_next_goes_on(
    program: str | None, server: GitServer, tmp_path: Path
) -> None:
    nights = []
    for _ in range(20):
        server.requests.clear()
        late = UntilAsked(server, times=4 if nights else 3)
        nights.append(mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program, deadline=late))
        read_everything(tmp_path / "m")
        if not nights[-1].state.missing:
            break
    held = [len(night.state.tips) for night in nights]
    assert held[0] == 0
    assert held == sorted(set(held))
    assert all(len(night.state.tips) + len(night.state.missing) == 17 for night in nights)
    assert all(night.state.pieces and "time limit" in night.notes[-1] for night in nights[:-1])
    assert (held[-1], nights[-1].state.pieces, nights[-1].notes) == (17, False, ())
    assert all(night.received_bytes < 500_000 for night in nights)


def test_an_update_that_is_cut_keeps_the_earlier_state(server: GitServer, repository: Path, tmp_path: Path) -> None:
    before = mirrored(tmp_path / "m", f"{server.url}/o/r.git")
    add_history(repository, commits("refs/heads/main", 4, start=5000, parent="refs/heads/main^0", size=20_000))
    server.cut_after = 20_000
    with pytest.raises(TransportError):
        mirrored(tmp_path / "m", f"{server.url}/o/r.git")
    assert load_state(tmp_path / "m") == before.state
    read_everything(tmp_path / "m")


_KILLED = """
import sys
from pathlib import Path
from tests.lab.mirror_run import mirrored
mirrored(Path(sys.argv[1]), sys.argv[2], git=sys.argv[3] or None)
"""


@with_and_without_git
@pytest.mark.parametrize("after_seconds", [0.4, 0.8, 1.1])
def test_a_run_that_is_killed_leaves_nothing_that_misleads_the_next(
    after_seconds: float, program: str | None, server: GitServer, tmp_path: Path
) -> None:
    server.drip_seconds = 0.05
    command = [sys.executable, "-c", _KILLED, str(tmp_path / "m"), f"{server.url}/o/r.git", program or ""]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as process:
        time.sleep(after_seconds)
        process.send_signal(signal.SIGKILL)
    server.drip_seconds = 0
    update = mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program)
    assert len(update.state.tips) == 17
    assert left_over(tmp_path / "m") == []
    read_everything(tmp_path / "m")


@with_and_without_git
def test_a_full_disk_is_said_and_leaves_room(program: str | None, server: GitServer, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(SourceError, match=r"can't be written|is there room"):
            mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list((tmp_path / "m" / "objects" / "pack").iterdir()) == []
    assert len(mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program).state.tips) == 17


def test_a_full_disk_that_git_meets_is_named(repository: Path, tmp_path: Path) -> None:
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\necho 'fatal: write error: No space left on device' >&2\nexit 128\n")
    program.chmod(0o755)
    with serve_git(repository.parent.parent) as server, pytest.raises(SourceError, match="no space left: make room"):
        mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=str(program))


def test_a_git_that_can_not_be_started_leaves_no_file_open(repository: Path, tmp_path: Path) -> None:
    with serve_git(repository.parent.parent) as server, pytest.raises(SourceError, match="can't be written"):
        mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=str(tmp_path / "gone"))
    gc.collect()  # pytest makes an error of what is found open


def test_a_second_run_past_its_time_shows_the_earlier_state(repository: Path, tmp_path: Path) -> None:
    mirrored(tmp_path / "m", repository)
    with held_lock(tmp_path / "m", Deadline.after(1)) as held:
        assert held
        early = mirrored(tmp_path / "m", repository, seconds=0.3)
    assert not early.fresh
    assert any("another run" in note for note in early.notes)
    assert len(early.state.tips) == 17
    assert mirrored(tmp_path / "m", repository).fresh


def test_a_second_run_without_an_earlier_state_can_only_say_so(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    with held_lock(tmp_path / "m", Deadline.after(1)), pytest.raises(SourceError, match="another run"):
        mirrored(tmp_path / "m", repository, seconds=0.3)


def test_two_runs_at_once_both_end_well(server: GitServer, tmp_path: Path) -> None:
    results: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: results.append(len(mirrored(tmp_path / "m", f"{server.url}/o/r.git").state.tips))
        )
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [17, 17, 17]
    read_everything(tmp_path / "m")


_HOLDS = """
import sys, time
from pathlib import Path
from auditor.interfaces import Deadline
from auditor.transports.mirror.lock import held_lock
with held_lock(Path(sys.argv[1]), Deadline.after(5)):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_of_a_killed_run_is_free_at_once(repository: Path, tmp_path: Path) -> None:
    mirrored(tmp_path / "m", repository)
    command = [sys.executable, "-c", _HOLDS, str(tmp_path / "m")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert not mirrored(tmp_path / "m", repository, seconds=0.2).fresh
        process.kill()
    assert mirrored(tmp_path / "m", repository, seconds=60).fresh
