import hashlib
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from auditor.collectors.local.content import file_content, file_id
from auditor.errors import SourceError


def test_a_huge_file_is_hashed_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    size = 64 * 1024 * 1024
    with path.open("wb") as file:
        file.truncate(size)
    tracemalloc.start()
    oid, status = file_id(os.fsencode(path), "sha1")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert oid == hashlib.sha1(b"blob %d\0" % size + b"\0" * size).digest()
    assert status.st_size == size
    assert peak < 8 * 1024 * 1024


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs a file whose size is not true")
def test_a_file_that_is_not_what_its_size_says_is_refused() -> None:
    with pytest.raises(SourceError, match="changed while it was read"):
        file_id(b"/proc/self/stat", "sha1")


def test_what_is_no_regular_file_is_never_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "target").write_text("x")
    for name in ("fifo", "link"):
        with pytest.raises((SourceError, OSError)):
            file_id(os.fsencode(tmp_path / name), "sha1")
    with pytest.raises(SourceError, match="larger than 0 bytes"):
        file_content(os.fsencode(tmp_path / "target"), 0)


def test_no_text_of_a_damaged_configuration_is_quoted(world: Any) -> None:
    canary = "canary" * 4
    world.write(".gitmodules", f"[submodule {canary}\n".encode())
    world.write("../home/.gitconfig", f'[url "https://me:{canary}@git.example" insteadOf = {canary}\n'.encode())
    facts = world.observe()
    assert canary not in repr(facts)
    reasons = {gap.pointer: gap.reason for gap in facts.gaps}
    assert reasons["/local/submodules"] == ".gitmodules: line 1 is no git configuration"
    assert "line 1 is no git configuration" in reasons["/local/tls_switches"]
