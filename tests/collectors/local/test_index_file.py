import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.collectors.local.index_file import read_index
from auditor.errors import SourceError
from auditor.gitfile.bitmap import ewah_positions
from auditor.model.missing import MISSING


def listed(world: Any) -> list[tuple[bytes, int, str, int]]:
    """The index as git lists it."""
    found = []
    for line in world.git("ls-files", "-s", "-z").split(b"\0")[:-1]:
        meta, _, path = line.partition(b"\t")
        mode, oid, stage = meta.split()
        found.append((path, int(mode, 8), oid.decode(), int(stage)))
    return found


def read(world: Any, hash_name: Any = "sha1") -> list[tuple[bytes, int, str, int]]:
    entries = read_index(os.fsencode(world.clone / ".git"), hash_name)
    return [(one.path, one.mode, one.oid.hex(), one.stage) for one in entries]


def filled(world: Any) -> None:
    for name in ("a", "b/c", "b/cd", "z" * 200, "é"):
        world.write(name)
    world.git("add", "-A")


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_every_version_is_read_as_git_reads_it(world: Any, version: str) -> None:
    filled(world)
    blob = world.git("rev-parse", ":a").decode().strip()
    # longer than the twelve bits that the format has for a length, and than any path on disk
    world.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{'/'.join(['long' * 50] * 25)}")
    if version == "3":
        world.write("later")
        world.git("add", "-N", "later")
    world.git("update-index", "--index-version", version)
    assert read(world) == listed(world)


def test_a_split_index_is_put_together(world: Any) -> None:
    filled(world)
    world.git("update-index", "--split-index")
    assert read(world) == listed(world)
    world.git("config", "splitIndex.maxPercentChange", "100")
    world.write("a", b"replaced")
    world.write("added")
    world.git("add", "a", "added")
    world.git("rm", "-q", "--cached", "b/c")
    assert list(Path(world.clone / ".git").glob("sharedindex.*"))
    assert read(world) == listed(world)
    for shared in Path(world.clone / ".git").glob("sharedindex.*"):
        shared.unlink()
    with pytest.raises(SourceError, match="shared part is gone"):
        read(world)


def test_a_sha256_repository_is_read(new_world: Any) -> None:
    world = new_world("--object-format=sha256")
    filled(world)
    assert read(world, "sha256") == listed(world)
    commit = world.commit()
    world.write("a", b"other")
    facts = world.observe()
    assert (facts.object_format, facts.head.commit, facts.staged) == ("sha256", commit, ())
    assert [one.path for one in facts.unstaged] == ["a"]
    assert facts.gaps == ()


@given(data=st.data())
def test_a_damaged_index_is_refused_or_read_but_never_breaks(tmp_path_factory: Any, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("index")
    entry = b"\0" * 24 + b"\0\0\x81\xa4" + b"\0" * 12 + b"\1" * 20 + b"\0\1a" + b"\0" * 9
    good = b"DIRC\0\0\0\2\0\0\0\1" + entry + b"TREE\0\0\0\1x" + b"\0" * 20
    at = data.draw(st.integers(0, len(good) - 1))
    bad = good[:at] + data.draw(st.binary(max_size=4)) + good[at + data.draw(st.integers(0, 4)) :]
    (folder / "index").write_bytes(bad)
    try:
        read_index(os.fsencode(folder), "sha1")
    except SourceError as fault:
        assert "index" in str(fault)


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"DIRC\0\0\0\x02\0\0\0\x01" + b"\0" * 40, b"DIRC\0\0\0\x09" + b"\0" * 40]
)
def test_a_damaged_index_leaves_the_other_facts(world: Any, content: bytes) -> None:
    world.write("a")
    commit = world.commit()
    (world.clone / ".git/index").write_bytes(content)
    facts = world.observe()
    assert facts.head.commit == commit
    assert (facts.staged, facts.unstaged, facts.untracked, facts.env_files) == (MISSING,) * 4
    assert {"/local/staged", "/local/untracked", "/local/env_files"} <= {gap.pointer for gap in facts.gaps}


def test_a_missing_index_means_that_everything_was_unstaged(world: Any) -> None:
    world.write("a")
    world.commit()
    (world.clone / ".git/index").unlink()
    facts = world.observe()
    assert [(one.path, one.kind) for one in facts.staged] == [("a", "deleted")]
    assert [one.path for one in facts.untracked] == ["a"]


def test_a_bitmap_of_runs_and_literals_gives_its_positions() -> None:
    words = [1 | 1 << 1 | 1 << 33, 0b101]
    data = (131).to_bytes(4, "big") + (2).to_bytes(4, "big") + b"".join(word.to_bytes(8, "big") for word in words)
    assert ewah_positions(data + b"\0\0\0\0", 0, 131) == ([*range(64), 64, 66], len(data) + 4)
    with pytest.raises(ValueError, match="beyond"):
        ewah_positions(data + b"\0\0\0\0", 0, 60)
