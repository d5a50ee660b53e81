"""What the collector tells of a real NAS: each fact right, each absence a gap with its reason, each fault one line."""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from nas_canon import run_git
from nas_site import BASE, FIRST
from nas_tree import ORIGIN
from nas_world import NEW, OLD, Lab, World, run_world
from sshd import keygen, run_dropbear, run_sshd

from auditor.collectors.nas.script import render_script, script_hash
from auditor.errors import SourceError
from auditor.model.facts.nas import Nas, NasSlot, Release
from auditor.model.missing import MISSING

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def green(nas_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Nas]]:
    """A green world and its facts; nobody changes it."""
    with run_world(nas_lab, tmp_path_factory.mktemp("green")) as world:
        yield world, world.collect()


def slot(facts: Nas, name: str) -> NasSlot:
    assert facts.slots is not MISSING
    return next(one for one in facts.slots if one.name == name)


def release(facts: Nas, name: str) -> Release:
    assert facts.releases is not MISSING
    return next(one for one in facts.releases if one.name == name)


def gaps(facts: Nas) -> dict[str, str]:
    return {gap.pointer: gap.reason for gap in facts.gaps}


def refusal(world: World) -> str:
    with pytest.raises(SourceError) as caught:
        world.collect()
    message = str(caught.value)
    assert "\n" not in message
    return message


# a green NAS


def test_nothing_is_left_unobserved(green: tuple[World, Nas]) -> None:
    _, facts = green
    assert facts.available
    assert facts.gaps == ()
    assert facts.access == "probe"
    assert facts.probe_sha256 is None
    assert isinstance(facts.clock_offset_seconds, float)
    assert abs(facts.clock_offset_seconds) <= 2


def test_current_leads_to_the_active_release(green: tuple[World, Nas]) -> None:
    _, facts = green
    assert facts.current is not MISSING
    assert (facts.current.kind, facts.current.resolved) == ("link", f"releases/{NEW}/app")
    assert (facts.current.release, facts.current.unchanged) == (NEW, True)
    assert facts.releases is not MISSING
    assert [(one.name, one.active) for one in facts.releases] == [(NEW, True), (OLD, False)]


def test_every_file_of_both_releases_has_the_hash_of_its_bytes(green: tuple[World, Nas]) -> None:
    world, facts = green
    for name in (NEW, OLD):
        app, seen = world.tree.release(name), release(facts, name)
        assert seen.files is not MISSING
        on_disk = {
            str(path.relative_to(app)): path.readlink().name.encode() if path.is_symlink() else path.read_bytes()
            for path in app.rglob("*")
            if (path.is_symlink() or path.is_file()) and ".git" not in path.relative_to(app).parts
        }
        assert {one.path: one.sha256 for one in seen.files} == {
            path: hashlib.sha256(body).hexdigest() for path, body in on_disk.items()
        }
        assert set(FIRST) - {one.path for one in seen.files} == set()


def test_the_repository_is_read_without_git(green: tuple[World, Nas]) -> None:
    world, facts = green
    for name, commit in ((NEW, world.canon.commits[-1]), (OLD, world.canon.commits[-2])):
        git = release(facts, name).git
        assert git not in (MISSING, None)
        assert (git.kind, git.head.commit, git.main) == ("folder", commit, commit)
        assert [remote.name for remote in git.remotes] == ["origin"]
        assert git.disguises == git.tls_switches == git.credentials == git.operations == ()
        assert git.last_reflog.after == commit


def test_env_files_give_names_and_public_values_alone(green: tuple[World, Nas]) -> None:
    _, facts = green
    assert facts.env_files is not MISSING
    own = next(one for one in facts.env_files if one.path == f"releases/{NEW}/app/.env")
    assert (own.mode, own.readable_by_others) == ("0600", False)
    assert {key.name: key.value for key in own.keys}["PUBLIC_GITEA_BASE"] == BASE


def test_a_slot_is_told_from_container_to_image_to_commit(green: tuple[World, Nas]) -> None:
    world, facts = green
    for name in ("blue", "green"):
        container = slot(facts, name).container
        assert container not in (MISSING, None)
        assert container.image.commit == world.canon.tip
        assert container.image_id == container.tag_image_id == world.lab.docker.image_id(f"app-web_{name}:latest")
        assert (container.status, container.health, container.network_mode) == ("running", "healthy", "default")
        assert [(port.host_ip, port.host_port) for port in container.ports] == [("127.0.0.1", world.slots.ports[name])]
        assert container.changes == ()
        assert (container.image.code, container.service) == ("/www", f"web_{name}")


def test_the_visit_tells_the_active_slot_though_both_serve_the_same_bytes(green: tuple[World, Nas]) -> None:
    world, facts = green
    blue, other = slot(facts, "blue"), slot(facts, "green")
    assert (blue.saw_visit, other.saw_visit) == (True, False)
    assert facts.public not in (MISSING, None)
    assert facts.public.sha256 == blue.answers[0].sha256 == other.answers[0].sha256
    assert facts.public.sha256 == hashlib.sha256((world.tree.app / "www/index.html").read_bytes()).hexdigest()
    assert [answer.path for answer in blue.answers] == ["/", "/__auditor-not-found", "/app.js"]


def test_the_proxys_rules_come_from_the_store_and_from_what_nginx_reads(green: tuple[World, Nas]) -> None:
    world, facts = green
    assert facts.proxy is not MISSING
    assert facts.proxy.kind == "dsm"
    assert [source.name for source in facts.proxy.sources if source.state == "read"] == world.proxy.files
    assert {source.state for source in facts.proxy.sources if source.name not in world.proxy.files} == {"absent"}
    port = world.slots.ports["blue"]
    rules = {(rule.source, rule.scheme, rule.host, rule.port, rule.backend_port) for rule in facts.proxy.rules}
    assert rules == {
        (file, scheme, "archi.test", front, port)
        for file in world.proxy.files
        for scheme, front in (("https", world.proxy.https_port), ("http", world.proxy.http_port))
    }


# other ways in


def test_an_nginx_that_is_not_synologys_is_read_from_the_files_that_are_named(world: World) -> None:
    world.changes["nas"] = {"proxy": {"kind": "nginx", "files": [str(world.proxy.rendered)]}}
    facts = world.collect()
    assert facts.proxy is not MISSING
    assert [(source.name, source.state) for source in facts.proxy.sources] == [(str(world.proxy.rendered), "read")]
    assert {rule.backend_port for rule in facts.proxy.rules} == {world.slots.ports["blue"]}
    assert facts.gaps == ()


def test_after_a_switch_the_other_slot_saw_the_visit(world: World) -> None:
    world.proxy.point(world.slots.ports["green"])
    facts = world.collect()
    assert (slot(facts, "blue").saw_visit, slot(facts, "green").saw_visit) == (False, True)


def installed(world: World, folder: Path) -> Path:
    """The probe of the world as its owner would install it."""
    world.changes["nas"] = {"access": "command"}
    probe = folder / "nas-audit"
    probe.write_text(render_script(world.config()))
    probe.chmod(0o755)
    return probe


def test_an_installed_probe_gives_the_same_facts_and_its_own_hash(world: World, tmp_path: Path) -> None:
    before = world.collect()
    probe = installed(world, tmp_path)
    with run_sshd(options=world.lab.ssh_options(), forced=str(probe)) as box:
        world.box = box
        facts = world.collect()
        assert facts.probe_sha256 == script_hash(probe.read_text())
        assert facts.rights is not MISSING
        assert facts.rights.forced_command is True
        assert (facts.releases, facts.current, facts.env_files) == (before.releases, before.current, before.env_files)
        assert (facts.proxy, facts.gaps) == (before.proxy, ())
        assert [one.container for one in facts.slots] == [one.container for one in before.slots]


def test_another_installed_copy_makes_every_fact_unknown(world: World, tmp_path: Path) -> None:
    probe = installed(world, tmp_path)
    probe.write_text(probe.read_text() + "# older\n")
    with run_sshd(options=world.lab.ssh_options(), forced=str(probe)) as box:
        world.box = box
        assert "reinstall the probe" in refusal(world)


def test_a_box_of_busybox_and_dropbear_tells_the_same_of_the_files(world: World) -> None:
    with run_dropbear() as box:
        shutil.copytree(world.tree.root, box.folder / "box/volume2", symlinks=True)
        before = world.collect()
        world.box = box
        world.changes["nas"] = {"root": "/volume2"}
        facts = world.collect()
    assert facts.current == before.current
    assert facts.releases is not MISSING
    for one in facts.releases:
        other = release(before, one.name)
        assert one.files == tuple(replace(file, modified_at=own.modified_at) for file, own in both(other, one))
        assert one.git is not MISSING
    assert {slot(facts, name).container for name in ("blue", "green")} == {MISSING}
    assert "install the helper" in next(gap.remedy for gap in facts.gaps if gap.pointer == "/nas/slots/0/container")


def both(one: Release, other: Release) -> list[tuple[object, object]]:
    assert one.files is not MISSING
    assert other.files is not MISSING
    return list(zip(one.files, other.files, strict=True))


def test_access_outside_asks_the_public_address_alone(world: World) -> None:
    world.changes["nas"] = {"access": "outside", "ssh": None, "key": None, "host_key": None}
    facts = world.collect()
    assert facts.available
    assert facts.public not in (MISSING, None)
    assert facts.public.status == 200
    assert {"/nas/current", "/nas/releases", "/nas/slots", "/nas/proxy"} <= set(gaps(facts))


# what can't be seen


def test_without_docker_and_proxy_the_configuration_says_so(world: World) -> None:
    world.changes["nas"] = {"docker": "none", "proxy": {"kind": "none"}}
    facts = world.collect()
    assert facts.rights is not MISSING
    assert (facts.rights.docker, facts.rights.proxy) == ("not-asked", "not-asked")
    assert gaps(facts)["/nas/slots/0/container"] == "docker: none"


def test_where_the_public_address_is_silent_no_slot_is_said_to_be_idle(world: World) -> None:
    world.proxy.stop()
    facts = world.collect()
    assert [one.saw_visit for one in facts.slots] == [MISSING, MISSING]
    assert {"/nas/public", "/nas/slots/0/saw_visit"} <= set(gaps(facts))


def test_without_a_site_no_slot_is_said_to_be_idle(world: World) -> None:
    world.changes["site"] = None
    facts = world.collect()
    assert facts.public is None
    assert gaps(facts)["/nas/slots/1/saw_visit"] == "there is no site.url to ask"


def test_a_root_that_is_not_there_is_a_gap_in_all_that_lies_below(world: World) -> None:
    world.changes["nas"] = {"root": "/volume9/nothing"}
    facts = world.collect()
    assert facts.available
    assert "/volume9/nothing" in gaps(facts)["/nas/current"]
    assert slot(facts, "blue").answering is True


@pytest.mark.parametrize(
    ("fault", "said"),
    [("host key", "host key"), ("key", "refused the key"), ("port", "refuses connections"), ("time", "--timeout")],
)
def test_a_visit_that_fails_is_one_line(world: World, tmp_path: Path, fault: str, said: str) -> None:
    if fault == "host key":
        world.changes["nas"] = {"host_key": "SHA256:" + "A" * 43}
    elif fault == "key":
        world.changes["nas"] = {"key": {"file": str(keygen(tmp_path / "stranger"))}}
    elif fault == "port":
        world.changes |= {"nas": {"ssh": f"{world.box.user}@127.0.0.1:9"}, "limits": {"wake": "1s"}}
    if fault == "time":
        with pytest.raises(SourceError, match=said):
            world.collect(seconds=1)
    else:
        assert said in refusal(world)


def test_the_visit_leaves_a_clean_repository_clean(world: World) -> None:
    world.collect()
    assert world.tree.status() == ""
    assert run_git(world.tree.app, "remote", "get-url", "origin") == ORIGIN
