"""What a click adds to what was read: it confirms, decides among several values, and closes what was open."""

from dataclasses import replace

from auditor.config import Config, Gitea, Site
from auditor.derive.link.value import LinkValue, values_of
from auditor.model.facts.site import Click, IssueLink, OpenLink, Place, Serving

BASE = "https://git.example.net"
CONFIG = Config(id="site", gitea=Gitea(base=BASE, owner="Acme", repo="site"), site=Site(url="https://www.example.net/"))
SCRIPT = Place(path="/a.js", line=1, expression="`${b}/Acme/site/issues/new`")
READ = IssueLink(base=BASE, owner="Acme", repo="site", tier="folded", place=SCRIPT)
CLICKED = replace(READ, tier="clicked", place=Place(path="/", element="Proposer"))
CLICK = Click(page="/", steps=("Proposer",), opened_by="window.open", url=f"{BASE}/Acme/site/issues/new")


def judged(
    *links: IssueLink, open_links: tuple[OpenLink, ...] = (), clicks: tuple[Click, ...] = (CLICK,)
) -> tuple[list[tuple[str, str, bool, bool]], list[str]]:
    serving = Serving(
        origin="public", address="https://www.example.net/", links=links, open_links=open_links, clicks=clicks
    )
    values, gaps = values_of((serving,), CONFIG)
    return [_told(value) for value in values], [gap.reason for gap in gaps]


def _told(value: LinkValue) -> tuple[str, str, bool, bool]:
    return value.value, value.tier, value.clicked, value.fault is None


def test_a_value_that_was_read_and_clicked_is_one_value_at_the_place_where_it_was_read() -> None:
    values, gaps = judged(READ, CLICKED)
    assert values == [(one, "folded", True, True) for one in (BASE, "Acme", "site")]
    assert gaps == []


def test_a_value_that_only_a_click_showed_is_judged_by_it() -> None:
    values, _ = judged(replace(CLICKED, owner="Other"))
    assert ("Other", "clicked", True, False) in values


def test_a_click_decides_among_the_values_of_one_place() -> None:
    other = replace(READ, base="http://localhost:3000", certain=False)
    values, gaps = judged(replace(READ, certain=False), other, CLICKED)
    assert values == [(one, "folded", True, True) for one in (BASE, "Acme", "site")]
    assert gaps == []


def test_a_click_decides_nothing_at_other_places() -> None:
    other = replace(READ, base="http://localhost:3000", certain=False, place=replace(SCRIPT, path="/b.js"))
    _, gaps = judged(replace(READ, certain=False), other, CLICKED)
    assert gaps
    assert all("localhost" in gap for gap in gaps)


def test_an_open_link_is_closed_by_a_click_that_fits_it_alone() -> None:
    fitting = OpenLink(known="{c.base}/{c.owner}/site/issues/new?title={t}", place=SCRIPT)
    other = replace(fitting, known="{c.base}/{c.owner}/other/issues/new")
    assert judged(CLICKED, open_links=(fitting,))[1] == []
    assert len(judged(CLICKED, open_links=(fitting, other))[1]) == 1
    assert len(judged(CLICKED, open_links=(fitting,), clicks=(replace(CLICK, url=None),))[1]) == 1
