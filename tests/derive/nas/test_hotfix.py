"""A change on the NAS from its first sighting to its end: who carries it, and since when."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.derive import cause, hotfix
from auditor.model.facts.earlier import Earlier, EarlierRun, SeenChange
from auditor.model.facts.gitea import Pull
from auditor.model.facts.nas import ReleaseFile
from auditor.model.missing import MISSING
from auditor.pipeline.memory import earlier_of

HEAD, BASE = "c" * 40, "d" * 40
LONG_AGO, YESTERDAY, RECENTLY = "2026-01-20T12:00:00Z", "2026-01-31T12:00:00Z", "2026-02-01T11:00:00Z"
PULL = Pull(
    number=14,
    state="open",
    merged=False,
    merge_base=BASE,
    base_branch="main",
    head_branch="hotfix/x",
    head_repository="Acme/site",
    head_commit=HEAD,
    updated_at=RECENTLY,
)
RULES = ("nas-files-match-commit", "nas-hotfix-reported", "nas-hotfix-temporary", "nas-no-unversioned-files")


def edited(world: Any, kit: Any, files: dict[str, str], *, at: str = RECENTLY) -> Any:
    """The world with these files in the active release."""
    return world.put("nas/releases/0/files", kit.release_files(files, modified_at=at))


def with_pull(world: Any, kit: Any, files: dict[str, str], *, base: dict[str, str] | None = None, **pull: Any) -> Any:
    """The world with a pull request whose head has these files."""
    commits = (
        kit.canon_commit(HEAD, "tree-head", ("pull:14",), on_main=False, behind=None),
        kit.canon_commit(BASE, "tree-base", ("pull-base:14",)),
    )
    trees = (kit.canon_tree("tree-head", files), kit.canon_tree("tree-base", base or kit.main_files))
    world = world.put("canon/commits", lambda known: (*known, *commits))
    world = world.put("canon/trees", lambda known: (*known, *trees))
    return world.put("gitea/pulls", (replace(PULL, **pull),))


def verdicts(world: Any) -> tuple[str, ...]:
    found = world.outcomes(*RULES)
    return tuple("fail" if "fail" in found[rule] else "+".join(sorted(found[rule])) for rule in RULES)


def remembered(world: Any, *, since: str, carried_since: str | None = None) -> Any:
    run = EarlierRun(id="1", finished_at=YESTERDAY)
    change = SeenChange(path="src/a.md", since=since, carried_since=carried_since)
    return world.put("earlier", Earlier(run=run, changes=(change,)))


def test_a_fresh_change_is_not_reported_and_has_its_grace(world: Any, kit: Any) -> None:
    changed = edited(world, kit, {**kit.main_files, "src/a.md": "hot"})
    assert verdicts(changed) == ("pass", "fail", "pass", "pass")
    assert changed.derive(cause.derive).files.name == "hotfix"


def test_a_change_is_as_old_as_its_file(world: Any, kit: Any) -> None:
    changed = edited(world, kit, {**kit.main_files, "src/a.md": "hot"}, at=LONG_AGO)
    assert verdicts(changed)[:2] == ("fail", "fail")


def test_an_edit_never_resets_the_clock(world: Any, kit: Any) -> None:
    changed = remembered(edited(world, kit, {**kit.main_files, "src/a.md": "hotter"}), since=LONG_AGO)
    assert changed.derive(hotfix.derive).changed[0].since == LONG_AGO
    assert verdicts(changed)[0] == "fail"


def test_a_change_that_a_pull_request_carries_is_right(world: Any, kit: Any) -> None:
    files = {**kit.main_files, "src/a.md": "hot"}
    changed = with_pull(edited(world, kit, files, at=LONG_AGO), kit, files)
    assert verdicts(changed) == ("pass",) * 4
    assert changed.derive(cause.derive).files.text == "a hotfix, reported in #14"


def test_three_of_four_files_are_carried_and_the_fourth_is_named(world: Any, kit: Any) -> None:
    four = {f"src/{name}.md": "plain" for name in "wxyz"}
    base = {**kit.main_files, **four}
    world = world.put("canon/trees/0", kit.canon_tree("tree-main", base))
    hot = dict.fromkeys(four, "hot")
    changed = edited(world, kit, {**base, **hot}, at=LONG_AGO)
    changed = with_pull(changed, kit, {**base, **hot, "src/z.md": "other"}, base=base)
    failing = {one.subject for one in changed.findings("nas-files-match-commit") if one.outcome.value == "fail"}
    assert failing == {"nas:file:src/z.md"}
    carrier = changed.derive(hotfix.derive).carriers[0]
    assert (carrier.carries, carrier.changes, carrier.lacks, carrier.differs) == (3, 4, ("src/z.md",), ("src/z.md",))
    assert changed.derive(cause.derive).files.text == "a hotfix, reported in #14 for 3 of 4 paths"


def test_a_head_that_was_forced_elsewhere_starts_the_clock_anew(world: Any, kit: Any) -> None:
    changed = edited(world, kit, {**kit.main_files, "src/a.md": "hot"}, at=LONG_AGO)
    changed = with_pull(changed, kit, {**kit.main_files, "src/a.md": "something else"})
    changed = remembered(changed, since=LONG_AGO, carried_since=LONG_AGO)
    assert changed.derive(hotfix.derive).changed[0].since == YESTERDAY
    assert verdicts(changed)[1] == "fail"


def test_other_line_ends_are_other_bytes(world: Any, kit: Any) -> None:
    base = {**kit.main_files, "src/a.md": "one\ntwo\n"}
    world = world.put("canon/trees/0", kit.canon_tree("tree-main", base))
    changed = edited(world, kit, {**base, "src/a.md": "one\r\ntwo\r\n"}, at=LONG_AGO)
    found = changed.derive(hotfix.derive).changed[0]
    assert (found.kind, found.remark) == ("eol-only", "only the line ends differ")
    hot = {**base, "src/a.md": "one\nthree\n"}
    crlf = edited(world, kit, {**base, "src/a.md": "one\r\nthree\r\n"}, at=LONG_AGO)
    assert verdicts(with_pull(crlf, kit, hot, base=base))[:2] == ("fail", "fail")


def test_a_rename_is_carried_as_a_whole(world: Any, kit: Any) -> None:
    files = {name: text for name, text in kit.main_files.items() if name != "src/a.md"} | {"src/b.md": "new"}
    renamed = edited(world, kit, files, at=LONG_AGO)
    assert verdicts(renamed) == ("pass", "fail", "pass", "fail")
    assert verdicts(with_pull(renamed, kit, files)) == ("pass",) * 4


def test_a_deletion_is_carried_by_a_pull_request_that_deletes(world: Any, kit: Any) -> None:
    files = {name: text for name, text in kit.main_files.items() if name != "src/a.md"}
    deleted = edited(world, kit, files)
    assert verdicts(with_pull(deleted, kit, {**kit.main_files, "src/a.md": "hot"}))[1] == "fail"
    assert verdicts(with_pull(deleted, kit, files))[1] == "pass"


@pytest.mark.parametrize(
    ("pull", "why"),
    [
        ({"head_repository": "mallory/site"}, "it comes from the fork mallory/site"),
        ({"head_repository": None}, "its repository is gone"),
        ({"base_branch": "staging"}, "it goes into staging"),
        ({"state": "closed", "merged": True}, "it is merged and not deployed"),
        ({"state": "closed"}, "it was closed unmerged"),
    ],
)
def test_what_is_no_open_pull_request_of_our_own_covers_nothing(world: Any, kit: Any, pull: Any, why: str) -> None:
    files = {**kit.main_files, "src/a.md": "hot"}
    changed = with_pull(edited(world, kit, files, at=LONG_AGO), kit, files, **pull)
    assert verdicts(changed)[:2] == ("fail", "fail")
    assert changed.derive(hotfix.derive).changed[0].remark.endswith(why)


def test_a_fork_that_has_the_bytes_is_tampering(world: Any, kit: Any) -> None:
    files = {**kit.main_files, "src/a.md": "hot"}
    changed = with_pull(edited(world, kit, files), kit, files, head_repository="mallory/site")
    assert changed.derive(cause.derive).files.name == "tampering"


def test_a_file_that_the_pull_request_adds_is_a_hotfix_too(world: Any, kit: Any) -> None:
    files = {**kit.main_files, "src/new.md": "new"}
    added = edited(world, kit, files)
    assert verdicts(added) == ("pass", "pass", "pass", "fail")
    assert verdicts(with_pull(added, kit, files)) == ("pass",) * 4


def test_a_pull_request_that_only_stands_on_the_same_bytes_brings_nothing(world: Any, kit: Any) -> None:
    changed = edited(world, kit, {**kit.main_files, "src/a.md": "old"}, at=LONG_AGO)
    changed = with_pull(changed, kit, {**kit.old_files, "src/b.md": "x"}, base=kit.old_files)
    assert verdicts(changed)[1] == "fail"


def test_a_hotfix_that_waits_too_long_fails(world: Any, kit: Any) -> None:
    files = {**kit.main_files, "src/a.md": "hot"}
    carried = with_pull(edited(world, kit, files), kit, files)
    assert verdicts(remembered(carried, since=LONG_AGO, carried_since=LONG_AGO)) == ("pass", "pass", "fail", "pass")
    assert verdicts(remembered(carried, since=LONG_AGO, carried_since=YESTERDAY)) == ("pass",) * 4


def test_without_earlier_runs_a_young_file_may_be_an_old_change(world: Any, kit: Any) -> None:
    changed = edited(world, kit, {**kit.main_files, "src/a.md": "hot"}).put("earlier", MISSING)
    assert verdicts(changed)[0] == "unknown"
    old = edited(world, kit, {**kit.main_files, "src/a.md": "hot"}, at=LONG_AGO).put("earlier", MISSING)
    assert verdicts(old)[0] == "fail"


def test_a_head_that_was_not_read_leaves_it_open(world: Any, kit: Any) -> None:
    changed = edited(world, kit, {**kit.main_files, "src/a.md": "hot"}, at=LONG_AGO)
    unread = changed.put("gitea/pulls", (PULL,))
    assert verdicts(unread)[:2] == ("unknown", "unknown")
    gap = next(one for one in unread.findings("nas-hotfix-reported"))
    assert gap.message == "the head of pull request #14 is not at hand"


def test_a_head_of_an_unknown_repository_leaves_it_open(world: Any, kit: Any) -> None:
    files = {**kit.main_files, "src/a.md": "hot"}
    carried = with_pull(edited(world, kit, files, at=LONG_AGO), kit, files, head_repository=MISSING)
    waiting = remembered(carried, since=LONG_AGO, carried_since=LONG_AGO)
    assert verdicts(waiting) == ("unknown",) * 4


def test_memory_keeps_the_first_sighting_and_forgets_what_was_mended(world: Any, kit: Any) -> None:
    changed = edited(world, kit, {**kit.main_files, "src/a.md": "hot"}, at=LONG_AGO)
    first = earlier_of(changed.snapshot, changed.config)
    assert first.changes == (SeenChange(path="src/a.md", since=LONG_AGO),)
    again = edited(world, kit, {**kit.main_files, "src/a.md": "hotter"}).put("earlier", first)
    second = earlier_of(again.snapshot, again.config)
    assert second.changes == first.changes
    assert earlier_of(world.put("earlier", second).snapshot, world.config).changes == ()


def test_memory_hands_on_what_a_blind_run_could_not_see(world: Any, kit: Any) -> None:
    known = Earlier(run=None, changes=(SeenChange(path="src/a.md", since=LONG_AGO, carried_since=YESTERDAY),))
    blind = world.put("earlier", known).put("nas/releases/0/files", MISSING)
    assert earlier_of(blind.snapshot, blind.config).changes == known.changes
    unread = world.put("earlier", known).put("nas/releases/0/files/2/sha256", MISSING)
    assert earlier_of(unread.snapshot, unread.config).changes == known.changes


def test_a_hostile_name_stays_one_argument_of_what_is_pasted(world: Any, kit: Any) -> None:
    import shlex

    name = "src/$(touch x)' ; rm -rf ~ '.md"
    added = edited(world, kit, {**kit.main_files, name: "x"})
    reading = added.derive(hotfix.derive).extra[0].reading
    assert shlex.split(reading)[:4] == ["ssh", "-p", "22", "nas.lan"]
    assert shlex.split(shlex.split(reading)[4]) == ["cat", f"/volume2/site/releases/20260201-120000/app/{name}"]


def test_a_link_in_the_place_of_a_file_is_carried_only_as_a_link(world: Any, kit: Any) -> None:
    files = kit.release_files({**kit.main_files, "src/a.md": "target"}, modified_at=LONG_AGO)
    linked = tuple(replace(one, kind="symlink") if one.path == "src/a.md" else one for one in files)
    assert all(isinstance(one, ReleaseFile) for one in linked)
    changed = with_pull(world.put("nas/releases/0/files", linked), kit, {**kit.main_files, "src/a.md": "target"})
    assert verdicts(changed)[0] == "fail"
    assert changed.derive(hotfix.derive).changed[0].kind == "type-changed"
