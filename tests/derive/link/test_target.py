"""Where a link leads, step by step: every answer of Gitea that stops a visitor, and none that doesn't."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.config import Allow, Config, Gitea
from auditor.config import Site as Section
from auditor.derive.link import derive
from auditor.derive.link.target import LinkTarget
from auditor.model.facts.canon import Canon, CanonCommit, CanonFile, CanonTree
from auditor.model.facts.site import (
    IssueForms,
    IssueLink,
    LoginPage,
    Place,
    Serving,
    Site,
    Target,
    TargetPage,
    TargetRecord,
)
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING

BASE = "https://git.example.net"
FORM = f"{BASE}/Acme/site/issues/new"
RECORD = TargetRecord(
    status=200,
    id=1,
    full_name="Acme/site",
    archived=False,
    private=False,
    has_internal_tracker=True,
    has_external_tracker=False,
)
TARGET = Target(
    base=BASE,
    owner="Acme",
    repo="site",
    configured=True,
    asked=True,
    record=RECORD,
    anonymous_record=RECORD,
    page=TargetPage(status=200),
    login=LoginPage(status=303, location=f"{BASE}/user/login", kept_in="url"),
    forms=IssueForms(blank_issues_enabled=True, template_count=0, contact_link_count=0, files=()),
)
LINK = IssueLink(base=BASE, owner="Acme", repo="site", tier="attribute", place=Place(path="/"))
SITE = Site(
    available=True,
    observed_at="2026-02-01T03:00:00Z",
    public=Serving(origin="public", address="https://www.example.net/", secrets=()),
    exposed=(),
    targets=(TARGET,),
    root_url=f"{BASE}/",
    signin_required=False,
)
CONFIG = Config(
    id="site", gitea=Gitea(base=BASE, owner="Acme", repo="site"), site=Section(url="https://www.example.net/")
)


def snapshot(site: Site, canon: Any = MISSING) -> Snapshot:
    return Snapshot(
        schema_version=SCHEMA_VERSION,
        tool_version="0",
        id="0",
        site_id="site",
        mode="proposer",
        started_at="2026-02-01T03:00:00Z",
        finished_at="2026-02-01T03:00:00Z",
        sources=(),
        site=site,
        canon=canon,
    )


def judged(target: Target = TARGET, config: Config = CONFIG, canon: Any = MISSING, **site: Any) -> LinkTarget:
    found = derive(snapshot(replace(SITE, targets=(target,), **site), canon), config).targets
    assert found is not MISSING
    return found[0]


def linked(**changes: Any) -> dict[str, Any]:
    return {"public": replace(SITE.public, links=(replace(LINK, **changes),))}  # type: ignore[type-var]


def test_a_right_target_is_right_at_every_step() -> None:
    target = judged()
    faults = (
        target.exists_fault,
        target.issues_fault,
        target.form_fault,
        target.login_fault,
        target.base_fault,
    )
    assert (faults, target.exists, target.asked, target.note) == ((None,) * 5, True, True, "")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (replace(TARGET, page=TargetPage(status=404), record=replace(RECORD, status=404)), "a visitor gets 404"),
        (replace(TARGET, page=TargetPage(status=404), record=replace(RECORD, private=True)), "it is private"),
        (replace(TARGET, record=replace(RECORD, status=301, redirect="Acme/new")), "answers 301 and leads to Acme/new"),
        (replace(TARGET, record=replace(RECORD, status=307, redirect="New/site")), "answers 307 and leads to New/site"),
        (replace(TARGET, page=TargetPage(status=301, location="/Acme/new")), "answers 301 and leads to /Acme/new"),
        (replace(TARGET, record=replace(RECORD, full_name="Squatter/site")), "it is the repository Squatter/site"),
        (replace(TARGET, record=replace(RECORD, status=404)), "the API answers 404"),
    ],
)
def test_a_repository_that_is_not_the_canonical_one_for_a_visitor_is_a_fault(target: Target, words: str) -> None:
    assert words in str(judged(target).exists_fault)


@pytest.mark.parametrize(
    "target",
    [
        replace(TARGET, owner="acme"),
        replace(TARGET, record=replace(RECORD, full_name="acme/Site")),
        replace(TARGET, page=TargetPage(status=303, location=f"{BASE}/Acme/site")),
    ],
)
def test_what_gitea_shows_to_a_visitor_all_the_same_is_no_fault(target: Target) -> None:
    assert judged(target).exists_fault is None


@pytest.mark.parametrize(
    "target",
    [
        replace(TARGET, record=MISSING, page=MISSING),
        replace(TARGET, page=MISSING),
        replace(TARGET, record=MISSING),
        replace(TARGET, record=replace(RECORD, status=502)),
        replace(TARGET, record=replace(RECORD, status=401)),
    ],
)
def test_what_was_not_answered_is_not_known(target: Target) -> None:
    assert judged(target).exists_fault is MISSING


def test_parameters_that_gitea_ignores_are_noted_and_are_no_fault() -> None:
    target = judged(**linked(parameters=("title", "labels", "assignee")))
    assert target.note == "Gitea ignores labels, assignee of the address"
    assert target.form_fault is None


def test_a_server_that_shows_nothing_without_a_login_is_judged_with_the_token_and_says_so() -> None:
    closed = replace(TARGET, page=TargetPage(status=303, location=f"{BASE}/user/login"))
    target = judged(closed, signin_required=True)
    assert target.exists_fault is None
    assert "judged with the token" in target.note


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"archived": True}, "archived"),
        ({"has_external_tracker": True, "has_internal_tracker": False}, "external tracker"),
        ({"has_internal_tracker": False}, "switched off"),
    ],
)
def test_a_repository_that_takes_no_issues_is_a_fault(changes: dict[str, Any], words: str) -> None:
    assert words in str(judged(replace(TARGET, record=replace(RECORD, **changes))).issues_fault)


def test_a_record_that_tells_nothing_leaves_the_issues_unknown() -> None:
    bare = replace(RECORD, archived=None, has_internal_tracker=None, has_external_tracker=None)
    assert judged(replace(TARGET, record=bare)).issues_fault is MISSING
    assert judged(replace(TARGET, record=MISSING)).issues_fault is MISSING


@pytest.mark.parametrize(
    ("forms", "words"),
    [
        ({"files": (".gitea/issue_template.yaml",)}, "loads by itself"),
        ({"blank_issues_enabled": False, "template_count": 1}, "blank issues are switched off"),
        ({"blank_issues_enabled": False, "contact_link_count": 1}, "blank issues are switched off"),
    ],
)
def test_a_form_that_takes_the_text_away_is_a_fault(forms: dict[str, Any], words: str) -> None:
    assert TARGET.forms is not MISSING
    assert words in str(judged(replace(TARGET, forms=replace(TARGET.forms, **forms))).form_fault)


def test_a_ban_of_blank_issues_without_any_template_takes_nothing_away() -> None:
    forms = IssueForms(blank_issues_enabled=False, template_count=0, contact_link_count=0, files=())
    assert judged(replace(TARGET, forms=forms)).form_fault is None


@pytest.mark.parametrize(
    "forms",
    [
        MISSING,
        IssueForms(template_count=0, contact_link_count=0, files=()),
        IssueForms(blank_issues_enabled=True, template_count=0, contact_link_count=0),
    ],
)
def test_forms_that_were_not_seen_are_not_known(forms: Any) -> None:
    assert judged(replace(TARGET, forms=forms)).form_fault is MISSING


@pytest.mark.parametrize(
    ("link", "kept", "words"),
    [
        ({"title_length": 256}, "url", "the title has 256 characters"),
        ({"encoded_bytes": 4_001}, "cookie", "the cookie"),
        ({"encoded_bytes": 2_700}, "url", "three times as many"),
    ],
)
def test_a_text_that_is_too_long_for_its_way_is_a_fault(link: dict[str, Any], kept: Any, words: str) -> None:
    login = LoginPage(status=303, location=f"{BASE}/user/login", kept_in=kept)
    assert words in str(judged(replace(TARGET, login=login), **linked(**link)).form_fault)


def test_a_text_within_its_limits_is_no_fault_and_another_links_text_is_not_counted() -> None:
    assert judged(**linked(title_length=255, encoded_bytes=2_000)).form_fault is None
    assert judged(**linked(owner="Other", title_length=999)).form_fault is None


@pytest.mark.parametrize(
    ("path", "found"),
    [(".gitea/ISSUE_TEMPLATE.yml", True), ("issue_template.yaml", True), ("docs/issue_template.yaml", False)],
)
def test_a_form_is_found_in_the_copy_of_the_tree_where_the_api_does_not_show_it(path: str, found: bool) -> None:
    file = CanonFile(
        path=path, kind="file", blob="0" * 40, executable=False, sha256="0" * 64, other_eol_sha256=None, size=1
    )
    canon = Canon(
        available=True,
        observed_at="2026-02-01T03:00:00Z",
        commits=(CanonCommit(commit="a" * 40, roles=("main",), known=True, tree="t"),),
        trees=(CanonTree(id="t", files=(file,), ignore_files=()),),
    )
    unseen = IssueForms(blank_issues_enabled=True, template_count=0, contact_link_count=0)
    fault = judged(replace(TARGET, forms=unseen), canon=canon).form_fault
    assert (fault is not None) is found
    empty = replace(canon, trees=())
    assert judged(replace(TARGET, forms=unseen), canon=empty).form_fault is MISSING


@pytest.mark.parametrize(
    ("login", "words"),
    [
        (LoginPage(status=303, location="https://sso.example.net/login", kept_in="url"), "allow.login_hosts"),
        (LoginPage(status=303, location=f"{BASE}/explore", kept_in="url"), "which is no login"),
        (LoginPage(status=303, location=f"{BASE}/user/login"), "forgets"),
        (LoginPage(status=404), "answers a visitor with 404"),
    ],
)
def test_a_login_that_loses_a_visitor_is_a_fault(login: LoginPage, words: str) -> None:
    assert words in str(judged(replace(TARGET, login=login)).login_fault)


def test_a_login_on_a_declared_host_and_a_form_without_one_are_right() -> None:
    assert CONFIG.gitea is not None
    allowed = replace(CONFIG, gitea=replace(CONFIG.gitea, allow=Allow(login_hosts=("SSO.example.net",))))
    elsewhere = replace(TARGET, login=LoginPage(status=302, location="https://sso.example.net/login", kept_in="url"))
    assert judged(elsewhere, allowed).login_fault is None
    assert judged(replace(TARGET, login=LoginPage(status=200))).login_fault is None
    assert judged(replace(TARGET, login=LoginPage(status=503))).login_fault is MISSING
    assert judged(replace(TARGET, login=MISSING)).login_fault is MISSING


@pytest.mark.parametrize(
    ("base", "root", "words"),
    [
        ("http://git.example.net", "http://git.example.net/", "is not https"),
        ("https://nas.lan", "https://nas.lan/", "private network"),
        ("https://192.168.1.2", "https://192.168.1.2/", "private network"),
        (BASE, "http://nas.lan:3000/", "ROOT_URL is http://nas.lan:3000/"),
        (BASE, f"{BASE}/forge/", "ROOT_URL"),
    ],
)
def test_a_base_that_no_visitor_should_get_is_a_fault(base: str, root: str, words: str) -> None:
    config = Config(id="site", gitea=Gitea(base=base, owner="Acme", repo="site"), site=CONFIG.site)
    assert words in str(judged(replace(TARGET, base=base), config, root_url=root).base_fault)


def test_a_root_url_that_nobody_told_leaves_the_base_unknown() -> None:
    assert judged(root_url=MISSING).base_fault is MISSING


def test_another_base_fails_without_having_been_asked() -> None:
    other = Target(base="https://old.example.net", owner="Acme", repo="site", configured=False, asked=False)
    target = judged(other)
    assert (target.asked, target.exists) == (False, False)
    assert target.exists_fault == target.base_fault == f"its base is https://old.example.net, and Gitea is at {BASE}"
    assert target.name == "https://old.example.net/Acme/site/issues/new"


def test_an_address_without_owner_names_no_repository() -> None:
    target = judged(Target(base=BASE, owner="", repo="site", configured=False, asked=True))
    assert "names no repository" in str(target.exists_fault)
    assert target.exists is False


def test_every_unknown_carries_the_reason_of_the_witness() -> None:
    gap = Gap(pointer="/site/targets/0/record", reason="the server refused", remedy="give the token the right")
    site = replace(SITE, targets=(replace(TARGET, record=MISSING),), gaps=(gap,))
    gaps = {gap.pointer: gap for gap in derive(snapshot(site), CONFIG).gaps}
    assert gaps["/link/targets/0/issues_fault"].reason == "the server refused"
    assert gaps["/link/targets/0/exists"].remedy == "give the token the right"


def test_a_site_that_could_not_be_asked_leaves_the_targets_open() -> None:
    dark = Site(available=False, error="no time", observed_at="2026-02-01T03:00:00Z")
    found = derive(snapshot(dark), CONFIG)
    assert found.targets is MISSING
    assert {gap.reason for gap in found.gaps} == {"site is unavailable: no time"}


def test_without_gitea_nothing_is_canonical() -> None:
    found = derive(snapshot(SITE), replace(CONFIG, gitea=None))
    assert found.targets is MISSING
    assert any("canonical" in gap.reason for gap in found.gaps)


def test_without_a_site_there_is_nothing_to_derive() -> None:
    assert derive(snapshot(SITE), replace(CONFIG, site=None)).values is MISSING
