"""A release against its commit, path by path."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.derive import drift
from auditor.model.facts.canon import CanonFile, NearestCommit
from auditor.model.facts.nas import PrunedFolder
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING

NOISE = ("@eaDir/x@SynoEAStream", ".DS_Store", "._a.md", "Thumbs.db", "desktop.ini", "#recycle/y")


def with_files(world: Any, kit: Any, files: dict[str, str]) -> Any:
    return world.put("nas/releases/0/files", kit.release_files(files))


def kinds(world: Any) -> dict[str, str]:
    found = world.derive(drift.derive)
    return {one.path: one.kind for one in (*found.changed, *found.extra)}


def test_two_hundred_noise_files_fail_nothing(world: Any, kit: Any) -> None:
    noise = {f"src/d{number}/{NOISE[number % len(NOISE)]}": "x" for number in range(200)}
    loud = with_files(world, kit, {**kit.main_files, **noise})
    assert loud.failing() == loud.unknown() == set()
    assert loud.derive(drift.derive).releases[0].noise_count == 200


def test_a_tracked_file_with_a_noisy_name_is_no_noise(world: Any, kit: Any) -> None:
    base = {**kit.main_files, "src/.DS_Store": "tracked"}
    world = world.put("canon/trees/0", kit.canon_tree("tree-main", base))
    changed = with_files(world, kit, {**base, "src/.DS_Store": "other"})
    assert {"nas-hotfix-reported"} <= changed.failing()


def test_noise_below_a_folder_that_is_served_as_it_is_fails(world: Any, kit: Any) -> None:
    served = with_files(world, kit, {**kit.main_files, "public/.DS_Store": "x"})
    assert served.failing() == {"nas-no-unversioned-files"}


def test_what_git_ignores_fails_only_where_the_build_takes_it_in(world: Any, kit: Any) -> None:
    assert with_files(world, kit, {**kit.main_files, "dist/index.html": "x", "a.log": "x"}).failing() == set()
    deep = with_files(world, kit, {**kit.main_files, "src/deep.log": "x"})
    assert deep.failing() == {"nas-build-context-clean"}


def test_each_way_of_being_different_has_its_kind(world: Any, kit: Any) -> None:
    base = {**kit.main_files, "eol.txt": "a\nb\n", "gone.txt": "x", "Case.md": "x", "link": "x"}
    world = world.put("canon/trees/0", kit.canon_tree("tree-main", base))
    lying = {**base, "eol.txt": "a\r\nb\r\n", "case.md": "x", "src/a.md": "other"}
    files = kit.release_files({name: text for name, text in lying.items() if name not in ("gone.txt", "Case.md")})
    world = world.put(
        "nas/releases/0/files", tuple(replace(one, kind="symlink") if one.path == "link" else one for one in files)
    )
    assert kinds(world) == {
        "Case.md": "missing",
        "case.md": "extra",
        "eol.txt": "eol-only",
        "gone.txt": "missing",
        "link": "type-changed",
        "src/a.md": "modified",
    }
    found = world.derive(drift.derive)
    assert {one.path: one.twin for one in (*found.changed, *found.extra) if one.twin} == {
        "Case.md": "case.md",
        "case.md": "Case.md",
    }


def test_a_large_file_matches_by_its_pointer(world: Any, kit: Any) -> None:
    large = CanonFile(
        path="big.bin",
        kind="file",
        blob="1" * 40,
        executable=False,
        sha256=kit.sha("pointer"),
        lfs_sha256=kit.sha("big"),
    )
    world = world.put("canon/trees/0/files", lambda files: (large, *files))
    for lying, right in (("big", True), ("pointer", True), ("other", False)):
        assert (with_files(world, kit, {**kit.main_files, "big.bin": lying}).failing() == set()) is right


@pytest.mark.parametrize(
    ("place", "new", "reason"),
    [
        ("canon/trees/0/files/2/sha256", MISSING, "an ident or filter attribute decides what lies there"),
        ("nas/releases/0/files/2/sha256", MISSING, "it could not be read on the NAS"),
        ("canon/trees/0/files/2/kind", "submodule", "a submodule is not followed"),
    ],
)
def test_what_nobody_can_judge_is_neither_the_same_nor_changed(
    world: Any, kit: Any, place: str, new: Any, reason: str
) -> None:
    world = world.put("nas/releases/0/files/2/sha256", "0" * 64).put(place, new)
    assert kinds(world) == {}
    finding = next(one for one in world.findings("nas-files-match-commit"))
    assert (finding.outcome.value, finding.message) == ("unknown", f"src/a.md can't be judged: {reason}")


def test_files_of_a_submodule_are_no_strangers(world: Any, kit: Any) -> None:
    module = CanonFile(path="vendor/x", kind="submodule", blob="1" * 40, executable=False)
    world = world.put("canon/trees/0/files", lambda files: (*files, module))
    assert kinds(with_files(world, kit, {**kit.main_files, "vendor/x/readme": "x"})) == {}


def test_a_tracked_file_below_a_pruned_folder_is_not_judged(world: Any, kit: Any) -> None:
    base = {**kit.main_files, "node_modules/x/a.js": "x"}
    world = world.put("canon/trees/0", kit.canon_tree("tree-main", base))
    pruned = world.put("nas/releases/0/pruned", (PrunedFolder(path="node_modules", file_count=9),))
    assert pruned.failing() == set()
    assert "nas-files-match-commit" in pruned.unknown()
    assert pruned.derive(drift.derive).releases[0].pruned_count == 9


def test_a_list_that_was_cut_makes_no_file_missing(world: Any, kit: Any) -> None:
    gap = Gap(pointer="/nas/releases/0/files", reason="more than 200000 files: the rest was not read")
    cut = with_files(world, kit, {".gitignore": kit.main_files[".gitignore"]}).put("nas/gaps", (gap,))
    assert kinds(cut) == {}
    assert cut.outcomes()["nas-files-match-commit"] == {"unknown"}


def test_a_gap_elsewhere_in_a_release_leaves_its_files_judged(world: Any) -> None:
    gap = Gap(pointer="/nas/releases/0/git/fetch", reason="damaged")
    assert world.put("nas/gaps", (gap,)).outcomes()["nas-files-match-commit"] == {"pass"}


def test_a_release_without_git_is_of_the_commit_that_has_its_files(world: Any, kit: Any) -> None:
    bare = world.put("nas/releases/0/git", None)
    assert {"nas-commit-on-main", "nas-files-match-commit"} <= bare.unknown()
    same = NearestCommit(release="20260201-120000", commit=kit.MAIN, differences=0, searched=10)
    told = bare.put("canon/nearest", (same,))
    assert told.failing() == told.unknown() == set()
    outcomes = told.outcomes()
    for rule in ("nas-git-hides-nothing", "nas-tls-verified", "nas-origin-canonical"):
        assert outcomes[rule] == {"not_applicable"}
    assert told.derive(drift.derive).proof == "identical-tree"


def test_an_older_release_that_was_rewritten_is_one_finding(world: Any, kit: Any) -> None:
    rewritten = world.put("nas/releases/1/files", kit.release_files(kit.main_files))
    found = [one for one in rewritten.findings("nas-release-intact") if one.outcome.value == "fail"]
    assert [one.subject for one in found] == ["nas:release:20260101-120000"]
    assert rewritten.failing() == {"nas-release-intact"}
