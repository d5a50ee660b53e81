"""What no site should answer, and what only looks like it."""

import json
import sys
from pathlib import Path

import pytest

from auditor.collectors.site.crawl import Crawl
from auditor.collectors.site.exposure import observe_exposure
from auditor.collectors.site.gap import GapList
from auditor.detector.judgement import SecretJudge
from auditor.interfaces import Deadline
from auditor.model.facts.site import Exposed, Fetched
from auditor.transports.http import HttpClient

sys.path.insert(0, str(Path(__file__).parents[2] / "lab"))

from site_server import Page, SiteServer


def exposed(pages: dict[str, Page], scripts: tuple[str, ...] = ()) -> list[Exposed]:
    files = [Fetched(path=path, role="script", status=200) for path in scripts]
    with SiteServer(pages=pages) as site, HttpClient(deadline=Deadline.after(20)) as http:
        crawl = Crawl(http, site.url, Deadline.after(20), GapList())
        return list(observe_exposure(crawl, files, SecretJudge(b"key")))


def test_an_env_file_is_found_and_none_of_its_values_kept() -> None:
    value = "s" + "3" * 30
    (found,) = exposed({"/.env.production": (200, {}, f"PUBLIC_A=1\nAPI_TOKEN={value}\n".encode())})
    assert (found.path, found.kind, found.holds_secret) == ("/.env.production", "env-file", True)
    assert value not in repr(found)


def test_a_git_directory_is_found() -> None:
    pages: dict[str, Page] = {
        "/.git/HEAD": (200, {}, b"ref: refs/heads/main\n"),
        "/.git/config": (200, {}, b"[core]\n"),
    }
    assert [one.path for one in exposed(pages)] == ["/.git/HEAD", "/.git/config"]


@pytest.mark.parametrize("path", ["/.env", "/.git/HEAD", "/.git/config"])
def test_a_front_page_that_answers_everything_is_no_exposure(path: str) -> None:
    assert exposed({path: "<!doctype html><title>ref: refs/heads/main</title>\nA=1\n[core]"}) == []


def test_a_source_map_counts_as_secret_only_if_its_sources_hold_one() -> None:
    token = "ghp_" + "Ab1" * 12
    for source, expected in (("const a = 1", False), (f"const t = '{token}'", True)):
        text = json.dumps({"version": 3, "mappings": "", "sourcesContent": [source]}).encode()
        (found,) = exposed({"/_astro/a.js.map": (200, {}, text)}, ("/_astro/a.js",))
        assert (found.kind, found.holds_secret) == ("source-map", expected)
