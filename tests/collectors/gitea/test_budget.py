"""How many requests a night costs, and that what is remembered is never believed against the server."""

import stat
from pathlib import Path
from typing import Any

import pytest
from gitea_recording import API, VERSIONS
from gitea_replay import Caller

from auditor.model.missing import MISSING

SITE = "archicratie-edition"
QUIET = 12
FIRST = 40


def five_hundred(pulls: Any) -> Any:
    """The recorded pull requests, and older closed ones up to number 500."""
    closed = next(pull for pull in pulls if pull["number"] == 13)
    older = [
        {**closed, "number": number, "id": number, "updated_at": f"2025-01-01T{number // 60:02}:{number % 60:02}:00Z"}
        for number in range(15, 501)
    ]
    return [*pulls, *older]


def memory_files(state: Path) -> list[Path]:
    return sorted((state / "gitea").iterdir())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("caller", [Caller.AUDITEUR, Caller.AUDITEUR_NARROW, Caller.OWNER, Caller.ANONYMOUS])
@pytest.mark.parametrize("scenario", [SITE, "ci-states", "actions"])
def test_a_night_when_nothing_changed_costs_twelve_requests_at_most(version, caller, scenario, replay, look) -> None:
    gitea = replay(version, scenario)
    first = look(gitea, caller)
    before = len(gitea.api_requests)
    second = look(gitea, caller)
    assert len(gitea.api_requests) - before == second.requests.api <= QUIET
    assert len(gitea.requests) - len(gitea.api_requests) == first.requests.git + second.requests.git
    assert second.history.commits == first.history.commits
    for name in ("pulls", "activity", "pull_commits", "statuses", "server", "caller", "gaps"):
        assert getattr(second, name) == getattr(first, name)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_first_night_with_500_pull_requests_costs_forty_at_most_and_the_next_twelve(version, replay, look) -> None:
    gitea = replay(version, SITE, overlay={"R/pulls": five_hundred})
    first = look(gitea)
    assert len(first.pulls) == 500
    assert first.requests.api <= FIRST
    second = look(gitea)
    assert second.pulls == first.pulls
    assert second.requests.api <= QUIET
    assert not any(gap.pointer == "/gitea/pulls" for gap in (*first.gaps, *second.gaps))


def test_a_pull_request_that_changed_is_seen_the_next_night(replay, look) -> None:
    gitea = replay("1.27.0", SITE, overlay={"R/pulls": five_hundred})
    look(gitea)

    def reopened(pulls: Any) -> Any:
        changed = {"state": "open", "title": "again", "updated_at": "2026-11-24T02:00:00Z", "closed_at": None}
        return [{**pull, **changed} if pull["number"] == 77 else pull for pull in five_hundred(pulls)]

    gitea.overlay["R/pulls"] = reopened
    facts = look(gitea)
    assert [(pull.state, pull.title) for pull in facts.pulls if pull.number == 77] == [("open", "again")]
    assert len(facts.pulls) == 500
    assert facts.requests.api <= QUIET


def test_a_pull_request_that_was_deleted_is_forgotten(replay, look) -> None:
    gitea = replay("1.27.0", SITE, overlay={"R/pulls": five_hundred})
    look(gitea)
    gitea.overlay["R/pulls"] = lambda pulls: [pull for pull in five_hundred(pulls) if pull["number"] != 8]
    facts = look(gitea)
    assert len(facts.pulls) == 499
    assert 8 not in {pull.number for pull in facts.pulls}
    assert not any(gap.pointer == "/gitea/pulls" for gap in facts.gaps)
    assert look(gitea).requests.api <= QUIET


def test_a_count_that_does_not_add_up_is_said_and_nothing_of_it_remembered(replay, look, state) -> None:
    def cut(request: Any, serve: Any) -> Any:
        from dataclasses import replace

        answer = serve(request)
        return replace(answer, headers={**answer.headers, "x-total-count": "13"})

    gitea = replay("1.27.0", SITE, fail={"R/pulls": cut})
    facts = look(gitea)
    assert any(gap.pointer == "/gitea/pulls" and "counts 13" in gap.reason for gap in facts.gaps)
    gitea.fail.clear()
    assert not any(gap.pointer == "/gitea/pulls" for gap in look(gitea).gaps)


@pytest.mark.parametrize("spoil", [b"", b"{}", b"gitea 1 00\n{}", b"\xff" * 4096, None])
def test_a_damaged_memory_is_rebuilt_and_changes_nothing(spoil, replay, look, state) -> None:
    gitea = replay("1.27.0", SITE)
    first = look(gitea)
    for file in memory_files(state):
        content = file.read_bytes()
        file.write_bytes(content.replace(b'"merged":true', b'"merged":false') if spoil is None else spoil)
    second = look(gitea)
    assert (second.pulls, second.activity, second.pull_commits) == (first.pulls, first.activity, first.pull_commits)
    assert look(gitea).requests.api <= QUIET


def test_nobody_else_may_read_the_memory(replay, look, state) -> None:
    look(replay("1.27.0", SITE))
    assert len(memory_files(state)) == 2
    for file in memory_files(state):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_memory_of_one_repository_is_not_that_of_another(replay, look) -> None:
    gitea = replay("1.27.0", SITE)
    look(gitea)
    gitea.overlay["R"] = lambda record: {**record, "id": 4711}
    gitea.overlay["R/pulls"] = lambda pulls: pulls[:1]
    assert len(look(gitea).pulls) == 1


def test_a_new_version_is_asked_again_what_it_offers(replay, look) -> None:
    gitea = replay("1.26.4", SITE)
    look(gitea)
    before = len(gitea.requests)
    look(gitea)
    assert not any(each.target == f"{API}/token" for each in gitea.requests[before:])
    gitea.overlay[f"{API}/version"] = {"version": "1.27.9"}
    before = len(gitea.requests)
    look(gitea)
    assert any(each.target == f"{API}/token" for each in gitea.requests[before:])


def test_without_a_state_folder_all_is_asked_and_the_objects_are_a_gap(replay, look, state) -> None:
    gitea = replay("1.27.0", SITE)
    facts = look(gitea, remember=False)
    assert facts.main.commit
    assert len(facts.pulls) == 14
    assert facts.history is MISSING
    assert any(gap.pointer == "/gitea/history" and "history.path" in gap.reason for gap in facts.gaps)
    assert not state.exists()
