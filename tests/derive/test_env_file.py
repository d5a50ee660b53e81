"""Env files: who may read them, which are tracked, which names the ignore rules let in."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.config import Config
from auditor.derive.env_file import derive
from auditor.model.facts.dotenv import EnvFile, IgnoreProbe, TrackedEnvFile
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING

FILE = EnvFile(
    path=".env", tracking="ignored", in_head=False, kind="file", mode="0600", readable_by_group=False,
    readable_by_others=False, keys=(),
)  # fmt: skip
PROBE = IgnoreProbe(path=".env", ignored=True, file=".gitignore", line=1, pattern=".env")
PAIRS = [("env_files", "files"), ("tracked_env_files", "tracked"), ("env_ignore", "ignores")]


def test_the_clones_env_files_are_given_with_their_source(seen: Any, bare: Config) -> None:
    derived = derive(
        seen(
            env_files=(FILE, replace(FILE, path="old/.env", kind="absent", mode=None)),
            tracked_env_files=(TrackedEnvFile(branch="main", path="x/.env", blob="1" * 40),),
            env_ignore=(PROBE,),
        ),
        bare,
    )
    assert derived.files is not MISSING
    assert [(one.source, one.path, one.mode, one.readable_by_others) for one in derived.files] == [
        ("local", ".env", "0600", False)
    ]
    assert derived.tracked is not MISSING
    assert [(one.source, one.tip, one.path) for one in derived.tracked] == [("local", "branch main", "x/.env")]
    assert derived.ignores is not MISSING
    assert [(one.source, one.path, one.line) for one in derived.ignores] == [("local", ".env", 1)]
    assert derived.gaps == ()


def test_a_mode_that_was_not_seen_stays_unknown(seen: Any, bare: Config) -> None:
    blind = replace(FILE, mode=MISSING, readable_by_others=MISSING)
    derived = derive(seen(env_files=(blind,)), bare)
    assert derived.files is not MISSING
    assert (derived.files[0].mode, derived.files[0].readable_by_others) == (MISSING, MISSING)


@pytest.mark.parametrize(("fact", "member"), PAIRS)
def test_what_was_not_observed_is_missing_and_its_gap_is_carried(
    seen: Any, bare: Config, fact: str, member: str
) -> None:
    facts: dict[str, Any] = {name: () for name, _ in PAIRS if name != fact}
    derived = derive(seen(**facts, gaps=(Gap(pointer=f"/local/{fact}", reason="damaged"),)), bare)
    assert getattr(derived, member) in (MISSING, ())
    assert Gap(pointer=f"/env_file/{member}", reason="damaged") in derived.gaps
    others = [getattr(derived, name) for _, name in PAIRS if name != member]
    assert others == [(), ()]


def test_a_clone_that_is_not_there_tells_why(seen: Any, bare: Config) -> None:
    derived = derive(seen(available=False, error="asleep"), bare)
    told = {(gap.pointer, gap.reason) for gap in derived.gaps}
    assert told == {(f"/env_file/{member}", "local is unavailable: asleep") for _, member in PAIRS}
    assert derive(replace(seen(), local=MISSING), bare).tracked is MISSING
