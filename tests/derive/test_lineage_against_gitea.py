"""The clone's main against the live one: exact where the facts of both allow it, open where they don't."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.config import Config, Gitea
from auditor.derive import chain, lineage
from auditor.model.facts import gitea as facts
from auditor.model.facts.gitea_history import Commit, History
from auditor.model.facts.local import CommitLine, Local, MainBranch
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot
from auditor.model.missing import MISSING

NOW = "2026-02-01T03:00:00Z"
A, B, C, D, OWN, SIDE = (letter * 40 for letter in "abcdef")
CONFIG = Config(id="x", gitea=Gitea(base="https://git.example.net", owner="Acme", repo="site"))


def commit(sha: str, *parents: str) -> Commit:
    return Commit(
        sha=sha,
        parents=parents,
        tree=A,
        committed_at=NOW,
        authored_at=NOW,
        author="dev",
        subject="x",
        message_sha256=A,
    )


# the server's main: A, B, C, D, the newest last
LINE = (commit(D, C), commit(C, B), commit(B, A))


def derived(
    clone: str | None,
    tracking: str | None,
    ahead: tuple[str, ...] = (),
    behind: int = 0,
    line: tuple[Commit, ...] = LINE,
    **changes: Any,
) -> lineage.Lineage:
    main = MainBranch(
        name="main",
        commit=clone,
        tracking_ref="refs/remotes/origin/main",
        tracking_commit=tracking,
        tracking_updated_at=None,
        ahead_count=len(ahead),
        ahead=tuple(CommitLine(commit=sha, committed_at=NOW, subject="x") for sha in ahead),
        behind_count=behind,
    )
    history = History(
        fetched_at=NOW, tip=line[0], baseline=A, baseline_on_line=True, commit_count=len(line), commits=line
    )
    gitea = facts.Gitea(
        available=True,
        observed_at=NOW,
        main=facts.MainBranch(name="main", commit=line[0].sha),
        history=history,
    )
    snapshot = Snapshot(
        schema_version=SCHEMA_VERSION,
        tool_version="0",
        id="x",
        site_id="x",
        mode="audit",
        started_at=NOW,
        finished_at=NOW,
        sources=(),
        local=Local(available=True, observed_at=NOW, main=main),
        gitea=replace(gitea, **changes),
    )
    assert chain.derive(snapshot, CONFIG).links[1].name == "gitea"
    return lineage.derive(snapshot, CONFIG)


def ahead_of(found: lineage.Lineage) -> list[str] | None:
    return None if found.ahead is MISSING else [one.commit for one in found.ahead]


@pytest.mark.parametrize(
    ("given", "ahead", "behind"),
    [
        ((D, D), [], 0),
        ((D, B), [], 0),
        ((B, B), [], 2),
        ((A, None), [], 3),
        ((OWN, D, (OWN,)), [OWN], 0),
        ((OWN, B, (OWN,)), [OWN], 2),
        ((OWN, C, (OWN,), 1), [OWN], 2),
        ((None, None), [], 0),
    ],
)
def test_what_is_only_here_and_only_there_is_counted_against_the_live_main(
    given: tuple[Any, ...], ahead: list[str], behind: int
) -> None:
    found = derived(*given)
    assert (ahead_of(found), found.behind_count) == (ahead, behind)
    assert not found.gaps
    assert found.commit == D


def test_a_merge_that_the_clone_lacks_may_have_brought_what_it_holds() -> None:
    line = (commit(D, C, SIDE), *LINE[1:])
    found = derived(OWN, B, (OWN,), line=line)
    assert ahead_of(found) is None
    assert found.behind_count == 2
    assert found.gaps[0].pointer == "/lineage/ahead"
    # nothing of its own: no merge can have brought it
    assert ahead_of(derived(B, B, line=line)) == []


def test_a_clone_that_nothing_joins_to_the_live_main_is_unknown() -> None:
    found = derived(OWN, SIDE, (OWN,))
    assert (found.ahead, found.behind_count) == (MISSING, MISSING)
    assert found.gaps[0].remedy == "git fetch in the clone, and run it again"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"available": False, "error": "timed out"}, "gitea is unavailable: timed out"),
        ({"main": None}, "Gitea has no branch main"),
    ],
)
def test_a_configured_server_that_can_not_be_asked_leaves_the_clone_unknown(
    changes: dict[str, Any], reason: str
) -> None:
    found = derived(D, D, **changes)
    assert (found.ahead, found.behind_count) == (MISSING, MISSING)
    assert [gap.reason for gap in found.gaps] == [reason]
