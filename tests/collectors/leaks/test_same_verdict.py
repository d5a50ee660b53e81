"""A file is judged alike wherever it is met: staged, loose, packed, as a delta, in the work tree, or below a folder."""

import io
import random
import string
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.collectors.leaks.folder import search_folder
from auditor.collectors.leaks.object_name import object_names
from auditor.collectors.leaks.repository import search_repository
from auditor.collectors.leaks.staged import search_staged
from auditor.collectors.leaks.task import Task
from auditor.detector.fixture import is_made_up
from auditor.model.facts.leaks import LeakSearch

from .conftest import KEY, Repo

TASK = Task(key=KEY)
_DICE = random.Random(41)


def made(size: int = 20) -> str:
    return "".join(_DICE.choices(string.ascii_letters + string.digits, k=size))


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def files(first: str) -> dict[str, bytes]:
    """What is a secret, and what only looks like one; `first` is the id of an object."""
    padding = "".join(f"line {number}\n" for number in range(300))
    return {
        "src/a.sh": f"{padding}DB_PASSWORD={made()}\n{padding}".encode(),
        "src/allowed.sh": f"# auditor:allow it was revoked\nDB_PASSWORD={made()}\n".encode(),
        "src/pinned.sh": f'{padding}GITEA_TOKEN="{first}"\n'.encode(),
        "tests/test_a.py": f"DB_PASSWORD={made()}\n".encode(),
        "tests/token.txt": f"ghp_{made(36)}\n".encode(),
        "bundle.zip": zipped({"tests/x.py": f"DB_PASSWORD={made()}", "src/y.sh": f"DB_PASSWORD={made()}"}),
        "id_rsa.txt": f"https://bot:{made()}@git.site/a.git\nhttps://user:password@git.site/\n".encode(),
    }


FOUND = {"src/a.sh", "tests/token.txt", "bundle.zip!src/y.sh", "id_rsa.txt"}


def verdict(found: LeakSearch) -> set[tuple[str, str]]:
    """The secrets with their files, but for what is made up for tests."""
    return {
        (leak.hmac, place.path or "")
        for leak in found.leaks
        for place in leak.places
        if not is_made_up(leak.kind, leak.hint, place.path or "")
    }


def staged(repo: Repo) -> LeakSearch:
    return search_staged(repo.path, TASK)


def loose(repo: Repo) -> LeakSearch:
    repo.git("commit", "-qm", "All")
    return search_repository(repo.path, TASK)


def packed(repo: Repo) -> LeakSearch:
    repo.git("commit", "-qm", "All")
    repo.git("gc", "-q")
    return search_repository(repo.path, TASK)


def packed_apart(repo: Repo) -> LeakSearch:
    """The object that a hash names lies in another pack."""
    repo.git("repack", "-q")
    repo.git("commit", "-qm", "All")
    repo.git("repack", "-q")
    repo.git("prune-packed")
    return search_repository(repo.path, TASK)


def as_delta(repo: Repo) -> LeakSearch:
    """Each file grew out of one without what it holds now."""
    for name in ("src/a.sh", "src/pinned.sh"):
        path = repo.path / name
        whole = path.read_text()
        path.write_text("".join(line for line in whole.splitlines(keepends=True) if line.startswith("line")))
        repo.git("add", name)
        repo.git("commit", "-qm", "Before", "--", name)
        path.write_text(whole)
    repo.git("add", "-A")
    repo.git("commit", "-qm", "All")
    repo.git("repack", "-adqf", "--depth=10")
    return search_repository(repo.path, TASK)


def work_tree(repo: Repo) -> LeakSearch:
    return search_folder(repo.path, replace(TASK, is_object=object_names(repo.path)))


def each_folder(repo: Repo) -> LeakSearch:
    """The search begins below the clone, in every folder and at every file."""
    task = replace(TASK, is_object=object_names(repo.path))
    parts = [search_folder(path, task, repo.path) for path in repo.path.iterdir() if path.name != ".git"]
    return replace(parts[0], leaks=tuple(leak for part in parts for leak in part.leaks))


@pytest.mark.parametrize("way", [staged, loose, packed, packed_apart, as_delta, work_tree, each_folder])
def test_the_verdict_on_a_file_is_the_same(repo: Repo, way: Callable[[Repo], LeakSearch]) -> None:
    first = repo.commit({"f": b"1"})
    for name, content in files(first).items():
        path = repo.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    repo.git("add", "-A")
    expected = verdict(work_tree(repo))
    assert {path for _, path in expected} == FOUND
    assert verdict(way(repo)) == expected


def test_an_object_is_known_in_a_pack_among_loose_ones_and_among_borrowed_ones(repo: Repo, tmp_path: Path) -> None:
    repo.commit({f"f{number}": str(number).encode() for number in range(300)})
    names = [line.split()[0] for line in repo.git("rev-list", "--objects", "--all").splitlines()]
    repo.git("gc", "-q")
    names.append(repo.commit({"f": b"loose"}))
    borrower = tmp_path / "borrower"
    repo.git("clone", "-q", "--shared", str(repo.path), str(borrower))
    for place in (repo.path, borrower):
        known = object_names(place)
        assert all(map(known, names))
        assert not any(known(name[::-1]) for name in names)
        assert not known(names[0][:39])
        assert not known("0" * 64)


def test_an_object_of_a_sha256_repository_is_known_by_its_whole_name(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "sha256", object_format="sha256")
    name = repo.commit({"f": b"1"})
    repo.git("gc", "-q")
    known = object_names(repo.path)
    assert known(name)
    assert not known(name[:40])
