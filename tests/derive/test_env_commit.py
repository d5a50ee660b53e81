"""What commits say of env files: Gitea's main, branches and open pull requests, or those of a clone alone."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.config import Config, Gitea
from auditor.derive.env_file import EnvFiles, derive
from auditor.model.facts.canon import Canon, CanonCommit, CanonTree, IgnoreFile
from auditor.model.facts.dotenv import IgnoreProbe, TrackedEnvFile
from auditor.model.facts.gitea import Gitea as GiteaFacts
from auditor.model.facts.leaks import Leaks, NamedFile, Searched
from auditor.model.facts.snapshot import Snapshot, SourceRun
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING

NOW = "2026-02-01T03:00:00Z"
ALONE = Config(id="site", gitea=Gitea(base="https://git.example.net", owner="o", repo="r"))
COMMIT = CanonCommit(commit="1" * 40, roles=("main",), known=True, tree="2" * 40)
ROOT = IgnoreFile(path=".gitignore", folder="", lines=("# env", ".env*", "!.env.example"))
NESTED = IgnoreFile(path="sub/.gitignore", folder="sub/", lines=("!.env.local",))
DOCKER = IgnoreFile(path=".dockerignore", folder="", lines=("!.env",))
CLONE = {
    "tracked_env_files": (TrackedEnvFile(branch="mine", path=".env", blob="1" * 40),),
    "env_ignore": (IgnoreProbe(path=".env", ignored=False, file=None, line=None, pattern=None),),
}


def canon(*files: IgnoreFile, **other: Any) -> Canon:
    tree = CanonTree(id="2" * 40, files=(), ignore_files=files)
    return Canon(**{"available": True, "observed_at": NOW, "commits": (COMMIT,), "trees": (tree,), **other})


def leaks(*paths: str, tips: tuple[str, ...] = ("refs/heads/main",), **other: Any) -> Leaks:
    files = tuple(
        NamedFile(
            origin="gitea", is_env=True, path=path, first_commit="1" * 40, last_commit=None, tips=tips, reachable=True
        )
        for path in paths
    )
    values = {"named_files": files, "searched": (Searched(origin="gitea", objects=1),), **other}
    return Leaks(**{"available": True, "observed_at": NOW, **values})


@pytest.fixture
def derived(seen: Any) -> Any:
    """What is derived of a site with Gitea and a clone whose own branches and rules say otherwise."""

    def make(**facts: Any) -> EnvFiles:
        return derive(replace(seen(**CLONE), **facts), ALONE)

    return make


def reasons(found: EnvFiles, name: str) -> list[str]:
    return [gap.reason for gap in found.gaps if gap.pointer == f"/env_file/{name}"]


def test_the_ignore_rules_are_those_of_giteas_main(derived: Any) -> None:
    found = derived(canon=canon(ROOT, NESTED, DOCKER))
    assert len(found.ignores) == 16
    assert {one.source for one in found.ignores} == {"gitea"}
    (open_name,) = [one for one in found.ignores if not one.ignored]
    assert (open_name.path, open_name.file, open_name.line, open_name.pattern) == (
        *("sub/.env.local", "sub/.gitignore", 1, "!.env.local"),
    )
    assert found.ignores[0].line == 2
    assert reasons(found, "ignores") == []


def test_without_an_ignore_file_every_name_gets_in(derived: Any) -> None:
    assert not any(one.ignored for one in derived(canon=canon()).ignores)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, "gitea is unavailable: main's objects were not looked into in this run"),
        ({"gitea": GiteaFacts(available=False, error="asleep", observed_at=NOW)}, "gitea is unavailable: asleep"),
        ({"canon": Canon(available=False, error="full disk", observed_at=NOW)}, "gitea is unavailable: full disk"),
        ({"canon": canon(commits=MISSING)}, "the files of Gitea's main were not observed"),
        ({"canon": canon(trees=(), gaps=(Gap(pointer="/canon/trees", reason="cut"),))}, "cut"),
        ({"canon": canon(ROOT, gaps=(Gap(pointer="/canon/trees/0/ignore_files", reason="large"),))}, "large"),
    ],
)
def test_ignore_rules_that_were_not_observed_are_missing_with_the_reason(
    derived: Any, facts: dict[str, Any], reason: str
) -> None:
    found = derived(**facts)
    assert found.ignores is MISSING
    assert reasons(found, "ignores") == [reason]


def test_a_gap_of_another_tree_says_nothing_of_mains(derived: Any) -> None:
    found = derived(canon=canon(ROOT, gaps=(Gap(pointer="/canon/trees/1/files", reason="cut"),)))
    assert found.ignores is not MISSING
    assert reasons(found, "ignores") == []


def test_what_is_tracked_is_what_giteas_branches_and_open_pull_requests_hold(derived: Any) -> None:
    found = derived(leaks=leaks(".env", tips=("refs/heads/feat/x", "refs/pull/14/head")))
    assert [(one.source, one.tip, one.path) for one in found.tracked] == [
        ("gitea", "branch feat/x", ".env"),
        ("gitea", "pull request 14", ".env"),
    ]
    assert reasons(found, "tracked") == []
    assert derived(leaks=leaks()).tracked == ()


def test_the_clones_files_are_no_business_of_a_site_with_gitea(derived: Any) -> None:
    own = replace(leaks(".env").named_files[0], origin="local")  # type: ignore[index]
    lost = Searched(origin="local", error="gone")
    gap = Gap(pointer="/leaks/searched/1", reason="local: gone")
    searched = (Searched(origin="gitea"), lost)
    found = derived(leaks=leaks(named_files=(own,), searched=searched, gaps=(gap,)))
    assert found.tracked == ()
    assert reasons(found, "tracked") == []


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, "leaks is unavailable: it was not asked in this run"),
        ({"leaks": Leaks(available=False, error="asleep", observed_at=NOW)}, "leaks is unavailable: asleep"),
        ({"leaks": leaks(gaps=(Gap(pointer="/leaks/searched/0", reason="gitea: none"),))}, "gitea: none"),
        ({"leaks": leaks(gaps=(Gap(pointer="/leaks/named_files", reason="not walked"),))}, "not walked"),
        ({"leaks": leaks(named_files=MISSING)}, "the files of Gitea's branches were not observed"),
        ({"leaks": leaks(searched=())}, "Gitea's branches were not searched in this run"),
        ({"leaks": leaks(searched=MISSING)}, "Gitea's branches were not searched in this run"),
    ],
)
def test_a_search_that_is_not_whole_says_so(derived: Any, facts: dict[str, Any], reason: str) -> None:
    assert reasons(derived(**facts), "tracked") == [reason]


@pytest.mark.parametrize(
    ("name", "asked"), [("gitea", (False, False)), ("leaks", (True, False)), ("local", (True, True))]
)
def test_what_a_run_leaves_out_is_not_asked_for(derived: Any, name: str, asked: tuple[bool, bool]) -> None:
    found = derived(sources=(SourceRun(name=name, status="left-out"),))
    assert (found.ignores_asked, found.tracked_asked) == asked


def test_without_gitea_the_clone_says_it(seen: Any, bare: Config) -> None:
    snapshot: Snapshot = seen(**CLONE)
    found = derive(replace(snapshot, sources=(SourceRun(name="gitea", status="left-out"),)), bare)
    assert (found.ignores_asked, found.tracked_asked) == (True, True)
    assert found.ignores is not MISSING
    assert found.tracked is not MISSING
    assert [(one.source, one.path) for one in found.ignores] == [("local", ".env")]
    assert [(one.source, one.tip) for one in found.tracked] == [("local", "branch mine")]
