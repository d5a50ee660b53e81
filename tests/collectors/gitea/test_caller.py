"""What each caller may see, and that a missing right is a gap that names it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from gitea_recording import API, VERSIONS
from gitea_replay import Caller

from auditor.collectors import gitea as collector
from auditor.config import Config
from auditor.config.secret import SecretRef
from auditor.errors import SourceError
from auditor.model.codec import canonical, encode
from auditor.model.missing import MISSING

SITE = "archicratie-edition"
READABLE = ("repository", "main", "branches", "pulls", "statuses", "activity", "history", "pull_heads", "workflows")
GUARDED = ("protections", "deploy_keys")


def gap(facts: Any, pointer: str) -> Any:
    return next(gap for gap in facts.gaps if gap.pointer == pointer)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("caller", [Caller.LECTEUR, Caller.ECRIVAIN, Caller.ETRANGER, Caller.ANONYMOUS])
def test_whoever_is_no_admin_sees_all_but_the_guarded_lists(version, caller, replay, look) -> None:
    facts = look(replay(version, SITE), caller)
    assert [name for name in READABLE if getattr(facts, name) is MISSING] == []
    assert [name for name in GUARDED if getattr(facts, name) is not MISSING] == []
    for name in GUARDED:
        remedy = gap(facts, f"/gitea/{name}").remedy
        assert "admin collaborator" in remedy
        assert "read:repository" in remedy
    assert facts.caller.anonymous is (caller is Caller.ANONYMOUS)
    assert facts.caller.admin is False
    assert facts.caller.push is (caller is Caller.ECRIVAIN)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_anonymous_caller_sends_no_token_and_has_no_identity(version, replay, look) -> None:
    gitea = replay(version, SITE)
    facts = look(gitea, Caller.ANONYMOUS)
    assert not any(each.authorized for each in gitea.requests)
    assert (facts.caller.login, facts.caller.scopes, facts.caller.is_admin) == (None, (), None)
    assert facts.server.root_url == "https://git.archicratie.example"
    assert not any(each.target == f"{API}/repos/-/-" for each in gitea.requests), "a refusal told it on the way"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("caller", [Caller.AUDITEUR, Caller.AUDITEUR_NARROW, Caller.OWNER])
def test_admins_see_the_guarded_lists_with_the_least_of_scopes(version, caller, replay, look) -> None:
    facts = look(replay(version, SITE), caller)
    assert [name for name in (*READABLE, *GUARDED) if getattr(facts, name) is MISSING] == []
    assert facts.caller.admin is True


@pytest.mark.parametrize(
    ("version", "caller", "login", "scopes", "is_admin"),
    [
        ("1.27.0", Caller.AUDITEUR, "auditeur", ("read:repository", "read:user"), False),
        ("1.27.0", Caller.AUDITEUR_NARROW, "auditeur", ("read:repository",), MISSING),
        ("1.27.0", Caller.AUDITEUR_NOSCOPE, "auditeur", ("read:issue",), MISSING),
        ("1.27.0", Caller.OWNER, "gardienne", ("all",), False),
        ("1.26.4", Caller.AUDITEUR, "auditeur", MISSING, False),
        ("1.26.4", Caller.AUDITEUR_NARROW, MISSING, ("read:repository",), MISSING),
        ("1.25.5", Caller.AUDITEUR_NARROW, MISSING, ("read:repository",), MISSING),
        ("1.25.5", Caller.AUDITEUR_NOSCOPE, MISSING, ("read:issue",), MISSING),
    ],
)
def test_the_rights_of_a_token_are_found_out_by_asking(version, caller, login, scopes, is_admin, replay, look) -> None:
    facts = look(replay(version, SITE), caller)
    assert (facts.caller.login, facts.caller.scopes, facts.caller.is_admin) == (login, scopes, is_admin)
    unknown = {name for name in ("login", "scopes", "is_admin") if getattr(facts.caller, name) is MISSING}
    told = {each.pointer.rpartition("/")[2] for each in facts.gaps if each.pointer.startswith("/gitea/caller/")}
    assert unknown == told - {"admin", "push", "pull"}


def test_before_1_27_the_refusal_of_another_scope_tells_those_of_the_token(replay, look) -> None:
    def refuse(request: Any, serve: Any) -> Any:
        from gitea_answer import error

        text = "token does not have at least one of required scope(s), required=[read:notification], "
        return error(403, f"{text}token scope=read:repository,read:user", "1.26.4")

    gitea = replay("1.26.4", SITE, fail={f"{API}/notifications": refuse})
    assert look(gitea).caller.scopes == ("read:repository", "read:user")
    before = len(gitea.requests)
    facts = look(gitea)
    assert facts.caller.scopes == ("read:repository", "read:user")
    assert facts.requests.api <= 12
    assert not any(each.target == f"{API}/repos/-/-" for each in gitea.requests[before:])


@pytest.mark.parametrize("version", VERSIONS)
def test_a_token_without_the_scope_sees_nothing_and_every_gap_has_a_reason(version, replay, look) -> None:
    facts = look(replay(version, SITE), Caller.AUDITEUR_NOSCOPE)
    assert facts.available
    assert [name for name in (*READABLE, *GUARDED) if getattr(facts, name) is not MISSING] == []
    refused = gap(facts, "/gitea/repository")
    assert "lacks the scope read:repository" in refused.reason
    assert "token scope=read:issue" in refused.reason
    assert {f"/gitea/{name}" for name in (*READABLE, *GUARDED)} <= {each.pointer for each in facts.gaps}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("caller", [Caller.ANONYMOUS, Caller.ETRANGER])
def test_a_private_repository_is_not_said_to_be_absent(version, caller, replay, look) -> None:
    facts = look(replay(version, "private"), caller)
    assert facts.repository is MISSING
    told = gap(facts, "/gitea/repository")
    assert "or the caller may not see it" in told.reason
    assert "two-factor" in told.remedy
    assert look(replay(version, "private"), Caller.LECTEUR).repository.private is True


@pytest.mark.parametrize("version", VERSIONS)
def test_a_refused_token_makes_the_source_unavailable(version, replay, look) -> None:
    gitea = replay(version, SITE)
    with pytest.raises(SourceError, match=r"refuses the token.*gitea\.token") as caught:
        look(gitea, Caller.INVALID)
    assert gitea.token(Caller.INVALID) not in str(caught.value)
    assert len(gitea.requests) == 1


def test_a_token_that_is_refused_in_the_middle_is_no_gap(replay, look) -> None:
    gitea = replay("1.27.0", SITE, fail={"R/keys": 401})
    with pytest.raises(SourceError, match="refuses the token"):
        look(gitea)


def test_a_server_that_nobody_reaches_makes_the_source_unavailable(replay, look) -> None:
    gitea = replay("1.27.0", SITE)
    with pytest.raises(SourceError, match="refused the connection"):
        look(gitea, base="http://127.0.0.1:9", seconds=5)


def test_a_token_that_is_not_there_makes_the_source_unavailable(replay, look) -> None:
    gitea = replay("1.27.0", SITE)
    with pytest.raises(SourceError, match=r"gitea\.token.*'NOT_SET_ANYWHERE' is not set"):
        look(gitea, token=SecretRef(env="NOT_SET_ANYWHERE", name="gitea.token"))
    assert gitea.requests == []


@pytest.mark.parametrize("caller", [Caller.AUDITEUR, Caller.OWNER])
def test_no_token_and_no_key_is_in_the_facts_whatever_the_server_echoes(caller, replay, look, state) -> None:
    gitea = replay("1.27.0", SITE)
    token = gitea.token(caller)

    def echo(pulls: Any) -> Any:
        return [{**pull, "title": f"leak {token}", "html_url": f"https://u:{token}@h.example/x"} for pull in pulls]

    gitea.overlay["R/pulls"] = echo
    facts = look(gitea, caller)
    assert facts.pulls[0].title == "leak ***"
    assert facts.pulls[0].url == "https://h.example/x"
    assert token not in canonical(encode(facts))
    assert "AAAA" not in canonical(encode(facts.deploy_keys))
    assert not [file for file in state.rglob("*") if file.is_file() and token.encode() in file.read_bytes()]


def test_only_a_configured_server_is_asked() -> None:
    assert collector.ROUND == 1
    assert not collector.configured(Config(id="site"))


def test_of_an_unavailable_server_nothing_is_known() -> None:
    facts = collector.unavailable("gone", datetime(2026, 11, 24, 3, tzinfo=UTC))
    assert encode(facts) == {
        "available": False,
        "error": "gone",
        "observed_at": "2026-11-24T03:00:00Z",
        "gaps": [],
        "notices": [],
    }
