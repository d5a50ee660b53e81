"""The replay says what the real servers said, and where nothing was recorded it pages, filters and refuses alike."""

import base64
from collections.abc import Callable

import pytest
from gitea_answer import html_page
from gitea_client import ask_once, asking
from gitea_recording import API, ROOT_URL, VERSIONS, Exchange, World, load_recording, worlds
from gitea_replay import Caller, ReplayGitea
from gitea_rights import seen_by

SITE = "archicratie-edition"
STARTED = Callable[..., ReplayGitea]
ALL_WORLDS = pytest.mark.parametrize("world", worlds(), ids=str)
ALL_VERSIONS = pytest.mark.parametrize("version", VERSIONS)


def content_of(exchange: Exchange) -> bytes:
    if isinstance(exchange.body, dict):
        return html_page(**exchange.body)
    return str(exchange.body).encode()


# What was recorded


@ALL_WORLDS
def test_every_recorded_exchange_is_answered_as_it_was(world: World, replay_gitea: STARTED) -> None:
    gitea = replay_gitea(world.version, world.scenario, variant=world.variant, git=None)
    recorded = [each for each in gitea.recording.exchanges if "git-upload-pack" not in each.target]
    with asking(gitea) as ask:
        for each in recorded:
            got = ask(each.target, Caller(each.caller), **(each.request_headers or {}))
            assert (each.target, got.status) == (each.target, each.status)
            assert each.headers.items() <= got.headers.items(), each.target
            assert ("link" in got.headers) == ("link" in each.headers), each.target
            if "json" in each.headers.get("content-type", ""):
                assert got.body == each.body, (each.target, each.caller)
            else:
                assert got.content == content_of(each), (each.target, each.caller)


def test_every_version_has_all_seventeen_scenarios_and_the_variants_of_protection() -> None:
    found = list(worlds())
    for version in VERSIONS:
        scenarios = {world.scenario for world in found if world.version == version}
        assert len(scenarios) == 17
        assert len([world for world in found if world.version == version and world.variant]) >= 16
    assert len(found) == len(set(found))


def test_protection_asks_for_one_of_its_variants() -> None:
    with pytest.raises(ValueError, match=r"unknown variant None of protection: choose one of .*'strict'"):
        load_recording(World("1.27.0", "protection"))


@ALL_VERSIONS
@pytest.mark.parametrize("route", ["branches/main", "commits/main/status"])
def test_an_answer_lent_by_the_auditor_is_what_a_reader_really_got(version: str, route: str) -> None:
    for scenario in (SITE, "ci-states", "direct-push"):
        recording = load_recording(World(version, scenario))
        by_caller = {each.caller: each for each in recording.of_path(f"{API}/repos/{recording.repository}/{route}")}
        for caller in (Caller.LECTEUR, Caller.ANONYMOUS):
            assert seen_by(caller, by_caller[Caller.AUDITEUR].body) == by_caller[caller].body


# Pages and filters


@ALL_VERSIONS
def test_pages_cover_a_list_once_and_a_limit_is_clamped_to_fifty(version: str, replay_gitea: STARTED) -> None:
    with asking(replay_gitea(version, SITE)) as ask:
        seen = [row["id"] for page in (1, 2) for row in ask(f"R/activities/feeds?limit=1000&page={page}").body]
        total = int(ask("R/activities/feeds").headers["x-total-count"])
        assert len(ask("R/activities/feeds?limit=1000").body) == 50
        assert len(ask("R/activities/feeds").body) == 30
    assert len(seen) == len(set(seen)) == total > 50


@ALL_VERSIONS
def test_a_page_past_the_end_is_empty(version: str, replay_gitea: STARTED) -> None:
    with asking(replay_gitea(version, SITE)) as ask:
        assert ask("R/pulls?state=all&page=9").body == []
        assert ask("R/commits/main/status?page=9").body["statuses"] is None
        assert ask("R/git/trees/main?recursive=true&page=9").body["tree"] is None


@ALL_VERSIONS
def test_a_link_names_the_host_of_root_url_and_a_feed_has_none(version: str, replay_gitea: STARTED) -> None:
    with asking(replay_gitea(version, SITE)) as ask:
        link = ask("R/pulls?state=all&limit=5&page=2").headers["link"]
        assert "link" not in ask("R/activities/feeds?limit=5").headers
    parts = {part.split("; ")[1]: part.split("; ")[0] for part in link.split(",")}
    assert set(parts) == {'rel="next"', 'rel="last"', 'rel="first"', 'rel="prev"'}
    assert all(url.startswith(f"<{ROOT_URL}{API}/repos/Archicratia/{SITE}/pulls?") for url in parts.values())
    assert "page=3" in parts['rel="next"']


@ALL_VERSIONS
def test_branch_protections_are_never_paged(version: str, replay_gitea: STARTED) -> None:
    gitea = replay_gitea(version, "protection", variant="two-rules-as-created")
    with asking(gitea) as ask:
        first_page, ninth = ask("R/branch_protections?limit=1"), ask("R/branch_protections?limit=1&page=9")
    assert len(first_page.body) == 2
    assert ninth.body == first_page.body
    assert "x-total-count" not in ninth.headers


@ALL_VERSIONS
def test_state_and_count_of_a_combined_status_are_those_of_the_page(version: str, replay_gitea: STARTED) -> None:
    with asking(replay_gitea(version, "ci-states")) as ask:
        pages = [ask(f"R/commits/main/status?limit=50&page={page}") for page in (1, 2)]
        tip = pages[0].body["sha"]
        assert ask(f"R/commits/{tip}/status?limit=50&page=2").body == pages[1].body
    assert [(page.body["state"], page.body["total_count"]) for page in pages] == [("success", 50), ("failure", 12)]
    assert {page.headers["x-total-count"] for page in pages} == {"62"}


@ALL_VERSIONS
def test_pulls_are_filtered_by_state_and_base_and_sorted(version: str, replay_gitea: STARTED) -> None:
    with asking(replay_gitea(version, SITE)) as ask:
        every, closed = ask("R/pulls?state=all").body, ask("R/pulls?state=closed").body
        develop = ask("R/pulls?state=all&base_branch=develop").body
        recent = [pull["updated_at"] for pull in ask("R/pulls?state=all&sort=recentupdate").body]
        opened = ask("R/pulls").body
    assert [pull["number"] for pull in opened] == [14]
    assert len(every) == len(closed) + 1 == 14
    assert develop
    assert {pull["base"]["ref"] for pull in develop} == {"develop"}
    assert recent == sorted(recent, reverse=True)


@ALL_VERSIONS
def test_commits_leave_out_what_a_sha_already_has(version: str, replay_gitea: STARTED) -> None:
    gitea = replay_gitea(version, "direct-push")
    with asking(gitea) as ask:
        every = [commit["sha"] for commit in ask("R/commits").body]
        newer = ask(f"R/commits?not={gitea.recording.baseline}&stat=false&files=false").body
    assert [commit["sha"] for commit in newer] == [sha for sha in every if sha != gitea.recording.baseline]
    assert newer


# Who asks


@pytest.mark.parametrize(
    ("route", "caller", "status"),
    [
        ("R/branch_protections", Caller.ANONYMOUS, 401),
        ("R/branch_protections", Caller.ECRIVAIN, 403),
        ("R/branch_protections", Caller.AUDITEUR_NARROW, 200),
        ("R/branch_protections", Caller.AUDITEUR_NOSCOPE, 403),
        ("R/keys", Caller.ECRIVAIN, 403),
        ("R/hooks", Caller.LECTEUR, 403),
        ("R/hooks", Caller.ANONYMOUS, 401),
        ("R/actions/secrets", Caller.AUDITEUR, 403),
        ("R/actions/secrets", Caller.OWNER, 200),
        ("R/collaborators", Caller.ANONYMOUS, 401),
        ("R/pulls", Caller.ANONYMOUS, 200),
        ("R/pulls", Caller.ETRANGER, 200),
        ("R/pulls", Caller.AUDITEUR_NOSCOPE, 403),
        ("R", Caller.INVALID, 401),
        (f"{API}/user", Caller.AUDITEUR_NARROW, 403),
        (f"{API}/user", Caller.LECTEUR, 200),
        (f"{API}/version", Caller.INVALID, 401),
    ],
)
@ALL_VERSIONS
def test_rights_are_judged_where_nothing_was_recorded(
    version: str, route: str, caller: Caller, status: int, replay_gitea: STARTED
) -> None:
    got = ask_once(replay_gitea(version, SITE), route, caller)
    assert got.status == status
    if status != 200:
        assert got.body["url"] == f"{ROOT_URL}/api/swagger"


@ALL_VERSIONS
def test_a_private_repository_is_hidden_from_strangers(version: str, replay_gitea: STARTED) -> None:
    gitea = replay_gitea(version, "private")
    with asking(gitea) as ask:
        for caller in (Caller.ANONYMOUS, Caller.ETRANGER):
            assert ask("R/branches/main", caller).status == 404
            assert ask("R/branches/main", caller).body["message"] == "not found"
        assert ask("R/branches/main", Caller.LECTEUR).status == 200
        git = "/Archicratia/private.git/info/refs?service=git-upload-pack"
        statuses = [ask(git, caller).status for caller in (Caller.ANONYMOUS, Caller.ETRANGER, Caller.LECTEUR)]
    assert statuses == [401, 404, 200]


@ALL_VERSIONS
def test_another_caller_is_told_its_own_name(version: str, replay_gitea: STARTED) -> None:
    with asking(replay_gitea(version, SITE)) as ask:
        assert ask(f"{API}/user", Caller.ECRIVAIN).body["login"] == "ecrivain"
        token = ask(f"{API}/token", Caller.OWNER)
    if version == "1.27.0":
        assert (token.body["user"]["login"], token.body["scopes"]) == ("gardienne", ["all"])
    else:
        assert (token.status, token.content) == (404, b"404 page not found\n")


def test_a_token_is_accepted_as_token_bearer_and_basic_and_kept_nowhere(replay_gitea: STARTED) -> None:
    gitea = replay_gitea("1.27.0", SITE)
    token = gitea.token(Caller.AUDITEUR)
    with asking(gitea) as ask:
        for value in (f"token {token}", f"Bearer {token}", basic(token, ""), basic("x", token)):
            assert ask("R/keys", Caller.ANONYMOUS, Authorization=value).status == 200
        assert ask("R", Caller.ANONYMOUS, Authorization="Basic ?").status == 401
    assert [each.caller for each in gitea.requests] == [Caller.AUDITEUR] * 4 + [Caller.INVALID]
    assert token not in repr(gitea.requests)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


# What was not recorded


@pytest.mark.parametrize(
    ("route", "status", "kind"),
    [
        ("R/no/such/route", 404, "text/plain"),
        ("R/releases", 404, "text/plain"),
        (f"{API}/nothing", 404, "text/plain"),
        ("R/branches/nope", 404, "application/json"),
        ("R/pulls/99", 404, "application/json"),
        ("R/commits/" + "0" * 40 + "/pull", 404, "application/json"),
        ("R/git/trees/" + "1" * 40, 400, "application/json"),
        ("R/git/refs/heads/nope", 404, "application/json"),
        (f"{API}/repos/Archicratia/nope", 404, "application/json"),
        (f"{API}/repos/Archicratia/nope/pulls", 404, "application/json"),
    ],
)
@ALL_VERSIONS
def test_an_unknown_route_is_told_from_an_unknown_thing(
    version: str, route: str, status: int, kind: str, replay_gitea: STARTED
) -> None:
    got = ask_once(replay_gitea(version, SITE), route)
    assert (got.status, got.headers["content-type"].split(";")[0]) == (status, kind)


def test_what_one_world_never_recorded_is_missing_and_not_empty(replay_gitea: STARTED) -> None:
    with asking(replay_gitea("1.27.0", "protection", variant="strict")) as ask:
        assert ask("R").body["full_name"] == "Archicratia/protection"
        for route in ("R/pulls", "R/activities/feeds", "R/commits/main/status", "R/keys"):
            assert (ask(route).status, ask(route).content) == (404, b"404 page not found\n")


@ALL_VERSIONS
def test_the_tip_is_found_by_name_and_by_sha_and_rows_of_lists_as_objects(version: str, replay_gitea: STARTED) -> None:
    with asking(replay_gitea(version, "trunk")) as ask:
        branch = ask("R/branches/trunk").body
        assert branch["name"] == "trunk"
        tip = branch["commit"]["id"]
        assert ask(f"R/git/commits/{tip}").body["sha"] == tip
        assert ask("R/git/refs/heads/trunk").body[0]["ref"] == "refs/heads/trunk"
        assert ask(f"R/commits/{tip}/status").body["sha"] == tip


@ALL_VERSIONS
def test_all_below_an_old_name_moves_with_it(version: str, replay_gitea: STARTED) -> None:
    with asking(replay_gitea(version, "renamed")) as ask:
        api = ask(f"{API}/repos/archicratia/OLD-name/pulls?state=all")
        git = ask("/Archicratia/old-name.git/info/refs?service=git-upload-pack", Caller.ANONYMOUS)
        organisation = ask(f"{API}/repos/OldOrg/moved/pulls")
        form = ask("/Archicratia/old-name/issues/new?title=x", Caller.ANONYMOUS)
    assert (api.status, api.headers["location"]) == (301, f"{API}/repos/Archicratia/new-name/pulls?state=all")
    assert (git.status, git.headers["location"]) == (301, "/Archicratia/new-name/info/refs?service=git-upload-pack")
    assert organisation.status == 307
    assert form.status == 303


@ALL_VERSIONS
def test_the_login_keeps_the_way_back_in_the_url_or_up_to_1_25_in_a_cookie(version: str, replay_gitea: STARTED) -> None:
    got = ask_once(replay_gitea(version, SITE), "/any/thing/issues/new?title=a%20b", Caller.ANONYMOUS)
    back = "redirect_to=%2Fany%2Fthing%2Fissues%2Fnew%3Ftitle%3Da%2520b"
    assert got.status == 303
    if version == "1.25.5":
        assert got.headers["location"] == "/user/login"
        assert got.headers["set-cookie"].startswith(back)
    else:
        assert got.headers["location"] == f"/user/login?{back}"


def test_the_replay_is_read_only(replay_gitea: STARTED) -> None:
    gitea = replay_gitea("1.27.0", SITE)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        with asking(gitea) as ask:
            assert ask("R", method=method).status == 405
    assert {each.method for each in gitea.requests} == {"POST", "PUT", "PATCH", "DELETE"}
