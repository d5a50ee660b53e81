"""The cache gives back what was compiled, and nothing else."""

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.policy.cache import Ruling, cached
from auditor.policy.compiler import CompiledRule

Compiled = Callable[..., CompiledRule]
NONE = Ruling(rules=(), compiled=())


@pytest.fixture
def ruling(compiled: Compiled) -> Ruling:
    rule = compiled(when="slot.port == 1")
    return Ruling(rules=(rule.rule,), compiled=(rule,))


def test_a_second_run_reads_and_compiles_nothing(ruling: Ruling, tmp_path: Path) -> None:
    assert cached(tmp_path / "c", "k", lambda: ruling) == ruling

    def never() -> Ruling:
        raise AssertionError

    assert cached(tmp_path / "c", "k", never) == ruling
    (file,) = (tmp_path / "c").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "[", "[]", '{"rules": []}', '{"rules": [], "compiled": [1]}', "[1]", "\x00"])
def test_a_damaged_file_is_made_anew(ruling: Ruling, tmp_path: Path, content: str) -> None:
    (tmp_path / "rules-k.json").write_text(content)
    assert cached(tmp_path, "k", lambda: ruling) == ruling
    assert cached(tmp_path, "k", lambda: NONE) == ruling


def test_a_folder_that_cannot_be_written_only_costs_time(ruling: Ruling, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert cached(tmp_path / "file" / "below", "k", lambda: ruling) == ruling


def test_what_was_not_asked_for_in_a_month_goes_when_something_new_comes(ruling: Ruling, tmp_path: Path) -> None:
    old = time.time() - 40 * 24 * 3600
    for key in ("used", "forgotten"):
        cached(tmp_path, key, lambda: ruling)
        os.utime(tmp_path / f"rules-{key}.json", (old, old))
    cached(tmp_path, "used", lambda: NONE)
    cached(tmp_path, "new", lambda: ruling)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["rules-new.json", "rules-used.json"]
