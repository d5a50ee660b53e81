"""The seven ways to hide a change from `git status`: git there says clean, the audit does not."""

import pytest
from nas_tree import WAYS
from nas_verdict import judge
from nas_world import World

from auditor.model.missing import MISSING

pytestmark = pytest.mark.lab

CONTENT = ("assume-unchanged", "skip-worktree", "core.checkStat")
EXTRA = ("info/exclude", "core.excludesFile", "status.showUntrackedFiles")


def test_there_are_seven() -> None:
    assert len(WAYS) == 7
    assert {*CONTENT, *EXTRA, "core.fileMode"} == set(WAYS)


@pytest.mark.parametrize("way", CONTENT)
def test_a_hidden_edit_is_found(world: World, way: str) -> None:
    path = world.tree.hide(way)
    assert world.tree.status() == ""
    seen = judge(world)
    assert seen.failed["nas-files-match-commit"] == {f"nas:file:{path}"}
    assert seen.failed["nas-hotfix-reported"] == {f"nas:file:{path}"}


@pytest.mark.parametrize("way", EXTRA)
def test_a_hidden_file_is_found(world: World, way: str) -> None:
    path = world.tree.hide(way)
    assert world.tree.status() == ""
    seen = judge(world)
    assert seen.failed["nas-no-unversioned-files"] == {f"nas:file:{path}"}


@pytest.mark.parametrize("way", ["assume-unchanged", "skip-worktree", "info/exclude", "core.excludesFile"])
def test_the_hiding_itself_is_a_finding(world: World, way: str) -> None:
    world.tree.hide(way)
    assert "nas-git-hides-nothing" in judge(world, "nas-git-hides-nothing").failed


def test_a_hidden_exec_bit_is_information_and_never_drift(world: World) -> None:
    path = world.tree.hide("core.fileMode")
    assert world.tree.status() == ""
    seen = judge(world)
    assert "nas-files-match-commit" not in seen.failed
    nas = seen.snapshot.nas
    assert nas is not MISSING
    assert nas.releases is not MISSING
    assert nas.releases[0].files is not MISSING
    assert next(file.executable for file in nas.releases[0].files if file.path == path)
