"""Repositories that real git made, seen through the probe: HEAD, refs, index, configuration, in every form."""

import contextlib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.collectors.nas.git_ref import parse_fetch_head, parse_head, parse_reflog_line, parse_refs
from auditor.collectors.nas.git_tar import GitFile, GitFolder, parse_git_folders, tar_files
from auditor.errors import SourceError
from auditor.gitfile.index import parse_index
from auditor.model.codec import encode
from auditor.model.facts.nas import Nas
from auditor.model.facts.nas_git import GitDirectory
from auditor.model.missing import MISSING

from .conftest import Box, git


def repository(facts: Nas) -> GitDirectory:
    assert facts.releases is not MISSING
    found = next(one for one in facts.releases if one.active).git
    assert found is not None
    assert found is not MISSING
    return found


def revision(folder: Path, name: str = "HEAD") -> str:
    return subprocess.run(
        ["git", "rev-parse", name], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def disguises(facts: Nas) -> set[tuple[str, str]]:
    found = repository(facts).disguises
    assert found is not MISSING
    return {(one.kind, one.name) for one in found}


def test_head_refs_and_reflog_are_those_of_git(dash_box: Box) -> None:
    app = dash_box.app
    git(app, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(app, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    found = repository(dash_box.facts())
    commit = revision(app)
    assert encode(found.head) == {"kind": "branch", "branch": "main", "commit": commit}
    assert (found.main, found.remote_main, found.ref_format, found.object_format) == (commit, commit, "files", "sha1")
    assert found.last_reflog not in (None, MISSING)
    assert encode(found.last_reflog)["after"] == commit
    assert found.refs is not MISSING
    assert ("refs/remotes/origin/HEAD", None, "refs/remotes/origin/main") in {
        (ref.name, ref.commit, ref.target) for ref in found.refs
    }


def test_packed_refs_and_a_detached_head(dash_box: Box) -> None:
    git(dash_box.app, "tag", "-am", "x", "v1")
    git(dash_box.app, "pack-refs", "--all")
    git(dash_box.app, "checkout", "-q", "--detach")
    found = repository(dash_box.facts())
    assert found.main == revision(dash_box.app)
    assert encode(found.head) == {"kind": "detached", "branch": None, "commit": revision(dash_box.app)}


def test_an_unborn_branch(dash_box: Box) -> None:
    git(dash_box.app, "symbolic-ref", "HEAD", "refs/heads/new")
    assert encode(repository(dash_box.facts()).head) == {"kind": "unborn", "branch": "new", "commit": None}


def test_reftables_are_read(dash_box: Box) -> None:
    from dulwich.reftable import ReftableRefsContainer

    app = dash_box.app
    commit = revision(app)
    refs = ReftableRefsContainer(str(app / ".git"))
    refs.set_if_equals(b"refs/heads/main", None, commit.encode())
    refs.set_if_equals(b"refs/remotes/origin/main", None, commit.encode())
    refs.set_symbolic_ref(b"HEAD", b"refs/heads/main")
    (app / ".git/HEAD").write_text("ref: refs/heads/.invalid\n")
    found = repository(dash_box.facts())
    assert (found.ref_format, found.main, found.remote_main) == ("reftable", commit, commit)
    assert encode(found.head)["branch"] == "main"


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_flags_show_in_every_version_of_the_index(dash_box: Box, version: str) -> None:
    git(dash_box.app, "update-index", "--index-version", version)
    git(dash_box.app, "update-index", "--skip-worktree", "src/a.md")
    git(dash_box.app, "update-index", "--assume-unchanged", "plain.md")
    facts = dash_box.facts()
    assert {("skip-worktree", "src/a.md"), ("assume-unchanged", "plain.md")} <= disguises(facts)
    assert repository(facts).index_version == (3 if version in "23" else 4)


def test_flags_show_in_a_split_index(dash_box: Box) -> None:
    git(dash_box.app, "update-index", "--split-index")
    git(dash_box.app, "update-index", "--skip-worktree", "src/a.md")
    assert disguises(dash_box.facts()) == {("skip-worktree", "src/a.md")}
    git(dash_box.app, "update-index", "--no-skip-worktree", "src/a.md")
    assert disguises(dash_box.facts()) == set()


def test_everything_that_makes_git_look_away_is_named(dash_box: Box) -> None:
    app = dash_box.app
    for key, value in {
        "core.fsmonitor": "true",
        "core.hooksPath": "/x",
        "core.excludesFile": "/x",
        "core.attributesFile": "/x",
        "core.worktree": "..",
        "filter.x.clean": "x",
        "filter.lfs.clean": "git-lfs clean -- %f",
        "status.showUntrackedFiles": "no",
        "core.checkStat": "minimal",
        "core.sparseCheckout": "true",
        "include.path": "/x",
        "core.fileMode": "false",
    }.items():
        git(app, "config", key, value)
    (app / ".git/info/exclude").write_text("# comment\n*.bak\n")
    (app / ".git/info/attributes").write_text("* -text\n")
    (app / ".git/objects/info").mkdir(exist_ok=True)
    (app / ".git/objects/info/alternates").write_text("/elsewhere\n")
    hook = app / ".git/hooks/post-merge"
    hook.write_text("#!/bin/sh\n")
    hook.chmod(0o755)
    commit = revision(app)
    (app / ".git/refs/replace").mkdir()
    (app / f".git/refs/replace/{commit}").write_text(commit + "\n")
    assert disguises(dash_box.facts()) == {
        ("fsmonitor", "core.fsmonitor"),
        ("hooks-path", "core.hookspath"),
        ("excludes-file", "core.excludesfile"),
        ("attributes-file", "core.attributesfile"),
        ("worktree", "core.worktree"),
        ("filter", "filter.x.clean"),
        ("status", "status.showuntrackedfiles"),
        ("status", "core.checkstat"),
        ("sparse", "core.sparsecheckout"),
        ("include", "include.path"),
        ("exclude", "*.bak"),
        ("attributes", "* -text"),
        ("alternates", "/elsewhere"),
        ("hook", "hooks/post-merge"),
        ("replace", f"refs/replace/{commit}"),
    }


def test_a_credential_in_the_origin_or_in_fetch_head_never_comes_home_as_a_fact(dash_box: Box) -> None:
    token = "t" * 20
    address = f"https://user:{token}@gitea.example/Archicratia/archicratie-edition.git"
    git(dash_box.app, "remote", "add", "origin", address)
    git(dash_box.app, "config", "http.sslVerify", "false")
    commit = revision(dash_box.app)
    (dash_box.app / ".git/FETCH_HEAD").write_text(f"{commit}\t\tbranch 'main' of {address}\n")
    with (dash_box.app / ".git/logs/HEAD").open("a") as log:
        log.write(f"{'0' * 40} {commit} a <a@b> 1700000000 +0000\tclone: from {address}\n")
    facts = dash_box.facts()
    found = repository(facts)
    assert token not in str(encode(facts))
    assert found.remotes is not MISSING
    assert found.remotes[0].addresses[0].url.owner == "Archicratia"
    assert found.credentials is not MISSING
    assert [one.credential_kind for one in found.credentials] == ["password"]
    assert found.tls_switches is not MISSING
    assert [one.key for one in found.tls_switches] == ["http.sslVerify"]
    assert found.fetch not in (None, MISSING)
    assert found.last_reflog not in (None, MISSING)
    assert encode(found.last_reflog)["at"] == "2023-11-14T22:13:20Z"


def test_a_linked_worktree_below_the_root_is_followed_to_its_common_folder(dash_box: Box) -> None:
    git(dash_box.app, "worktree", "add", "-q", "-b", "other", str(dash_box.root / "releases/20260301-120000/app"))
    (dash_box.root / "current").unlink()
    (dash_box.root / "current").symlink_to("releases/20260301-120000/app")
    found = repository(dash_box.facts())
    assert (found.kind, encode(found.head)["branch"]) == ("file", "other")
    assert found.main == revision(dash_box.app)


def test_a_git_file_that_leads_out_of_the_root_is_not_followed(dash_box: Box, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    git(outside, "init", "-q")
    (dash_box.app / ".git").rename(tmp_path / "moved")
    (dash_box.app / ".git").write_text(f"gitdir: {outside}/.git\n")
    facts = dash_box.facts()
    assert (repository(facts).kind, repository(facts).head) == ("file", MISSING)
    assert "/nas/releases/0/git/head" in {gap.pointer for gap in facts.gaps}


@pytest.mark.parametrize("name", ["HEAD", "config", "index", "packed-refs", "refs/heads/main", "FETCH_HEAD"])
def test_a_damaged_file_hides_no_other_part(dash_box: Box, name: str) -> None:
    (dash_box.app / ".git" / name).write_bytes(b"\xff[ damaged \0 ")
    facts = dash_box.facts()
    found = repository(facts)
    assert found.last_reflog not in (None, MISSING)
    if name != "FETCH_HEAD":
        assert any(gap.pointer.startswith("/nas/releases/0/git/") for gap in facts.gaps)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_as_git_files(data: bytes) -> None:
    folder = GitFolder(b"/x", data, (), {b"packed-refs": GitFile(data, 0, False), b"refs/x": GitFile(data, 0, False)})
    for parse in (
        # zeros for a checksum: git's own way of having none
        lambda: parse_index(b"DIRC\0\0\0\4" + data + bytes(20), 20, lambda _name: data),
        lambda: parse_refs(folder),
        lambda: parse_head(data, parse_refs(GitFolder(b"/x", b"", (), {}))),
        lambda: parse_fetch_head(data, 0),
        lambda: parse_reflog_line(data),
        lambda: tar_files(data),
        lambda: parse_git_folders(data),
    ):
        with contextlib.suppress(SourceError):
            parse()


def test_a_reference_that_names_itself_ends() -> None:
    folder = GitFolder(b"/x", b"", (), {b"refs/heads/a": GitFile(b"ref: refs/heads/a\n", 0, False)})
    assert parse_refs(folder).resolve(b"refs/heads/a") is None
