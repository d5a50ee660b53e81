"""What a night brings into the mirror, over HTTP and from a path, with git's help and without."""

import hashlib
import stat
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from auditor.config.secret import Secret
from auditor.errors import SourceError, TransportError
from auditor.interfaces import Deadline
from auditor.transports.http import HttpClient
from auditor.transports.http.address import Origin
from auditor.transports.mirror.fault import MirrorUnsupportedError
from auditor.transports.mirror.update import update_mirror
from auditor.transports.mirror.view import Mirror
from tests.lab.git_http import GitServer, serve_git
from tests.lab.git_import import add_history, commits, git, make_repository
from tests.lab.mirror_run import GIT, mirrored, tips

with_and_without_git = pytest.mark.parametrize("program", [GIT, None], ids=["index-pack", "dulwich"])


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    path = make_repository(tmp_path / "srv" / "o" / "r.git", commits("refs/heads/main", 30))
    add_history(path, commits("refs/pull/1/head", 3, start=100, parent="refs/heads/main~5"))
    git(path, "update-ref", "refs/pull/1/merge", "refs/heads/main")
    git(path, "update-ref", "refs/remotes/origin/main", "refs/heads/main")
    git(path, "-c", "user.name=A", "-c", "user.email=a@example.net", "tag", "-a", "-m", "first", "v1", "main~9")
    git(path, "-c", "user.name=A", "-c", "user.email=a@example.net", "notes", "add", "-m", "seen", "main")
    return path


@pytest.fixture
def server(repository: Path) -> Iterator[GitServer]:
    with serve_git(repository.parent.parent) as server:
        yield server


def shas(repository: Path, *patterns: str) -> dict[str, str]:
    lines = git(repository, "for-each-ref", "--format=%(refname) %(objectname)", *patterns).splitlines()
    return dict(line.split(" ") for line in lines)


def fingerprint(folder: Path) -> dict[str, tuple[int, str]]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files} | {
        str(path): (path.stat().st_mtime_ns, "") for path in folder.rglob("*") if path.is_dir()
    }


@with_and_without_git
def test_heads_tags_pull_heads_and_notes_arrive_and_nothing_else(
    program: str | None, server: GitServer, repository: Path, tmp_path: Path
) -> None:
    update = mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program)
    wanted = shas(repository, "refs/heads", "refs/tags", "refs/notes") | shas(repository, "refs/pull/1/head")
    assert tips(update) == wanted
    assert (update.fresh, update.notes, update.state.missing, update.state.seen) == (True, (), (), ())
    with Mirror.open(tmp_path / "m") as mirror:
        assert all(mirror.is_whole(sha) for sha in wanted.values())
        assert mirror.peel(wanted["refs/tags/v1"]) == ("commit", git(repository, "rev-parse", "main~9"))


@with_and_without_git
def test_only_the_two_addresses_of_smart_http_are_asked(program: str | None, server: GitServer, tmp_path: Path) -> None:
    mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program)
    asked = [(each.method, each.path) for each in server.requests]
    assert asked == [
        ("GET", "/o/r.git/info/refs?service=git-upload-pack"),
        ("POST", "/o/r.git/git-upload-pack"),
        ("POST", "/o/r.git/git-upload-pack"),
    ]


@with_and_without_git
def test_a_night_without_change_asks_for_the_refs_alone(program: str | None, server: GitServer, tmp_path: Path) -> None:
    first = mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program)
    server.requests.clear()
    second = mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program)
    assert [each.method for each in server.requests] == ["GET", "POST"]
    assert second.received_bytes == 0
    assert second.state.tips == first.state.tips
    assert second.state.packs == first.state.packs


@with_and_without_git
def test_an_increment_brings_only_what_is_new_however_many_pull_requests_there_are(
    program: str | None, server: GitServer, repository: Path, tmp_path: Path
) -> None:
    pulls = (commits(f"refs/pull/{n}/head", 1, start=n, parent="refs/heads/main~9") for n in range(100, 500))
    add_history(repository, chain.from_iterable(pulls))
    add_history(repository, commits("refs/heads/main", 50, start=1000, parent="refs/heads/main^0", size=3000))
    whole = mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program)
    add_history(repository, commits("refs/heads/main", 2, start=2000, parent="refs/heads/main^0"))
    more = mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program)
    assert 0 < more.received_bytes < 5000 < whole.received_bytes
    assert tips(more)["refs/heads/main"] == git(repository, "rev-parse", "main")
    assert more.state.seen == ()


@with_and_without_git
def test_a_rewritten_main_can_still_be_shown(
    program: str | None, server: GitServer, repository: Path, tmp_path: Path
) -> None:
    old = tips(mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program))["refs/heads/main"]
    add_history(repository, commits("refs/heads/main", 2, start=500, parent="refs/heads/main~3"))
    git(repository, "reflog", "expire", "--expire=now", "--all")
    git(repository, "gc", "-q", "--prune=now")
    for _ in range(2):
        update = mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program)
        assert [(tip.name, tip.sha, tip.held) for tip in update.state.seen] == [("refs/heads/main", old, True)]
    with Mirror.open(tmp_path / "m") as mirror:
        new = mirror.tip("refs/heads/main") or ""
        assert not mirror.is_ancestor(old, new)
        assert len(list(mirror.reachable([old], [new]))) == 3
    assert f"{old} commit\trefs/auditor/seen/" in git(tmp_path / "m", "for-each-ref", "refs/auditor/seen")


def test_a_main_that_moves_forward_leaves_no_old_tip(server: GitServer, repository: Path, tmp_path: Path) -> None:
    mirrored(tmp_path / "m", f"{server.url}/o/r.git")
    add_history(repository, commits("refs/heads/main", 2, start=500, parent="refs/heads/main^0"))
    assert mirrored(tmp_path / "m", f"{server.url}/o/r.git").state.seen == ()


def test_a_deleted_branch_leaves_the_tips_and_its_objects_stay(
    server: GitServer, repository: Path, tmp_path: Path
) -> None:
    add_history(repository, commits("refs/heads/feat", 2, start=500, parent="refs/heads/main^0"))
    feat = tips(mirrored(tmp_path / "m", f"{server.url}/o/r.git"))["refs/heads/feat"]
    git(repository, "update-ref", "-d", "refs/heads/feat")
    update = mirrored(tmp_path / "m", f"{server.url}/o/r.git")
    assert "refs/heads/feat" not in tips(update)
    with Mirror.open(tmp_path / "m") as mirror:
        assert mirror.is_whole(feat)


def test_an_empty_repository_has_no_tips(server: GitServer, repository: Path, tmp_path: Path) -> None:
    make_repository(repository.parent / "empty.git", [])
    for source in (f"{server.url}/o/empty.git", repository.parent / "empty.git"):
        update = mirrored(tmp_path / "m", source)
        assert (update.state.tips, update.state.missing) == ((), ())


@with_and_without_git
def test_a_server_without_protocol_2_is_understood(
    program: str | None, server: GitServer, repository: Path, tmp_path: Path
) -> None:
    server.version_0 = True
    update = mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program)
    assert tips(update) == shas(repository, "refs/heads", "refs/tags", "refs/notes") | shas(
        repository, "refs/pull/1/head"
    )
    add_history(repository, commits("refs/heads/main", 1, start=500, parent="refs/heads/main^0"))
    more = mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program)
    assert 0 < more.received_bytes < update.received_bytes


@with_and_without_git
def test_a_local_path_gives_the_same_and_is_left_as_it_was(
    program: str | None, server: GitServer, repository: Path, tmp_path: Path
) -> None:
    over_http = mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program)
    before = fingerprint(repository)
    from_path = mirrored(tmp_path / "l", repository, git=program)
    assert fingerprint(repository) == before
    assert from_path.state.tips == over_http.state.tips
    add_history(repository, commits("refs/heads/main", 2, start=500, parent="refs/heads/main^0"))
    more = mirrored(tmp_path / "l", repository, git=program)
    assert 0 < more.received_bytes < from_path.received_bytes
    repository.rename(tmp_path / "gone")
    with Mirror.open(tmp_path / "l") as mirror:
        assert all(mirror.is_whole(ref.sha) for ref in mirror.tips)


@with_and_without_git
def test_nothing_that_a_local_repository_configures_is_run(
    program: str | None, repository: Path, tmp_path: Path
) -> None:
    trap, sprung = tmp_path / "trap", tmp_path / "sprung"
    trap.write_text(f"#!/bin/sh\ntouch {sprung}\ncat\n")
    trap.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "uploadpack.packObjectsHook",
        "core.sshCommand",
        "core.alternateRefsCommand",
        "core.pager",
    ):
        git(repository, "config", key, str(trap))
    for hook in ("pre-auto-gc", "reference-transaction", "post-checkout"):
        (repository / "hooks").mkdir(exist_ok=True)
        (repository / "hooks" / hook).symlink_to(trap)
    assert mirrored(tmp_path / "m", repository, git=program).state.tips
    assert not sprung.exists()


def test_a_clone_with_a_work_tree_and_borrowed_objects_is_copied_whole(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--shared", str(repository), "work:tree")
    update = mirrored(tmp_path / "m", tmp_path / "work:tree")
    repository.rename(tmp_path / "gone")
    with Mirror.open(tmp_path / "m") as mirror:
        assert mirror.is_whole(tips(update)["refs/heads/main"])


def test_the_folder_is_closed_to_others(repository: Path, tmp_path: Path) -> None:
    mirrored(tmp_path / "deep" / "m", repository)
    assert stat.S_IMODE((tmp_path / "deep" / "m").stat().st_mode) == 0o700


def test_a_folder_that_is_a_link_is_refused(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "m").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SourceError, match="is a link"):
        mirrored(tmp_path / "m", repository)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_path_that_is_no_repository_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="can't be read"):
        mirrored(tmp_path / "m", tmp_path / "nothing")


def test_a_repository_named_by_sha256_is_unsupported(server: GitServer, repository: Path, tmp_path: Path) -> None:
    other = repository.parent / "sha256.git"
    other.mkdir()
    git(other, "init", "-q", "--bare", "--object-format=sha256", "-b", "main", ".")
    add_history(other, commits("refs/heads/main", 2))
    for source in (f"{server.url}/o/sha256.git", other):
        with pytest.raises(MirrorUnsupportedError, match=r"SHA-1|sha256|SHA-256"):
            mirrored(tmp_path / "m", source)


def test_a_shallow_repository_is_unsupported(server: GitServer, repository: Path, tmp_path: Path) -> None:
    other = repository.parent / "shallow.git"
    git(tmp_path, "clone", "-q", "--bare", "--depth", "3", f"file://{repository}", str(other))
    for source in (f"{server.url}/o/shallow.git", other):
        with pytest.raises(MirrorUnsupportedError, match="shallow"):
            mirrored(tmp_path / "m", source)


def test_a_server_that_demands_a_token_names_the_right_that_is_missing(server: GitServer, tmp_path: Path) -> None:
    server.authorization = "token none"
    with pytest.raises(SourceError, match="read:repository") as caught:
        mirrored(tmp_path / "m", f"{server.url}/o/r.git")
    assert not isinstance(caught.value, TransportError)


def test_the_token_goes_along_when_it_is_asked_for(server: GitServer, tmp_path: Path) -> None:
    word = "t" * 40
    server.authorization = f"token {word}"
    deadline = Deadline.after(60)
    with HttpClient([Origin(url=server.url, token=Secret(word))], deadline=deadline) as http:
        update = update_mirror(
            tmp_path / "m",
            f"{server.url}/o/r.git",
            http=http,
            deadline=deadline,
            progress=lambda _: None,
        )
    assert update.state.tips
    assert word not in repr(update)
    assert all(word.encode() not in path.read_bytes() for path in (tmp_path / "m").rglob("*") if path.is_file())


@with_and_without_git
def test_a_pack_above_the_limit_is_refused_and_leaves_nothing(
    program: str | None, server: GitServer, repository: Path, tmp_path: Path
) -> None:
    add_history(repository, commits("refs/heads/big", 20, size=20_000))
    with pytest.raises(SourceError):
        mirrored(tmp_path / "m", f"{server.url}/o/r.git", git=program, limit=100_000)
    assert list((tmp_path / "m" / "objects" / "pack").iterdir()) == []


def test_many_small_packs_become_one_and_old_tips_stay(repository: Path, tmp_path: Path) -> None:
    old = tips(mirrored(tmp_path / "m", repository))["refs/heads/main"]
    add_history(repository, commits("refs/heads/main", 1, start=500, parent="refs/heads/main~3"))
    for number in range(52):
        add_history(repository, commits("refs/heads/main", 1, start=600 + number, parent="refs/heads/main^0"))
        update = mirrored(tmp_path / "m", repository)
    assert len(update.state.packs) < 10
    again = mirrored(tmp_path / "m", repository)
    assert (again.notes, again.received_bytes) == ((), 0)
    with Mirror.open(tmp_path / "m") as mirror:
        assert mirror.is_whole(old)
        assert mirror.is_whole(mirror.tip("refs/heads/main") or "")
