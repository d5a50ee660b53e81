"""How long it takes to tell how 20,000 commits of main came there; `python tests/bench/bench_provenance.py`.

The limit is one second; a third of the commits came by rebase, a third by merge, one in a hundred by a push.
"""

import time
from hashlib import sha256

from auditor.config import Config, Gitea
from auditor.derive import provenance
from auditor.model.facts import gitea as facts
from auditor.model.facts.gitea import Activity, ActivityFeed, Pull
from auditor.model.facts.gitea_history import Commit, History, PullCommits, PullHead
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot
from auditor.model.missing import MISSING

COMMITS = 20_000
LIMIT_SECONDS = 1.0
NOW = "2026-02-01T03:00:00Z"


def _sha(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:40]


def _commit(name: str, parents: tuple[str, ...], like: str) -> Commit:
    return Commit(
        sha=_sha(name),
        parents=parents,
        tree=_sha("tree"),
        committed_at="2026-01-01T00:00:00Z",
        authored_at="2025-12-01T00:00:00Z",
        author=like,
        subject="a change",
        message_sha256=_sha(f"message {like}"),
    )


def _pull(number: int, merge: str, base: str) -> Pull:
    return Pull(
        number=number,
        state="closed",
        merged=True,
        merge_commit=merge,
        merge_base=base,
        base_branch="main",
        updated_at=NOW,
    )


def _world() -> Snapshot:
    line = [_commit("first", (), "first")]
    pulls: list[Pull] = []
    added: list[PullCommits] = []
    heads: list[PullHead] = []
    rows: list[Activity] = []
    while len(line) <= COMMITS:
        number, below = len(line), line[-1]
        kind = number % 3
        count = 10 if kind == 1 else 1
        for place in range(count):
            merged = (_sha(f"other {number}"),) if kind == 0 else ()
            line.append(_commit(f"{number} {place}", (line[-1].sha, *merged), f"{number} {place}"))
        rows.append(
            Activity(
                id=number,
                kind="commit_repo",
                actor="dev",
                created_at=NOW,
                old=below.sha,
                new=line[-1].sha,
                commit_count=count,
            )
        )
        if number % 100 == 0:
            continue
        pulls.append(_pull(number, line[-1].sha, _sha("fork")))
        heads.append(PullHead(number=number, commit=_sha(f"head {number}")))
        if kind:
            own = tuple(_commit(f"own {number} {at}", (_sha("p"),), f"{number} {at}") for at in range(count))
            added.append(PullCommits(number=number, head=own[-1].sha, merge_base=_sha("fork"), commits=own[::-1]))
    newest = tuple(line[:0:-1])[-COMMITS:]
    history = History(
        fetched_at=NOW,
        tip=newest[0],
        baseline=line[0].sha,
        baseline_on_line=True,
        commit_count=len(newest),
        commits=newest,
    )
    gitea = facts.Gitea(
        available=True,
        observed_at=NOW,
        main=facts.MainBranch(name="main", commit=newest[0].sha),
        pulls=tuple(pulls),
        pull_heads=tuple(heads),
        pull_commits=tuple(added),
        activity=ActivityFeed(complete=True, rows=tuple(rows)),
        history=history,
    )
    return Snapshot(
        schema_version=SCHEMA_VERSION,
        tool_version="0",
        id="bench",
        site_id="bench",
        mode="audit",
        started_at=NOW,
        finished_at=NOW,
        sources=(),
        gitea=gitea,
    )


def main() -> None:
    snapshot = _world()
    config = Config(id="bench", gitea=Gitea(base="https://git.example.net", owner="Acme", repo="site"))
    began = time.perf_counter()
    found = provenance.derive(snapshot, config)
    took = time.perf_counter() - began
    assert found.unproven is not MISSING
    print(f"{found.commit_count} commits, {found.covered_count} covered, {len(found.unproven)} not: {took:.3f} s")
    assert took <= LIMIT_SECONDS, f"slower than {LIMIT_SECONDS} s"


if __name__ == "__main__":
    main()
