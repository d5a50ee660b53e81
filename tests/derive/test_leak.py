"""Secrets of the repositories: at a tip or in history, what does not count, and what has to be done."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.collectors.leaks.joining import joined
from auditor.config import Config, Gitea, Secrets
from auditor.derive.env_file import derive as derive_env_files
from auditor.derive.leak import derive
from auditor.derive.leak.remedy import purge_command, revocation
from auditor.model.facts.leaks import Leak, LeakPlace, Leaks, NamedFile, Searched, TokenLife
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING

OID = "1" * 40
TIP = LeakPlace(
    origin="gitea", where="file", object=OID, path="a b/.env", line=3, first_commit="2" * 40, tips=("refs/heads/main",)
)
GONE = replace(TIP, tips=(), last_commit="3" * 40, path="old.sh")
CONFIG = Config(id="site", gitea=Gitea(base="https://git.example.net", owner="o", repo="r"))


def leak(*places: LeakPlace, kind: str = "gitea-token", mark: str = "ab") -> Leak:
    return Leak(kind=kind, hint="", hmac=mark * 32, places=places)


def leaks(*found: Leak, **other: Any) -> Leaks:
    values = {"named_files": (), "searched": (Searched(origin="gitea", objects=1),), **other}
    return Leaks(available=True, observed_at="2026-02-01T03:00:00Z", secrets=found, **values)


def file(path: str, **other: Any) -> NamedFile:
    values = {"is_env": True, "tips": (), "last_commit": None, "reachable": True, **other}
    return NamedFile(origin="gitea", path=path, first_commit="2" * 40, **values)


@pytest.fixture
def snapshot(seen: Any) -> Any:
    return lambda found: replace(seen(), leaks=found)


def test_a_secret_at_a_tip_is_told_there_alone_with_all_its_places(snapshot: Any) -> None:
    derived = derive(snapshot(leaks(leak(TIP, GONE), leak(GONE, mark="cd"))), CONFIG)
    assert derived.at_tip is not MISSING
    assert derived.in_history is not MISSING
    (tip,), (old,) = derived.at_tip, derived.in_history
    assert (tip.id, tip.path, tip.line, tip.commit, tip.on_gitea) == ("ab" * 8, "a b/.env", 3, "2" * 40, True)
    assert tip.places == (
        "gitea: a b/.env:3 on refs/heads/main since 222222222222",
        "gitea: old.sh:3 since 222222222222 until 333333333333",
    )
    assert old.places == ("gitea: old.sh:3 since 222222222222 until 333333333333",)
    assert old.purge == "git filter-repo --invert-paths --path old.sh"
    assert tip.revoke == "revoke it: https://git.example.net/user/settings/applications"


def test_what_only_unreachable_objects_of_the_clone_hold_is_no_finding_but_what_the_server_keeps_is(
    snapshot: Any,
) -> None:
    lost = replace(GONE, reachable=False)
    derived = derive(
        snapshot(leaks(leak(replace(lost, origin="local")), leak(lost, mark="cd"))),
        CONFIG,
    )
    assert derived.in_history is not MISSING
    assert [one.id for one in derived.in_history] == ["cd" * 8]


@pytest.mark.parametrize(
    ("patterns", "kept"),
    [(("a b/",), False), (("*.env",), False), (("/.env",), True), (("*", "!*.env"), False), ((), True)],
)
def test_an_allowed_path_is_read_as_git_reads_an_ignore_rule(
    snapshot: Any, patterns: tuple[str, ...], kept: bool
) -> None:
    derived = derive(snapshot(leaks(leak(TIP))), replace(CONFIG, secrets=Secrets(allow_paths=patterns)))
    assert derived.at_tip is not MISSING
    assert (len(derived.at_tip) == 1) is kept


def test_names_messages_and_objects_without_a_path_are_told_in_words(snapshot: Any) -> None:
    places = [
        LeakPlace(origin="local", where="commit", object=OID),
        LeakPlace(origin="local", where="tag", object=OID),
        LeakPlace(origin="local", where="file-name", object=OID, path="backup-"),
        LeakPlace(origin="local", where="ref-name", object=OID, path="refs/heads/try-"),
        LeakPlace(origin="local", where="file", object=OID),
    ]
    derived = derive(snapshot(leaks(leak(*places))), CONFIG)
    assert derived.in_history is not MISSING
    assert derived.in_history[0].places == (
        "local: message of commit 111111111111",
        "local: message of tag 111111111111",
        "local: a file name beginning 'backup-' (object 111111111111)",
        "local: a branch or tag name beginning 'refs/heads/try-' (object 111111111111)",
        f"local: object {OID}",
    )
    assert "--replace-message" in derived.in_history[0].purge


def test_a_purge_names_exactly_the_places_and_quotes_them() -> None:
    assert purge_command([GONE, replace(GONE, path="it's.txt!inner")]) == (
        "git filter-repo --invert-paths --path old.sh --path 'it'\"'\"'s.txt'"
    )
    assert "--replace-text" in purge_command([TIP])
    assert "--invert-paths" not in purge_command([TIP])
    assert purge_command([LeakPlace(origin="local", where="file-name")]).startswith("git gc")


def test_each_kind_is_revoked_where_it_is_issued() -> None:
    assert "runners" in revocation("gitea-runner-token", CONFIG)
    assert "authorized_keys" in revocation("private-key", CONFIG)
    assert revocation("gitea-token", Config(id="x")) == revocation("other", CONFIG)


def test_env_and_key_files_are_judged_by_name_and_where_the_name_settles_nothing_by_content(snapshot: Any) -> None:
    tips = ("refs/heads/main",)
    files = (
        file(".env", tips=tips),
        file("old/.env"),
        file("lost/.env", reachable=False),
        file("id_rsa", is_env=False, tips=tips),
        file("gone/id_rsa", is_env=False),
        file("ca.pem", is_env=False, tips=tips),
        file("key.pem", is_env=False, tips=tips),
        file("id_deploy", is_env=False, tips=tips),
        file("a/..env.swp", is_env=False, tips=tips),
        file("db/dump.sql.gz", is_env=False, tips=tips),
        file(".npmrc~", is_env=False, tips=tips),
    )
    derived = derive(snapshot(leaks(leak(replace(TIP, path="key.pem")), named_files=files)), CONFIG)
    assert derived.env_in_history is not MISSING
    assert derived.key_files is not MISSING
    assert [one.path for one in derived.env_in_history] == [".env", "old/.env"]
    assert [one.path for one in derived.key_files] == ["id_rsa", "key.pem", "a/..env.swp", "db/dump.sql.gz"]
    tracked = derive_env_files(snapshot(leaks(named_files=files)), CONFIG).tracked
    assert tracked is not MISSING
    assert [(one.source, one.tip, one.path) for one in tracked] == [("gitea", "branch main", ".env")]


def test_tokens_carry_their_first_place(snapshot: Any) -> None:
    found = leaks(leak(GONE), tokens=(TokenLife(hmac="ab" * 32, alive=True),))
    derived = derive(snapshot(found), CONFIG)
    assert derived.tokens is not MISSING
    assert [(one.id, one.alive, one.place) for one in derived.tokens] == [
        ("ab" * 8, True, "gitea: old.sh:3 since 222222222222 until 333333333333")
    ]


@pytest.mark.parametrize(
    ("pointer", "names"),
    [
        ("/leaks/secrets", {"at_tip", "in_history", "key_files"}),
        ("/leaks/named_files", {"env_in_history", "key_files"}),
        ("/leaks/searched/0", {"at_tip", "in_history", "key_files", "env_in_history"}),
        ("/leaks/tokens", {"tokens"}),
    ],
)
def test_a_gap_is_carried_to_all_that_it_may_hide(snapshot: Any, pointer: str, names: set[str]) -> None:
    gap = Gap(pointer=pointer, reason="cut")
    derived = derive(snapshot(leaks(gaps=(gap,))), CONFIG)
    assert {one.pointer for one in derived.gaps} == {f"/leak/{name}" for name in names}


def test_without_a_search_nothing_is_derived_and_each_list_says_why(snapshot: Any) -> None:
    dark = Leaks(available=False, error="asleep", observed_at="2026-02-01T03:00:00Z")
    for found, said in ((MISSING, "not asked"), (dark, "asleep")):
        derived = derive(snapshot(found), CONFIG)
        assert (derived.at_tip, derived.key_files) == (MISSING, MISSING)
        assert len(derived.gaps) == 5
        assert all(said in gap.reason for gap in derived.gaps)


def test_what_another_machine_found_in_its_clone_takes_the_place_of_the_clone_alone() -> None:
    lost = Gap(pointer="/leaks/searched/1", reason="local: no such folder")
    cut = Gap(pointer="/leaks/secrets", reason="gitea: an object was not searched")
    both = (Searched(origin="gitea", objects=1), Searched(origin="local", error="no such folder"))
    own = leaks(leak(TIP), searched=both, gaps=(cut, lost))
    theirs = replace(TIP, origin="local")
    brought = leaks(
        leak(theirs, GONE),
        leak(GONE, mark="cd"),
        searched=(Searched(origin="local", objects=9),),
        gaps=(Gap(pointer="/leaks/secrets", reason="local: one object"),),
    )
    made = joined(own, brought)
    assert made.secrets == (leak(TIP, theirs),)
    assert made.searched == (both[0], Searched(origin="local", objects=9))
    assert [gap.reason for gap in made.gaps] == [cut.reason, "local: one object"]
    assert joined(MISSING, brought) is brought
