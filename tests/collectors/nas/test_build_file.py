"""Compose files, Dockerfiles and ignore files: what they declare, and what may be kept of it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.collectors.nas.compose import parse_compose
from auditor.collectors.nas.dockerfile import parse_docker_ignore, parse_dockerfile
from auditor.collectors.nas.interpolation import interpolated
from auditor.errors import SourceError
from auditor.model.facts.nas_build import Variable
from auditor.model.missing import MISSING

from .conftest import Box

COMPOSE = b"""\
x-args: &args
  PUBLIC_GITEA_OWNER: ${PUBLIC_GITEA_OWNER:-}
services:
  web_blue:
    container_name: web_blue
    build:
      context: .
      dockerfile: Dockerfile
      args:
        <<: *args
        PUBLIC_GITEA_REPO: archicratie-edition
        NPM_TOKEN: ${NPM_TOKEN}
    ports: ["127.0.0.1:8081:80", "8083:80", {target: 80, published: 8084, host_ip: "::1"}, "[::1]:8085:80", 90]
    environment:
      - PUBLIC_GITEA_BASE=https://gitea.example
      - PUBLIC_API_TOKEN=abc
      - PUBLIC_FROM_SHELL
    env_file: [.env, {path: other.env}]
  web_green: {image: "aw:green", network_mode: host, build: ./app}
"""


def by_name(variables: tuple[Variable, ...]) -> dict[str, Variable]:
    return {variable.name: variable for variable in variables}


def test_a_compose_file_tells_services_ports_and_public_values() -> None:
    blue, green = parse_compose(COMPOSE, {"PUBLIC_GITEA_OWNER": "Archicratia"})
    found = by_name(blue.variables)
    owner, repo, token = found["PUBLIC_GITEA_OWNER"], found["PUBLIC_GITEA_REPO"], found["NPM_TOKEN"]
    assert (owner.text, owner.value, owner.scope) == ("${PUBLIC_GITEA_OWNER:-}", "Archicratia", "argument")
    assert (repo.value, repo.line) == ("archicratie-edition", 11)
    assert (token.text, token.value, token.has_value, token.looks_secret) == (None, None, True, True)
    assert (found["PUBLIC_GITEA_BASE"].value, found["PUBLIC_GITEA_BASE"].line) == ("https://gitea.example", 15)
    assert (found["PUBLIC_API_TOKEN"].text, found["PUBLIC_API_TOKEN"].value) == (None, None)
    assert found["PUBLIC_FROM_SHELL"].value is MISSING
    assert [(port.host_ip, port.host_port, port.container_port) for port in blue.ports] == [
        ("127.0.0.1", "8081", "80"),
        ("", "8083", "80"),
        ("::1", "8084", "80"),
        ("::1", "8085", "80"),
        ("", "", "90"),
    ]
    assert blue.env_files == (".env", "other.env")
    assert (green.network_mode, green.context, green.image) == ("host", "./app", "aw:green")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("$A-${A}", "a-a"),
        ("$$A", "$A"),
        ("${E:-x}", "x"),
        ("${E-x}", ""),
        ("${U:-x}", "x"),
        ("${U:-}", MISSING),
        ("${U}", MISSING),
        ("${U:?gone}", MISSING),
        ("${S}", MISSING),
        ("${S:-x}", MISSING),
        ("${A:+y}", "y"),
        ("${E:+y}", ""),
        ("${E+y}", "y"),
        ("50%$", "50%$"),
    ],
)
def test_references_are_filled_in_from_what_is_known(text: str, expected: object) -> None:
    assert interpolated(text, {"A": "a", "E": "", "S": MISSING}) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"services: []",
        b"a: [",
        b"\xff\xfe",
        b"!!python/object/apply:os.system [id]",
        b"services: {x: !y z}",
    ],
)
def test_what_is_no_compose_file_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError):
        parse_compose(data, {})


def test_a_file_of_aliases_that_explodes_is_read_without_exploding() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    assert parse_compose("\n".join([*lines, "services: {web: {environment: *a59}}"]).encode(), {})[0].name == "web"


@given(st.text(alphabet="services:\n -{}[]&*!x\"'", max_size=80))
def test_any_text_is_a_compose_file_or_a_source_error(text: str) -> None:
    with contextlib.suppress(SourceError):
        parse_compose(text.encode(), {})


def test_a_dockerfile_tells_what_it_declares() -> None:
    data = b"""\
# syntax=docker/dockerfile:1
FROM node AS build
ARG PUBLIC_GITEA_OWNER=archicratia
arg NPM_TOKEN
ENV PUBLIC_GITEA_OWNER=$PUBLIC_GITEA_OWNER \\
    # a comment between
    PUBLIC_GITEA_REPO="archicratie-edition" API_KEY=abc
ENV PUBLIC_GITEA_BASE https://gitea.example
RUN <<EOF
ARG PUBLIC_FAKE=1
EOF
"""
    found = [(one.name, one.scope, one.text, one.line) for one in parse_dockerfile(data)]
    assert found == [
        ("PUBLIC_GITEA_OWNER", "argument", "archicratia", 3),
        ("NPM_TOKEN", "argument", None, 4),
        ("PUBLIC_GITEA_OWNER", "environment", "$PUBLIC_GITEA_OWNER", 5),
        ("PUBLIC_GITEA_REPO", "environment", "archicratie-edition", 5),
        ("API_KEY", "environment", None, 5),
        ("PUBLIC_GITEA_BASE", "environment", "https://gitea.example", 8),
    ]


@given(st.binary(max_size=200))
def test_any_bytes_are_a_dockerfile(data: bytes) -> None:
    parse_dockerfile(data)
    parse_dockerfile(b"ARG " + data)
    parse_docker_ignore(data)


def test_the_patterns_of_a_docker_ignore_keep_their_order() -> None:
    assert parse_docker_ignore(b"# c\n*\n\n!src\r\n") == ("*", "!src")


def test_the_probe_brings_them_home_from_the_release_and_from_above_it(box: Box) -> None:
    (box.root / "docker-compose.yml").write_bytes(COMPOSE)
    (box.root / ".env").write_text("PUBLIC_GITEA_OWNER=Archicratia\nNPM_TOKEN=abcdefgh\n")
    (box.app / "Dockerfile").write_text("FROM scratch\nARG PUBLIC_X=1\n")
    (box.app / ".dockerignore").write_text(".git\n")
    (box.app / "compose.override.yaml").symlink_to("/etc/passwd")
    facts = box.facts()
    assert facts.compose_files is not MISSING
    assert facts.dockerfiles is not MISSING
    assert facts.docker_ignores is not MISSING
    assert [(one.path, one.release) for one in facts.compose_files] == [("docker-compose.yml", None)]
    services = facts.compose_files[0].services
    assert services is not MISSING
    assert by_name(services[0].variables)["PUBLIC_GITEA_OWNER"].value == "Archicratia"
    assert [(one.path, one.release) for one in facts.dockerfiles] == [
        ("releases/20260201-120000/app/Dockerfile", "20260201-120000")
    ]
    assert facts.docker_ignores[0].patterns == (".git",)
