"""Work that only the clone holds."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.config import Config
from auditor.derive.unpublished import derive
from auditor.model.facts.local import Branch, Change, Stash, UntrackedFile
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING

OLD = "2020-01-01T00:00:00Z"
BRANCH = Branch(name="feat/x", commit="1" * 40, upstream=None, unpublished_count=2, unpublished_since=OLD)
STASH = Stash(name="stash@{0}", commit="2" * 40, created_at=OLD, message="half", published=False)
LISTS = ("branches", "stashes", "staged", "unstaged", "untracked")
NOTHING: dict[str, Any] = {**dict.fromkeys(LISTS, ()), "detached": None}


def items(seen: Any, config: Config, **facts: Any) -> list[tuple[str, str, Any]]:
    derived = derive(seen(**{**NOTHING, **facts}), config)
    assert derived.items is not MISSING
    return [(item.kind, item.name, item.since) for item in derived.items]


def test_branches_come_first_then_stashes_then_files_by_path(seen: Any, bare: Config) -> None:
    found = items(
        seen, bare,
        branches=(BRANCH, replace(BRANCH, name="done", unpublished_count=0, unpublished_since=None)),
        detached=replace(BRANCH, name="HEAD"),
        stashes=(STASH, replace(STASH, name="stash@{1}", published=True)),
        staged=(Change(path="b", kind="added", changed_at=OLD),),
        unstaged=(Change(path="a", kind="deleted", changed_at=OLD),),
        untracked=(UntrackedFile(path="c", changed_at=OLD),),
    )  # fmt: skip
    assert found == [
        ("branch", "feat/x", OLD), ("branch", "HEAD", OLD), ("stash", "stash@{0}", OLD),
        ("file", "a", OLD), ("file", "b", OLD), ("file", "c", OLD),
    ]  # fmt: skip


def test_a_file_that_is_staged_and_changed_again_is_one_work(seen: Any, bare: Config) -> None:
    both = Change(path="a", kind="modified", changed_at=OLD)
    assert items(seen, bare, staged=(both,), unstaged=(both,)) == [("file", "a", OLD)]


def test_what_is_not_known_to_be_published_is_work_of_unknown_age(seen: Any, bare: Config) -> None:
    blind = replace(BRANCH, unpublished_count=MISSING, unpublished_since=MISSING)
    stash = replace(STASH, published=MISSING)
    assert items(seen, bare, branches=(blind,), stashes=(stash,)) == [
        ("branch", "feat/x", MISSING),
        ("stash", "stash@{0}", OLD),
    ]
    ageless = Change(path="a", kind="modified")
    assert items(seen, bare, staged=(ageless,)) == [("file", "a", MISSING)]


@pytest.mark.parametrize("absent", LISTS)
def test_a_part_that_was_not_observed_hides_nothing_else_and_is_a_gap_of_the_whole(
    seen: Any, bare: Config, absent: str
) -> None:
    gap = Gap(pointer=f"/local/{absent}", reason="damaged")
    facts = {**NOTHING, "branches": (BRANCH,), absent: MISSING}
    derived = derive(seen(**facts, gaps=(gap,)), bare)
    assert derived.gaps == (Gap(pointer="/unpublished/items", reason="damaged"),)
    if absent != "branches":
        assert derived.items is not MISSING
        assert [item.name for item in derived.items] == ["feat/x"]


@pytest.mark.parametrize("absent", [*LISTS, "detached"])
def test_a_part_that_is_absent_without_a_gap_is_still_no_pass(seen: Any, bare: Config, absent: str) -> None:
    facts = dict(NOTHING)
    del facts[absent]
    derived = derive(seen(**facts), bare)
    assert derived.items is MISSING or derived.gaps


def test_a_clone_that_is_not_there_tells_why(seen: Any, bare: Config) -> None:
    derived = derive(seen(available=False, error="asleep"), bare)
    assert derived.items is MISSING
    assert derived.gaps[0].reason == "local is unavailable: asleep"
