"""Pages that propose something: one of each build stands for those that are built alike."""

from auditor.extraction.reading import Reading
from auditor.extraction.term import Terms
from auditor.model.facts.site import Fetched, Flow, Role

SITE = "https://www.example.net/"
TERMS = Terms(base="https://git.example.net", owner="Acme", repo="site", site=SITE)


def flows(pages: dict[str, str], scripts: dict[str, str] | None = None, role: Role = "page") -> tuple[Flow, ...]:
    reading = Reading(origin="public", address=SITE, terms=TERMS, judge=None)
    for path, text in pages.items():
        reading.add(Fetched(path=path, role=role, status=200, content_type="text/html"), text.encode())
    for path, text in (scripts or {}).items():
        reading.add(Fetched(path=path, role="script", status=200, content_type="text/javascript"), text.encode())
    return reading.serving().flows


def chapter(title: str, *, inline: str = "const t={title};go(t)", script: str = "/a.js") -> str:
    code = inline.format(title=f'"{title}"')
    body = f"<p>{title * 3}<button>Proposer</button><script>{code}</script><script src={script}></script>"
    return f"<title>{title}</title>{body}"


def test_chapters_of_one_template_are_alike_whatever_their_texts() -> None:
    pages = {f"/{name}/": chapter(name) for name in ("un", "deux", "trois")}
    assert flows(pages) == (Flow(page="/un/", alike=("/deux/", "/trois/")),)


def test_another_script_another_island_or_another_address_is_another_build() -> None:
    link = '<a class=propose href="https://git.example.net/{}/site/issues/new">x</a>'
    island = '<p>Proposer</p><astro-island component-url="/_astro/{}.js" props="{{}}"></astro-island>'
    pages = {
        "/a": chapter("a"),
        "/b": chapter("b", script="/b.js"),
        "/c": chapter("c", inline="const t={title};go(t,t)"),
        "/d": chapter("d", inline='const t={title};go("https://git.example.net/")'),
        "/e": link.format("Acme"),
        "/f": link.format("Other"),
        "/g": island.format("One"),
        "/h": island.format("Two"),
        "/i": island.format("Two"),
    }
    assert [flow.page for flow in flows(pages)] == ["/a", "/b", "/c", "/d", "/e", "/f", "/g", "/h"]
    assert flows(pages)[-1].alike == ("/i",)


def test_a_page_that_speaks_of_nothing_is_none_and_one_whose_script_does_is_one() -> None:
    pages = {"/quiet": "<p>x<script src=/q.js></script>", "/loud": "<p>x<script type=module src=/a.js></script>"}
    scripts = {"/q.js": "x()", "/a.js": 'import"./b.js"', "/b.js": 'button.textContent="Proposer"'}
    assert flows(pages, scripts) == (Flow(page="/loud"),)


def test_the_page_for_what_is_not_there_is_none() -> None:
    assert flows({"/__nowhere": chapter("x")}, role="not-found") == ()
