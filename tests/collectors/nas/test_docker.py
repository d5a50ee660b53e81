"""Docker's answers as a real daemon gave them: one slot as built, the other edited, mounted over and published wide."""

import json
from pathlib import Path

import pytest

from auditor.collectors.nas.docker import DockerFacts, parse_docker
from auditor.collectors.nas.gap import GapList
from auditor.collectors.nas.image import build_arguments, instant
from auditor.config import BuildStamp, Nas, Slot
from auditor.errors import SourceError
from auditor.model.codec import encode
from auditor.model.facts.nas_docker import SecretSeen
from auditor.model.missing import MISSING

DATA = (Path(__file__).parents[2] / "data/nas/docker.section").read_bytes()
COMMIT = "214f930e56" * 4
NAS = Nas(
    root="/volume2/x",
    slots=(Slot(name="blue", port=18081, container="web_blue"), Slot(name="green", port=18082)),
    build_stamp=BuildStamp(path="/www/build.json"),
)


def judge(text: str, place: str) -> list[SecretSeen]:
    return [SecretSeen(kind="fake", place=place, hint="", hmac="0")] if "fake-" in text else []


def facts(data: bytes = DATA) -> tuple[DockerFacts, GapList]:
    gaps = GapList()
    return parse_docker(data, NAS, judge, gaps), gaps


def changed(record: str, value: bytes) -> bytes:
    fields = DATA.split(b"\0")
    fields[fields.index(record.encode()) + 1] = value
    return b"\0".join(fields)


def test_a_container_as_it_was_built_tells_its_chain() -> None:
    found, gaps = facts()
    container = found.slots[0].container
    assert container is not None
    assert container is not MISSING
    assert (found.door, found.version, gaps.result()) == ("direct", "20.10.24+dfsg1", ())
    assert (container.name, container.found_by, container.status, container.health) == (
        "web_blue",
        "name",
        "running",
        "healthy",
    )
    assert [(port.container_port, port.host_ip, port.host_port) for port in container.ports] == [
        ("8082/tcp", "127.0.0.1", 18081)
    ]
    assert (container.changes, container.mounts, container.service) == ((), (), "web_blue")
    assert found.slots[0].port_holders == (container.id,)
    assert found.slots[0].saw_visit is False
    assert container.stamp is not MISSING
    assert container.stamp is not None
    assert container.stamp.commit == COMMIT


def test_built_but_not_recreated_shows_by_the_tag() -> None:
    container = facts()[0].slots[0].container
    assert container is not None
    assert container is not MISSING
    assert container.image is not MISSING
    assert container.image.id == container.image_id
    assert isinstance(container.tag_image_id, str)
    assert container.tag_image_id != container.image_id
    assert (container.image.tags, container.image.commit, container.image.code) == ((), COMMIT, "/www")


def test_an_edit_a_mount_and_a_wide_port_are_seen() -> None:
    container = facts()[0].slots[1].container
    assert container is not None
    assert container is not MISSING
    assert container.found_by == "port"
    assert container.ports[0].host_ip == "0.0.0.0"
    assert [(mount.destination, mount.kind, mount.writable) for mount in container.mounts] == [
        ("/www/_astro", "bind", True)
    ]
    assert container.changes is not MISSING
    assert [(change.kind, change.path) for change in container.changes] == [
        ("changed", "/www"),
        ("added", "/www/hack.html"),
        ("deleted", "/www/build.json"),
    ]
    assert container.stamp is None


def test_no_value_of_env_labels_or_history_is_kept_but_public_ones_and_commits() -> None:
    found, _ = facts()
    text = json.dumps([encode(slot.container) for slot in found.slots if slot.container not in (None, MISSING)])
    assert "fake-" not in text
    container = found.slots[0].container
    assert container is not None
    assert container is not MISSING
    assert {key.name: key.value for key in container.env if key.value} == {
        "PUBLIC_GITEA_OWNER": "Archicratia",
        "PUBLIC_GITEA_REPO": "archicratie-edition",
    }
    assert container.secrets is not MISSING
    assert [secret.place for secret in container.secrets] == ["container:blue:env:SESSION_SECRET"]
    image = container.image
    assert image is not MISSING
    assert image.arguments is not MISSING
    arguments = {argument.name: argument for argument in image.arguments}
    assert (arguments["GIT_SHA"].commit, arguments["NPM_TOKEN"].value) == (COMMIT, None)
    assert arguments["NPM_TOKEN"].looks_secret
    assert image.secrets is not MISSING
    assert {secret.place for secret in image.secrets} == {"image:blue:history", "image:blue:argument:NPM_TOKEN"}


@pytest.mark.parametrize(
    ("record", "said", "field"),
    [
        ("0.history", b"permission denied", "container/image/arguments"),
        ("0.image", b"Error: timeout", "container/image"),
        ("0.changes", b"C /www\nCannot connect", "container/changes"),
        ("0.tag", b"Cannot connect", "container/tag_image_id"),
        ("0.visit", b"", "saw_visit"),
        ("0.stamp", b"%%%", "container/stamp"),
        ("0.container", b"Cannot connect to the Docker daemon", "container"),
    ],
)
def test_what_docker_did_not_say_is_a_gap(record: str, said: bytes, field: str) -> None:
    _, gaps = facts(changed(record, said))
    assert f"/nas/slots/0/{field}" in {gap.pointer for gap in gaps.result()}


def test_a_container_that_is_not_there_is_none_and_no_gap() -> None:
    found, gaps = facts(changed("0.container", b"Error: No such container: web_blue\n"))
    assert (found.slots[0].container, found.slots[0].saw_visit, gaps.result()) == (None, False, ())


def test_a_tag_that_is_gone_is_none() -> None:
    container = facts(changed("0.tag", b"Error: No such image: aw:blue\n"))[0].slots[0].container
    assert container is not None
    assert container is not MISSING
    assert container.tag_image_id is None


def test_a_warning_before_the_json_is_no_fault() -> None:
    fields = DATA.split(b"\0")
    value = fields[fields.index(b"0.container") + 1]
    found, gaps = facts(changed("0.container", b"WARNING: Error loading config file\n" + value))
    assert found.slots[0].container is not MISSING
    assert gaps.result() == ()


def test_a_helper_that_gave_nothing_is_a_fault() -> None:
    with pytest.raises(SourceError, match="nas-audit-docker"):
        facts(b"by\0helper\n\0end\0\0")


def test_a_section_cut_short_is_a_fault() -> None:
    for end in range(0, len(DATA) - 1, 503):
        with pytest.raises(SourceError):
            facts(DATA[:end])


@pytest.mark.parametrize("door", ["none", "not-asked"])
def test_without_docker_nothing_is_claimed(door: str) -> None:
    found, _ = facts(f"by\0{door}\n\0end\0\0".encode())
    assert (found.door, found.slots[0].container) == (door, MISSING)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("|2 A=x B=y /bin/sh -c npm run build", {"A": "x", "B": "y"}),
        ("RUN |2 PUBLIC_A=x y PUBLIC_B=z /bin/sh -c make # buildkit", {"PUBLIC_A": "x y", "PUBLIC_B": "z"}),
        ("/bin/sh -c #(nop)  ARG PUBLIC_A=default", {"PUBLIC_A": "default"}),
        ("ARG PUBLIC_A=", {"PUBLIC_A": ""}),
        ("|9 A=x", {"A": "x"}),
        ("COPY . /app # buildkit", {}),
    ],
)
def test_build_arguments_are_read_in_every_form(command: str, expected: dict[str, str]) -> None:
    found = {argument.name: argument for argument in build_arguments([command])}
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert found[name].has_value is bool(value)
        assert found[name].value == (value if name.startswith("PUBLIC_") else None)


def test_an_argument_of_buildkit_without_a_value_tells_none_unless_a_command_ran_with_it() -> None:
    (untold,) = build_arguments(["ARG PUBLIC_A"])
    assert (untold.name, untold.has_value, untold.value) == ("PUBLIC_A", MISSING, None)
    (told,) = build_arguments(["RUN |1 PUBLIC_A=x /bin/sh -c make # buildkit", "ARG PUBLIC_A"])
    assert (told.has_value, told.value) == (True, "x")


def test_a_reproducible_build_has_no_date() -> None:
    assert instant("1970-01-01T00:00:00Z") is None
    assert instant("0001-01-01T00:00:00Z") is None
    assert instant("2026-02-01T12:00:00.123456789+01:00") == "2026-02-01T11:00:00Z"
