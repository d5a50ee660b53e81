"""A site's file is found, extended, checked whole and becomes a Config; every mistake is told at once."""

import copy
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.config import EVENTS, Config, HeartbeatNotice, Limits, MailNotice, WebhookNotice
from auditor.config.loader import (
    Chain,
    clone_config,
    find_config,
    load_chain,
    load_config,
    load_standard,
    read_chain,
    rule_ids,
    standard_document,
)
from auditor.document import load_document
from auditor.errors import ConfigError
from auditor.schemas import data_file

DATA = Path(__file__).parents[1] / "data" / "config"
SITE = "schema: 1\nid: site\n"
OUTSIDE = "root: /r, slots: [{name: a, port: 1}], access: outside"
# a standard policy of the later catalogue, of which the example overrides two rules
CATALOGUE = """schema: 1
rules:
  - &r {id: gitea-main-no-bypass, invariant: source-of-truth, severity: medium, title: t, assert: "true", message: m}
  - {id: nas-slots-agree, invariant: nas-invents-nothing, severity: medium, title: t, assert: "true", message: m}
"""


def write(folder: Path, text: str, name: str = "policies.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    return [problem.removeprefix(f"{path.parent}/") for problem in caught.value.problems]


@pytest.fixture(scope="module")
def example() -> Config:
    chain = replace(read_chain(DATA / "example.yaml"), inherited=(load_document(CATALOGUE),))
    return load_chain(chain).config


def test_the_contracts_example_is_valid_and_every_key_arrives(example: Config) -> None:
    assert example.id == "archicratie-edition"
    assert example.local is not None
    assert (example.local.path, example.local.remote) == (DATA, "origin")
    gitea = example.gitea
    assert gitea is not None
    assert (gitea.base, gitea.api) == ("https://git.archicratie.example", "http://nas.lan:3000")
    assert (gitea.address, gitea.git_address) == (gitea.api, "https://nas.lan/Archicratia/archicratie-edition.git")
    assert (gitea.hosts, gitea.owner, gitea.repo) == (("nas.lan",), "Archicratia", "archicratie-edition")
    assert (gitea.branch, gitea.pin, gitea.ca) == ("main", "sha256:" + "ab" * 32, DATA / "ca.pem")
    assert gitea.token is not None
    assert (gitea.token.env, gitea.token.file, gitea.token.name) == ("AUDITOR_GITEA_TOKEN", None, "gitea.token")
    assert gitea.baseline == "73d4de8e9a2fa1955427f846af9c84cd1c629221"
    assert gitea.checks == ("CI / build-and-anchors", "SMOKE / smoke")
    assert gitea.branch_names == ("feat/*", "docs/*", "fix/*", "hotfix/*")
    assert not gitea.owner_rights
    assert set(asdict(gitea.allow).values()) == {()}


def test_the_examples_nas_and_site_arrive(example: Config) -> None:
    nas, site = example.nas, example.site
    assert nas is not None
    assert site is not None
    assert nas.key is not None
    assert (nas.ssh, nas.key.file, nas.key.agent) == (
        "auditor@nas.lan:22",
        Path("~/.ssh/auditor_ed25519").expanduser(),
        False,
    )
    assert nas.host_key == "SHA256:" + "A" * 43
    assert (nas.access, nas.root, nas.docker) == ("probe", "/volume2/docker/archicratie-web", "auto")
    assert [(slot.name, slot.container, slot.port) for slot in nas.slots] == [
        ("blue", "web_blue", 8081),
        ("green", "web_green", 8082),
    ]
    assert (nas.proxy.kind, nas.not_compared) == ("dsm", ("node_modules", ".astro"))
    assert (nas.not_deployed, nas.copied_verbatim) == ((), ("public",))
    assert [(check.path, check.status, check.contains) for check in nas.smoke] == [("/", 200, "Archicratia")]
    assert nas.build_stamp is not None
    assert (nas.build_stamp.path, nas.build_stamp.field) == ("/usr/share/nginx/html/build.json", "commit")
    assert nas.commit_label == "org.opencontainers.image.revision"
    assert (site.url, site.pages, site.flow, site.browser) == ("https://archicratie.example/", ("/",), (), "auto")
    assert (site.variables.base, site.ca) == ("PUBLIC_GITEA_BASE", DATA / "site-ca.pem")


def test_the_examples_other_sections_arrive(example: Config) -> None:
    assert [(entry.source, entry.target) for entry in example.connect] == [("archicratie.example:443", "192.0.2.7:443")]
    assert example.secrets.key is not None
    assert example.secrets.key.file == DATA / "hmac.key"
    assert example.secrets.own_values == ("local:.env", "nas:.env")
    assert example.limits == Limits()
    assert example.rollback is not None
    assert (example.rollback.to, example.rollback.until) == ("214f930e56", "2026-02-03T12:00:00Z")
    (waiver,) = example.waivers
    assert (waiver.subject, waiver.expires, waiver.expires_at) == (
        "nas:file:robots.txt",
        "2026-12-31",
        "2027-01-01T00:00:00Z",
    )
    assert waiver.place is not None
    assert waiver.place.line == 72
    assert example.history is not None
    assert example.history.path == Path("~/.local/state/auditor").expanduser()
    webhook, mail, _apprise, heartbeat = example.notify
    assert isinstance(webhook, WebhookNotice)
    assert webhook.events == ("new", "worse", "fixed")
    assert isinstance(mail, MailNotice)
    assert (mail.smtp, mail.sender, mail.to, mail.events) == (
        "smtp.example.net:587",
        "audit@example.net",
        ("ops@example.net",),
        EVENTS,
    )
    assert isinstance(heartbeat, HeartbeatNotice)
    assert heartbeat.heartbeat.name == "notify[3].heartbeat"
    assert example.publish is not None
    assert (example.publish.issue, example.publish.comment, example.publish.status) == (True, True, False)


def test_fifteen_mistakes_of_one_file_are_told_at_once_with_their_places() -> None:
    places = [problem.split(": ", 2)[:2] for problem in problems(DATA / "broken.yaml")]
    assert [[place.split(":", 1)[1], path] for place, path in places] == [
        ["4:3", "$.gitea"],
        ["4:9", "$.gitea.base"],
        ["6:3", "$.gitea.repos"],
        ["7:10", "$.gitea.token"],
        ["9:3", "$.nas"],
        ["10:9", "$.nas.root"],
        ["13:27", "$.nas.slots[1].port"],
        ["14:10", "$.nas.proxy"],
        ["15:19", "$.limits.max_lag"],
        ["17:5", "$.rules[0]"],
        ["17:58", "$.rules[0].severity"],
        ["17:95", "$.rules[0].mesage"],
        ["18:10", "$.rules[1].id"],
        ["20:117", "$.waivers[0].expires"],
        ["21:11", "$.connect['archicratie.example']"],
    ]


def test_the_shipped_standard_policy_is_valid_and_is_a_policy_without_a_site() -> None:
    config = clone_config(Path(), identifier="0" * 40 + "-clone", branch="main")
    loaded = load_standard(config)
    assert loaded.config == config
    assert rule_ids(loaded.standard) >= {"local-main-fresh", "audit-waivers-live"}


def test_absent_sections_are_none_and_defaults_are_the_contracts(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, SITE)).config
    assert (config.local, config.gitea, config.nas, config.site) == (None, None, None, None)
    assert (config.rollback, config.history, config.publish, config.notify) == (None, None, None, ())
    assert (config.limits.max_lag, config.limits.facts_max_age) == (86_400, 93_600)
    assert config.trusted


@pytest.mark.parametrize("kind", ["dsm", "nginx"])
def test_the_proxys_files_may_be_named_with_either_kind(tmp_path: Path, kind: str) -> None:
    proxy = f"proxy: {{kind: {kind}, files: [/etc/nginx/conf.d/site.conf]}}"
    nas = load_config(write(tmp_path, f"{SITE}nas: {{{OUTSIDE}, {proxy}}}\n")).config.nas
    assert nas is not None
    assert (nas.proxy.kind, nas.proxy.files) == (kind, ("/etc/nginx/conf.d/site.conf",))


def test_without_a_proxy_no_file_is_named(tmp_path: Path) -> None:
    (said,) = problems(write(tmp_path, f"{SITE}nas: {{{OUTSIDE}, proxy: {{kind: none, files: [/etc/x.conf]}}}}\n"))
    assert said.endswith("$.nas.proxy.files: says nothing with kind none: remove it")


def test_with_access_outside_root_and_slots_suffice(tmp_path: Path) -> None:
    text = f"{SITE}nas: {{{OUTSIDE}}}\n"
    nas = load_config(write(tmp_path, text)).config.nas
    assert nas is not None
    assert (nas.ssh, nas.key) == (None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("schema: 1\ngitea: {base: https://g, owner: a, repo: b}", "policies.yaml:1:1: $: missing key 'id'"),
        (SITE + "nas: {root: /r, slots: [{name: a, port: 1}]}", "policies.yaml:3:6: $.nas: missing key 'host_key'"),
        (
            SITE + "nas: {root: /r, slots: [{name: a, port: 1}, {name: a, port: 2}], access: outside}",
            "policies.yaml:3:52: $.nas.slots[1].name: the name 'a' is given twice (first at line 3)",
        ),
        (
            SITE + "nas: {root: /r, slots: [{name: a, port: 1}], ssh: a@b, known_hosts: k, host_key: 'SHA256:"
            + "A" * 43 + "'}",
            "policies.yaml:3:56: $.nas.known_hosts: host_key and known_hosts exclude each other",
        ),
        (SITE + "local: {path: $NO_SUCH_VARIABLE/x}", "policies.yaml:3:15: $.local.path: '$NO_SUCH_VARIABLE/x' na"),
        (SITE + "notify: [{webhook: {file: $NO_SUCH}}]", "policies.yaml:3:27: $.notify[0].webhook.file: '$NO_SUCH'"),
        (SITE + "limits: {every: 0h}", "policies.yaml:3:17: $.limits.every: must be more than nothing"),
        (SITE + "rules: [{id: local-main-fresh, assert: x}]", "policies.yaml:3:32: $.rules[0].assert: a ship"),
        (SITE + "rules: [{id: local-main-fresh}, {id: local-main-fresh}]", "policies.yaml:3:38: $.rules[1].id: the"),
        (SITE + "extends: none.yaml", "policies.yaml:3:10: $.extends: there is no file 'none.yaml'"),
        (SITE + "extends: /etc/x.yaml", "policies.yaml:3:10: $.extends: '/etc/x.yaml' is neither standard nor"),
        (SITE + "extends: https://h/x.yaml", "policies.yaml:3:10: $.extends: 'https://h/x.yaml' is neither"),
        (SITE + f"extends: {'a' * 400}", "policies.yaml:3:10: $.extends: there is no file 'aaa"),
        (
            SITE + "nas: {root: /r, slots: [{name: a, port: 1}], access: outside, commit_label: \"a\\nb\"}",
            "policies.yaml:3:77: "),
        (SITE + "extends: policies.yaml", "policies.yaml:3:10: $.extends: 'policies.yaml' extends this file in turn"),
    ],
)  # fmt: skip
def test_what_no_schema_can_say_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    assert problems(write(tmp_path, text))[0].startswith(said)


@pytest.mark.parametrize(
    "text", ["- 1", "x", "schema: []\nrules: 3\nnas: [1]", "id: 1\nrules: [1, {id: [2]}]\nnotify: {}"]
)
def test_data_of_any_shape_is_told_and_never_crashes(tmp_path: Path, text: str) -> None:
    assert problems(write(tmp_path, text))


def leaves(data: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(found for step, value in entries for found in leaves(value, (*path, step)))]


EXAMPLE = load_document(DATA / "example.yaml").data
SHAPES: list[object] = [None, 3, "", "x\n", "é", [], [None], {}, {"a": 1}, "a" * 3000, "2026-12-31", 1.5, True]


@settings(deadline=None, max_examples=150)
@given(path=st.sampled_from(leaves(EXAMPLE)[1:]), value=st.sampled_from(SHAPES))
def test_a_value_of_another_shape_is_accepted_or_told_and_never_crashes(
    path: tuple[str | int, ...], value: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data: Any = copy.deepcopy(EXAMPLE)
    part = data
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    file = write(tmp_path_factory.mktemp("shape"), json.dumps(data))
    try:
        assert load_config(file).config.id
    except ConfigError as error:
        assert all(problem.startswith(f"{file}:1:") and "\n" not in problem for problem in error.problems)


def test_an_extended_file_brings_rules_waivers_and_limits(tmp_path: Path) -> None:
    team = (
        "schema: 1\nlimits: {max_lag: 1h, wake: 5s}\nrules:\n"
        "  - {id: team-rule, invariant: audit, severity: low, title: t, assert: 'true', message: m}\n"
    )
    write(tmp_path, team, "team.yaml")
    site = write(
        tmp_path,
        SITE + "extends: ../team.yaml\nlimits: {wake: 9s}\nrules: [{id: team-rule, severity: high}]\n",
        "s/p.yaml",
    )
    loaded = load_config(site)
    assert (loaded.config.limits.max_lag, loaded.config.limits.wake) == (3600, 9)
    assert [rule_ids(document) & {"team-rule"} for document in loaded.documents] == [
        set(),
        {"team-rule"},
        {"team-rule"},
    ]


def test_an_extended_file_may_not_bring_a_site_nor_credentials(tmp_path: Path) -> None:
    write(tmp_path, "schema: 1\npublish: {token: {env: T}}\n", "team.yaml")
    (said,) = problems(write(tmp_path, SITE + "extends: team.yaml\n"))
    assert said.startswith("team.yaml:2:1: $.publish: an extended file holds rules, waivers and limits alone")


def test_a_cycle_of_two_files_is_told_where_it_closes(tmp_path: Path) -> None:
    write(tmp_path, "schema: 1\nextends: policies.yaml\n", "team.yaml")
    said = problems(write(tmp_path, SITE + "extends: team.yaml\n"))
    assert any("team.yaml:2:10: $.extends: 'policies.yaml' extends this file in turn" in line for line in said)


def test_an_untrue_version_hides_what_else_that_file_says(tmp_path: Path) -> None:
    (said,) = problems(write(tmp_path, "schema: 2\nnew_things: 1\n"))
    assert said.startswith("policies.yaml:1:9: $.schema: written for format 2, this tool reads 1")


def test_bytes_that_have_passed_skip_every_check_but_that_of_paths(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, SITE + "zeta: 1\n"), validated=True).config.id == "site"
    path = write(tmp_path, SITE + "local: {path: $NOWHERE/clone}\n")
    with pytest.raises(ConfigError, match="names the variable"):
        load_config(path, validated=True)


def test_the_standard_policy_holds_rules_alone_and_is_not_parsed_for_a_configuration(tmp_path: Path) -> None:
    standard_document.cache_clear()  # another test may have asked for its rules
    loaded = load_config(write(tmp_path, SITE), validated=True)
    assert "root" not in vars(loaded.standard)
    assert set(loaded.standard.data) == {"schema", "rules"}


def test_the_hash_is_that_of_all_files(tmp_path: Path) -> None:
    path = write(tmp_path, SITE)
    before = read_chain(path).sha256
    assert read_chain(path).sha256 == before == load_config(path).sha256
    write(tmp_path, SITE + "# a comment\n")
    assert read_chain(path).sha256 != before


def test_the_nearest_sites_file_is_found_and_the_standard_policy_is_none(tmp_path: Path) -> None:
    site = write(tmp_path, SITE)
    write(tmp_path, data_file("policies.yaml").read_text(), "a/policies.yaml")
    (tmp_path / "a" / "b").mkdir()
    assert find_config(tmp_path / "a" / "b") == site
    broken = write(tmp_path, "a: [", "a/b/policies.yaml")
    assert find_config(tmp_path / "a" / "b") == broken
    flow = write(tmp_path, "{schema: 1, id: x}", "a/b/policies.yaml")
    assert find_config(tmp_path / "a" / "b") == flow


def test_a_site_whose_id_was_forgotten_is_found_so_that_it_can_be_told(tmp_path: Path) -> None:
    path = write(tmp_path, "schema: 1\nlocal: {}\n")
    assert find_config(tmp_path) == path


def test_a_folder_of_that_name_is_no_file(tmp_path: Path) -> None:
    site = write(tmp_path, SITE)
    (tmp_path / "a" / "policies.yaml").mkdir(parents=True)
    assert find_config(tmp_path / "a") == site


def test_without_a_file_and_a_configuration_there_is_nothing_to_load() -> None:
    with pytest.raises(ConfigError, match="no policy file"):
        load_chain(Chain(file=None, site=None, inherited=(load_document("schema: 1"),)))


def test_paths_are_relative_to_the_file_and_expand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITES", str(tmp_path / "sites"))
    monkeypatch.chdir("/")
    path = write(tmp_path, SITE + "local: {path: ../clone}\nhistory: {path: $SITES/h}\n", "conf/p.yaml")
    config = load_config(path).config
    assert config.local is not None
    assert config.history is not None
    assert (config.local.path, config.history.path) == (tmp_path / "clone", tmp_path / "sites" / "h")
