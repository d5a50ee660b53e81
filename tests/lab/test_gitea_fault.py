"""Overlays change what the replay says, faults spoil it, and nothing else changes."""

import http.client
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from gitea_client import ask_once, asking
from gitea_fault import NAMED, first, link_to, redirect_to
from gitea_recording import API
from gitea_replay import Caller, ReplayGitea

SITE = "archicratie-edition"
STARTED = Callable[..., ReplayGitea]


def test_an_overlay_changes_the_whole_list_before_it_is_filtered_and_paged(replay_gitea: STARTED) -> None:
    gitea = replay_gitea("1.27.0", SITE, overlay={"R/pulls": lambda pulls: pulls * 10})
    with asking(gitea) as ask:
        assert ask("R/pulls?state=all&limit=50").headers["x-total-count"] == "140"
        assert len(ask("R/pulls?state=open").body) == 10
        gitea.overlay.clear()
        assert len(ask("R/pulls?state=open").body) == 1


def test_an_overlay_reaches_every_name_of_a_thing_and_spares_the_recording(replay_gitea: STARTED) -> None:
    def one_red(combined: Any) -> Any:
        combined["statuses"][0]["status"] = "failure"
        return combined

    gitea = replay_gitea("1.27.0", SITE, overlay={"R/commits/main/status": one_red})
    with asking(gitea) as ask:
        tip = ask("R/branches/main").body["commit"]["id"]
        assert ask(f"R/commits/{tip}/status?limit=50&page=1").body["state"] == "failure"
        gitea.overlay.clear()
        assert ask("R/commits/main/status").body["state"] == "success"


def test_an_overlay_may_answer_what_was_never_recorded_but_rights_still_hold(replay_gitea: STARTED) -> None:
    overlay = {"R/branch_protections": [], "R/releases": {"not": "a list"}, f"{API}/version": {"version": "1.20.0"}}
    with asking(replay_gitea("1.27.0", SITE, overlay=overlay)) as ask:
        assert ask("R/branch_protections").body == []
        assert ask("R/branch_protections", Caller.LECTEUR).status == 403
        assert ask(f"{API}/version").body == {"version": "1.20.0"}


def test_the_longest_prefix_fails_and_a_dollar_names_one_path(replay_gitea: STARTED) -> None:
    gitea = replay_gitea("1.27.0", SITE, fail={"R/pulls": 500, "R/pulls/1": "missing", "R$": 403})
    with asking(gitea) as ask:
        assert ask("R/pulls/2").content == b"Internal Server Error\n"
        assert ask("R/pulls/1").content == b"404 page not found\n"
        assert ask("R").status == 403
        assert ask("R/branches/main").status == 200


def test_a_fault_may_heal(replay_gitea: STARTED) -> None:
    with asking(replay_gitea("1.27.0", SITE, fail={"R/branches": first(2, 503)})) as ask:
        assert [ask("R/branches/main").status for _ in range(4)] == [503, 503, 200, 200]


@pytest.mark.parametrize("name", ["drop", "truncated"])
def test_a_connection_that_breaks_is_seen_by_the_client(name: str, replay_gitea: STARTED) -> None:
    gitea = replay_gitea("1.27.0", SITE, fail={"R": name})
    with pytest.raises((http.client.RemoteDisconnected, http.client.IncompleteRead)):
        ask_once(gitea, "R")


def test_a_slow_answer_drips(replay_gitea: STARTED) -> None:
    gitea = replay_gitea("1.27.0", SITE, fail={"R": "slow"})
    connection = http.client.HTTPConnection(urlsplit(gitea.url).netloc, timeout=30)
    connection.request("GET", f"{API}/repos/Archicratia/{SITE}")
    response = connection.getresponse()
    assert response.read(2) == b'{"'
    connection.close()
    response.close()


def test_pages_that_never_end_and_pages_that_repeat(replay_gitea: STARTED) -> None:
    gitea = replay_gitea("1.27.0", SITE, fail={"R/pulls": "endless", "R/activities": "repeat"})
    with asking(gitea) as ask:
        far = ask("R/pulls?state=all&limit=50&page=700")
        feeds = [ask(f"R/activities/feeds?limit=50&page={page}") for page in (1, 2, 3)]
    assert len(far.body) == 14
    assert "page=701" in far.headers["link"]
    assert feeds[0].content == feeds[1].content == feeds[2].content
    assert feeds[0].headers["x-total-count"] == "150"


def test_links_and_redirects_may_lead_elsewhere(replay_gitea: STARTED) -> None:
    fail = {"R/pulls": link_to("http://127.0.0.1:9"), "R/branches": redirect_to("http://127.0.0.1:9")}
    with asking(replay_gitea("1.27.0", SITE, fail=fail)) as ask:
        assert "<http://127.0.0.1:9/" in ask("R/pulls").headers["link"]
        moved = ask("R/branches/main")
    assert moved.status == 302
    assert moved.headers["location"] == f"http://127.0.0.1:9{API}/repos/Archicratia/{SITE}/branches/main"


def test_a_gzip_bomb_is_small_on_the_wire(replay_gitea: STARTED) -> None:
    got = ask_once(replay_gitea("1.27.0", SITE, fail={"R": "gzip-bomb"}), "R")
    assert got.headers["content-encoding"] == "gzip"
    assert len(got.content) < 1 << 20


@pytest.mark.parametrize("name", sorted(set(NAMED) - {"drop", "truncated", "slow"}))
def test_no_fault_is_the_honest_answer(name: str, replay_gitea: STARTED) -> None:
    gitea = replay_gitea("1.27.0", SITE)
    with asking(gitea) as ask:
        honest = ask("R/pulls?state=all")
        gitea.fail["R"] = name
        spoilt = ask("R/pulls?state=all")
    assert (spoilt.status, spoilt.headers, spoilt.content) != (honest.status, honest.headers, honest.content)
