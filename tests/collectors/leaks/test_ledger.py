import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.collectors.leaks.repository import search_repository
from auditor.collectors.leaks.task import Task

from .conftest import KEY, Repo

Token = Callable[[], str]


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return Task(key=KEY, ledger=tmp_path / "state" / "leaks.sqlite")


def test_the_next_night_reads_what_is_new_alone_and_still_knows_the_old(repo: Repo, token: Token, task: Task) -> None:
    repo.commit({"f": f"TOKEN={token()}\n".encode()})
    repo.git("gc", "-q")
    first = search_repository(repo.path, task)
    again = search_repository(repo.path, task)
    assert (first.read, again.read) == (3, 0)
    assert (again.leaks, again.named_files, again.objects) == (first.leaks, first.named_files, first.objects)
    repo.commit({"g": f"TOKEN={token()}\n".encode()})
    later = search_repository(repo.path, task)
    assert later.read == 3
    assert later == replace(
        search_repository(repo.path, replace(task, ledger=None)), read=3, searched_bytes=later.searched_bytes
    )
    assert len(later.leaks) == 2


def test_after_a_forced_push_and_on_every_new_ref_a_night_says_what_a_first_search_says(
    repo: Repo, token: Token, task: Task
) -> None:
    repo.commit({"f": b"1"})
    repo.commit({"f": f"TOKEN={token()}\n".encode()})
    search_repository(repo.path, task)
    steps: list[list[str]] = [
        ["reset", "-q", "--hard", "HEAD~1"],
        ["branch", "back", "HEAD@{1}"],
        ["tag", "kept", "back"],
        ["branch", "-q", "-D", "back"],
        ["tag", "-d", "kept"],
    ]
    for step in steps:
        repo.git(*step)
        repo.commit({"g": f"TOKEN={token()}\n".encode()})
        night = search_repository(repo.path, task)
        fresh = search_repository(repo.path, replace(task, ledger=None))
        assert (night.leaks, night.named_files) == (fresh.leaks, fresh.named_files), step


def many_commits(repo: Repo, count: int, secret: str) -> None:
    """Adds them to a branch of its own, upon main; the first of them has the secret, the others take it away."""
    commits = [
        f"commit refs/heads/many\ncommitter Ada <ada@example.net> {repo.moment + number} +0000\ndata 1\nx\n"
        f"M 100644 inline many\ndata <<.\n{number or secret}\n.\n"
        for number in range(count)
    ]
    commits[0] = commits[0].replace("\nM ", "\nfrom refs/heads/main^0\nM ")
    repo.git("fast-import", "--quiet", data="".join(commits).encode())


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_however_a_night_s_commits_hang_on_the_known_ones_it_says_what_a_first_search_says(
    tmp_path: Path, token: Token, task: Task, object_format: str
) -> None:
    repo = Repo(tmp_path / "hanging", object_format=object_format)
    for text in ("1", f"TOKEN={token()}", "3"):
        repo.commit({"f": f"{text}\n".encode()})
    search_repository(repo.path, task)
    steps: dict[str, list[list[str]]] = {
        "upon a tip": [["checkout", "-q", "main"]],
        "upon no tip, where the secret still is": [["checkout", "-q", "-b", "side", "main~2"]],
        "upon nothing": [["checkout", "-q", "--orphan", "alone"]],
        "a merge of what is known": [["checkout", "-q", "main"], ["merge", "-q", "-s", "ours", "--no-edit", "side"]],
        "packed anew": [["repack", "-q", "-a", "-d"]],
    }
    for number, (step, commands) in enumerate(steps.items()):
        for command in commands:
            repo.git(*command)
        repo.commit({f"g{number}": f"TOKEN={token()}\n".encode()})
        night = search_repository(repo.path, task)
        fresh = search_repository(repo.path, replace(task, ledger=None))
        assert (night.leaks, night.named_files) == (fresh.leaks, fresh.named_files), step


def test_the_oldest_of_hundreds_of_new_commits_is_looked_at_too(repo: Repo, token: Token, task: Task) -> None:
    repo.commit({"f": b"1"})
    search_repository(repo.path, task)
    many_commits(repo, 300, f"TOKEN={token()}")
    night = search_repository(repo.path, task)
    assert night.leaks == search_repository(repo.path, replace(task, ledger=None)).leaks
    (leak,) = night.leaks
    (place,) = leak.places
    assert (place.path, place.first_commit) == ("many", repo.git("rev-parse", "many~299"))
    assert place.last_commit == repo.git("rev-parse", "many~298")


def test_another_key_or_another_set_of_rules_reads_everything_again(
    repo: Repo, token: Token, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit({"f": f"TOKEN={token()}\n".encode()})
    assert search_repository(repo.path, task).read == 3
    assert search_repository(repo.path, replace(task, key=b"another")).read == 3
    assert search_repository(repo.path, replace(task, key=b"another")).read == 0


def test_a_damaged_or_foreign_ledger_is_made_anew(repo: Repo, token: Token, task: Task) -> None:
    assert task.ledger is not None
    repo.commit({"f": f"TOKEN={token()}\n".encode()})
    first = search_repository(repo.path, task)
    size = task.ledger.stat().st_size
    for content in (b"no database at all" * 500, task.ledger.read_bytes()[: size // 2], b""):
        task.ledger.write_bytes(content)
        found = search_repository(repo.path, task)
        assert (found.leaks, found.read) == (first.leaks, 3)


def test_a_ledger_that_can_not_be_written_costs_the_memory_alone(repo: Repo, token: Token, task: Task) -> None:
    repo.commit({"f": f"TOKEN={token()}\n".encode()})
    assert task.ledger is not None
    task.ledger.parent.write_text("a file where a folder should be")
    assert len(search_repository(repo.path, task).leaks) == 1


def test_the_ledger_holds_no_value_and_only_its_owner_may_read_it(repo: Repo, token: Token, task: Task) -> None:
    secrets = [token() for _ in range(5)]
    for secret in secrets:
        repo.commit({"f": f"TOKEN={secret}\n".encode(), f"n-{secret}": b"1"}, f"message {secret}")
    search_repository(repo.path, task)
    assert task.ledger is not None
    content = b"".join(path.read_bytes() for path in task.ledger.parent.iterdir())
    assert not any(secret.encode() in content for secret in secrets)
    assert KEY not in content
    assert task.ledger.stat().st_mode & 0o077 == 0


KILLED = """
import os, sys
from pathlib import Path
import auditor.collectors.leaks.ledger as ledger
from auditor.collectors.leaks.repository import search_repository
from auditor.collectors.leaks.task import Task
left = int(sys.argv[3])
def trace(frame, event, argument):
    global left
    if frame.f_code.co_filename == ledger.__file__:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), 9)
    return trace
sys.settrace(trace)
search_repository(Path(sys.argv[1]), Task(key=b"k" * 32, ledger=Path(sys.argv[2])))
"""


def test_a_kill_at_any_step_of_the_ledger_leaves_nothing_believed_that_was_not_read(
    repo: Repo, token: Token, task: Task
) -> None:
    repo.commit({"f": f"TOKEN={token()}\n".encode()})
    repo.git("gc", "-q")
    repo.commit({"g": f"TOKEN={token()}\n".encode()})
    expected = search_repository(repo.path, replace(task, ledger=None))
    killed = 0
    for step in range(1, 2000, 13):
        command = [sys.executable, "-c", KILLED, str(repo.path), str(task.ledger), str(step)]
        done = subprocess.run(command, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
        killed += 1
        found = search_repository(repo.path, task)
        assert (found.leaks, found.objects) == (expected.leaks, expected.objects)
        assert task.ledger is not None
        # the next kill meets a half-known repository every other time
        if killed % 2:
            task.ledger.unlink()
    assert killed >= 3
