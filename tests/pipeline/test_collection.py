"""Sources asked in two rounds, each with its own failure, within one budget."""

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.config import Config
from auditor.errors import SourceError
from auditor.interfaces import Context
from auditor.model.codec import canonical, encode
from auditor.model.facts.earlier import Earlier
from auditor.model.facts.local import Local
from auditor.model.facts.snapshot import Snapshot, SourceRun
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING
from auditor.pipeline.collection import Request, collect, run_id

from .conftest import MOMENT, WHOLE, FakeCollector

SECRET = "x" * 20


def whole(_context: Context) -> Local:
    return WHOLE


def collected(config: Config, collectors: Mapping[str, Any], **changes: Any) -> Snapshot:
    return collect(Request(**{"config": config, "mode": "audit", "timeout": 20, "collectors": collectors, **changes}))


def run_of(snapshot: Snapshot, name: str) -> SourceRun:
    return next(run for run in snapshot.sources if run.name == name)


def test_the_second_round_begins_when_the_first_has_ended_and_sees_its_facts(config: Config) -> None:
    first = {name: FakeCollector(whole) for name in ("local", "gitea")}
    second = FakeCollector(whole, ROUND=2)
    ended = []

    def slow(_context: Context) -> Local:
        time.sleep(0.1)
        ended.append(second.entered.is_set())
        return WHOLE

    first["gitea"].act = slow
    # the later round stands first: the order is that of ROUND, not of names
    snapshot = collected(config, {"canon": second, **first})
    assert ended == [False]
    assert second.contexts[0].seen.local is WHOLE
    assert first["local"].contexts[0].seen.local is MISSING
    assert [run.name for run in snapshot.sources] == ["local", "gitea", "canon"]


def test_what_earlier_runs_saw_is_read_once_the_first_sources_were_asked(config: Config) -> None:
    order, earlier = [], Earlier(run=None, history_head="0")

    def asked(context: Context) -> Local:
        order.append("asked")
        assert context.earlier is not None
        assert context.earlier() is earlier
        return WHOLE

    def remember() -> Earlier:
        order.append("read")
        return earlier

    snapshot = collected(config, {"local": FakeCollector(asked)}, earlier=remember)
    assert order[:2] == ["asked", "read"]
    assert snapshot.earlier is earlier


def test_the_sources_of_a_round_are_asked_at_once(config: Config) -> None:
    meeting = threading.Barrier(3, timeout=60)

    def meet(_context: Context) -> Local:
        meeting.wait()
        return WHOLE

    snapshot = collected(config, {name: FakeCollector(meet) for name in ("local", "gitea", "nas")})
    assert {run.status for run in snapshot.sources} == {"ok"}


def test_a_source_that_fails_is_unavailable_and_the_others_go_on(config: Config) -> None:
    def refuse(_context: Context) -> Local:
        raise SourceError("the key was refused: \x1b[31m")

    snapshot = collected(config, {"local": FakeCollector(refuse), "gitea": FakeCollector(whole)})
    run = run_of(snapshot, "local")
    assert (run.status, run.error) == ("unavailable", "the key was refused: \\x1b[31m")
    assert isinstance(snapshot.local, Local)
    assert not snapshot.local.available
    assert snapshot.local.error == run.error
    assert run_of(snapshot, "gitea").status == "ok"


@pytest.mark.parametrize("fault", [ValueError(SECRET), KeyError(SECRET), SystemExit(SECRET), MemoryError(SECRET)])
def test_the_text_of_an_unforeseen_exception_is_never_shown(config: Config, fault: BaseException) -> None:
    def crash(_context: Context) -> Local:
        raise fault

    snapshot = collected(config, {"local": FakeCollector(crash)})
    text = canonical(encode(snapshot))
    assert SECRET not in text
    assert f"internal error: {type(fault).__name__} at test_collection.py:" in text


def test_a_collector_that_gives_nothing_is_unavailable(config: Config) -> None:
    snapshot = collected(config, {"local": FakeCollector(lambda _context: None)})
    assert run_of(snapshot, "local").status == "unavailable"
    assert "internal error" in (run_of(snapshot, "local").error or "")


def test_a_source_that_hangs_is_unavailable_when_the_budget_is_over(config: Config) -> None:
    release = threading.Event()

    def hang(_context: Context) -> Local:
        release.wait(60)
        return WHOLE

    late = FakeCollector(whole, ROUND=2)
    began = time.monotonic()
    collectors = {"local": FakeCollector(hang), "gitea": FakeCollector(whole), "canon": late}
    snapshot = collected(config, collectors, timeout=1.5)
    release.set()
    assert time.monotonic() - began < 30
    assert run_of(snapshot, "local").status == "unavailable"
    assert "1.5 seconds: raise --timeout" in (run_of(snapshot, "local").error or "")
    assert 1.4 < (run_of(snapshot, "local").took_seconds or 0) < 30
    assert run_of(snapshot, "gitea").status == "ok"


def test_facts_with_gaps_are_partial(config: Config) -> None:
    gaps = (Gap(pointer="/local/stashes", reason="damaged"),)
    snapshot = collected(config, {"local": FakeCollector(lambda _context: replace(WHOLE, gaps=gaps))})
    assert run_of(snapshot, "local").status == "partial"


def test_a_source_that_is_not_configured_is_not_asked_and_not_listed(config: Config) -> None:
    idle = FakeCollector(whole, wanted=False)
    snapshot = collected(config, {"local": FakeCollector(whole), "gitea": idle})
    assert [run.name for run in snapshot.sources] == ["local"]
    assert not idle.contexts


def test_the_trees_of_commits_go_where_gitea_goes(config: Config) -> None:
    collectors = {name: FakeCollector(whole) for name in ("local", "gitea", "canon")}
    with_gitea = collected(config, collectors, only=("gitea",))
    assert {run.name: run.status for run in with_gitea.sources} == {"local": "left-out", "gitea": "ok", "canon": "ok"}
    without = collected(config, collectors, only=("local",))
    assert {run.name: run.status for run in without.sources}["canon"] == "left-out"


def test_a_source_that_only_leaves_out_is_not_asked_and_listed_so(config: Config) -> None:
    idle = FakeCollector(whole)
    snapshot = collected(config, {"local": idle, "gitea": FakeCollector(whole)}, only=("gitea",))
    assert run_of(snapshot, "local").status == "left-out"
    assert snapshot.local is MISSING
    assert not idle.contexts


def brought_from(snapshot: Snapshot, moment: str) -> Snapshot:
    return replace(snapshot, local=replace(WHOLE, observed_at=moment), finished_at=moment)


def test_brought_facts_stand_in_for_a_source_that_failed_or_is_not_there(config: Config, snapshot: Snapshot) -> None:
    def refuse(_context: Context) -> Local:
        raise SourceError("asleep")

    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    bag = (brought_from(snapshot, now),)
    for seen in (
        collected(config, {"local": FakeCollector(refuse), "gitea": FakeCollector(whole)}, brought=bag),
        collected(config, {"gitea": FakeCollector(whole)}, brought=bag),
    ):
        assert run_of(seen, "local").status == "brought"
        assert run_of(seen, "local").collected_at == now
        assert isinstance(seen.local, Local)
        assert seen.local.available
        assert sum(run.name == "local" for run in seen.sources) == 1


def test_brought_facts_never_replace_live_ones_nor_what_was_left_out(config: Config, snapshot: Snapshot) -> None:
    bag = (brought_from(snapshot, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),)
    live = replace(WHOLE, path="/live", gaps=(Gap(pointer="/local/stashes", reason="damaged"),))
    seen = collected(config, {"local": FakeCollector(lambda _context: live)}, brought=bag)
    assert seen.local is live
    assert run_of(seen, "local").status == "partial"
    seen = collected(config, {"local": FakeCollector(whole)}, brought=bag, only=("gitea",))
    assert run_of(seen, "local").status == "left-out"


@pytest.mark.parametrize("moment", [MOMENT, "2099-01-01T00:00:00Z"])
def test_brought_facts_of_another_time_are_unavailable(config: Config, snapshot: Snapshot, moment: str) -> None:
    seen = collected(config, {}, brought=(brought_from(snapshot, moment),))
    assert run_of(seen, "local").status == "unavailable"
    assert isinstance(seen.local, Local)
    assert seen.local.branches is MISSING


def test_what_is_waited_for_is_told_from_the_start_to_the_end(config: Config) -> None:
    heard: list[tuple[str, str]] = []

    def talk(context: Context) -> Local:
        context.progress("reading")
        return WHOLE

    collected(config, {"local": FakeCollector(talk)}, say=lambda *words: heard.append(words))
    assert heard == [("local", "starting"), ("local", "reading"), ("local", "")]


def test_the_memory_of_earlier_runs_is_in_the_snapshot_where_there_is_one(config: Config) -> None:
    assert collected(config, {}).earlier is MISSING
    assert collected(config, {}, earlier=lambda: Earlier(run=None)).earlier == Earlier(run=None)


def test_run_ids_are_ordered_by_time_and_say_their_version() -> None:
    early = run_id(datetime(2026, 1, 1, tzinfo=UTC))
    late = run_id(datetime(2026, 1, 1, 0, 0, 0, 1000, tzinfo=UTC))
    assert early < late
    assert (early.version, early.variant) == (7, "specified in RFC 4122")
    assert len({run_id(datetime(2026, 1, 1, tzinfo=UTC)) for _ in range(100)}) == 100
