"""`auditor proposer` as a user calls it, without a policy file."""

import http.client
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gitea_replay import ReplayGitea
from loopback import Answer, Authority, Server
from site_server import SiteServer

BASE = "https://git.archicratie.example"
BUILT = Path(__file__).parents[1] / "data" / "site" / "astro" / "built" / "right"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_wrong_owner_is_named_with_place_value_canonical_and_remedy(auditor: Run) -> None:
    with ReplayGitea("1.27.0", "archicratie-edition") as gitea:
        page = f'<a href="{gitea.url}/archicratie/archicratie-edition/issues/new">Proposer</a>'
        with SiteServer(pages={"/p": page}) as site:
            done = auditor(
                "proposer", "--url", f"{site.url}p", "--expect", gitea.url, "Archicratia", "archicratie-edition"
            )
            told = auditor(
                *("proposer", "--url", f"{site.url}p", "--format", "json"),
                *("--expect", gitea.url, "Archicratia", "archicratie-edition"),
            )
    assert done.returncode == 1, done.stderr
    assert "PUBLIC_GITEA_OWNER  archicratie" in done.stdout
    assert "it is not 'Archicratia'" in done.stdout
    assert "PUBLIC_GITEA_OWNER='Archicratia'" in done.stdout
    failed = {one["rule_id"]: one for one in json.loads(told.stdout)["findings"] if one["outcome"] == "fail"}
    assert failed["proposer-served-values"]["subject"] == "site:value:public:/p#PUBLIC_GITEA_OWNER"


def test_without_a_policy_file_both_options_are_needed(auditor: Run) -> None:
    done = auditor("proposer", "--url", "https://www.example.net/")
    assert done.returncode == 2
    assert "--expect" in done.stderr


def test_a_site_that_is_down_is_inconclusive_or_worse_and_never_compliant(auditor: Run) -> None:
    with SiteServer() as site:
        url = site.url
    done = auditor("proposer", "--url", url, "--expect", url.rstrip("/"), "Acme", "site", "--no-browser")
    assert done.returncode in (1, 3)
    assert "refused the connection" in done.stdout


def forwarded(gitea: ReplayGitea) -> Answer:
    """The recorded server as a reverse proxy hands it on."""

    def answer(handler: Any) -> None:
        back = http.client.HTTPConnection(gitea.url.removeprefix("http://"), timeout=30)
        back.request("GET", handler.path, headers=dict(handler.headers))
        found = back.getresponse()
        body = found.read()
        handler.send_response(found.status)
        for name, value in found.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                handler.send_header(name, value.replace(gitea.url, BASE))
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        back.close()

    return answer


def built(handler: Any) -> None:
    """A right build, its pages below their folders."""
    file = BUILT / handler.path.strip("/")
    file = file / "index.html" if file.is_dir() else file
    kind = "text/html" if file.suffix == ".html" else "text/javascript"
    handler.send(file.read_bytes() if file.is_file() else b"", 200 if file.is_file() else 404, Content_Type=kind)


@pytest.fixture
def world(serve: Callable[..., Server], authority: Authority) -> Iterator[list[str]]:
    """A right site and its Gitea behind https, under names that nothing resolves; the options that lead there."""
    tree = {"R/git/trees/main": {"sha": "0" * 40, "tree": [], "truncated": False}}
    with ReplayGitea("1.27.0", "archicratie-edition", overlay=tree) as replay:
        www, git = "www.archicratie.example", "git.archicratie.example"
        places = {
            www: serve(built, authority.context(www)).place,
            git: serve(forwarded(replay), authority.context(git)).place,
        }
        connects = [f"--connect={name}:443={place}" for name, place in places.items()]
        yield [
            *("proposer", "--no-browser", f"--url=https://{www}/lazy/", f"--ca={authority.file}", *connects),
            *("--expect", BASE, "Archicratia", "archicratie-edition"),
        ]


def test_a_right_site_is_compliant_at_every_step_without_a_policy_file(auditor: Run, world: list[str]) -> None:
    done = auditor(*world)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "compliant" in done.stdout
    assert "folded" in done.stdout
    for step in ("the repository", "its issues", "title and body", "the login", "the base"):
        (line,) = [line for line in done.stdout.splitlines() if line.startswith(step)]
        assert line.split()[-1] == "right", line


def test_every_format_and_the_limits_are_those_of_the_audit(auditor: Run, world: list[str], tmp_path: Path) -> None:
    done = auditor(*world, "--format", f"json:{tmp_path / 'links.json'}", "--format", "console", "-q")
    assert (done.returncode, done.stdout) == (0, "")
    report = json.loads((tmp_path / "links.json").read_text())
    judged = {one["rule_id"] for one in report["findings"]}
    assert judged
    assert all(name.startswith("proposer-") for name in judged)
    assert report["run"]["mode"] == "proposer"


def test_without_the_authority_nothing_is_believed(auditor: Run, world: list[str]) -> None:
    done = auditor(*(word for word in world if not word.startswith("--ca=")))
    assert done.returncode == 3, done.stdout
    assert "certificate" in done.stdout
    assert auditor(*(word for word in world if not word.startswith("--ca=")), "--on-unknown", "warn").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--url", "www.example.net", "--expect", BASE, "a", "b"), "is no address"),
        (("--url", "https://www.example.net/", "--expect", "git.example.net", "a", "b"), "is no address"),
        (("--url", "https://www.example.net/", "--expect", BASE, "Acme/site", "b"), "'Acme/site' is no name"),
        (("--url", "https://www.example.net/", "--expect", BASE, "Acme", "site.git"), "'site.git' is no name"),
        (("--url", "https://www.example.net/", "--expect", BASE, "a", "b", "--connect", "x"), "--connect is FROM=TO"),
        (("--url", "https://www.example.net/", "--expect", BASE, "a", "b", "--format", "pdf"), "no such format"),
        (("--url", "https://www.example.net/", "--expect", BASE, "a", "b", "--ca", "nowhere.pem"), "nowhere.pem"),
    ],
)
def test_what_is_written_wrong_ends_with_2_and_says_how_to_write_it(
    auditor: Run, arguments: tuple[str, ...], words: str
) -> None:
    done = auditor("proposer", *arguments)
    assert done.returncode == 2, done.stdout
    assert words in done.stderr
