"""The kinds of a site's own are searched wherever the shipped ones are, and a change of them forgets what was read."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.collectors.leaks.folder import search_folder
from auditor.collectors.leaks.repository import search_repository
from auditor.collectors.leaks.source import read_source
from auditor.collectors.leaks.task import Task
from auditor.collectors.leaks.team import search_pack

from .conftest import KEY, Repo

CODE, OTHER = "ARC:4711-0815", "BOX:2290-7713"
ARCHIVE = ("archive-code", r"ARC:(?P<value>[0-9]{4}-[0-9]{4})\b")
BOX = ("box-code", r"BOX:(?P<value>[0-9]{4}-[0-9]{4})\b")


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return Task(key=KEY, ledger=tmp_path / "state" / "leaks.sqlite", patterns=(ARCHIVE,))


def kinds(repo: Repo, task: Task) -> list[tuple[str, str | None]]:
    return [(leak.kind, place.path) for leak in search_repository(repo.path, task).leaks for place in leak.places]


@pytest.mark.parametrize("packed", [False, True])
def test_a_pattern_is_found_in_the_history_and_not_without_it(repo: Repo, task: Task, packed: bool) -> None:
    repo.commit({"notes.md": f"code {CODE}\n".encode()})
    repo.commit({"notes.md": b"gone\n"})
    if packed:
        repo.git("gc", "-q")
    assert kinds(repo, task) == [("archive-code", "notes.md")]
    assert kinds(repo, replace(task, patterns=(), ledger=None)) == []


def test_another_pattern_reads_again_what_was_read_under_the_old_one(repo: Repo, task: Task) -> None:
    repo.commit({"notes.md": f"{CODE} {OTHER}\n".encode()})
    assert kinds(repo, task) == [("archive-code", "notes.md")]
    assert search_repository(repo.path, task).read == 0
    assert kinds(repo, replace(task, patterns=(BOX,))) == [("box-code", "notes.md")]
    assert kinds(repo, replace(task, patterns=())) == []


def test_a_second_process_searches_for_it_too(repo: Repo, task: Task) -> None:
    for number in range(5):
        repo.commit({f"f{number}": os.urandom(1 << 20), f"n{number}": f"ARC:4711-081{number}\n".encode()})
    repo.git("gc", "-q")
    (pack,) = (repo.path / ".git/objects/pack").glob("*.pack")
    found = search_pack(pack, read_source(repo.path), task)
    assert len({one.hmac for one in found.holders if one.kind == "archive-code"}) == 5


def test_names_of_branches_and_files_of_a_folder_are_searched_too(repo: Repo, task: Task, tmp_path: Path) -> None:
    repo.commit({"f": b"1"})
    repo.git("tag", "ARC-4711-0815")
    dashed = ("archive-code", r"ARC.(?P<value>[0-9]{4}-[0-9]{4})\b")
    found = search_repository(repo.path, replace(task, patterns=(dashed,))).leaks
    assert [(one.kind, one.places[0].where) for one in found] == [("archive-code", "ref-name")]
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_text(CODE)
    assert [one.kind for one in search_folder(tmp_path / "folder", task).leaks] == ["archive-code"]


def test_a_pattern_that_reaches_far_is_found_in_what_git_packed_as_a_delta(repo: Repo, task: Task) -> None:
    lines = [os.urandom(30).hex().encode() for _ in range(200)]
    repo.commit({"a.txt": b"\n".join([b"BEGIN-PLAN", *lines])})
    repo.commit({"a.txt": b"\n".join([b"BEGIN-PLAN", *lines[:100], b"END-PLAN"])})
    repo.commit({"b.txt": b"BEGIN-PLAN"})
    repo.commit({"c.txt": b"END-PLAN"})
    repo.git("gc", "-q")
    plan = ("plan", r"BEGIN-PLAN[0-9a-f\n]*END-PLAN")
    assert kinds(repo, replace(task, patterns=(plan,))) == [("plan", "a.txt")]
