"""Secrets on a real NAS: each is told by its kind and its place, and its value is in nothing that an audit leaves."""

import secrets
from pathlib import Path

import pytest
from nas_docker import Docker
from nas_verdict import Verdict, judge
from nas_world import NEW, World

from auditor.model.codec import canonical, encode
from auditor.pipeline.evaluation import snapshot_text

pytestmark = pytest.mark.lab

TOKEN = secrets.token_hex(20)  # what Gitea's own tokens look like


def judged(world: World, *rules: str) -> Verdict:
    """The audit, of which nothing holds the token."""
    seen = judge(world, *rules)
    assert TOKEN not in snapshot_text(seen.snapshot)
    assert TOKEN not in canonical(encode(seen.report))
    stored = b"".join(file.read_bytes() for file in (world.folder / "state").rglob("*") if file.is_file())
    assert TOKEN.encode() not in stored
    return seen


def test_a_token_in_the_origin_of_the_nas(world: World) -> None:
    world.tree.git("remote", "set-url", "origin", f"https://ada:{TOKEN}@git.archicratie.example/Archicratia/site.git")
    seen = judged(world, "secrets-none-in-remotes", "nas-origin-canonical")
    assert seen.failed["secrets-none-in-remotes"] == {"nas:config:remote.origin.url"}
    assert set(seen.failed) == {"secrets-none-in-remotes", "nas-origin-canonical"}


def test_a_token_in_an_env_file_of_the_nas_is_named_by_its_key(world: World) -> None:
    env = world.tree.app / ".env"
    env.write_bytes(env.read_bytes() + f"FORGE_TOKEN={TOKEN}\n".encode())
    seen = judged(world, "secrets-none-on-nas")
    assert seen.failed == {"secrets-none-on-nas": {f"nas:file:releases/{NEW}/app/.env"}}
    assert "FORGE_TOKEN" in seen.text("secrets-none-on-nas")


@pytest.mark.parametrize("place", ["argument", "label", "env", "run time"])
def test_a_token_in_an_image_or_its_container(world: World, tmp_path: Path, place: str) -> None:
    if place == "run time":
        world.start("green", more=("-e", f"FORGE_TOKEN={TOKEN}"))
    else:
        bake(world.lab.docker, tmp_path, place)
        world.start("green")
    seen = judged(world, "secrets-none-in-images")
    assert len(seen.failed["secrets-none-in-images"]) == 1
    assert "green" in seen.text("secrets-none-in-images")


def bake(docker: Docker, folder: Path, place: str) -> None:
    """An image of the green slot that keeps the token where a build leaves it."""
    line = {
        "argument": "ARG FORGE_TOKEN\nRUN true",
        "label": f"LABEL deploy.token={TOKEN}",
        "env": f"ENV FORGE_TOKEN={TOKEN}",
    }
    (folder / "Dockerfile").write_text(f"FROM app-web_green:latest\n{line[place]}\n")
    docker.build(folder, "app-web_green:latest", {"FORGE_TOKEN": TOKEN} if place == "argument" else {})


DULL = "opal-garnet-of-the-nas"  # nothing but itself gives it away


def test_a_real_value_of_the_nas_in_the_environment_and_the_pages_of_a_slot(world: World) -> None:
    env = world.tree.app / ".env"
    env.write_bytes(env.read_bytes() + f"DB_PASSWORD={DULL}\nPIN=1234\n".encode())
    assert judge(world, "secrets-own-values-nowhere").green
    world.start("green", more=("-e", f"GREETING=hello {DULL}"))
    world.tree.git("remote", "set-url", "origin", f"https://ada:{DULL}@git.archicratie.example/Archicratia/site.git")
    seen = judge(world, "secrets-own-values-nowhere")
    assert seen.failed == {"secrets-own-values-nowhere": {"nas:env:.env#DB_PASSWORD"}}
    (finding,) = [one for one in seen.report.findings if one.rule_id == "secrets-own-values-nowhere"]
    told = {one.name: one.value for one in finding.evidence}
    assert "container:green:env:GREETING" in (told["places"] or "")
    assert "/.git/config" in (told["places"] or "")
    assert "nas:env:.env#PIN" in (told["not_searched_for"] or "")
    for text in (snapshot_text(seen.snapshot), canonical(encode(seen.report))):
        assert DULL not in text


def test_an_env_file_that_gives_another_repository_is_named(world: World) -> None:
    env = world.tree.app / ".env"
    env.write_bytes(env.read_bytes().replace(b"OWNER=Archicratia", b"OWNER=Elsewhere"))
    seen = judged(world, "proposer-variables-agree")
    app = f"releases/{NEW}/app"
    # what the compose file takes from there is wrong too
    assert seen.failed["proposer-variables-agree"] == {
        f"nas:file:{app}/.env#PUBLIC_GITEA_OWNER",
        f"nas:compose:{app}/docker-compose.yml:web_blue:argument#PUBLIC_GITEA_OWNER",
        f"nas:compose:{app}/docker-compose.yml:web_green:argument#PUBLIC_GITEA_OWNER",
    }
    # the Dockerfile's arguments without a default leave nothing open
    assert seen.unknown == {}
