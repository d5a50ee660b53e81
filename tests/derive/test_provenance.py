"""A commit of main is covered exactly if a merged pull request into main brought it, in whatever style."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from auditor.config import Config, Gitea
from auditor.derive import provenance
from auditor.derive.provenance.claim import claims_of
from auditor.derive.provenance.feed import feed_breaks, pushes_of
from auditor.model.facts import gitea as facts
from auditor.model.facts.gitea import Activity, ActivityFeed, Pull
from auditor.model.facts.gitea_history import Commit, History, PullCommits, PullHead
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING

START = datetime(2026, 1, 1, tzinfo=UTC)
CONFIG = Config(id="x", gitea=Gitea(base="https://git.example.net", owner="Acme", repo="site"))


def sha(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:40]


@dataclass
class Tale:
    """A history as a server would make it, with the truth about each commit of main."""

    line: list[Commit] = field(default_factory=list)
    pulls: list[Pull] = field(default_factory=list)
    added: list[PullCommits] = field(default_factory=list)
    heads: list[PullHead] = field(default_factory=list)
    covered: set[str] = field(default_factory=set)
    hours: int = 0
    made: int = 0

    def __post_init__(self) -> None:
        self.line.append(self.commit(()))

    @property
    def tip(self) -> str:
        return self.line[-1].sha

    def commit(self, parents: Sequence[str], like: Commit | None = None, subject: str = "") -> Commit:
        self.made += 1
        at = (START + timedelta(hours=self.hours, seconds=self.made % 60)).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = subject or f"change {self.made}"
        return Commit(
            sha=sha(f"{self.made}"),
            parents=tuple(parents),
            tree=sha("tree"),
            committed_at=at,
            authored_at=like.authored_at
            if like
            else f"2025-01-01T{self.made // 3600:02}:{self.made // 60 % 60:02}:00Z"
            if not like
            else None,
            author=like.author if like else f"dev {self.made % 3}",
            subject=text,
            message_sha256=like.message_sha256 if like else sha(text),
        )

    def push(self, like: Commit | None = None) -> None:
        self.hours += 1
        self.line.append(self.commit((self.tip,), like))

    def pull(self, style: str, count: int, *, base: str = "main", dropped: int = 0, stale: bool = False) -> None:
        """A pull request of `count` commits, merged in `style`; a rebase may drop the first `dropped` of them."""
        number = len(self.pulls) + 1
        fork = self.line[-2].sha if stale and len(self.line) > 1 else self.tip
        own: list[Commit] = []
        for _ in range(count):
            own.append(self.commit((own[-1].sha if own else fork,)))
        if dropped:
            # somebody pushed a copy of these straight to main, hours before the merge
            for copied in own[:dropped]:
                self.push(copied)
        self.hours += 1
        result = self._result(style, own, own[dropped:])
        if base == "main":
            self.covered |= {one.sha for one in result}
        self.line += result
        merge = result[-1].sha
        self.pulls.append(pull(number, merge, base=base, merge_base=fork))
        if len(result[-1].parents) < 2:
            self.added.append(PullCommits(number=number, head=own[-1].sha, merge_base=fork, commits=tuple(own[::-1])))
        self.heads.append(PullHead(number=number, commit=own[-1].sha))

    def _result(self, style: str, own: list[Commit], kept: list[Commit]) -> list[Commit]:
        if style == "fast-forward":
            return own
        if style == "squash":
            return [self.commit((self.tip,))]
        if style in ("merge", "octopus"):
            return [self.commit((self.tip, own[-1].sha, *([sha("third")] if style == "octopus" else [])))]
        rebased: list[Commit] = []
        for one in kept:
            rebased.append(self.commit((rebased[-1].sha if rebased else self.tip,), one))
        if style == "amended":
            rebased[-1] = replace(rebased[-1], message_sha256=sha("amended"))
        if style == "rebase-merge":
            return [self.commit((self.tip, rebased[-1].sha))]
        return rebased

    def newest_first(self) -> list[Commit]:
        return self.line[:0:-1]

    def claimed(self) -> set[str]:
        line = self.newest_first()
        claims = claims_of(line, [one for one in self.pulls if one.base_branch == "main"], self.added, self.heads)
        assert not claims.doubts
        return {line[place].sha for place in claims.pulls}


def pull(number: int, merge: str | None, *, base: str = "main", merge_base: str = "", merged: bool = True) -> Pull:
    return Pull(
        number=number,
        state="closed" if merged else "open",
        merged=merged,
        merge_commit=merge,
        merge_base=merge_base,
        base_branch=base,
        updated_at="2026-01-01T00:00:00Z",
    )


STYLES = ("merge", "octopus", "squash", "rebase", "amended", "rebase-merge", "fast-forward")
EVENTS = st.lists(
    st.one_of(
        st.just(("push", 1, "main")),
        st.tuples(st.sampled_from(STYLES), st.integers(1, 5), st.sampled_from(["main", "main", "develop"])),
    ),
    max_size=12,
)


@given(EVENTS)
def test_a_commit_is_covered_exactly_if_a_pull_request_into_main_brought_it(
    events: list[tuple[str, int, str]],
) -> None:
    tale = Tale()
    for style, count, base in events:
        if style == "push":
            tale.push()
        else:
            # what is rewritten must have something new below it, else git leaves it alone
            if style in ("rebase", "amended", "rebase-merge"):
                tale.push()
            tale.pull(style, count, base=base, stale=style != "fast-forward")
    assert tale.claimed() == tale.covered


def test_a_copy_that_was_pushed_before_the_rebase_dropped_it_is_no_part_of_the_pull_request() -> None:
    tale = Tale()
    tale.push()
    tale.pull("rebase", 3, dropped=1, stale=True)
    assert tale.claimed() == tale.covered


def test_a_copy_right_on_the_merge_base_can_not_be_rebased_whenever_it_was_made() -> None:
    tale = Tale()
    tale.push()
    base = tale.tip
    own = [tale.commit((base,))]
    own.append(tale.commit((own[0].sha,)))
    copy = tale.commit((base,), own[0])
    rebased = tale.commit((copy.sha,), own[1])
    tale.line += [copy, rebased]
    added = PullCommits(number=1, head=own[1].sha, merge_base=base, commits=(own[1], own[0]))
    claims = claims_of(tale.newest_first(), [pull(1, rebased.sha, merge_base=base)], [added])
    assert claims.pulls == {0: 1}


def test_a_squash_does_not_cover_the_push_below_it() -> None:
    tale = Tale()
    tale.push()
    direct = tale.tip
    tale.pull("squash", 4)
    assert direct not in tale.claimed()
    assert len(tale.claimed()) == 1


def test_without_what_the_head_adds_the_commits_below_a_rebase_are_open() -> None:
    tale = Tale()
    tale.push()
    tale.pull("rebase", 3, stale=True)
    line = tale.newest_first()
    claims = claims_of(line, tale.pulls, [])
    assert set(claims.pulls) == {0}
    assert set(claims.doubts) == {1, 2, 3}


def test_a_fast_forwarded_merge_covers_its_own_and_tells_of_the_line_that_it_hides() -> None:
    tale = Tale()
    fork = tale.tip
    own = [tale.commit((fork,))]
    hidden = tale.commit((fork,))
    own.append(tale.commit((own[0].sha, hidden.sha)))
    tale.line += own
    added = PullCommits(number=1, head=own[1].sha, merge_base=hidden.sha, commits=tuple(own[::-1]))
    claims = claims_of(tale.newest_first(), [pull(1, own[1].sha, merge_base=hidden.sha)], [added])
    assert set(claims.pulls) == {0, 1}
    assert claims.detours == (1,)


def snapshot_of(tale: Tale, **changes: object) -> Snapshot:
    line = tale.newest_first()
    history = History(
        fetched_at="2026-02-01T03:00:00Z",
        tip=line[0] if line else tale.line[0],
        baseline=tale.line[0].sha,
        baseline_on_line=True,
        commit_count=len(line),
        commits=tuple(line),
    )
    gitea = facts.Gitea(
        available=True,
        observed_at="2026-02-01T03:00:00Z",
        main=facts.MainBranch(name="main", commit=tale.tip),
        pulls=tuple(tale.pulls),
        history=history,
        pull_heads=tuple(tale.heads),
        pull_commits=tuple(tale.added),
    )
    return Snapshot(
        schema_version=SCHEMA_VERSION,
        tool_version="0",
        id="x",
        site_id="x",
        mode="audit",
        started_at="2026-02-01T03:00:00Z",
        finished_at="2026-02-01T03:00:00Z",
        sources=(),
        gitea=replace(gitea, **changes),  # type: ignore[arg-type] -- each test names fields of the dataclass
    )


def test_a_list_of_pull_requests_that_was_cut_leaves_every_other_commit_open() -> None:
    tale = Tale()
    tale.push()
    tale.pull("merge", 2)
    gap = Gap(pointer="/gitea/pulls", reason="page 2 was refused")
    found = provenance.derive(snapshot_of(tale, gaps=(gap,)), CONFIG)
    assert found.unproven is not MISSING
    assert [one.covered for one in found.unproven] == [MISSING]
    assert "page 2 was refused" in found.gaps[0].reason


def test_what_came_while_the_server_was_asked_is_open() -> None:
    tale = Tale()
    tale.pull("merge", 1)
    seen = tale.tip
    tale.push()
    main = facts.MainBranch(name="main", commit=seen)
    found = provenance.derive(snapshot_of(tale, main=main), CONFIG)
    assert found.unproven is not MISSING
    assert [one.covered for one in found.unproven] == [MISSING]
    newer = facts.MainBranch(name="main", commit=sha("newer"))
    assert [gap.pointer for gap in provenance.derive(snapshot_of(tale, main=newer), CONFIG).gaps] == [
        "/provenance/unproven"
    ]


def test_an_unavailable_server_leaves_everything_open() -> None:
    found = provenance.derive(snapshot_of(Tale(), available=False, error="timed out"), CONFIG)
    assert found.unproven is MISSING
    assert found.gaps[0].reason == "gitea is unavailable: timed out"


def row(number: int, old: str | None, new: str, actor: str = "alice", count: int | None = None) -> Activity:
    at = f"2026-01-01T00:00:{number:02}Z"
    return Activity(id=number, kind="commit_repo", actor=actor, created_at=at, old=old, new=new, commit_count=count)


def test_the_feed_says_who_pushed_each_stretch_and_where_it_is_broken() -> None:
    places = {name: place for place, name in enumerate("edcba")}
    rows = [row(1, "a", "c"), row(2, "d", "e", "bob"), row(3, None, "d", "carol"), row(4, "zz", "yy")]
    pushes = pushes_of(places, [0, 1, 2, 3], rows)
    assert [pushes[place].actor for place in range(4)] == ["bob", "carol", "alice", "alice"]
    assert feed_breaks(places, rows, "a") == 0
    assert feed_breaks(places, [*rows, row(5, "b", "e")], "a") == 1


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(-1, 40)), max_size=20))
def test_a_feed_of_nonsense_explains_no_commit_that_it_does_not_name(rows: list[tuple[int, int, int]]) -> None:
    places = {str(place): place for place in range(20)}
    given_rows = [row(n, str(old), str(new), count=count) for n, (old, new, count) in enumerate(rows)]
    wanted = [1, 3, 7, 19]
    assert set(pushes_of(places, wanted, given_rows)) <= set(wanted)


def test_the_feed_changes_no_verdict() -> None:
    tale = Tale()
    tale.push()
    tale.pull("rebase", 2, stale=True)
    feed = ActivityFeed(complete=True, rows=(row(1, tale.line[0].sha, tale.tip, "alice"),))
    with_feed = provenance.derive(snapshot_of(tale, activity=feed), CONFIG)
    without = provenance.derive(snapshot_of(tale), CONFIG)
    assert with_feed.unproven is not MISSING
    assert without.unproven is not MISSING
    assert [one.covered for one in with_feed.unproven] == [one.covered for one in without.unproven] == [False]
    assert with_feed.unproven[0].pushed_by == "alice"
