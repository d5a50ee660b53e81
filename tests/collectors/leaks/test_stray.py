"""Packs whose deltas lean on objects elsewhere, or on each other: searched where it can be done, else told."""

import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from dulwich.object_format import SHA1
from dulwich.pack import PackData, write_pack_index
from dulwich.repo import Repo as Store

from auditor.collectors.leaks.heads import PackError
from auditor.collectors.leaks.pack import Pack
from auditor.collectors.leaks.repository import search_repository
from auditor.collectors.leaks.task import Task

from .conftest import KEY, Repo

Token = Callable[[], str]
TASK = Task(key=KEY)


@pytest.fixture
def lines() -> str:
    return "".join(f"line {number} of a longer file\n" for number in range(400))


def put_thin_pack(repo: Repo, revisions: str) -> Path:
    """A thin pack of these revisions among the packs, as a program may leave it that does not complete it."""
    thin = repo.path.parent / "thin.pack"
    with thin.open("wb") as stream:
        command = ["git", "pack-objects", "--revs", "--thin", "--stdout", "-q"]
        subprocess.run(command, cwd=repo.path, input=revisions.encode(), stdout=stream, check=True)
    target = repo.path / ".git/objects/pack" / f"pack-{'ab' * 20}.pack"
    with Store(str(repo.path)) as store, PackData(str(thin), object_format=SHA1) as data:
        entries = sorted(data.iterentries(resolve_ext_ref=store.object_store.get_raw))
        with target.with_suffix(".idx").open("wb") as index:
            write_pack_index(index, entries, data.get_stored_checksum())
    target.write_bytes(thin.read_bytes())
    return target


@pytest.fixture
def thin(repo: Repo, token: Token, lines: str) -> tuple[Repo, list[str]]:
    """The last two versions of a file lie in a thin pack alone; what they lean on, in another pack."""
    repo.commit({"f.txt": lines.encode()})
    repo.git("repack", "-adq")
    tokens = [token(), token()]
    repo.commit({"f.txt": (lines + f"GITHUB_TOKEN={tokens[0]}\n").encode()})
    repo.commit({"f.txt": (lines + f"GITHUB_TOKEN={tokens[0]}\nOTHER_TOKEN={tokens[1]}\n").encode()})
    pack = put_thin_pack(repo, "HEAD\n^HEAD~2\n")
    assert Pack(pack, 20).heads.strays
    repo.git("prune-packed")
    return repo, tokens


def test_what_leans_on_another_pack_is_searched(thin: tuple[Repo, list[str]]) -> None:
    repo, _ = thin
    found = search_repository(repo.path, TASK)
    assert {leak.kind for leak in found.leaks} == {"github-token"}
    assert len(found.leaks) == 2
    assert not [one for one in found.unsearched if "base" in one.reason]


def test_what_leans_on_nothing_is_told_with_all_that_leans_on_it(thin: tuple[Repo, list[str]]) -> None:
    repo, _ = thin
    for path in (repo.path / ".git/objects/pack").glob("*"):
        if "abab" not in path.name:
            path.unlink()
    found = search_repository(repo.path, TASK)
    told = [one for one in found.unsearched if "is not to be had: run git fsck" in one.reason]
    strays = Pack(repo.path / f".git/objects/pack/pack-{'ab' * 20}.pack", 20).heads.strays
    assert len(told) >= len(strays) >= 1
    assert found.leaks == ()


def test_without_git_they_are_told(thin: tuple[Repo, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    repo, _ = thin
    monkeypatch.setenv("PATH", "/nonexistent")
    reasons = [one.reason for one in search_repository(repo.path, TASK).unsearched]
    assert sum("git is not installed" in reason for reason in reasons) >= 2


def test_deltas_that_lean_on_each_other_are_no_pack(tmp_path: Path) -> None:
    names = [b"\x11" * 20, b"\x22" * 20]
    body, entries = b"", []
    for name, base in zip(names, reversed(names), strict=True):
        entries.append((name, 12 + len(body), 0))
        delta = b"\x01\x01\x01x"
        body += bytes([7 << 4 | len(delta)]) + base + zlib.compress(delta)
    pack = tmp_path / "pack-x.pack"
    pack.write_bytes(b"PACK\0\0\0\2\0\0\0\2" + body + b"\0" * 20)
    with pack.with_suffix(".idx").open("wb") as index:
        write_pack_index(index, entries, b"\0" * 20)
    with pytest.raises(PackError, match="lean on each other"):
        Pack(pack, 20)
