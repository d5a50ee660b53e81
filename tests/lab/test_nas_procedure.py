"""The owner's documented procedure, step by step in real containers: green, or named truthfully, at each step."""

import shutil

import pytest
from nas_docker import GIT
from nas_site import ENV_FILE
from nas_tree import ORIGIN
from nas_verdict import Verdict, judge
from nas_world import NEW, OLD, World

pytestmark = pytest.mark.lab


def container_git(world: World, *arguments: str) -> str:
    """git in a container over the live release, as the manual has it; the lab's Gitea stands for the canonical one."""
    world.lab.docker.need_image(GIT)
    reach = ("-c", f"url.{world.gitea.url}/.insteadOf=https://git.archicratie.example/", "-c", "safe.directory=*")
    mount = f"{world.tree.app}:/git"
    return world.lab.docker.run("run", "--rm", "--network", "host", "-v", mount, "-w", "/git", GIT, *reach, *arguments)


def update(world: World) -> None:
    """Step B: fetch, checkout -B main, reset --hard."""
    container_git(world, "fetch", "-q", "origin")
    container_git(world, "checkout", "-q", "-B", "main", "origin/main")
    container_git(world, "reset", "-q", "--hard", "origin/main")


def failing(seen: Verdict) -> tuple[set[str], set[str]]:
    return set(seen.failed), set(seen.unknown)


def test_the_whole_procedure(world: World) -> None:
    blue, green = (world.slots.ports[name] for name in ("blue", "green"))

    # a change was merged a while ago: production lags, and nothing else is wrong
    tip = world.canon.merge(4, {"www/about.html": b"<title>Archicratia, new</title>\n"}, hours=30)
    seen = judge(world)
    assert failing(seen) == ({"nas-commit-is-main"}, set())
    assert seen.place == "stale"

    # the live release is updated: the deployment is in progress, no failure
    update(world)
    assert world.tree.git("rev-parse", "HEAD") == tip
    assert world.tree.git("remote", "get-url", "origin") == ORIGIN
    seen = judge(world)
    assert failing(seen) == (set(), {"nas-image-of-commit"})

    # the idle slot's image is built: its container is not yet the newest
    world.build("green", NEW)
    seen = judge(world)
    assert failing(seen) == ({"nas-container-current"}, {"nas-image-of-commit"})
    assert seen.failed["nas-container-current"] == {"nas:slot:green"}

    # the idle slot is recreated and passes the smoke test; visitors still get the old one
    world.start("green")
    assert world.slots.get("green", "/about.html") == (200, b"<title>Archicratia, new</title>\n")
    assert failing(judge(world)) == (set(), {"nas-image-of-commit"})

    # the switch ends it
    world.proxy.point(green)
    seen = judge(world)
    assert seen.green, [one.message for one in seen.report.findings if one.rule_id in seen.unknown]

    # back by the port: visitors get the image of before
    world.proxy.point(blue)
    seen = judge(world)
    assert "nas-image-of-commit" in {*seen.failed, *seen.unknown}
    world.proxy.point(green)

    # back by the link: the release of before
    world.tree.point(OLD)
    seen = judge(world)
    assert {"nas-commit-is-main", "nas-image-of-commit"} <= {*seen.failed, *seen.unknown}
    assert seen.place == "rolled-back"


def test_a_rollback_by_the_link_is_an_illusion_after_step_b(world: World) -> None:
    """The only older release was updated in place: it holds no older commit."""
    shutil.rmtree(world.tree.release(OLD).parent)
    world.canon.merge(4, {"src/d.md": b"new\n"}, hours=30)
    update(world)
    seen = judge(world)
    assert seen.failed == {}
    nas = seen.snapshot.nas
    assert [release.git.head.commit for release in nas.releases] == [world.canon.tip]


def test_the_certificate_check_that_the_manual_switches_off_is_named_with_the_better_step(world: World) -> None:
    container_git(world, "config", "http.sslVerify", "false")
    seen = judge(world)
    assert set(seen.failed) == {"nas-tls-verified"}
    assert "sslCAInfo" in seen.text("nas-tls-verified")


def test_what_survives_reset_hard_is_found(world: World) -> None:
    world.tree.hide("skip-worktree")
    world.tree.hide("info/exclude")
    world.tree.write("debug.log", b"ignored by git, and by the build\n")
    world.tree.write("dist/old.js", b"ignored by git, taken in by the build\n")
    update(world)
    assert world.tree.status() == ""
    seen = judge(world)
    assert seen.failed["nas-files-match-commit"] == {"nas:file:src/a.md"}
    assert seen.failed["nas-no-unversioned-files"] == {"nas:file:www/evil.js"}
    assert seen.failed["nas-build-context-clean"] == {"nas:file:dist/old.js"}
    assert "nas-git-hides-nothing" in seen.failed


def test_the_env_file_of_the_release_is_neither_drift_nor_in_the_build(world: World) -> None:
    assert (world.tree.app / ".env").read_bytes() == ENV_FILE
    assert judge(world, "nas-no-unversioned-files", "nas-build-context-clean").green
