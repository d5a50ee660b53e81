"""Questions to the mirror, compared with git's own answers over histories of many shapes."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.transports.mirror.commit import parse_commit
from auditor.transports.mirror.fault import MirrorMalformedError
from auditor.transports.mirror.view import Mirror
from tests.lab.git_import import git, make_repository
from tests.lab.mirror_run import mirrored

_SHA = "1234567890123456789012345678901234567890"


def tangled(seed: int, count: int) -> Iterator[bytes]:
    """A history of `count` commits with merges of two and three parents, several roots and clocks that lie."""
    dice = random.Random(seed)
    for number in range(1, count + 1):
        message = f"commit {number}\n".encode()
        parents = dice.sample(range(max(1, number - 8), number), min(number - 1, dice.choice([0, 1, 1, 1, 2, 2, 3])))
        yield b"commit refs/heads/c%d\nmark :%d\n" % (number, number)
        when = 1_700_000_000 + dice.randint(-5000, 5000)
        yield b"committer A <a@example.net> %d +0000\ndata %d\n%b" % (when, len(message), message)
        for place, parent in enumerate(parents):
            yield (b"from" if place == 0 else b"merge") + b" :%d\n" % parent
        yield b"M 100644 inline f%d\ndata 2\nx\n\n" % number


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_history_answers_are_those_of_git(seed: int, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r.git", tangled(seed, 60))
    mirrored(tmp_path / "m", repository)
    dice = random.Random(seed)
    with Mirror.open(tmp_path / "m") as mirror:
        shas = [ref.sha for ref in mirror.tips]
        for _ in range(25):
            one, two, three = dice.choice(shas), dice.choice(shas), dice.choice(shas)
            listed = git(repository, "rev-list", one, two, f"^{three}").split()
            assert sorted(commit.sha for commit in mirror.reachable([one, two], [three])) == sorted(listed)
            assert mirror.is_ancestor(one, two) == (one in git(repository, "rev-list", two).split())
            line = git(repository, "rev-list", "--first-parent", one).split()
            assert [commit.sha for commit in mirror.first_parents(one)] == line
            stop = dice.choice(line)
            assert [commit.sha for commit in mirror.first_parents(one, stop)] == line[: line.index(stop)]


def special(files: list[tuple[bytes, bytes, bytes]], head: bytes = b"", message: bytes = b"m\n") -> Iterator[bytes]:
    yield b"commit refs/heads/main\n" + (head or b"committer A <a@example.net> 1700000000 +0000\n")
    yield b"data %d\n%b" % (len(message), message)
    for mode, path, content in files:
        yield b"M %b inline %b\ndata %d\n%b\n" % (mode, path, len(content), content)


def test_a_tree_is_its_files_by_path_names_without_loss(tmp_path: Path) -> None:
    files = [
        (b"100644", b"a", b"one"),
        (b"100755", b"dir/sub/run.sh", b"two"),
        (b"120000", b"dir/link", b"a"),
        (b"100644", b'"dir/\\351t\\351.txt"', b"three"),
        (b"100644", b'"back\\\\slash"', b"four"),
    ]
    repository = make_repository(tmp_path / "r.git", special(files))
    mirrored(tmp_path / "m", repository)
    with Mirror.open(tmp_path / "m") as mirror:
        tip = mirror.tip("refs/heads/main") or ""
        tree = mirror.tree(tip)
        assert tree == mirror.tree(mirror.commit(tip).tree)
        assert {path: entry.mode for path, entry in tree.items()} == {
            "a": 0o100644,
            "dir/sub/run.sh": 0o100755,
            "dir/link": 0o120000,
            "dir/\\xe9t\\xe9.txt": 0o100644,
            "back\\\\slash": 0o100644,
        }
        assert mirror.blob(tree["dir/sub/run.sh"].sha) == b"two"


def test_a_large_file_is_refused_before_it_is_unpacked_also_as_a_delta(tmp_path: Path) -> None:
    body = b"".join(b"line %d\n" % number for number in range(20_000))
    repository = make_repository(
        tmp_path / "r.git", special([(b"100644", b"a", body), (b"100644", b"b", body + b"end\n")])
    )
    git(repository, "repack", "-a", "-d", "-f", "-q")
    mirrored(tmp_path / "m", repository)
    with Mirror.open(tmp_path / "m") as mirror:
        for name, size in (("a", len(body)), ("b", len(body) + 4)):
            sha = mirror.tree(mirror.tip("refs/heads/main") or "")[name].sha
            with pytest.raises(MirrorMalformedError, match=f"has {size} bytes"):
                mirror.blob(sha, limit=size - 1)
            assert len(mirror.blob(sha, limit=size)) == size


def test_a_kind_that_was_not_asked_for_is_an_error(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r.git", special([(b"100644", b"a", b"one")]))
    mirrored(tmp_path / "m", repository)
    with Mirror.open(tmp_path / "m") as mirror:
        commit = mirror.commit(mirror.tip("refs/heads/main") or "")
        with pytest.raises(MirrorMalformedError, match="is a tree, not a commit"):
            mirror.commit(commit.tree)
        with pytest.raises(MirrorMalformedError, match="is a commit, not a blob"):
            mirror.blob(commit.sha)
        with pytest.raises(MirrorMalformedError, match="is a blob, not a tree"):
            mirror.tree(mirror.tree(commit.sha)["a"].sha)


def test_a_tree_that_unfolds_without_end_is_refused(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r.git", [])
    blob = git(repository, "hash-object", "-w", "--stdin", stdin=b"x")
    tree = git(repository, "mktree", stdin="".join(f"100644 blob {blob}\tf{n}\n" for n in range(10)).encode())
    for _ in range(12):
        tree = git(repository, "mktree", stdin="".join(f"040000 tree {tree}\td{n}\n" for n in range(10)).encode())
    commit = git(repository, "-c", "user.name=A", "-c", "user.email=a@example.net", "commit-tree", "-m", "bomb", tree)
    git(repository, "update-ref", "refs/heads/main", commit)
    mirrored(tmp_path / "m", repository)
    with Mirror.open(tmp_path / "m") as mirror:
        assert mirror.is_whole(commit)
        with pytest.raises(MirrorMalformedError, match="more than"):
            mirror.tree(commit)


@given(st.binary(max_size=400))
def test_no_bytes_make_the_commit_parser_fail_otherwise_than_it_says(raw: bytes) -> None:
    for content in (raw, b"tree " + _SHA.encode() + b"\n" + raw):
        try:
            commit = parse_commit(_SHA, content)
        except MirrorMalformedError:
            continue
        (commit.summary + commit.author.name + commit.committer.email + (commit.author.at or "")).encode()


@pytest.mark.parametrize(
    ("line", "name", "email", "at"),
    [
        (b"Ada L <ada@example.net> 1700000000 +0130", "Ada L", "ada@example.net", "2023-11-14T22:13:20Z"),
        (b"Ada <> 0 +0000", "Ada", "", "1970-01-01T00:00:00Z"),
        (b"<x@y> -1 +0000", "", "x@y", "1969-12-31T23:59:59Z"),
        (b"Ada <a> 99999999999999999 +0000", "Ada", "a", None),
        (b"Ada <a<b>> 1700000000 +0000", "Ada", "a<b", "2023-11-14T22:13:20Z"),
        (b"nobody", "nobody", "", "1970-01-01T00:00:00Z"),
        (b"\xe9t\xe9 <a> 0 +0000", "\\xe9t\\xe9", "a", "1970-01-01T00:00:00Z"),
    ],
)
def test_people_of_real_and_odd_commits_are_read(line: bytes, name: str, email: str, at: str | None) -> None:
    raw = b"tree %b\nparent %b\nauthor %b\ncommitter %b\n\nwhat\n" % (_SHA.encode(), _SHA.encode(), line, line)
    commit = parse_commit(_SHA, raw)
    assert (commit.author.name, commit.author.email, commit.author.at) == (name, email, at)
    assert commit.parents == (_SHA,)


def test_a_message_in_the_encoding_that_its_commit_names_is_read() -> None:
    raw = b"tree %b\nencoding ISO-8859-1\ngpgsig -----BEGIN\n parent x\n -----END\n\n\xe9t\xe9\nmore\n" % _SHA.encode()
    commit = parse_commit(_SHA, raw)
    assert (commit.summary, commit.parents, commit.signed) == ("été", (), True)
