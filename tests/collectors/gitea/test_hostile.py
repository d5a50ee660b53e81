"""A server that answers anything: each fact is the honest one or unknown with a gap, and nothing else breaks."""

import json
from typing import Any

import pytest
from gitea_recording import API
from gitea_replay import Caller

from auditor.model.codec import canonical, decode, encode
from auditor.model.facts.gitea import Gitea
from auditor.model.missing import MISSING

SITE = "archicratie-edition"
ROUTES = {
    f"{API}/version": ("server",),
    f"{API}/settings": ("server",),
    "/api/forgejo": ("server",),
    f"{API}/token": ("caller",),
    f"{API}/user": ("caller",),
    "R$": ("repository", "caller", "redirect"),
    "R/branches": ("main",),
    "R/branch_protections": ("protections",),
    "R/keys": ("deploy_keys",),
    "R/pulls": ("pulls",),
    "R/activities": ("activity",),
    "R/commits": ("statuses", "creator_ever_empty"),
}
# what hangs on an answer beyond its own fact
BEHIND = {
    "R$": (
        *("main", "protections", "deploy_keys", "pulls", "activity", "statuses", "creator_ever_empty", "branches"),
        *("history", "pull_heads", "pull_commits", "earlier_tips", "workflows"),
    ),
    "R/branches": ("statuses", "creator_ever_empty", "history", "pull_commits", "earlier_tips", "workflows"),
    "R/pulls": ("pull_commits",),
}
QUICK = (
    *("missing", "html", "not-json", "deep", "not-utf8", "nulls", "types", "shape", "empty-object"),
    *("foreign-link", "redirect", "gzip-bomb", 400, 403, 404, 422),
)
PAGED = ("R/keys", "R/pulls", "R/activities", "R/commits")
# the facts of the same server when it is honest, seen once
HONEST: dict[str, Any] = {}


def parts(value: Any, place: str = "") -> dict[str, Any]:
    """Every leaf of encoded facts by its place; what is MISSING is not among them."""
    if isinstance(value, dict):
        return {key: leaf for name, each in value.items() for key, leaf in parts(each, f"{place}/{name}").items()}
    if isinstance(value, list) and value:
        return {key: leaf for at, each in enumerate(value) for key, leaf in parts(each, f"{place}/{at}").items()}
    return {place: value}


@pytest.mark.parametrize(
    ("route", "fault"),
    [
        *((route, fault) for route in ROUTES for fault in QUICK),
        *((route, fault) for route in PAGED for fault in ("endless", "repeat")),
    ],
)
def test_a_spoilt_answer_leaves_its_fact_unknown_and_the_others_honest(route, fault, replay, look) -> None:
    if not HONEST:
        HONEST.update(parts(encode(look(replay("1.27.0", SITE, git=None), remember=False))))
    honest = HONEST
    gitea = replay("1.27.0", SITE, git=None, fail={route: fault})
    facts = look(gitea)
    assert decode(Gitea, json.loads(canonical(encode(facts)))) == facts
    assert gitea.token(Caller.AUDITEUR) not in canonical(encode(facts))
    concerned = {*ROUTES[route], *BEHIND.get(route, ()), "gaps", "requests", "notices"}
    spoilt = parts(encode(facts))
    for place, value in honest.items():
        if place.split("/")[1] not in concerned:
            assert spoilt.get(place) == value, place
    absent = route == "R/branches" and fault == 404
    for place, value in spoilt.items():
        root = place.split("/")[1]
        if root in ("gaps", "requests", "notices", "redirect") or absent:
            continue
        if place == "/activity/complete":  # the server may say that there is more
            continue
        assert place in honest, f"{place} was made up"
        assert value == honest[place], f"{place} is another"
    lost = {place.split("/")[1] for place in honest.keys() - spoilt.keys()}
    gaps = {gap.pointer.split("/")[2] for gap in facts.gaps}
    assert lost - {"gaps", "requests", "notices"} <= gaps | {"redirect"} or absent
    assert all(gap.reason for gap in facts.gaps)


@pytest.mark.parametrize("fault", ["drop", "truncated", 500, 502])
@pytest.mark.parametrize("route", ["R/branch_protections", "R/commits"])
def test_a_server_that_breaks_off_or_fails_is_asked_again_and_then_unknown(route, fault, replay, look) -> None:
    gitea = replay("1.27.0", SITE, fail={route: fault})
    facts = look(gitea)
    field = ROUTES[route][0]
    assert getattr(facts, field) is MISSING or facts.statuses[0].entries is MISSING
    assert any(gap.pointer.startswith(f"/gitea/{field}") for gap in facts.gaps)
    assert facts.requests.api == len(gitea.api_requests), "repeated requests count"


def test_a_server_that_drips_is_unknown_when_the_time_is_over(replay, look) -> None:
    gitea = replay("1.27.0", SITE, fail={"R/keys": "slow"})
    facts = look(gitea, seconds=4)
    assert facts.deploy_keys is MISSING
    assert "/gitea/deploy_keys" in {gap.pointer for gap in facts.gaps}


def test_right_after_a_push_the_branch_is_asked_again(replay, look) -> None:
    from gitea_fault import first

    gitea = replay("1.27.0", SITE, fail={"R/branches/main": first(1, 500)})
    facts = look(gitea)
    assert facts.main.protected is True
    assert not facts.gaps


def test_a_redirect_to_another_host_never_sees_the_token_and_is_a_fact(replay, look) -> None:
    from gitea_fault import redirect_to

    trap = replay("1.27.0", SITE)
    gitea = replay("1.27.0", SITE, fail={f"{API}/repos": redirect_to(trap.url)})
    facts = look(gitea)
    assert trap.requests == []
    assert facts.redirect.location.startswith(trap.url)
    assert facts.repository is MISSING


def test_control_characters_in_free_text_are_shown_and_in_names_refused(replay, look) -> None:
    def odd(pulls: Any) -> Any:
        return [{**pull, "title": "a\x1b[2J\u202eb", "html_url": "https://h.example/\x00"} for pull in pulls]

    facts = look(replay("1.27.0", SITE, overlay={"R/pulls": odd}))
    assert facts.pulls[0].title == "a\\x1b[2J\\u202eb"
    assert facts.pulls[0].url is MISSING
    assert "/gitea/pulls/0/url" in {gap.pointer for gap in facts.gaps}


@pytest.mark.parametrize("number", [2**63, -1, 1.5, 10**400, True])
def test_a_number_that_is_none_makes_the_rule_unknown_there_alone(number, replay, look) -> None:
    def odd(rules: Any) -> Any:
        return [{**rule, "required_approvals": number} for rule in rules]

    facts = look(replay("1.27.0", SITE, overlay={"R/branch_protections": odd}))
    (rule,) = facts.protections
    assert rule.required_approvals is MISSING
    assert rule.enable_push is False
    assert [gap.pointer for gap in facts.gaps] == ["/gitea/protections/0/required_approvals"]


def test_a_status_without_its_creators_name_is_not_taken_for_one_without_a_creator(replay, look) -> None:
    def odd(combined: Any) -> Any:
        for status in combined["statuses"]:
            status["creator"]["login"] = None
        return combined

    facts = look(replay("1.27.0", SITE, overlay={"R/commits/main/status": odd}))
    assert {status.creator for status in facts.statuses[0].entries} == {MISSING}
    assert "/gitea/statuses/0/entries/0/creator" in {gap.pointer for gap in facts.gaps}


def test_objects_that_disagree_with_the_api_are_unknown(replay, look) -> None:
    def moved(branch: Any) -> Any:
        return {**branch, "commit": {**branch["commit"], "id": "1" * 40}}

    facts = look(replay("1.27.0", SITE, overlay={"R/branches/main": moved}))
    assert facts.main.commit == "1" * 40
    assert facts.history is MISSING
    assert facts.workflows is MISSING
    assert any(gap.pointer == "/gitea/history" and "the API at 111" in gap.reason for gap in facts.gaps)
