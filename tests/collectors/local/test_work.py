# paths are bytes here, which pathlib can't hold

import os
import socket
import stat
import subprocess
import time
import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.model.missing import MISSING

LETTERS = {"M": "modified", "A": "added", "D": "deleted", "T": "type-changed"}


def status(world: Any) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Staged and unstaged changes as git status tells them, once it has looked at all content."""
    staged, unstaged = set(), set()
    lines = world.git("-c", "status.renames=false", "status", "--porcelain", "-z", "-uno").split(b"\0")
    for line in filter(None, lines):
        index, disk, path = chr(line[0]), chr(line[1]), os.fsdecode(line[3:])
        if index in LETTERS:
            staged.add((path, LETTERS[index]))
        if disk in LETTERS:
            unstaged.add((path, LETTERS[disk]))
    return staged, unstaged


def seen(changes: Any) -> set[tuple[str, str]]:
    return {(one.path, one.kind) for one in changes}


def edit(world: Any, name: str, number: int) -> None:
    path = world.clone / name
    if path.is_symlink():
        path.unlink()
    if not path.is_dir():
        world.write(name, b"%d" % number)


def remove(world: Any, name: str, number: int) -> None:
    path = world.clone / name
    if path.is_symlink() or path.is_file():
        path.unlink()


def link(world: Any, name: str, number: int) -> None:
    remove(world, name, number)
    if not (world.clone / name).exists():
        (world.clone / name).symlink_to("a" * 5)


def folder(world: Any, name: str, number: int) -> None:
    remove(world, name, number)
    world.write(name + "/inner")


def mode(world: Any, name: str, number: int) -> None:
    path = world.clone / name
    if path.is_file() and not path.is_symlink():
        path.chmod(path.stat().st_mode ^ 0o111)


def touch(world: Any, name: str, number: int) -> None:
    if (world.clone / name).is_file():
        os.utime(world.clone / name, (1, number))


EDIT: dict[str, Any] = {
    "edit": edit,
    "remove": remove,
    "link": link,
    "folder": folder,
    "mode": mode,
    "touch": touch,
    "add": lambda world, _name, _number: world.git("add", "-A"),
    "untrack": lambda world, name, _number: world.git(
        "rm", "-q", "--cached", "-r", "--ignore-unmatch", "--", name, check=False
    ),
    "intend": lambda world, name, _number: world.git("add", "-N", "--", name, check=False),
}
EDITS = st.lists(
    st.tuples(
        st.sampled_from(sorted(EDIT)),
        st.sampled_from(["a", "b/c", "b/d", "e", "f/g/h"]),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_staged_and_unstaged_changes_are_those_of_git_status(new_world: Any, edits: list[tuple[str, str]]) -> None:
    world = new_world()
    for name in ("a", "b/c", "b/d", "e", "f/g/h"):
        world.write(name, name.encode())
    world.commit()
    for number, (verb, name) in enumerate(edits):
        EDIT[verb](world, name, number)
    facts = world.observe()
    staged, unstaged = status(world)
    assert (seen(facts.staged), seen(facts.unstaged)) == (staged, unstaged)


def test_equal_stat_data_does_not_hide_other_content(world: Any) -> None:
    world.write("a", b"one\n")
    world.commit()
    before = (world.clone / "a").stat()
    time.sleep(0.02)
    world.write("a", b"two\n")
    os.utime(world.clone / "a", ns=(before.st_atime_ns, before.st_mtime_ns))
    world.git("config", "core.trustctime", "false")
    world.git("config", "core.checkStat", "minimal")
    assert seen(world.observe().unstaged) == {("a", "modified")}


@pytest.mark.parametrize("bit", ["assume-unchanged", "skip-worktree"])
def test_a_hidden_difference_is_named_and_git_status_is_silent(world: Any, bit: str) -> None:
    for name in ("edited", "gone", "same"):
        world.write(name)
    world.commit()
    world.git("update-index", f"--{bit}", "edited", "gone", "same")
    world.write("edited", b"other\n")
    (world.clone / "gone").unlink()
    assert status(world) == (set(), set())
    facts = world.observe()
    assert facts.unstaged == ()
    assert {(one.path, one.state, one.differs) for one in facts.hidden} == {
        ("edited", "modified", True),
        ("gone", "deleted", True),
        ("same", "same", False),
    }
    assert all((one.skip_worktree, one.assume_unchanged) == (bit[0] == "s", bit[0] == "a") for one in facts.hidden)


def test_the_age_of_a_deletion_is_that_of_the_nearest_folder_left(world: Any) -> None:
    world.write("a/b/c")
    world.write("a/keep")
    world.commit()
    subprocess.run(["rm", "-r", world.clone / "a/b"], check=True)
    os.utime(world.clone / "a", (1_600_000_000, 1_600_000_000))
    world.write("new", b"")
    os.utime(world.clone / "new", (1_600_000_001, 1_600_000_001))
    facts = world.observe()
    assert [(one.path, one.changed_at) for one in facts.unstaged] == [("a/b/c", "2020-09-13T12:26:40Z")]
    assert [(one.path, one.changed_at) for one in facts.untracked] == [("new", "2020-09-13T12:26:41Z")]


def test_what_a_cone_leaves_out_is_not_hidden_but_what_it_should_hold_is(world: Any) -> None:
    for name in ("in/a", "in/b", "out/c", "top"):
        world.write(name)
    world.commit()
    world.git("sparse-checkout", "set", "--cone", "in")
    assert not (world.clone / "out").exists()
    facts = world.observe()
    assert (facts.sparse, facts.hidden, facts.unstaged, facts.staged) == (True, (), (), ())
    world.git("update-index", "--skip-worktree", "in/a")
    (world.clone / "in/a").unlink()
    assert [(one.path, one.state) for one in world.observe().hidden] == [("in/a", "deleted")]


def test_a_sparse_index_is_read_through_its_folders(world: Any) -> None:
    for name in ("in/a", "out/deep/c", "out/d", "top"):
        world.write(name)
    world.commit()
    world.git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
    assert b"out/\n" in world.git("ls-files", "--sparse")
    facts = world.observe()
    assert (facts.tracked_count, facts.staged, facts.unstaged, facts.hidden) == (4, (), (), ())


def test_fifos_and_sockets_neither_block_nor_count(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write("tracked")
    world.commit()
    os.mkfifo(world.clone / "fifo")
    os.mkfifo(world.clone / ".env.fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(world.clone)  # the path of a socket is short
        listener.bind("socket")
    (world.clone / "tracked").unlink()
    os.mkfifo(world.clone / "tracked")
    facts = world.observe()
    assert facts.untracked == ()
    assert seen(facts.unstaged) == {("tracked", "type-changed")}
    assert [(one.path, one.kind, one.keys) for one in facts.env_files] == [(".env.fifo", "fifo", ())]


def test_links_are_not_followed_and_loops_end(world: Any, tmp_path: Any) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / ".env").write_text("A_TOKEN=x")
    (world.clone / "loop").symlink_to(".")
    (world.clone / "away").symlink_to(outside)
    (world.clone / ".env").symlink_to(outside / ".env")
    facts = world.observe()
    assert [one.path for one in facts.untracked] == [".env", "away", "loop"]
    assert [(one.path, one.kind, one.keys, one.mode) for one in facts.env_files] == [
        (".env", "symlink", MISSING, MISSING)
    ]
    assert "/local/env_files/0/keys" in {gap.pointer for gap in facts.gaps}


def test_names_of_any_bytes_are_told_without_loss(world: Any) -> None:
    names = [b"new\nline", b"bad\xff", b"back\\slash", "é".encode(), b"tab\t"]
    for name in names:
        world.write(name)
    facts = world.observe()
    shown = {"new\nline", "bad\\xff", "back\\\\slash", "é", "tab\t"}
    assert {one.path for one in facts.untracked} == shown
    world.commit()
    for name in names:
        os.unlink(os.path.join(os.fsencode(world.clone), name))
    assert seen(world.observe().unstaged) == {(name, "deleted") for name in shown}


def test_a_nested_repository_is_one_entry_and_a_submodule_is_its_commit(world: Any) -> None:
    nested = world.clone / "nested"
    world.git("init", "-q", str(nested))
    (nested / "file").write_text("x")
    assert [one.path for one in world.observe().untracked] == ["nested/"]
    world.git("add", "-A", at=nested)
    world.git("commit", "-qm", "inner", at=nested)
    world.git("add", "nested")
    world.write(".gitmodules", b'[submodule "n"]\n\tpath = nested\n\turl = ../n.git\n')
    world.commit()
    inner = world.git("rev-parse", "HEAD", at=nested).decode().strip()
    facts = world.observe()
    assert [(one.path, one.name, one.recorded_commit, one.checked_out_commit) for one in facts.submodules] == [
        ("nested", "n", inner, inner)
    ]
    assert (facts.unstaged, facts.untracked) == ((), ())
    world.git("commit", "-q", "--allow-empty", "-m", "more", at=nested)
    assert seen(world.observe().unstaged) == {("nested", "modified")}


def test_unmerged_paths_are_told_once(world: Any) -> None:
    world.write("a", b"base")
    world.commit()
    world.git("checkout", "-qb", "other")
    world.write("a", b"theirs")
    world.commit()
    world.git("checkout", "-q", "main")
    world.write("a", b"ours")
    world.commit()
    world.git("merge", "other", check=False)
    facts = world.observe()
    assert seen(facts.unstaged) == {("a", "unmerged")}
    assert facts.staged == ()
    assert [one.kind for one in facts.operations] == ["merge"]


def test_letter_case_is_ignored_where_the_file_system_does(world: Any) -> None:
    world.write("Read.me")
    world.commit()
    os.rename(world.clone / "Read.me", world.clone / "read.ME")
    world.git("config", "core.ignoreCase", "true")
    facts = world.observe()
    assert (facts.unstaged, facts.untracked) == ((), ())
    world.git("config", "core.ignoreCase", "false")
    assert [one.path for one in world.observe().untracked] == ["read.ME"]


def test_a_name_that_the_file_system_took_apart_is_the_same_name(world: Any) -> None:
    world.write(unicodedata.normalize("NFC", "é"))
    world.commit()
    os.rename(world.clone / unicodedata.normalize("NFC", "é"), world.clone / unicodedata.normalize("NFD", "é"))
    world.git("config", "core.precomposeUnicode", "true")
    facts = world.observe()
    assert (facts.unstaged, facts.untracked) == ((), ())


def test_an_ignore_file_that_is_left_out_still_counts(world: Any) -> None:
    world.write("in/.gitignore", b"*.log\n")
    world.write("in/a")
    world.commit()
    world.git("update-index", "--skip-worktree", "in/.gitignore")
    (world.clone / "in/.gitignore").unlink()
    world.write("in/x.log")
    world.write("in/y")
    facts = world.observe()
    assert [one.path for one in facts.untracked] == ["in/y"]
    assert facts.ignored_count == 1
    assert world.git("status", "--porcelain") == b"?? in/y\n"


def test_an_ignore_file_that_is_a_link_is_not_followed(world: Any) -> None:
    world.write("rules", b"*.log\n")
    (world.clone / ".gitignore").symlink_to("rules")
    world.write("x.log")
    assert "x.log" in [one.path for one in world.observe().untracked]
    assert b"?? x.log" in world.git("status", "--porcelain")


def as_another_user(world: Any) -> Any:
    """The facts as a user without rights sees them; root sees everything."""
    os.chmod(world.base, 0o755)
    os.seteuid(65534)
    try:
        return world.observe()
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_what_may_not_be_read_is_a_gap_and_never_a_deletion(tmp_path_factory: Any, new_world: Any) -> None:
    world = new_world()
    os.chmod(world.base.parent, 0o755)
    for name in ("shut/a", "locked", "fine", ".env"):
        world.write(name, b"A=1\n")
    world.commit()
    world.write("fine", b"other")
    (world.clone / "shut").chmod(0)
    (world.clone / "locked").chmod(0)
    (world.clone / ".env").chmod(0o600)
    facts = as_another_user(world)
    assert seen(facts.unstaged) == {("fine", "modified")}
    pointers = {gap.pointer for gap in facts.gaps}
    assert {"/local/unstaged", "/local/untracked", "/local/env_files", "/local/env_files/0/keys"} <= pointers
    assert facts.env_files[0].keys is MISSING
    assert facts.env_files[0].mode == "0600"
    assert stat.S_IMODE((world.clone / "locked").stat().st_mode) == 0
