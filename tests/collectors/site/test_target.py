"""Where links lead, told by recorded Gitea servers of three versions."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from auditor.collectors import site as collector
from auditor.config import Config, Gitea, Site
from auditor.derive.link import LinkTarget, derive
from auditor.interfaces import Context, Deadline
from auditor.model.facts.site import Site as Facts
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot
from auditor.model.missing import MISSING

sys.path.insert(0, str(Path(__file__).parents[2] / "lab"))

from gitea_replay import ReplayGitea
from site_server import SiteServer

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
VERSIONS = ("1.25.5", "1.26.4", "1.27.0")
NOTHING = Snapshot(
    schema_version=SCHEMA_VERSION,
    tool_version="0",
    id="0",
    site_id="site",
    mode="proposer",
    started_at="2026-11-24T03:00:00Z",
    finished_at="2026-11-24T03:00:00Z",
    sources=(),
)


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param


def look(gitea: ReplayGitea, owner: str, repo: str, linked: str | None = None) -> tuple[Facts, list[LinkTarget]]:
    """The facts of a site with one link (to the configured repository by default), and what its targets come to."""
    link = f"{gitea.url}/{linked or f'{owner}/{repo}'}/issues/new?title=x"
    with SiteServer(pages={"/": f'<a href="{link}">Proposer</a>'}) as server:
        config = Config(id="site", gitea=Gitea(base=gitea.url, owner=owner, repo=repo), site=Site(url=server.url))
        facts = collector.collect(
            Context(
                config=config,
                seen=NOTHING,
                state=None,
                deadline=Deadline.after(60),
                now=NOW,
                progress=lambda _text: None,
            )
        )
    found = derive(_with(facts), config).targets
    assert found is not MISSING
    return facts, list(found)


def _with(facts: Facts) -> Snapshot:
    return Snapshot(**{**vars(NOTHING), "site": facts})


def test_the_right_repository_is_right_at_every_step(version: str) -> None:
    with ReplayGitea(version, "archicratie-edition") as gitea:
        facts, (target,) = look(gitea, "Archicratia", "archicratie-edition")
    assert facts.root_url == "https://git.archicratie.example"
    assert (target.exists_fault, target.issues_fault, target.login_fault) == (None, None, None)
    assert target.base_fault is not MISSING
    assert target.base_fault is not None  # http on loopback
    known: Any = facts.targets
    assert known[0].login.kept_in == ("cookie" if version.startswith("1.25") else "url")


def test_nothing_but_get_is_sent_and_never_a_token_without_one(version: str) -> None:
    with ReplayGitea(version, "archicratie-edition") as gitea:
        look(gitea, "Archicratia", "archicratie-edition")
        assert {each.method for each in gitea.requests} == {"GET"}
        assert not any(each.authorized for each in gitea.requests)


@pytest.mark.parametrize(
    ("scenario", "name", "field", "words"),
    [
        ("archived", "archived", "issues_fault", "archived"),
        ("issues-off", "issues-off", "issues_fault", "switched off"),
        ("external-tracker", "external-tracker", "issues_fault", "external tracker"),
        ("private", "private", "exists_fault", "404"),
        ("renamed", "old-name", "exists_fault", "renamed"),
        ("form-template", "form-template", "form_fault", "blank issues"),
        ("archicratie-edition", "no-such-repository", "exists_fault", "404"),
    ],
)
def test_what_stops_a_visitor_is_named(version: str, scenario: str, name: str, field: str, words: str) -> None:
    tree = {"git/trees/main": {"sha": "0" * 40, "tree": [], "truncated": False}}
    overlay = {f"R/{path}": body for path, body in tree.items()}
    with ReplayGitea(version, scenario, overlay=overlay) as gitea:
        _, (target,) = look(gitea, "Archicratia", name)
    assert words in str(getattr(target, field)), target


def test_a_form_that_loads_by_itself_is_seen_in_the_tree(version: str) -> None:
    folder = {"sha": "0" * 40, "truncated": False, "tree": [{"path": "issue_template.yaml", "sha": "2" * 40}]}
    top = {"sha": "0" * 40, "truncated": False, "tree": [{"path": ".gitea", "sha": "1" * 40}]}
    overlay = {"R/git/trees/main": top, f"R/git/trees/{'1' * 40}": folder}
    with ReplayGitea(version, "form-default", overlay=overlay) as gitea:
        _, (target,) = look(gitea, "Archicratia", "form-default")
    assert target.form_fault == ".gitea/issue_template.yaml loads by itself: the body of the link is ignored"


def test_a_tree_that_is_not_shown_leaves_the_form_unknown() -> None:
    with ReplayGitea("1.27.0", "form-default", fail={"R/git/trees": 404}) as gitea:
        _, (target,) = look(gitea, "Archicratia", "form-default")
    assert target.form_fault is MISSING


def test_another_repository_below_the_same_base_is_asked_and_fails() -> None:
    with ReplayGitea("1.27.0", "archicratie-edition") as gitea:
        _, targets = look(gitea, "Archicratia", "archicratie-edition", "Archicratia/other")
    assert [target.configured for target in targets] == [True, False]
    assert targets[0].exists_fault is None
    assert "404" in str(targets[1].exists_fault)


def test_a_base_that_is_not_the_configured_one_is_never_asked() -> None:
    with ReplayGitea("1.27.0", "archicratie-edition") as gitea, SiteServer() as stranger:
        link = f'<a href="{stranger.url}Archicratia/archicratie-edition/issues/new">Proposer</a>'
        with SiteServer(pages={"/": link}) as server:
            section = Gitea(base=gitea.url, owner="Archicratia", repo="archicratie-edition")
            config = Config(id="site", gitea=section, site=Site(url=server.url))
            facts = collector.collect(
                Context(
                    config=config,
                    seen=NOTHING,
                    state=None,
                    deadline=Deadline.after(60),
                    now=NOW,
                    progress=lambda _: None,
                )
            )
        assert stranger.asked == []
    found = derive(_with(facts), config).targets
    assert found is not MISSING
    assert "its base is" in str(found[1].exists_fault)


def test_a_server_that_is_down_leaves_every_question_open() -> None:
    with ReplayGitea("1.27.0", "archicratie-edition", fail={"/": "drop"}) as gitea:
        facts, (target,) = look(gitea, "Archicratia", "archicratie-edition")
    assert {target.exists_fault, target.issues_fault, target.login_fault} == {MISSING}
    assert facts.public is not MISSING
