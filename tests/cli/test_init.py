"""The first policy file: what is found goes in, what is not is asked or left as a comment, and it always validates."""

from pathlib import Path

import pytest

from auditor.config.loader import load_config

from .conftest import Git, Run

ENV = "PUBLIC_GITEA_BASE=https://git.example.org/\nPUBLIC_GITEA_OWNER=Acme\nPUBLIC_GITEA_REPO=site\nAPI_TOKEN=s3cret\n"
COMPOSE = """services:
  web_blue: {container_name: web_blue, ports: ["127.0.0.1:8081:80"]}
  web_green: {container_name: web_green, ports: ["127.0.0.1:8082:80"]}
  database: {image: postgres}
"""


@pytest.fixture
def site(clone: Path, git: Git, home: Path) -> Path:
    """A clone as a developer has it: an ssh remote, an env file, a compose file, a NAS in ~/.ssh/config."""
    git(clone, "remote", "set-url", "origin", "git@ssh.example.org:Acme/site.git")
    (clone / ".env").write_text(ENV)
    (clone / "docker-compose.yml").write_text(COMPOSE)
    (home / ".ssh").mkdir()
    (home / ".ssh" / "config").write_text("Host nas\n  HostName nas.lan\n  User me\n  Port 2222\nHost *\n  User x\n")
    return clone


def test_what_is_found_is_written_and_what_is_not_is_a_comment(inside: Run, site: Path, git: Git) -> None:
    done = inside("init", "--yes", cwd=site)
    assert done.returncode == 0, done.stderr
    config = load_config(site / "policies.yaml").config
    assert config.gitea is not None
    assert (config.gitea.base, config.gitea.owner, config.gitea.repo) == ("https://git.example.org", "Acme", "site")
    assert config.gitea.baseline == git(site, "rev-parse", "origin/main")
    assert (config.nas, config.site) == (None, None)
    text = (site / "policies.yaml").read_text()
    for comment in ("#   ssh: me@nas.lan:2222", "{name: blue, container: web_blue, port: 8081}", "# site:"):
        assert comment in text
    assert "s3cret" not in text + done.stdout + done.stderr
    assert "nas: is not complete" in done.stderr


def test_answers_complete_the_file(auditor: Run, site: Path) -> None:
    done = auditor("init", cwd=site, input="https://www.example.org/\n/volume1/docker/site\n")
    assert done.returncode == 0, done.stderr
    config = load_config(site / "policies.yaml").config
    assert config.nas is not None and config.site is not None
    assert (config.nas.root, [slot.port for slot in config.nas.slots]) == ("/volume1/docker/site", [8081, 8082])
    assert config.site.url == "https://www.example.org/"


def test_the_file_that_it_wrote_may_use_its_credentials(inside: Run, site: Path) -> None:
    inside("init", "--yes", cwd=site)
    assert "merely found" not in inside("audit", "--only", "local", cwd=site).stdout
    (site / "policies.yaml").write_text((site / "policies.yaml").read_text() + "# changed\nlimits: {max_lag: 1h}\n")
    text = (site / "policies.yaml").read_text().replace("# token:", "token:")
    (site / "policies.yaml").write_text(text)
    assert "merely found" in inside("audit", "--only", "local", cwd=site).stdout


def test_an_existing_file_is_never_overwritten(inside: Run, site: Path) -> None:
    (site / "policies.yaml").write_text("mine\n")
    done = inside("init", "--yes", cwd=site)
    assert (done.returncode, (site / "policies.yaml").read_text()) == (2, "mine\n")
    assert "is not overwritten" in done.stderr


def test_outside_a_clone_it_says_where_to_go(inside: Run, tmp_path: Path) -> None:
    done = inside("init", "--yes", cwd=tmp_path)
    assert done.returncode == 2
    assert "go into the site's clone" in done.stderr


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://git.example.org:8443/forge/Acme/site.git", "https://git.example.org:8443/forge"),
        ("http://git.lan:3000/Acme/site", "http://git.lan:3000"),
        ("ssh://git@git.example.org:2222/Acme/site.git", "https://git.example.org"),
        ("/srv/git/site.git", None),
        ("https://ada:hunter2hunter2@git.example.org/Acme/site.git", "https://git.example.org"),
        ("https://git.example.org/Acme/it's: odd.git", None),
    ],
)
def test_any_remote_gives_a_file_that_validates(inside: Run, clone: Path, git: Git, url: str, base: str | None) -> None:
    git(clone, "remote", "set-url", "origin", url)
    assert inside("init", "--yes", cwd=clone).returncode == 0
    gitea = load_config(clone / "policies.yaml").config.gitea
    assert (None if gitea is None else gitea.base) == base
    assert "hunter2" not in (clone / "policies.yaml").read_text()
