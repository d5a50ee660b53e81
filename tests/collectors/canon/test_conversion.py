"""The hashes of files against what git itself writes at check-out."""

import hashlib
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.model.missing import MISSING
from tests.collectors.canon.conftest import World, files_of

CONTENTS = {
    "lf": b"one\ntwo\n",
    "crlf": b"one\r\ntwo\r\n",
    "mixed": b"one\r\ntwo\n",
    "open": b"one\ntwo",
    "empty": b"",
    "lone-cr": b"one\rtwo\n",
    "double-cr": b"one\r\r\ntwo\n",
    "binary": b"\x00\x01one\ntwo\n",
    "odd": b"\x01\x02\x03one\ntwo\n",
    "eof": b"one\ntwo\n\x1a",
    "utf-8": "één\ntwee\n".encode(),
    "dollar": b"$Id$\n",
}
WORDS = (
    "text",
    "-text",
    "!text",
    "text=auto",
    "text=input",
    "text=odd",
    "crlf",
    "-crlf",
    "crlf=input",
    "crlf=auto",
    "eol=lf",
    "eol=crlf",
    "eol=odd",
    "binary",
    "-eol",
    "working-tree-encoding=UTF-8",
    "working-tree-encoding=utf8",
)


def agrees(world: World) -> None:
    """Every hash is that of the bytes that git wrote."""
    commit = world.git("rev-parse", "HEAD")
    written = world.checked_out(commit)
    found = files_of(world.collect())
    assert found.keys() == written.keys()
    for path, content in written.items():
        assert found[path].sha256 == hashlib.sha256(content).hexdigest(), path
        assert found[path].size == len(content), path


@pytest.mark.parametrize("attributes", ["", *WORDS, "text eol=crlf", "text=auto eol=crlf", "-text eol=crlf"])
def test_a_hash_is_that_of_the_bytes_that_git_writes(world: World, attributes: str) -> None:
    world.commit({".gitattributes": f"* {attributes}\n".encode(), **CONTENTS})
    agrees(world)


LINES = st.builds(
    lambda pattern, words: f"{pattern} {' '.join(words)}",
    st.sampled_from(["*", "*.txt", "/a.txt", "sub/*", "sub/**", "b*", "[attr]own", "x", "sub/deep/a.txt"]),
    st.lists(st.sampled_from([*WORDS, "own", "-own", "!eol"]), min_size=1, max_size=3),
)
BYTES = st.sampled_from(sorted(CONTENTS.values()))
NAMES = st.sampled_from(["a.txt", "b.txt", "x", "sub/a.txt", "sub/b", "sub/deep/a.txt", "sub/deep/x"])
FOLDERS = st.sampled_from(["", "sub/", "sub/deep/"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(NAMES, BYTES, min_size=1, max_size=7),
    st.dictionaries(FOLDERS, st.lists(LINES, max_size=5), max_size=3),
)
def test_any_attributes_anywhere_give_the_bytes_that_git_writes(
    files: dict[str, bytes], rules: dict[str, list[str]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "w")
        attributes = {f"{place}.gitattributes": "\n".join(lines).encode() for place, lines in rules.items()}
        world.commit({**files, **attributes})
        agrees(world)


@pytest.mark.parametrize("attributes", ["ident", "filter=crypt", "working-tree-encoding=UTF-16", "ident text eol=crlf"])
def test_what_a_program_would_decide_is_not_judged(world: World, attributes: str) -> None:
    world.commit({".gitattributes": f"a.txt {attributes}\n".encode(), "a.txt": b"$Id$\n", "b.txt": b"b\n"})
    found = files_of(world.collect())
    assert found["a.txt"].sha256 is MISSING
    assert found["a.txt"].size is MISSING
    assert found["b.txt"].sha256 == hashlib.sha256(b"b\n").hexdigest()


def test_an_lfs_pointer_names_the_content(world: World) -> None:
    content = hashlib.sha256(b"the picture").hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{content}\nsize 11\n".encode()
    world.commit(
        {
            ".gitattributes": b"*.png filter=lfs diff=lfs merge=lfs -text\n",
            "a.png": pointer,
            "small.png": b"not a pointer\n",
            "pointer.txt": pointer,
        }
    )
    found = files_of(world.collect())
    assert found["a.png"].lfs_sha256 == content
    assert found["a.png"].sha256 == hashlib.sha256(pointer).hexdigest()
    assert found["small.png"].lfs_sha256 is None
    assert found["small.png"].sha256 == hashlib.sha256(b"not a pointer\n").hexdigest()
    # without the attribute git fetches nothing for it
    assert found["pointer.txt"].lfs_sha256 is None


def test_the_other_line_ends_are_hashed_beside(world: World) -> None:
    world.commit({**CONTENTS})
    found = files_of(world.collect())
    assert found["lf"].other_eol_sha256 == hashlib.sha256(CONTENTS["crlf"]).hexdigest()
    assert found["crlf"].other_eol_sha256 == hashlib.sha256(CONTENTS["lf"]).hexdigest()
    assert found["mixed"].other_eol_sha256 == hashlib.sha256(CONTENTS["lf"]).hexdigest()
    assert {found[name].other_eol_sha256 for name in ("binary", "lone-cr", "empty", "odd")} == {None}


def test_links_submodules_and_any_names_are_told(world: World) -> None:
    name = b"caf\xe9 \\ \n'\".txt"
    first = world.commit({name: b"x\n", "run.sh": b"#!/bin/sh\n", ".gitattributes": b"link text eol=crlf\n"})
    os.symlink("run.sh\nelsewhere", world.repository / "link")
    os.chmod(world.repository / "run.sh", 0o755)
    world.git("update-index", "--add", "--cacheinfo", f"160000,{first},vendor/module")
    world.git("add", "link", "run.sh")
    world.git("commit", "-q", "-m", "more")
    found = files_of(world.collect())
    shown = "caf\\xe9 \\\\ \n'\".txt"
    assert found[shown].sha256 == hashlib.sha256(b"x\n").hexdigest()
    assert (found["link"].kind, found["link"].sha256) == ("symlink", hashlib.sha256(b"run.sh\nelsewhere").hexdigest())
    assert found["link"].other_eol_sha256 is None
    assert found["run.sh"].executable
    assert not found[shown].executable
    module = found["vendor/module"]
    assert (module.kind, module.blob, module.sha256) == ("submodule", first, MISSING)
