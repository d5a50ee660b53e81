"""CI variables: asked for where the caller is said to be an owner, judged, and all but public values dropped."""

import secrets
from typing import Any

import pytest
from gitea_recording import VERSIONS
from gitea_replay import Caller

from auditor.model.codec import canonical, encode
from auditor.model.facts.gitea import CiVariable, Gitea
from auditor.model.missing import MISSING

SITE = "archicratie-edition"
ROUTE = "R/actions/variables"


def variable(name: str, data: Any) -> dict[str, Any]:
    return {"owner_id": 0, "repo_id": 1, "name": name, "data": data, "description": ""}


def asked(gitea: Any) -> bool:
    return any("/actions/variables" in one.target for one in gitea.api_requests)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_owner_sees_the_public_values_of_the_reference_site(version, replay, look) -> None:
    facts = look(replay(version, SITE), Caller.OWNER, owner_rights=True)
    assert facts.variables == tuple(
        CiVariable(name=f"PUBLIC_GITEA_{name}", has_value=True, looks_secret=False, value=value)
        for name, value in (
            ("BASE", "https://git.archicratie.example"),
            ("OWNER", "Archicratia"),
            ("REPO", "archicratie-edition"),
        )
    )


@pytest.mark.parametrize("caller", [Caller.AUDITEUR, Caller.LECTEUR, Caller.ANONYMOUS])
def test_whoever_is_no_owner_is_refused_and_told_which_right_is_missing(caller, replay, look) -> None:
    facts = look(replay("1.27.0", SITE), caller, owner_rights=True)
    assert facts.variables is MISSING
    (gap,) = [gap for gap in facts.gaps if gap.pointer == "/gitea/variables"]
    assert "the caller may not see it" in gap.reason
    assert "an owner's place" in (gap.remedy or "")


def test_nobody_asks_without_the_word_of_the_policy_file(replay, look) -> None:
    gitea = replay("1.27.0", SITE)
    facts = look(gitea, Caller.OWNER)
    assert facts.variables is MISSING
    assert not asked(gitea)
    assert not any("variables" in gap.pointer for gap in facts.gaps)


def test_a_secret_is_known_by_its_name_or_its_kind_and_its_value_is_nowhere(replay, look) -> None:
    token, dull = f"ghp_{secrets.token_hex(18)}", "correct-horse-battery"
    rows = [
        variable("DEPLOY_PASSWORD", dull),
        variable("NOTE", f"ask with Authorization: token {secrets.token_hex(20)}"),
        variable("PUBLIC_FORGE_TOKEN", token),
        variable("EMPTY_TOKEN", ""),
        variable("NODE_ENV", "production"),
    ]
    facts = look(replay("1.27.0", SITE, overlay={ROUTE: rows}), Caller.OWNER, owner_rights=True)
    told = {one.name: one.looks_secret for one in facts.variables}
    assert told == {
        "DEPLOY_PASSWORD": True,
        "EMPTY_TOKEN": False,
        "NODE_ENV": False,
        "NOTE": True,
        "PUBLIC_FORGE_TOKEN": True,
    }
    assert next(one.kinds for one in facts.variables if one.name == "NOTE") != ()
    text = canonical(encode(facts))
    assert not [row["data"] for row in rows if row["data"] and row["data"] in text]
    assert token not in text


def test_all_pages_are_read(replay, look) -> None:
    rows = [variable(f"N{number:03}", "x") for number in range(120)]
    facts = look(replay("1.27.0", SITE, overlay={ROUTE: rows}), Caller.OWNER, owner_rights=True)
    assert [one.name for one in facts.variables] == [row["name"] for row in rows]


@pytest.mark.parametrize("value", [None, 7, ["x"], {"a": "hunter2hunter2"}])
def test_a_value_that_is_no_text_is_a_gap_that_says_nothing_of_it(value, replay, look) -> None:
    facts: Gitea = look(
        replay("1.27.0", SITE, overlay={ROUTE: [variable("A", value)]}), Caller.OWNER, owner_rights=True
    )
    assert facts.variables is MISSING
    assert [gap.reason for gap in facts.gaps if gap.pointer == "/gitea/variables"] == ["'data': it is no text"]


def test_behind_a_repository_that_can_not_be_seen_they_are_unknown_too(replay, look) -> None:
    facts = look(replay("1.27.0", SITE, fail={"R$": 404}), Caller.OWNER, owner_rights=True)
    assert [gap.reason for gap in facts.gaps if gap.pointer == "/gitea/variables"] == [
        "the repository itself could not be seen"
    ]
