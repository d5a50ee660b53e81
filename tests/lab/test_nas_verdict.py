"""States of a real NAS, each told from green and named truthfully: what failed, where, why, and nothing besides."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from nas_docker import STOCK_NGINX
from nas_verdict import Verdict, judge
from nas_world import NEW, OLD, World

pytestmark = pytest.mark.lab

Named = dict[str, set[str]]
A = "nas:file:src/a.md"
HTTPD = ("/bin/httpd", "-f", "-vv", "-h", "/www", "-p")
MATCH, REPORTED = "nas-files-match-commit", "nas-hotfix-reported"


def named(**subjects: str) -> Named:
    """`nas_slots_on_loopback="nas:slot:blue"` as rule and subjects."""
    return {rule.replace("_", "-"): set(text.split(" ; ")) for rule, text in subjects.items()}


def expect(seen: Verdict, failed: Named, unknown: Named | None = None) -> None:
    assert (seen.failed, seen.unknown) == (failed, unknown or {})


def test_a_nas_that_is_as_main_says_is_green(world: World) -> None:
    seen = judge(world)
    assert seen.green
    assert (seen.place, seen.files) == ("none", "none")


# where production stands


def test_a_release_that_main_left_long_ago_is_stale(world: World) -> None:
    world.tree.point(OLD)
    shutil.rmtree(world.tree.release(NEW).parent)
    for slot in ("blue", "green"):
        world.prepare_image(slot, world.canon.commits[-2])
        world.start(slot)
    seen = judge(world)
    expect(seen, named(nas_commit_is_main=f"nas:release:{OLD}"))
    assert seen.place == "stale"


def test_a_rollback_by_the_link_is_named_with_its_commit(world: World) -> None:
    world.tree.point(OLD)
    seen = judge(world)
    expect(seen, named(nas_commit_is_main=f"nas:release:{OLD}", nas_image_of_commit="nas:slot:blue"))
    assert seen.place == "rolled-back"
    assert world.canon.commits[-2][:12] in seen.text("nas-commit-is-main")


def test_a_declared_rollback_is_honoured(world: World) -> None:
    world.tree.point(OLD)
    for slot in ("blue", "green"):
        world.prepare_image(slot, world.canon.commits[-2])
        world.start(slot)
    world.changes["rollback"] = {
        "to": world.canon.commits[-2],
        "until": "2099-01-01T00:00:00Z",
        "reason": "broken footer",
    }
    assert judge(world).failed == {}


def test_a_rollback_by_the_port_is_seen_in_the_image(world: World) -> None:
    world.prepare_image("green", world.canon.commits[-2])
    world.start("green")
    world.proxy.point(world.slots.ports["green"])
    expect(judge(world), named(nas_image_of_commit="nas:slot:green"))


def test_a_commit_of_another_branch_is_named_with_the_branch(world: World) -> None:
    commit = world.canon.commit_elsewhere("feat/x", {"src/d.md": b"branch\n"})
    world.tree.fetch("feat/x")
    seen = judge(world)
    release = f"nas:release:{NEW}"
    expect(
        seen,
        named(nas_commit_on_main=release, nas_commit_is_main=release, nas_image_of_commit="nas:slot:blue"),
    )
    assert seen.place == "wrong-branch"
    assert "feat/x" in seen.text("nas-commit-on-main")
    assert commit[:12] in seen.text("nas-commit-on-main")


@pytest.mark.parametrize("night", ["first", "second"])
def test_main_rewritten_behind_production_is_named_as_that(world: World, night: str) -> None:
    if night == "second":
        assert judge(world).green
    world.canon.rewrite({"src/d.md": b"other\n"})
    seen = judge(world)
    assert seen.place == "rewritten-main"
    assert {"nas-commit-on-main", "nas-commit-is-main"} <= set(seen.failed)


def test_a_release_without_git_is_known_by_its_tree(world: World) -> None:
    shutil.rmtree(world.tree.app / ".git")
    assert judge(world).green


def test_a_deployment_in_progress_is_unknown_and_no_failure(world: World) -> None:
    world.canon.merge(4, {"src/d.md": b"new\n"}, hours=0.2)
    world.tree.fetch("main", hours=0)
    expect(judge(world), {}, named(nas_image_of_commit="nas:slot:blue"))


# what the containers run


def test_built_but_not_recreated(world: World) -> None:
    world.canon.merge(4, {"www/about.html": b"<title>new</title>\n"}, hours=30)
    world.tree.fetch("main")
    for slot in ("blue", "green"):
        world.build(slot, NEW)
    seen = judge(world)
    assert seen.failed["nas-container-current"] == {"nas:slot:blue", "nas:slot:green"}
    assert set(seen.failed) == {"nas-container-current", "nas-image-of-commit"}


def test_a_stopped_active_slot(world: World) -> None:
    world.slots.stop("blue")
    seen = judge(world)
    expect(seen, named(nas_active_slot_healthy="nas:slot:blue", nas_public_is_active_slot="nas:proxy:public"))


def test_a_stopped_idle_slot(world: World) -> None:
    world.slots.stop("green")
    expect(judge(world), named(nas_idle_slot_healthy="nas:slot:green"))


def test_an_active_slot_whose_health_check_fails(world: World) -> None:
    world.slots.execute("blue", "/bin/touch", "/sick")
    world.slots.await_health("blue", "unhealthy")
    expect(judge(world), named(nas_active_slot_healthy="nas:slot:blue"))


@pytest.mark.parametrize("way", ["host network", "0.0.0.0"])
def test_a_slot_that_is_reached_past_the_proxy(world: World, way: str) -> None:
    if way == "host network":
        world.start("green", network="host", command=(*HTTPD, str(world.slots.ports["green"])), health=None)
    else:
        world.start("green", address="0.0.0.0")
    seen = judge(world)
    expect(seen, named(nas_slots_on_loopback="nas:slot:green"))
    assert way in seen.text("nas-slots-on-loopback")


def test_a_bind_mount_over_the_code(world: World) -> None:
    (world.folder / "over").mkdir()
    (world.folder / "over/index.html").write_text("<title>Archicratia</title>evil")
    world.start("blue", more=("-v", f"{world.folder}/over:/www:ro"))
    expect(judge(world), named(nas_container_unmodified="nas:slot:blue/www"))


def test_an_edit_by_docker_exec(world: World) -> None:
    world.slots.execute("blue", "/bin/sh", "-c", "echo evil >>/www/index.html")
    expect(judge(world), named(nas_container_unmodified="nas:slot:blue/www/index.html"))


def test_a_stock_nginx_with_its_own_pid_log_and_cache_files_does_not_alarm(world: World) -> None:
    world.lab.docker.need_image(STOCK_NGINX)
    for slot in ("blue", "green"):
        world.build(slot, NEW, dockerfile="Dockerfile.nginx")
        world.start(slot)
    assert "/run/nginx.pid" in world.lab.docker.run("diff", "web_blue")
    assert judge(world).green


@pytest.mark.parametrize("right", [True, False])
def test_a_build_stamp_is_read_out_of_the_container_and_must_agree_with_the_label(
    world: World, tmp_path: Path, right: bool
) -> None:
    world.changes["nas"] = {"build_stamp": {"path": "/www/build.json", "field": "commit"}}
    (tmp_path / "build.json").write_text(json.dumps({"commit": world.canon.commits[-1 if right else -2]}))
    (tmp_path / "Dockerfile").write_text("FROM app-web_blue:latest\nCOPY build.json /www/build.json\n")
    for slot in ("blue", "green"):
        world.lab.docker.build(tmp_path, f"app-web_{slot}:latest", {})
        world.start(slot)
    expect(judge(world), {} if right else named(nas_image_of_commit="nas:slot:blue"))


# the proxy


def test_a_proxy_that_was_not_reloaded(world: World) -> None:
    world.proxy.point(world.slots.ports["green"], reload=False)
    seen = judge(world)
    expect(seen, named(nas_proxy_targets_slot="nas:proxy:site"))
    assert "not reloaded" in seen.text("nas-proxy-targets-slot")


def test_http_and_https_rules_that_lead_to_different_slots(world: World) -> None:
    world.proxy.point(world.slots.ports["blue"], http=world.slots.ports["green"])
    expect(judge(world), named(nas_proxy_targets_slot="nas:proxy:site"))


# files


def test_two_hundred_files_of_noise_do_not_fail(world: World) -> None:
    world.tree.add_noise(200)
    assert judge(world).green


def test_a_tracked_file_of_such_a_name_does(world: World) -> None:
    world.canon.merge(4, {"src/.DS_Store": b"tracked\n", "src/Thumbs.db": b"tracked\n"}, hours=30)
    world.tree.fetch("main")
    for slot in ("blue", "green"):
        world.build(slot, NEW)
        world.start(slot)
    world.tree.write("src/.DS_Store", b"changed\n")
    subject = "nas:file:src/.DS_Store"
    expect(judge(world), {MATCH: {subject}, REPORTED: {subject}})


def test_noise_in_a_folder_that_the_build_copies_is_served_and_fails(world: World) -> None:
    world.tree.write("public/.DS_Store", b"noise\n")
    expect(judge(world), named(nas_no_unversioned_files="nas:file:public/.DS_Store"))


def test_a_partial_deployment_is_named(world: World) -> None:
    world.tree.write("src/c.md", world.tree.release(OLD).joinpath("src/c.md").read_bytes())
    seen = judge(world)
    assert seen.files == "partial-deployment"
    assert seen.failed[MATCH] == {"nas:file:src/c.md"}


def test_an_old_release_that_was_edited_is_no_way_back(world: World) -> None:
    world.tree.append("src/a.md", release=OLD)
    expect(judge(world), named(nas_release_intact=f"nas:release:{OLD}"))


# hotfixes and the pull requests that carry them

Change = Callable[[World], None]


def edit(world: World, *paths: str) -> dict[str, bytes | None]:
    return {path: world.tree.append(path).read_bytes() for path in paths}


def unreported(world: World) -> None:
    edit(world, "src/a.md")


def whole(world: World) -> None:
    world.canon.open_pull(14, "hotfix/a", edit(world, "src/a.md", "src/b.md"))


def three_of_four(world: World) -> None:
    files = edit(world, "src/a.md", "src/b.md", "src/c.md", "src/d.md")
    world.canon.open_pull(14, "hotfix/a", {path: body for path, body in files.items() if path != "src/a.md"})


def force_pushed(world: World) -> None:
    whole(world)
    world.canon.open_pull(
        14, "hotfix/a", {"src/a.md": b"other\n", "src/b.md": world.tree.app.joinpath("src/b.md").read_bytes()}
    )


def line_ends(world: World) -> None:
    files = edit(world, "src/a.md")
    world.canon.open_pull(14, "hotfix/a", {"src/a.md": (files["src/a.md"] or b"").replace(b"\n", b"\r\n")})


def renamed(world: World) -> None:
    file = world.tree.app / "src/a.md"
    body = file.read_bytes()
    file.unlink()
    world.tree.write("src/z.md", body)
    world.canon.open_pull(14, "hotfix/a", {"src/a.md": None, "src/z.md": body})


def deleted(world: World) -> None:
    (world.tree.app / "src/a.md").unlink()
    world.canon.open_pull(14, "hotfix/a", {"src/a.md": None})


def of_a_fork(world: World) -> None:
    world.canon.open_pull(14, "hotfix/a", edit(world, "src/a.md"), fork=True)


def closed(world: World) -> None:
    world.canon.open_pull(14, "hotfix/a", edit(world, "src/a.md"))
    world.canon.close_pull(14)


def added(world: World) -> None:
    world.tree.write("src/new.md", b"new\n")
    world.canon.open_pull(14, "hotfix/a", {"src/new.md": b"new\n"})


def young(world: World) -> None:
    world.tree.append("src/a.md", hours=1)


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        (unreported, {MATCH: {A}, REPORTED: {A}}),
        (young, {REPORTED: {A}}),
        (whole, {}),
        (three_of_four, {MATCH: {A}, REPORTED: {A}}),
        (force_pushed, {MATCH: {A}, REPORTED: {A}}),
        (line_ends, {MATCH: {A}, REPORTED: {A}}),
        (renamed, {}),
        (deleted, {}),
        (of_a_fork, {MATCH: {A}, REPORTED: {A}}),
        (closed, {MATCH: {A}, REPORTED: {A}}),
        (added, {}),
    ],
)
def test_a_hotfix_counts_as_reported_only_while_an_open_pull_request_has_its_bytes(
    world: World, change: Change, failed: Named
) -> None:
    change(world)
    seen = judge(world)
    expect(seen, failed)
    assert seen.files == ("tampering" if change is of_a_fork else "hotfix")


def test_a_hotfix_that_was_merged_waits_for_its_deployment(world: World) -> None:
    world.canon.open_pull(14, "hotfix/a", edit(world, "src/a.md"))
    world.canon.merge_pull(14)
    seen = judge(world)
    assert "merged" in seen.text(MATCH) + seen.text(REPORTED)
    assert set(seen.failed) <= {MATCH, REPORTED}


def test_a_hotfix_from_its_first_night_to_its_deployment(world: World) -> None:
    files = {"src/a.md": world.tree.append("src/a.md", hours=1).read_bytes()}
    expect(judge(world), {REPORTED: {A}})

    world.canon.open_pull(14, "hotfix/a", files)
    assert judge(world).green

    # forced elsewhere: nobody carries it any more, and its clock begins anew
    world.canon.open_pull(14, "hotfix/a", {"src/a.md": b"other\n"})
    expect(judge(world), {REPORTED: {A}})

    world.canon.open_pull(14, "hotfix/a", files)
    tip = world.canon.merge_pull(14)
    expect(judge(world), {REPORTED: {A}})

    world.tree.git("checkout", "-q", "--", "src/a.md")
    assert world.tree.fetch("main", hours=0.1) == tip
    for slot in ("blue", "green"):
        world.build(slot, NEW)
        world.start(slot)
    assert judge(world).green
