"""The search of files that no git holds: which are read, how their places are told, and what could not be read."""

import os
from pathlib import Path

import pytest

from auditor.collectors.leaks.folder import search_folder
from auditor.collectors.leaks.task import Task
from auditor.errors import SourceError
from auditor.model.facts.leaks import LeakSearch

from .conftest import KEY

TASK = Task(key=KEY)
SECRET = "ghp_" + "Ab3dEf6hIj9kLmNoPqRsTuVwXyZ012345678"


def places(found: LeakSearch) -> list[tuple[str | None, int | None]]:
    return [(place.path, place.line) for leak in found.leaks for place in leak.places]


def test_every_file_is_read_whatever_git_thinks_of_it_but_for_its_own_folder(tmp_path: Path) -> None:
    for name in (".env", "a/b/c.txt", "node_modules/x.js", ".git/config", "a/.git/hooks/x"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"\n{SECRET}\n")
    (tmp_path / ".gitignore").write_text("*\n")
    found = search_folder(tmp_path, TASK)
    assert places(found) == [(".env", 2), ("a/b/c.txt", 2), ("node_modules/x.js", 2)]
    assert {(place.origin, place.tips) for leak in found.leaks for place in leak.places} == {("folder", ("work tree",))}
    assert found.objects == found.read == 4
    assert found.unsearched == ()


def test_one_file_is_told_by_its_name_and_within_a_root_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b.txt"
    file.parent.mkdir()
    file.write_text(SECRET)
    assert places(search_folder(file, TASK)) == [("b.txt", 1)]
    assert places(search_folder(file, TASK, tmp_path)) == [("a/b.txt", 1)]
    assert places(search_folder(file.parent, TASK, tmp_path)) == [("a/b.txt", 1)]


def test_a_link_is_its_target_and_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text(SECRET)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link").symlink_to(tmp_path / "outside")
    (inside / "up").symlink_to(tmp_path, target_is_directory=True)
    (inside / "told").symlink_to(f"/x/{SECRET}")
    os.mkfifo(inside / "pipe")
    assert places(search_folder(inside, TASK)) == [("told", 1)]


def test_a_secret_in_a_name_is_shown_up_to_the_value(tmp_path: Path) -> None:
    (tmp_path / f"x-{SECRET}.txt").write_text("")
    (leak,) = search_folder(tmp_path, TASK).leaks
    assert [(place.where, place.path) for place in leak.places] == [("file-name", "x-")]


def test_a_name_that_is_no_text_is_told_and_its_file_searched(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"\xff\xfe.txt")
    with open(path, "wb") as stream:
        stream.write(SECRET.encode())
    ((shown, line),) = places(search_folder(tmp_path, TASK))
    assert line == 1
    assert shown is not None
    shown.encode()


def test_what_is_too_large_is_said_and_the_rest_searched(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as stream:
        stream.truncate((64 << 20) + 1)
    (tmp_path / "small").write_text(SECRET)
    found = search_folder(tmp_path, TASK)
    assert places(found) == [("small", 1)]
    assert {(one.place, one.reason) for one in found.unsearched} == {
        (str(tmp_path / "large"), "it has more than 64 MB")
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0)
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "secret").chmod(0)
    reasons = {one.reason for one in search_folder(tmp_path, TASK).unsearched}
    assert reasons == {"it may not be read"}


def test_where_nothing_is_there_is_no_search(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        search_folder(tmp_path / "nowhere", TASK)
    assert search_folder(tmp_path, TASK).objects == 0
