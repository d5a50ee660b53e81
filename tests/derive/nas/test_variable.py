"""Where the link's variables are declared, which of those places a build reads, and secrets and files beside them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.collectors.nas.dockerfile import parse_dockerfile
from auditor.config import Local as LocalSection
from auditor.derive import agreement, variable
from auditor.model.facts.dotenv import EnvFile, EnvKey
from auditor.model.facts.git_config import CredentialPlace, Origin, TlsSwitch
from auditor.model.facts.gitea import CiVariable
from auditor.model.facts.local import Local
from auditor.model.facts.nas import NasEnvFile
from auditor.model.facts.nas_build import ComposeFile, ComposeService, Dockerfile, Variable
from auditor.model.facts.nas_git import Disguise
from auditor.model.facts.snapshot import SourceRun
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING

RULE = "proposer-variables-agree"
BASE, OWNER = "PUBLIC_GITEA_BASE", "PUBLIC_GITEA_OWNER"


def key(name: str, value: str | None, *, secret: bool = False) -> EnvKey:
    return EnvKey(name=name, has_value=bool(value), looks_secret=secret, value=None if secret else value)


def env_file(path: str, *keys: EnvKey) -> NasEnvFile:
    return NasEnvFile(
        path=path, release=None, kind="file", mode="0600", readable_by_group=False, readable_by_others=False,
        modified_at="2026-01-31T10:00:00Z", keys=keys,
    )  # fmt: skip


def with_files(world: Any, *files: NasEnvFile) -> Any:
    return world.put("nas/env_files", files)


def outcome(world: Any, rule: str = RULE) -> set[str]:
    return world.outcomes(rule)[rule]


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("https://git.example.net", True),
        ("HTTPS://Git.Example.Net:443/", True),
        ("http://git.example.net", False),
        ("https://git.example.net/sub", False),
        ("https://git.example.net:3000", False),
        ("https://x@git.example.net", False),
        ("", False),
        ("https://[", False),
    ],
)
def test_an_address_is_compared_by_what_it_means(world: Any, value: str, right: bool) -> None:
    assert outcome(with_files(world, env_file(".env", key(BASE, value)))) == ({"pass"} if right else {"fail"})


def test_letter_case_of_the_owner_is_no_other_owner(world: Any) -> None:
    assert outcome(with_files(world, env_file(".env", key(OWNER, "acme")))) == {"pass"}
    assert outcome(with_files(world, env_file(".env", key(OWNER, "acme.git")))) == {"fail"}


def test_a_file_that_a_production_build_does_not_read_is_evidence(world: Any) -> None:
    wrong = key(OWNER, "Other")
    assert outcome(with_files(world, env_file(".env.development", wrong))) == {"pass"}
    assert outcome(with_files(world, env_file("x/.env.production", wrong))) == {"fail"}
    found = with_files(world, env_file("x/.env", wrong), env_file("x/.env.production", wrong)).derive(variable.derive)
    notes = {one.place: one.note for one in found.places if one.kind == "file"}
    assert notes == {"x/.env": "x/.env.production wins over it", "x/.env.production": ""}


def test_the_environment_of_a_static_sites_container_is_evidence(world: Any) -> None:
    wrong = (key(OWNER, "Other"),)
    at_run_time = world.put("nas/slots/0/container/env", wrong).put("nas/slots/1/container/env", wrong)
    assert outcome(at_run_time) == {"pass"}
    node = at_run_time.put("nas/slots/0/container/image/code", "/app")
    assert outcome(node) == {"fail"}
    assert [one.subject for one in node.findings(RULE)] == [f"nas:container:blue:env#{OWNER}"]


def test_what_an_image_was_built_with_decides(world: Any) -> None:
    built = world.put("nas/slots/0/container/image/arguments/0/value", "Other")
    assert built.failing() == {RULE, "nas-slots-agree"}


def test_an_argument_whose_value_the_history_does_not_tell_is_no_other_value(world: Any) -> None:
    place = "nas/slots/0/container/image/arguments/0"
    untold = world.put(f"{place}/has_value", MISSING).put(f"{place}/value", None)
    assert untold.outcomes(RULE, "nas-slots-agree") == {RULE: {"pass"}, "nas-slots-agree": {"pass"}}
    assert [one.place for one in untold.derive(variable.derive).settings] == ["environment"]
    emptied = world.put(f"{place}/has_value", False).put(f"{place}/value", None)
    assert emptied.outcomes("nas-slots-agree") == {"nas-slots-agree": {"fail"}}


def declared(scope: Any, value: Any, text: Any = "x") -> Variable:
    return Variable(name=OWNER, scope=scope, has_value=True, looks_secret=False, text=text, value=value, line=3)


def test_compose_arguments_and_dockerfiles_decide_and_run_time_does_not(world: Any) -> None:
    def compose(one: Variable) -> Any:
        service = ComposeService(
            name="web", container_name=None, image=None, context=".", dockerfile=None, network_mode=None, ports=(),
            env_files=(), variables=(one,),
        )  # fmt: skip
        return world.put("nas/compose_files", (ComposeFile(path="compose.yml", release=None, services=(service,)),))

    assert outcome(compose(declared("argument", "Other"))) == {"fail"}
    assert outcome(compose(declared("argument", ""))) == {"fail"}
    assert outcome(compose(declared("argument", MISSING))) == {"unknown"}
    assert outcome(compose(declared("argument", None, None))) == {"pass"}
    assert outcome(compose(declared("environment", "Other"))) == {"pass"}
    # a name alone takes its value from whoever deploys
    assert outcome(compose(declared("argument", MISSING, None))) == {"pass"}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("ARG PUBLIC_GITEA_OWNER", "pass"),
        ("ARG PUBLIC_GITEA_OWNER\nENV PUBLIC_GITEA_OWNER=$PUBLIC_GITEA_OWNER", "pass"),
        ('ENV PUBLIC_GITEA_OWNER="${PUBLIC_GITEA_OWNER:-}"', "pass"),
        ("ENV PUBLIC_GITEA_OWNER=${PUBLIC_GITEA_OWNER:-Acme}", "pass"),
        ("ENV PUBLIC_GITEA_OWNER=${PUBLIC_GITEA_OWNER:-Other}", "fail"),
        ("ARG PUBLIC_GITEA_OWNER=Other", "fail"),
        ("ARG PUBLIC_GITEA_OWNER=", "fail"),
        ("ENV PUBLIC_GITEA_OWNER=$OWNER", "unknown"),
    ],
)
def test_a_line_of_a_dockerfile_without_a_value_of_its_own_declares_nothing(world: Any, lines: str, said: str) -> None:
    recipe = Dockerfile(path="Dockerfile", release=None, variables=parse_dockerfile(lines.encode()))
    assert outcome(world.put("nas/dockerfiles", (recipe,))) == {said}


def cloned(world: Any, **facts: Any) -> Any:
    local = Local(
        **{"available": True, "observed_at": world.snapshot.finished_at, "credentials": (), "env_files": (), **facts}
    )
    asked = (*world.snapshot.sources, SourceRun(name="local", status="ok"))
    world = world.put("local", local).put("sources", asked)
    return world.configured("local", LocalSection(path=Path("/clone")))


def with_ci(world: Any, *variables: CiVariable, **changes: Any) -> Any:
    """The world of an owner, with CI variables."""
    facts = replace(world.snapshot.gitea, **{"variables": variables, **changes})
    return world.put("gitea", facts).configured("gitea/owner_rights", True)


def ci(name: str, value: str | None, *, secret: bool = False) -> CiVariable:
    return CiVariable(name=name, has_value=value != "", looks_secret=secret, value=value or None)


def test_a_ci_variable_is_a_place_that_declares(world: Any) -> None:
    assert outcome(with_ci(world, ci(OWNER, "Acme"), ci("NODE_ENV", None))) == {"pass"}
    wrong = with_ci(world, ci(OWNER, "Other"), ci(BASE, "")).findings(RULE)
    assert [one.subject for one in wrong] == [f"gitea:variable:{BASE}", f"gitea:variable:{OWNER}"]
    assert wrong[1].message == f"CI gives {OWNER} = Other, and the repository is Acme"
    assert wrong[1].location is None
    # its value was not kept, because it looks like a secret
    assert outcome(with_ci(world, ci(OWNER, None))) == {"unknown"}


def test_ci_variables_alone_are_judged_where_nothing_else_declares(world: Any) -> None:
    alone = with_ci(world, ci(OWNER, "Other")).configured("nas", None).put("nas", MISSING)
    assert outcome(alone) == {"fail"}
    assert outcome(alone.configured("gitea/owner_rights", False)) == {"not_applicable"}


def test_what_an_owner_may_see_and_was_not_seen_is_unknown(world: Any) -> None:
    rule = "secrets-ci-variables-clean"
    clean = with_ci(world, ci("NODE_ENV", None))
    assert outcome(clean, rule) == {"pass"}
    assert outcome(with_ci(world, ci("DEPLOY_TOKEN", None, secret=True)), rule) == {"fail"}
    assert outcome(clean.configured("gitea/owner_rights", False), rule) == {"not_applicable"}
    refused = Gap(pointer="/gitea/variables", reason="the caller may not see it")
    dark = with_ci(world, variables=MISSING, gaps=(refused,))
    down = with_ci(world, variables=MISSING, available=False, error="down")
    for one in (dark, down, dark.put("gitea", MISSING)):
        assert outcome(one, rule) == outcome(one) == {"unknown"}


def local_file(path: str, *keys: EnvKey, readable: bool = False) -> EnvFile:
    return EnvFile(
        path=path, tracking="ignored", in_head=False, kind="file", mode="0600", readable_by_group=False,
        readable_by_others=readable, keys=keys,
    )  # fmt: skip


def test_clone_and_nas_are_judged_together_and_each_alone(world: Any) -> None:
    wrong = cloned(world, env_files=(local_file(".env", key(OWNER, "Other"), readable=True),))
    assert [one.subject for one in wrong.findings(RULE)] == [f"local:file:.env#{OWNER}"]
    assert outcome(wrong, "secrets-env-files-private") == {"fail"}
    neither = world.configured("nas", None)
    for rule in (RULE, "secrets-env-files-private", "secrets-none-in-remotes"):
        assert outcome(neither, rule) == {"not_applicable"}
        assert outcome(world, rule) == {"pass"}
        assert outcome(cloned(world).put("local", MISSING), rule) == {"unknown"}
        dark = cloned(world, available=False, error="asleep", env_files=MISSING, credentials=MISSING)
        assert outcome(dark, rule) == {"unknown"}


def test_an_env_file_that_others_can_read_or_that_an_acl_rules(world: Any) -> None:
    rule = "secrets-env-files-private"
    assert world.put("nas/env_files/0/readable_by_others", True).failing() == {rule}
    assert world.put("nas/env_files/0/readable_by_others", MISSING).unknown() == {rule}


def test_the_value_of_a_secret_on_the_nas_is_named_by_its_key(world: Any) -> None:
    leaky = with_files(world, env_file(".env", key("FORGE_TOKEN", "x", secret=True), key(OWNER, "Acme")))
    finding = leaky.findings("secrets-none-on-nas")[0]
    assert (finding.outcome.value, finding.message) == ("fail", ".env holds values of FORGE_TOKEN")
    empty = with_files(world, env_file(".env", key("FORGE_TOKEN", "", secret=True)))
    assert outcome(empty, "secrets-none-on-nas") == {"pass"}


def test_a_credential_on_the_nas_is_named_with_its_place(world: Any) -> None:
    url = world.snapshot.nas.releases[0].git.remotes[0].addresses[0].url
    place = CredentialPlace(
        kind="remote", name="origin", key="remote.origin.url", credential_kind="token", url=url,
        origin=Origin(level="local", file="config", line=7),
    )  # fmt: skip
    leaky = world.put("nas/releases/1/git/credentials", (place,))
    finding = leaky.findings("secrets-none-in-remotes")[0]
    assert finding.subject == "nas:config:remote.origin.url"
    assert finding.location.path == "/volume2/site/releases/20260101-120000/app/.git/config"


def test_what_hides_and_what_turns_verification_off_is_told(world: Any) -> None:
    git = "nas/releases/0/git"
    hidden = world.put(f"{git}/disguises", (Disguise(kind="skip-worktree", name="src/a.md", file="index"),))
    assert [one.subject for one in hidden.findings("nas-git-hides-nothing")] == ["nas:config:skip-worktree src/a.md"]
    switch = TlsSwitch(
        key="http.sslVerify", scope=None, origin=Origin(level="local", file="config", line=9), overridden=False,
        remotes=("origin",),
    )  # fmt: skip
    assert world.put(f"{git}/tls_switches", (switch,)).failing() == {"nas-tls-verified"}


@pytest.mark.parametrize(
    ("part", "new", "right"),
    [
        ("host", "github.com", False),
        ("repository", "other", False),
        ("credential_kind", "token", False),
        ("host", "localhost", False),
        ("owner", "acme", True),
    ],
)
def test_the_origin_of_the_nas_is_the_canonical_repository(world: Any, part: str, new: str, right: bool) -> None:
    moved = world.put(f"nas/releases/0/git/remotes/0/addresses/0/url/{part}", new)
    assert (moved.failing() == set()) is right


def test_loopback_is_the_server_where_the_server_is_the_nas(world: Any) -> None:
    moved = world.put("nas/releases/0/git/remotes/0/addresses/0/url/host", "localhost")
    assert moved.configured("gitea/hosts", ("nas.lan",)).failing() == set()


def test_the_matrix_names_the_odd_ones_and_the_link_that_broke(world: Any, kit: Any) -> None:
    wrong = world.put("nas/slots/0/container/image/commit", kit.OLD)
    found = wrong.derive(agreement.derive)
    assert (found.odd, found.broken_at) == (("blue", "green", "public"), "image")
    changed = world.put("nas/releases/0/files/2/sha256", "0" * 64).derive(agreement.derive)
    assert (changed.odd, changed.broken_at) == (("nas files", "green"), "files")
