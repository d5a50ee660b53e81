# paths are bytes here, which pathlib can't hold

import hashlib
import json
import os
import stat
import zlib
from pathlib import Path
from typing import Any

import pytest

from auditor.errors import SourceError
from auditor.model.codec import decode, encode
from auditor.model.facts.local import Local
from auditor.model.missing import MISSING


def pointers(facts: Any) -> set[str]:
    return {gap.pointer for gap in facts.gaps}


def filled(world: Any) -> str:
    for name in ("a", "b/c", ".gitignore"):
        world.write(name, name.encode())
    return world.commit()


def print_of(root: Path) -> dict[str, tuple[Any, ...]]:
    """Everything that a write, a lock or a refresh would change, below a folder."""
    found = {}
    for base, folders, files in os.walk(root):
        for name in [*folders, *files, "."]:
            path = os.path.join(base, name)
            one = os.lstat(path)
            content = b""
            if stat.S_ISREG(one.st_mode):
                with open(path, "rb") as file:
                    content = hashlib.sha256(file.read()).digest()
            found[path] = (one.st_mode, one.st_mtime_ns, one.st_ctime_ns, one.st_size, one.st_ino, content)
    return found


def test_nothing_in_the_clone_changes(world: Any) -> None:
    filled(world)
    world.write("a", b"other")
    world.git("stash")
    world.write("a", b"again")
    os.utime(world.clone / "b/c", (1, 1))
    before = print_of(world.base)
    world.observe()
    assert print_of(world.base) == before


def test_no_trap_of_the_configuration_fires(world: Any) -> None:
    filled(world)
    trap = world.base / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {world.base}/fired\ncat\n")
    trap.chmod(0o755)
    world.write(".gitattributes", b"* filter=trap diff=trap merge=trap\n")
    for key in ("core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "diff.external", "core.askPass"):
        world.git("config", key, str(trap))
    for key in ("filter.trap.clean", "filter.trap.smudge", "filter.trap.process", "diff.trap.textconv"):
        world.git("config", key, str(trap))
    world.git("config", "core.hooksPath", str(world.base / "hooks"))
    world.git("config", "alias.status", f"!{trap}")
    world.git("config", "credential.helper", f"!{trap}")
    world.git("remote", "add", "origin", f"ext::{trap}")
    hooks = world.base / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "fsmonitor-watchman", "post-checkout", "reference-transaction"):
        (hooks / name).write_bytes(trap.read_bytes())
        (hooks / name).chmod(0o755)
    world.write("a", b"other")
    facts = world.observe()
    assert facts.available
    assert not (world.base / "fired").exists()


def test_the_facts_survive_their_own_encoding(world: Any) -> None:
    filled(world)
    world.write("new\udcff".encode("utf-8", "surrogateescape"))
    facts = world.observe()
    assert decode(Local, json.loads(json.dumps(encode(facts)))) == facts


def test_a_path_that_is_no_clone_is_refused_with_a_remedy(tmp_path: Path, world: Any) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    (tmp_path / "loop").symlink_to("loop")
    for path in (tmp_path / "missing", tmp_path, file, tmp_path / "loop", world.clone / "inner"):
        with pytest.raises(SourceError) as caught:
            world.observe(path)
        assert repr(str(path)) in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "gitdir: /nowhere", "nonsense"])
def test_a_git_file_that_leads_nowhere_is_refused(world: Any, content: str) -> None:
    folder = world.base / "folder"
    folder.mkdir()
    (folder / ".git").write_text(content)
    with pytest.raises(SourceError, match="leads nowhere"):
        world.observe(folder)


def test_a_bare_repository_has_no_work_tree(world: Any) -> None:
    commit = filled(world)
    world.git("clone", "-q", "--bare", str(world.clone), str(world.base / "bare.git"))
    facts = world.observe(world.base / "bare.git")
    assert (facts.bare, facts.head.commit, facts.unstaged, facts.untracked) == (True, commit, (), ())
    assert facts.gaps == ()


def test_a_linked_worktree_shares_all_but_its_head(world: Any) -> None:
    commit = filled(world)
    world.git("worktree", "add", "-q", "-b", "side", str(world.base / "linked"))
    world.git("worktree", "lock", str(world.base / "linked"))
    facts = world.observe(world.base / "linked")
    assert (facts.linked_worktree, facts.head.branch, facts.unstaged, facts.untracked) == (True, "side", (), ())
    main = world.observe()
    assert not main.linked_worktree
    for one in (facts, main):
        assert [(tree.path, tree.main, tree.locked, tree.present, tree.head.branch) for tree in one.worktrees] == [
            (str(world.clone), True, False, True, "main"),
            (str(world.base / "linked"), False, True, True, "side"),
        ]
    (world.base / "linked").rename(world.base / "away")
    assert not world.observe().worktrees[1].present
    assert commit == main.head.commit


def test_a_submodule_is_a_clone_of_its_own(world: Any) -> None:
    filled(world)
    outer = world.base / "outer"
    world.git("init", "-q", str(outer), at=world.base)
    world.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(world.clone), "inner", at=outer)
    facts = world.observe(outer / "inner")
    assert (facts.unstaged, facts.staged, facts.untracked) == ((), (), ())
    assert facts.gaps == ()


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (("merge", "other"), "merge"),
        (("cherry-pick", "other"), "cherry-pick"),
        (("revert", "--no-commit", "HEAD"), "revert"),
        (("rebase", "other"), "rebase"),
        (("rebase", "--apply", "other"), "rebase"),
        (("bisect", "start"), "bisect"),
    ],
)
def test_an_operation_in_progress_is_named(world: Any, command: tuple[str, ...], kind: str) -> None:
    world.write("a", b"base\n")
    world.commit()
    world.git("checkout", "-qb", "other")
    world.write("a", b"theirs\n")
    world.commit()
    world.git("checkout", "-q", "main")
    world.write("a", b"ours\n")
    world.commit()
    assert world.observe().operations == ()
    world.git(*command, check=False)
    assert [one.kind for one in world.observe().operations] == [kind]


def damage(world: Any, revision: str, content: bytes | None) -> None:
    """Replace a loose object by `content`, or remove it."""
    oid = world.git("rev-parse", revision).decode().strip()
    path = world.clone / ".git/objects" / oid[:2] / oid[2:]
    path.chmod(0o644)
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)


@pytest.mark.parametrize(
    "content", [None, b"", b"garbage", zlib.compress(b"tree 0\0"), zlib.compress(b"commit 3\0abc")]
)
@pytest.mark.parametrize(
    ("revision", "missing"),
    [
        ("HEAD", {"staged", "env_ignore", "root_commits"}),
        ("HEAD^{tree}", {"staged", "env_ignore", "tracked_env_files"}),
    ],
)
def test_a_damaged_object_spoils_what_rests_on_it_alone(
    world: Any, revision: str, missing: set[str], content: bytes | None
) -> None:
    commit = filled(world)
    damage(world, revision, content)
    facts = world.observe()
    assert {name for name in missing if getattr(facts, name) is not MISSING} == set()
    assert {f"/local/{name}" for name in missing} <= pointers(facts)
    assert (facts.head.commit, facts.unstaged, facts.untracked) == (commit, (), ())


def test_an_object_whose_content_is_another_is_not_believed(world: Any) -> None:
    filled(world)
    damage(world, "HEAD^{tree}", zlib.compress(b"tree 0\0"))
    assert any("damaged" in gap.reason for gap in world.observe().gaps)


def test_replacements_and_grafts_change_nothing(world: Any) -> None:
    first = filled(world)
    second = world.commit("second")
    world.git("replace", "--graft", second)
    world.write(".git/info/grafts", f"{second}\n".encode())
    assert world.observe().root_commits == (first,)


def test_a_damaged_head_or_ref_is_a_gap(world: Any) -> None:
    filled(world)
    world.write(".git/refs/heads/broken", b"not an id\n")
    facts = world.observe()
    assert [one.name for one in facts.branches] == ["main"]
    assert "/local/branches" in pointers(facts)
    world.write(".git/HEAD", b"nonsense\n")
    facts = world.observe()
    assert facts.head is MISSING
    assert {"/local/head", "/local/staged"} <= pointers(facts)


def test_unknown_formats_are_refused_by_name(world: Any) -> None:
    world.git("config", "core.repositoryFormatVersion", "1")
    world.git("config", "extensions.someday", "true")
    with pytest.raises(SourceError, match="'someday' is unknown"):
        world.observe()
    world.git("config", "--file", ".git/config", "core.repositoryFormatVersion", "7", check=False)
    with pytest.raises(SourceError, match="'7' is unknown"):
        world.observe()


def test_refs_in_a_reftable_are_a_gap_and_nothing_is_written(world: Any) -> None:
    filled(world)
    with open(world.clone / ".git/config", "a") as file:
        file.write("[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefstorage = reftable\n")
    before = print_of(world.clone)
    facts = world.observe()
    assert print_of(world.clone) == before
    assert (facts.head, facts.branches, facts.main, facts.staged) == (MISSING,) * 4
    assert (facts.unstaged, facts.untracked) == ((), ())
    assert any("reftable" in gap.reason for gap in facts.gaps)


def test_a_work_tree_elsewhere_is_a_gap(world: Any) -> None:
    filled(world)
    world.git("config", "core.worktree", str(world.base))
    facts = world.observe()
    assert facts.unstaged is MISSING
    assert any("core.worktree" in gap.reason for gap in facts.gaps)


def test_when_the_time_is_over_the_rest_is_unknown_and_not_empty(world: Any) -> None:
    filled(world)
    facts = world.observe(seconds=0)
    assert facts.unstaged is MISSING
    assert facts.untracked is MISSING
    assert any("time limit" in gap.reason for gap in facts.gaps)


def test_long_lists_are_cut_and_say_so(world: Any) -> None:
    for number in range(10_001):
        (world.clone / f"f{number:05}").touch()
    facts = world.observe()
    assert len(facts.untracked) == 10_000
    assert "/local/untracked" in pointers(facts)


def test_a_partial_clone_is_told_and_nothing_is_fetched(world: Any) -> None:
    filled(world)
    world.git("config", "uploadpack.allowFilter", "true")
    world.git("clone", "-q", "--no-checkout", "--filter=tree:0", f"file://{world.clone}", str(world.base / "partial"))
    before = print_of(world.base / "partial")
    facts = world.observe(world.base / "partial")
    assert facts.promisor_remotes == ("origin",)
    assert facts.env_ignore is MISSING
    assert any("partial clone" in gap.reason for gap in facts.gaps)
    assert print_of(world.base / "partial") == before
