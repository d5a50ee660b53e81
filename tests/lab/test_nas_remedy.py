"""Remedies are pasted and do what they say: the next audit finds nothing any more."""

import os
import shutil
from pathlib import Path

import pytest
from nas_docker import GIT
from nas_paste import clone, command, paste, remedy
from nas_verdict import judge
from nas_world import NEW, OLD, World

pytestmark = pytest.mark.lab

QUOTED = 'docs/it\'s "quoted".md'


@pytest.mark.parametrize("path", ["src/a.md", QUOTED])
def test_a_changed_file_is_shown_and_comes_home_as_a_branch_and_a_pull_request(
    world: World, tmp_path: Path, path: str
) -> None:
    hacked = world.tree.append(path).read_bytes()
    text = remedy(judge(world), "nas-files-match-commit", f"nas:file:{path}")
    printed = paste(world, text, clone(world, tmp_path))
    assert "> hacked" in printed
    assert world.canon.git("show", f"hotfix/NAME:{path}").encode() + b"\n" == hacked
    world.canon.open_pushed(14, "hotfix/NAME")
    assert judge(world).green


def test_a_deleted_file_comes_home_as_a_deletion(world: World, tmp_path: Path) -> None:
    (world.tree.app / "src/a.md").unlink()
    paste(world, remedy(judge(world), "nas-hotfix-reported", "nas:file:src/a.md"), clone(world, tmp_path))
    assert "src/a.md" not in world.canon.git("ls-tree", "-r", "--name-only", "hotfix/NAME")
    world.canon.open_pushed(14, "hotfix/NAME")
    assert judge(world).green


def test_an_unversioned_file_comes_home_too(world: World, tmp_path: Path) -> None:
    world.tree.write("new folder/é.md", b"new\n")
    text = remedy(judge(world), "nas-no-unversioned-files", "nas:file:new folder/é.md")
    assert "new" in paste(world, text, clone(world, tmp_path))
    world.canon.open_pushed(14, "hotfix/NAME")
    assert judge(world).green


def test_a_tls_switch_is_taken_out_by_the_container_of_the_manual(world: World, tmp_path: Path) -> None:
    world.lab.docker.need_image(GIT)
    world.tree.git("config", "http.sslVerify", "false")
    stranger = 1024  # as on a Synology: not the one whom git runs as in the container
    for place in (world.tree.app, world.tree.app / ".git", world.tree.app / ".git/config"):
        os.chown(place, stranger, 100)
    text = remedy(judge(world), "nas-tls-verified", "nas:config:http.sslVerify")
    paste(world, command(text, "docker run"), tmp_path)
    assert judge(world).green


def test_a_flag_that_hides_a_file_is_taken_back(world: World) -> None:
    world.tree.git("update-index", "--skip-worktree", "src/a.md")
    text = remedy(judge(world), "nas-git-hides-nothing", "nas:config:skip-worktree src/a.md")
    paste(world, command(text, "git update-index"), world.tree.app)
    assert judge(world).green


def test_an_old_release_that_was_edited_is_made_anew_from_its_commit(world: World) -> None:
    world.tree.append("src/a.md", release=OLD)
    text = remedy(judge(world), "nas-release-intact", f"nas:release:{OLD}")
    paste(world, command(text, "git clone"), world.tree.root)
    shutil.rmtree(world.tree.release(OLD).parent)
    assert world.tree.git("rev-parse", "HEAD", release="NEW") == world.canon.commits[-2]
    assert judge(world).green


def test_what_was_edited_in_a_container_is_shown_before_it_is_lost(world: World, tmp_path: Path) -> None:
    world.slots.execute("blue", "/bin/sh", "-c", "echo evil >>/www/index.html")
    text = remedy(judge(world), "nas-container-unmodified", "nas:slot:blue/www/index.html")
    assert "evil" in paste(world, command(text, "docker cp"), tmp_path)


def test_an_env_file_is_made_private_again(world: World, tmp_path: Path) -> None:
    env = world.tree.app / ".env"
    env.chmod(0o644)
    subject = f"nas:file:releases/{NEW}/app/.env"
    paste(world, remedy(judge(world, "secrets-env-files-private"), "secrets-env-files-private", subject), tmp_path)
    assert judge(world, "secrets-env-files-private").green
