"""The tables of `auditor proposer`: what is declared, what is served, what a visitor meets."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.cli.link_table import link_table
from auditor.config import Config, Gitea, Site
from auditor.model.facts.dotenv import EnvKey
from auditor.model.facts.nas import Nas, NasEnvFile, NasSlot
from auditor.model.facts.site import Click, Fetched, Flow, IssueLink, Place, Serving, Target
from auditor.model.facts.site import Site as Facts
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot

BASE = "https://git.example.net"
NOW = "2026-02-01T03:00:00Z"
CONFIG = Config(id="site", gitea=Gitea(base=BASE, owner="Acme", repo="site"), site=Site(url="https://www.example.net/"))
META: Any = {
    "schema_version": SCHEMA_VERSION,
    "tool_version": "0",
    "id": "0",
    "site_id": "site",
    "mode": "proposer",
    "started_at": NOW,
    "finished_at": NOW,
    "sources": (),
}

NOTHING = Snapshot(
    schema_version=SCHEMA_VERSION,
    tool_version="0",
    id="0",
    site_id="site",
    mode="proposer",
    started_at=NOW,
    finished_at=NOW,
    sources=(),
)


def serving(origin: str, owner: str) -> Serving:
    place = Place(path="/a.js", line=3)
    link = IssueLink(base=BASE, owner=owner, repo="site", tier="folded", place=place)
    return Serving(origin=origin, address="https://www.example.net/", links=(link,))


def env_file(path: str, owner: str) -> NasEnvFile:
    key = EnvKey(name="PUBLIC_GITEA_OWNER", has_value=bool(owner), looks_secret=False, value=owner)
    return NasEnvFile(path=path, release=None, kind="file", modified_at=NOW, keys=(key,))


@pytest.fixture
def shown() -> str:
    target = Target(base="https://old.example.net", owner="Acme", repo="site", configured=False, asked=False)
    site = Facts(available=True, observed_at=NOW, public=serving("public", "acme"), targets=(target,))
    slots = (
        NasSlot(name="blue", port=8081, serving=Serving(origin="slot:blue", address="x")),
        NasSlot(name="green", port=8082, serving=serving("slot:green", "Other")),
    )
    files: Any = (env_file(".env", "Other"), env_file(".env.development", "Else"))
    nas = Nas(available=True, observed_at=NOW, access="probe", slots=slots, env_files=files, releases=())
    snapshot = Snapshot(**META, site=site, nas=nas)
    return link_table(snapshot, CONFIG, 200)


def line(shown: str, *words: str) -> str:
    (found,) = [one for one in shown.splitlines() if all(word in one for word in words)]
    return found


def test_a_declared_value_has_its_verdict_and_a_place_that_no_build_reads_says_so(shown: str) -> None:
    assert "it is not 'Acme'" in line(shown, "nas", ".env ", "Other")
    assert "this place does not decide" in line(shown, ".env.development", "Else")


def test_each_origin_shows_value_evidence_place_and_verdict(shown: str) -> None:
    assert "folded" in line(shown, "PUBLIC_GITEA_OWNER", "acme", "/a.js:3", "in letter case")
    assert line(shown, "PUBLIC_GITEA_OWNER", "Other", "/a.js:3", "it is not 'Acme'")
    assert "slot:blue: no link to an issue form, and none of its values, was found" in shown


def test_a_value_that_every_page_repeats_is_one_row_that_counts_them() -> None:
    place = IssueLink(base=BASE, owner="Acme", repo="site", tier="attribute", place=Place(path="/"))
    links = tuple(replace(place, place=Place(path=f"/{number}")) for number in range(50))
    public = Serving(origin="public", address="https://www.example.net/", links=links)
    site = Facts(available=True, observed_at=NOW, public=public, targets=())
    table = link_table(replace(NOTHING, site=site), CONFIG, 200)
    assert "/0 and 49 more" in line(table, "PUBLIC_GITEA_OWNER", "Acme")


def test_a_target_below_another_base_shows_what_was_not_asked(shown: str) -> None:
    assert "https://old.example.net" in line(shown, "the repository")
    assert "not asked" in line(shown, "the login")


def test_a_snapshot_without_anything_gives_no_table() -> None:
    assert link_table(NOTHING, CONFIG, 200) == ""


def test_without_a_browser_each_origin_says_that_nothing_was_clicked(shown: str) -> None:
    assert shown.count("reconstructed, not clicked") == 3


def test_a_click_is_told_with_its_steps_and_where_it_led() -> None:
    url = f"{BASE}/Acme/site/issues/new"
    clicks = (
        Click(page="/", steps=("Proposer", "Une faute"), opened_by="window.open", url=url),
        Click(page="/b", steps=("Proposer",)),
    )
    read = serving("public", "Acme")
    links = (*read.links, replace(read.links[0], tier="clicked", place=Place(path="/")))
    shown = table(replace(read, links=links, clicks=clicks))
    assert f"clicked on /: Proposer → Une faute → {url} (window.open)" in shown
    assert "clicked on /b: Proposer → nothing was opened" in shown
    assert "folded, clicked" in line(shown, "PUBLIC_GITEA_OWNER")


def test_a_page_with_nothing_to_press_says_so_and_an_absent_browser_says_why() -> None:
    assert "nothing that proposes something was found" in table(replace(serving("public", "Acme"), clicks=()))
    assert "not clicked: there is no Chromium" in table(serving("public", "Acme"), "there is no Chromium")


def table(public: Serving, reason: str | None = None, width: int = 200) -> str:
    site = Facts(available=True, observed_at=NOW, public=public, browser_reason=reason)
    return link_table(Snapshot(**META, site=site), CONFIG, width)


def test_the_pages_that_were_read_alone_are_counted_with_the_one_that_stands_for_them() -> None:
    flows = (Flow(page="/a", alike=("/b", "/c")), Flow(page="/d"))
    shown = table(replace(serving("public", "Acme"), flows=flows, clicks=(Click(page="/a", steps=("Proposer",)),)))
    assert "read, not clicked: /b and 1 more: they are built like /a" in shown
    assert "read, not clicked: /d: nothing of them was clicked" in shown


@pytest.mark.parametrize("width", [40, 60, 80])
def test_what_is_too_wide_for_the_page_stands_in_lines_and_an_address_stays_whole(width: int) -> None:
    url = f"{BASE}/Acme/site/issues/new"
    clicks = (Click(page="/a/page/", steps=("Proposer", "Une faute"), opened_by="window.open", url=url),)
    shown = table(replace(serving("public", "acme"), clicks=clicks), width=width)
    assert url in shown
    assert all(len(line) <= width or url in line for line in shown.splitlines()), shown
    assert "PUBLIC_GITEA_OWNER: acme\n" in shown or width == 80
    assert "letter" in shown


def test_a_page_that_was_refused_says_so_beside_the_nothing_that_was_found() -> None:
    files = (Fetched(path="/gone", role="page", status=404), Fetched(path="/down", role="page", status=None))
    shown = table(Serving(origin="public", address="https://www.example.net/", files=files))
    assert "none of its values, was found: is this a page that has the button?" in shown
    assert "/gone answered 404" in shown
    assert "/down was not answered" in shown
