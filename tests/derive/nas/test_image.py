"""What the slots run: the proof of its commit, what changed since, who can reach it."""

from typing import Any

import pytest

from auditor.derive import image
from auditor.model.facts.dotenv import EnvKey
from auditor.model.facts.nas_docker import (
    BuildArgument,
    ContainerChange,
    Mount,
    PublishedPort,
    SecretSeen,
    Stamp,
)
from auditor.model.missing import MISSING

BLUE = "nas/slots/0/container"
CODE = "/usr/share/nginx/html"
RULE = "nas-image-of-commit"


def outcome(world: Any) -> set[str]:
    return world.outcomes(RULE)[RULE]


def grade(world: Any) -> Any:
    return world.derive(image.derive).slots[0].grade


def stamp(commit: str | None) -> Stamp:
    return Stamp(path="/x/build.json", commit=commit, modified_at="2026-01-31T10:00:00Z")


def argument(commit: str) -> tuple[BuildArgument, ...]:
    return (BuildArgument(name="GIT_SHA", has_value=True, looks_secret=False, value=commit, commit=commit),)


def unlabelled(world: Any) -> Any:
    return world.put(f"{BLUE}/image/commit", None)


def test_a_label_proves_in_full_or_by_its_first_digits(world: Any, kit: Any) -> None:
    assert (outcome(world), grade(world)) == ({"pass"}, "label")
    assert outcome(world.put(f"{BLUE}/image/commit", kit.MAIN[:7])) == {"pass"}
    assert outcome(world.put(f"{BLUE}/image/commit", kit.OLD[:7])) == {"fail"}
    assert outcome(world.put(f"{BLUE}/image/commit", "unknown")) == {"unknown"}


def test_a_stamp_proves_and_must_not_contradict(world: Any, kit: Any) -> None:
    bare = unlabelled(world).put(f"{BLUE}/stamp", stamp(kit.MAIN))
    assert (outcome(bare), grade(bare)) == ({"pass"}, "stamp")
    assert outcome(world.put(f"{BLUE}/stamp", stamp(kit.OLD))) == {"fail"}
    assert outcome(world.put(f"{BLUE}/stamp", MISSING)) == {"unknown"}


def test_an_argument_proves_and_one_of_a_base_image_says_nothing(world: Any, kit: Any) -> None:
    bare = unlabelled(world)
    own = bare.put(f"{BLUE}/image/arguments", argument(kit.MAIN))
    assert (outcome(own), grade(own)) == ({"pass"}, "argument")
    assert outcome(bare.put(f"{BLUE}/image/arguments", argument(kit.OLD))) == {"fail"}
    assert outcome(bare.put(f"{BLUE}/image/arguments", argument("9" * 40))) == {"unknown"}


def test_content_proves_where_files_are_served_as_they_are(world: Any, kit: Any) -> None:
    files = {**kit.main_files, "public/index.html": "new page"}
    bare = unlabelled(world).put("canon/trees/0", kit.canon_tree("tree-main", files))
    assert (outcome(bare), grade(bare)) == ({"pass"}, "content")
    older = {**kit.old_files, "public/index.html": "old page"}
    stale = bare.put("canon/trees/1", kit.canon_tree("tree-old", older))
    stale = stale.put("nas/slots/0/answers", (kit.answer("old page"),))
    assert outcome(stale) == {"fail"}


def test_dates_prove_nothing(world: Any) -> None:
    found = unlabelled(world)
    assert outcome(found) == {"unknown"}
    assert "nothing proves which commit" in found.findings(RULE)[0].message


def test_a_deployment_in_progress_is_no_failure_yet(world: Any, kit: Any) -> None:
    wrong = world.put(f"{BLUE}/image/commit", kit.OLD)
    moving = wrong.put("nas/releases/0/git/last_reflog/at", "2026-02-01T11:00:01Z")
    assert outcome(moving) == {"unknown"}
    assert moving.findings(RULE)[0].message.startswith("deployment in progress")
    assert outcome(wrong.put("nas/releases/0/git/last_reflog/at", "2026-02-01T11:00:00Z")) == {"fail"}


def test_built_but_not_recreated_fails_and_a_shared_tag_spares_the_idle_slot(world: Any) -> None:
    rule = "nas-container-current"
    built = world.put("nas/slots/1/container/tag_image_id", "sha256:newer")
    assert [one.subject for one in built.findings(rule)] == ["nas:slot:green"]
    assert built.failing() == {rule}
    shared = built.put("nas/slots/1/container/image_reference", "site:blue")
    assert shared.outcomes(rule)[rule] == {"pass"}
    assert world.put(f"{BLUE}/tag_image_id", None).outcomes(rule)[rule] == {"unknown"}


@pytest.mark.parametrize(
    ("path", "kind", "told"),
    [
        (f"{CODE}/index.html", "changed", True),
        (f"{CODE}/new.js", "added", True),
        ("/usr/share/nginx", "deleted", True),
        (CODE, "changed", False),
        ("/usr/share/nginx/html2/x", "added", False),
        ("/var/cache/nginx/client_temp", "added", False),
        ("/run/nginx.pid", "added", False),
    ],
)
def test_only_what_touches_the_code_is_a_change(world: Any, path: str, kind: Any, told: bool) -> None:
    changed = world.put(f"{BLUE}/changes", (ContainerChange(path=path, kind=kind),))
    assert changed.failing() == ({"nas-container-unmodified"} if told else set())


def test_a_folder_that_is_listed_for_its_content_is_not_told_twice(world: Any) -> None:
    listed = tuple(ContainerChange(path=path, kind="changed") for path in ("/usr", f"{CODE}/a", f"{CODE}/a/b.html"))
    found = world.put(f"{BLUE}/changes", listed).derive(image.derive)
    assert [one.path for one in found.paths] == [f"{CODE}/a/b.html"]


@pytest.mark.parametrize(
    ("destination", "told"), [(CODE, True), (f"{CODE}/uploads", True), ("/usr/share", True), ("/etc/nginx", False)]
)
def test_a_mount_over_the_code_is_a_change(world: Any, destination: str, told: bool) -> None:
    mount = Mount(kind="bind", source="/volume2/x", destination=destination, writable=False)
    assert ("nas-container-unmodified" in world.put(f"{BLUE}/mounts", (mount,)).failing()) is told


def test_an_unknown_place_of_the_code_is_no_pass(world: Any) -> None:
    lost = world.put(f"{BLUE}/image/code", None).put(f"{BLUE}/image/working_dir", None)
    rule = "nas-container-unmodified"
    assert lost.outcomes(rule)[rule] == {"unknown"}
    named = lost.configured("nas/slots/0/code", CODE)
    assert named.outcomes(rule)[rule] == {"pass"}


@pytest.mark.parametrize(
    ("address", "told"), [("127.0.0.1", False), ("127.0.0.2", False), ("::1", False), ("", True), ("192.0.2.1", True)]
)
def test_a_slot_listens_on_loopback_alone(world: Any, address: str, told: bool) -> None:
    port = PublishedPort(container_port="80/tcp", host_ip=address, host_port=8081)
    assert world.put(f"{BLUE}/ports", (port,)).failing() == ({"nas-slots-on-loopback"} if told else set())


def test_the_hosts_own_network_is_every_address_and_anothers_is_unknown(world: Any) -> None:
    assert world.put(f"{BLUE}/network_mode", "host").failing() == {"nas-slots-on-loopback"}
    assert world.put(f"{BLUE}/network_mode", "container:x").unknown() == {"nas-slots-on-loopback"}


@pytest.mark.parametrize(
    ("place", "new", "fault"),
    [
        ("container/status", "exited", "its container is exited"),
        ("container/health", "unhealthy", "its health check says unhealthy"),
        ("container/health", None, None),
        ("container", None, "there is no container"),
        ("smoke/0/passed", False, "1 of 1 smoke checks fail: / gave status 200"),
    ],
)
def test_the_active_slot_is_well(world: Any, place: str, new: Any, fault: str | None) -> None:
    found = world.put(f"nas/slots/0/{place}", new)
    assert found.derive(image.derive).slots[0].fault == fault
    assert ("nas-active-slot-healthy" in found.failing()) is (fault is not None)


def test_a_health_check_that_just_started_is_open(world: Any) -> None:
    assert world.put(f"{BLUE}/health", "starting").unknown() == {"nas-active-slot-healthy"}


def test_a_silent_idle_slot_leaves_no_way_back(world: Any) -> None:
    assert world.put("nas/slots/1/answering", False).failing() == {"nas-idle-slot-healthy"}


def test_a_secret_is_told_once_with_all_its_places(world: Any) -> None:
    seen = SecretSeen(kind="gitea-token", place="container:blue:env:X", hint="", hmac="ab" * 32)
    history = SecretSeen(kind="gitea-token", place="image:blue:history", hint="", hmac="ab" * 32)
    named = EnvKey(name="DB_PASSWORD", has_value=True, looks_secret=True, value=None)
    leaky = world.put(f"{BLUE}/secrets", (seen,)).put(f"{BLUE}/image/secrets", (history,))
    leaky = leaky.put(f"{BLUE}/image/env", (named,))
    found = [one for one in leaky.findings("secrets-none-in-images") if one.outcome.value == "fail"]
    assert [one.subject for one in found] == ["nas:secret:abababababab", "nas:secret:image:blue:env:DB_PASSWORD"]
    assert "container:blue:env:X, image:blue:history" in found[0].message
    assert world.put(f"{BLUE}/image/secrets", MISSING).unknown() == {"secrets-none-in-images"}


def test_a_build_argument_is_a_secret_by_its_name_only_where_a_value_was_given(world: Any) -> None:
    def named(has_value: Any) -> Any:
        one = BuildArgument(name="FORGE_TOKEN", has_value=has_value, looks_secret=True, value=None, commit=None)
        return world.put(f"{BLUE}/image/arguments", (one,)).outcomes("secrets-none-in-images")

    assert named(True) == {"secrets-none-in-images": {"fail"}}
    assert named(False) == named(MISSING) == {"secrets-none-in-images": {"pass"}}


def test_without_docker_its_rules_do_not_apply(world: Any) -> None:
    bare = world.configured("nas/docker", "none")
    for number in (0, 1):
        bare = bare.put(f"nas/slots/{number}/container", MISSING).put(f"nas/slots/{number}/saw_visit", MISSING)
    outcomes = bare.outcomes()
    docker = (RULE, "nas-container-current", "nas-container-unmodified", "nas-slots-on-loopback", "nas-slots-agree")
    for rule in (*docker, "secrets-none-in-images"):
        assert outcomes[rule] == {"not_applicable"}, rule
    assert bare.failing() == bare.unknown() == set()
