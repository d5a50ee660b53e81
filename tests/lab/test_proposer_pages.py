"""Real built pages, and the shapes that people write by hand: each decided rightly, or not at all."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from site_look import clicked, look, verdict, with_page
from site_nginx import run_folders

from auditor.model.facts.site import Serving
from auditor.transports.browser import Browser
from auditor.visitor import Clicked

pytestmark = pytest.mark.lab

DATA = Path(__file__).parent.parent / "data" / "site"
# the pages of each source
PAGES = {
    "astro": tuple(f"/{name}/" for name in ("attribute", "inlined", "defined", "lazy", "whole", "island", "own")),
    "vite": tuple(f"/{name}.html" for name in ("plain", "dialog", "module", "split", "whole")),
    "react": ("/island/", "/own/"),
}
VERDICTS = {
    "right": "right",
    "slash": "right",
    "case": "case",
    **dict.fromkeys(("owner", "repo", "base", "http", "local", "empty", "undefined"), "wrong"),
}
BUILDS = {
    "astro": tuple(VERDICTS),
    "vite": tuple(name for name in VERDICTS if name not in ("slash", "local")),
    "react": ("right", "owner", "undefined"),
}
BUILT = [(kind, build, page) for kind, builds in BUILDS.items() for build in builds for page in PAGES[kind]]
BASE, OWNER, REPO = "https://git.archicratie.example", "Archicratia", "archicratie-edition"
LINK = f"{BASE}/{OWNER}/{REPO}/issues/new"


def script(text: str) -> str:
    return f"<!doctype html><title>x</title><body><button id=p>Proposer</button><script>{text}</script>"


def body(text: str) -> str:
    return f"<!doctype html><title>x</title><body>{text}"


WRITTEN: dict[str, tuple[str, str]] = {
    "entities": ("right", body(f'<a href="{LINK}?title=a&#38;body=b">Proposer</a>')),
    "relative-protocol": (
        "right",
        body(f'<a href="//{LINK.partition("://")[2]}">Proposer</a>').replace("//git", "https://git"),
    ),
    "upper-case-host": (
        "right",
        body(f'<a href="HTTPS://GIT.ARCHICRATIE.EXAMPLE:443/{OWNER}/{REPO}/issues/new">x</a>'),
    ),
    "double-slash-in-front": ("wrong", body(f'<a href="{BASE}//{REPO}/issues/new">Proposer</a>')),
    "git-suffix": ("wrong", body(f'<a href="{BASE}/{OWNER}/{REPO}.git/issues/new">Proposer</a>')),
    "encoded-slash": ("wrong", body(f'<a href="{BASE}/{OWNER}%2F{REPO}/issues/new">Proposer</a>')),
    "another-sub-path": ("wrong", body(f'<a href="{BASE}/git/{OWNER}/{REPO}/issues/new">Proposer</a>')),
    "without-base": ("wrong", body(f'<a href="/{OWNER}/{REPO}/issues/new">Proposer</a>')),
    "form": ("right", body(f'<form action="{LINK}"><input name=title value=x><button>Proposer</button></form>')),
    "bare-attribute": (
        "wrong",
        body(f'<button data-gitea-base="{BASE}" data-gitea-owner data-gitea-repo="{REPO}">x</button>'),
    ),
    "meta": ("case", '<!doctype html><meta name="gitea-owner" content="archicratia"><body>x'),
    "comment": ("right", body(f'<!-- <a href="https://old.example/a/b/issues/new"> --><a href="{LINK}">Proposer</a>')),
    "script-comment": ("right", script(f'// "https://old.example/{OWNER}/{REPO}/issues/new"\nopen("{LINK}")')),
    "dead-default": ("right", script(f'var b="{BASE}"||"https://old.example";open(b+"/{OWNER}/{REPO}/issues/new")')),
    "used-default": ("wrong", script(f'var b=void 0??"https://old.example";open(b+"/{OWNER}/{REPO}/issues/new")')),
    "other-forge": (
        "right",
        body(f'<a href="https://github.com/withastro/astro/issues/new">x</a><a href="{LINK}">y</a>'),
    ),
    "other-forge-alone": ("unknown", body('<a href="https://github.com/withastro/astro/issues/new">x</a>')),
    "host-decides": (
        "right",
        script(
            f'var b=location.hostname==="localhost"?"http://localhost:3000":"{BASE}";open(b+"/{OWNER}/{REPO}/issues/new")'
        ),
    ),
    "run-time-decides": (
        "unknown",
        script(f'var b=sessionStorage.x?"http://localhost:3000":"{BASE}";open(b+"/{OWNER}/{REPO}/issues/new")'),
    ),
    "fetched": (
        "unknown",
        script('fetch("/c.json").then(r=>r.json()).then(c=>open(`${c.b}/${c.o}/${c.r}/issues/new`))'),
    ),
    "global": (
        "right",
        script(
            f'window.SITE={{b:"{BASE}",o:"{OWNER}",r:"{REPO}"}};</script><script>open(SITE.b+"/"+SITE.o+"/"+SITE.r+"/issues/new")'
        ),
    ),
    "dataset": (
        "case",
        body(
            f'<p id=c data-where="{BASE}" data-who="archicratia" data-what="{REPO}">'
            "<script>const d=document.getElementById('c');"
            "open(`${d.dataset.where}/${d.dataset.who}/${d.dataset.what}/issues/new`)</script>"
        ),
    ),
    "pathname": ("right", script(f'const u=new URL("{BASE}");u.pathname="/{OWNER}/{REPO}/issues/new";open(u.href)')),
    "concat": ("wrong", script(f'open("{BASE}".concat("/","Archicratie","/{REPO}/issues/new"))')),
    "joined-in-pieces": ("right", script(f'open(["{BASE}","{OWNER}","{REPO}","issues","new"].join("/"))')),
    "named-path": ("right", script(f'const p="/issues/new";const r="{BASE}/{OWNER}/{REPO}";open(r+p)')),
    "called": (
        "wrong",
        script(f'function to(o,r){{return `{BASE}/${{o}}/${{r}}/issues/new`}}open(to("{OWNER}","site-web"))'),
    ),
    "json-block": (
        "case",
        body(f'<script type="application/json">{{"giteaOwner":"archicratia","giteaRepo":"{REPO}"}}</script>'),
    ),
    "login-wall": ("unknown", body("<form action=/login method=post><input name=user><input type=password></form>")),
    "maintenance": ("unknown", body("<h1>Maintenance en cours</h1>")),
    "literal-alone": ("unknown", script(f'go(atob("x"),"{OWNER}","{REPO}")')),
    "undefined-all": ("wrong", body('<a href="undefined/undefined/undefined/issues/new">Proposer</a>')),
}


# the pages that are pressed: all of a right and of a wrong build, and of the others the one with the longest way
PRESSED = {
    **{("astro", build): ("/lazy/",) for build in BUILDS["astro"]},
    **{("astro", build): PAGES["astro"] for build in ("right", "case", "undefined")},
    # each way through the two choices of the dialog is a load of its own: once will do
    ("vite", "right"): tuple(page for page in PAGES["vite"] if page != "/dialog.html"),
    ("vite", "case"): ("/dialog.html", "/split.html"),
    ("react", "right"): PAGES["react"],
    ("react", "owner"): PAGES["react"],
}
# what only a browser can tell of the written pages
CLICKED = {"run-time-decides": "right", "fetched": "right"}


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The address of each build (`vite-case`) and of the written pages (`written`), all served by one nginx."""
    folder = tmp_path_factory.mktemp("sites")
    written = folder / "written"
    written.mkdir()
    for name, (_, page) in WRITTEN.items():
        (written / name).write_text(page)
    (written / "c.json").write_text(f'{{"b":"{BASE}","o":"{OWNER}","r":"{REPO}"}}')
    roots = {f"{kind}-{build}": DATA / kind / "built" / build for kind, builds in BUILDS.items() for build in builds}
    with run_folders(folder, {**roots, "written": written}) as addresses:
        yield addresses


@cache
def looked(url: str, page: str) -> tuple[Serving, tuple[str, ...]]:
    """A page is read once for all tests."""
    return look(url, page)


@pytest.mark.parametrize(("kind", "build", "page"), BUILT)
def test_a_built_page_is_decided_rightly_without_a_browser(
    sites: dict[str, str], kind: str, build: str, page: str
) -> None:
    serving, gaps = looked(sites[f"{kind}-{build}"], page)
    assert verdict(serving) == VERDICTS[build], serving
    assert gaps == ()


@pytest.mark.parametrize("name", WRITTEN)
def test_a_written_page_is_decided_rightly_or_not_at_all(sites: dict[str, str], name: str) -> None:
    serving, _ = looked(sites["written"], f"/{name}")
    assert verdict(serving) == WRITTEN[name][0], serving


@pytest.fixture(scope="module")
def clicks(sites: dict[str, str], browser: Browser) -> dict[str, Clicked]:
    """What each site's pages led to, in one browser for all."""
    pages = {f"{kind}-{build}": pressed for (kind, build), pressed in PRESSED.items()}
    pages["written"] = tuple(f"/{name}" for name in WRITTEN)
    return {name: clicked(browser, sites[name], paths) for name, paths in pages.items()}


@pytest.mark.parametrize(("kind", "build"), PRESSED)
def test_a_built_page_is_decided_alike_by_a_click(
    sites: dict[str, str], clicks: dict[str, Clicked], kind: str, build: str
) -> None:
    name = f"{kind}-{build}"
    assert clicks[name].fault is None
    for page in PRESSED[kind, build]:
        read, _ = looked(sites[name], page)
        unread = Serving(origin="public", address=sites[name])
        for serving in (read, unread):
            assert verdict(with_page(serving, clicks[name], page)) == VERDICTS[build], (page, clicks[name])


def test_every_way_through_two_choices_is_pressed(clicks: dict[str, Clicked]) -> None:
    assert {click.steps for click in clicks["vite-case"].clicks if click.page == "/dialog.html"} == {
        ("Proposer", kind, part, "Continuer") for kind in ("Une faute", "Une idée") for part in ("Le texte", "Le code")
    }
    assert {click.steps for click in clicks["react-right"].clicks} == {
        *(("Proposer", kind, "Ouvrir le formulaire") for kind in ("Une faute", "Une idée")),
        ("Proposer", "Continuer"),
    }


@pytest.mark.parametrize("name", WRITTEN)
def test_with_a_browser_every_written_page_is_decided_rightly(
    sites: dict[str, str], clicks: dict[str, Clicked], name: str
) -> None:
    serving = with_page(looked(sites["written"], f"/{name}")[0], clicks["written"], f"/{name}")
    assert clicks["written"].fault is None
    assert verdict(serving) == CLICKED.get(name, WRITTEN[name][0]), serving


def test_nine_of_ten_pages_are_decided_and_none_wrongly(sites: dict[str, str]) -> None:
    cases = [(sites[f"{kind}-{build}"], page, VERDICTS[build]) for kind, build, page in BUILT]
    cases += [(sites["written"], f"/{name}", expected) for name, (expected, _) in WRITTEN.items()]
    linked = [case for case in cases if case[2] != "unknown"]
    said = [(verdict(looked(url, page)[0]), expected) for url, page, expected in linked]
    assert len(cases) >= 140
    assert sum(one == expected for one, expected in said) >= 0.9 * len(said)
    assert not [pair for pair in said if pair[0] not in (pair[1], "unknown")]


def test_a_page_without_a_link_is_unknown_and_never_right(sites: dict[str, str]) -> None:
    serving, _ = look(sites["astro-right"], "/")
    assert verdict(serving) == "unknown"


def test_a_value_names_its_place_and_its_expression(sites: dict[str, str]) -> None:
    serving, _ = look(sites["astro-case"], "/lazy/")
    (link,) = serving.links
    assert (link.owner, link.tier, link.place.line) == ("archicratia", "folded", 1)
    assert link.place.path.startswith("/_astro/propose.")
    assert "/issues/new?" in link.place.expression
