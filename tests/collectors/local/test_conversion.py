# paths are bytes here, which pathlib can't hold

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.gitfile.conversion import looks_binary, normalised

BYTES = st.lists(st.sampled_from([b"\r\n", b"\n", b"\r", b"a", b"\0", b"\x1a", b"\x01", b"\x7f", b"a" * 130])).map(
    b"".join
)
ATTRIBUTES = ["", "text", "-text", "text=auto", "eol=lf", "eol=crlf", "text=auto eol=crlf", "binary", "crlf", "!text"]


def is_clean(world: Any, *options: str) -> bool:
    """Whether git finds the file unchanged once it has hashed it."""
    return not world.git(*options, "status", "--porcelain", "-uno")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stored=BYTES,
    on_disk=BYTES,
    attribute=st.sampled_from(ATTRIBUTES),
    auto_crlf=st.sampled_from(["true", "input", "false"]),
)
def test_a_file_is_unchanged_when_git_would_store_the_same_bytes(
    new_world: Any, stored: bytes, on_disk: bytes, attribute: str, auto_crlf: str
) -> None:
    world = new_world()
    world.write(".gitattributes", b"* " + attribute.encode() + b"\n")
    world.git("config", "core.autocrlf", "false")
    blob = world.git("hash-object", "-w", "--no-filters", "--stdin", text=stored).decode().strip()
    world.git("update-index", "--add", "--cacheinfo", f"100644,{blob},f")
    world.write("f", on_disk)
    world.git("config", "core.autocrlf", auto_crlf)
    world.git("config", "core.safecrlf", "false")
    # equal bytes are the same to us, even where git would store others at the next commit
    expected = is_clean_after_add(world, blob) or stored == on_disk
    states = {one.path: one.kind for one in world.observe().unstaged}
    assert ("f" not in states) == expected


def is_clean_after_add(world: Any, blob: str) -> bool:
    """Whether `git add` would leave the entry as it is; asked in a copy of the index, which stays as it was."""
    index = (world.clone / ".git/index").read_bytes()
    world.git("add", "f")
    added = world.git("rev-parse", ":f").decode().strip()
    (world.clone / ".git/index").write_bytes(index)
    return added == blob


@given(BYTES)
def test_text_is_normalised_once_and_for_all(content: bytes) -> None:
    once = normalised(content, "text", b"")
    assert once == content.replace(b"\r\n", b"\n")
    assert not looks_binary(b"plain\r\ntext\n")


def test_an_lfs_file_is_compared_by_its_pointer(world: Any) -> None:
    import hashlib

    content = b"large\n" * 100
    digest = hashlib.sha256(content).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(content)}\n"
    world.write("big.bin", pointer.encode())
    world.write("bare.bin", pointer.encode())
    world.commit()
    world.write(".gitattributes", b"*.bin filter=lfs diff=lfs merge=lfs -text\n")
    world.write("big.bin", content)
    assert world.observe().unstaged == ()
    world.write("big.bin", content + b"!")
    assert [(one.path, one.kind) for one in world.observe().unstaged] == [("big.bin", "modified")]


@pytest.mark.parametrize("attribute", ["filter=trap", "ident", "working-tree-encoding=UTF-16"])
def test_what_needs_a_program_is_not_judged_and_nothing_runs(world: Any, attribute: str) -> None:
    world.write("f", b"$Id$\n")
    world.write("g", b"same\n")
    world.commit()
    world.write(".gitattributes", f"f {attribute}\ng {attribute}\n".encode())
    world.git("config", "filter.trap.clean", f"touch {world.base}/fired; cat")
    world.write("f", b"$Id: 0123 $\n")
    facts = world.observe()
    assert facts.unstaged == ()
    gaps = [gap for gap in facts.gaps if gap.pointer == "/local/unstaged"]
    assert len(gaps) == 1
    assert gaps[0].reason.startswith("f can't be judged: its attribute")
    assert not os.path.exists(world.base / "fired")


def test_attributes_come_from_every_place_that_git_asks(world: Any) -> None:
    for name in ("root", "sub/own", "macro", "info", "user"):
        world.write(name, b"a\nb\n")
    world.write("plain", b"a\nb\n")
    world.write(".gitattributes", b"[attr]lines text eol=crlf\nroot text\nmacro lines\ninfo -text\nuser -text\n")
    world.write("sub/.gitattributes", b"own text\n")
    world.commit()
    world.write(".git/info/attributes", b"info text\nuser text=auto\n")
    (world.home / ".config/git").mkdir(parents=True)
    (world.home / ".config/git/attributes").write_text("* text\nplain -text\n")
    for name in ("root", "sub/own", "macro", "info", "user", "plain"):
        world.write(name, b"a\r\nb\r\n")
    assert [one.path for one in world.observe().unstaged] == ["plain"]
    assert is_clean(world, "-c", "core.pager=cat") is False
