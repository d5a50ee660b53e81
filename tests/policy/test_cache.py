"""The cache gives back what was compiled, and nothing else."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.policy.cache import cached
from auditor.policy.compiler import CompiledRule

Compiled = Callable[..., CompiledRule]


def test_a_second_run_compiles_nothing(compiled: Compiled, tmp_path: Path) -> None:
    rules = (compiled(when="slot.port == 1"),)
    assert cached(tmp_path / "c", "k", lambda: rules) == rules

    def never() -> tuple[CompiledRule, ...]:
        raise AssertionError

    assert cached(tmp_path / "c", "k", never) == rules
    (file,) = (tmp_path / "c").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "[", "{}", '[{"rule": 1}]', "[1]", "\x00"])
def test_a_damaged_file_is_made_anew(compiled: Compiled, tmp_path: Path, content: str) -> None:
    (tmp_path / "rules-k.json").write_text(content)
    rules = (compiled(),)
    assert cached(tmp_path, "k", lambda: rules) == rules
    assert cached(tmp_path, "k", lambda: ()) == rules


def test_a_folder_that_cannot_be_written_only_costs_time(compiled: Compiled, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    rules = (compiled(),)
    assert cached(tmp_path / "file" / "below", "k", lambda: rules) == rules
