"""The drawing of the way from commit to visitor: the facts of the agreement, and nothing looks whole unless it is."""

from dataclasses import replace

import pytest
from lxml import html as lxml_html

from auditor.formats.html import render
from auditor.formats.html.picture import Picture, draw
from auditor.interfaces import Style
from auditor.model.report import Agreement, Report, SourceStatus, Statement

from .conftest import agreement, green, whole


def drawn(report: Report) -> Picture:
    picture = draw(report)
    assert picture is not None
    return picture


def ways(report: Report) -> dict[str, str]:
    return {way.label: way.state for way in drawn(report).ways}


def boxes(report: Report) -> dict[str, tuple[str, str]]:
    return {box.title: (box.text, box.state) for box in drawn(report).boxes}


def test_every_witness_stands_there_with_what_the_agreement_says_of_it() -> None:
    assert boxes(whole()) == {
        "Local clone": ("999999999999", "differs"),
        "Gitea main": ("214f930214f9", "holds"),
        "NAS": ("214f930214f9", "holds"),
        "blue (served)": ("blue runs an", "differs"),
        "green": ("888888888888", "absent"),
        "Proxy": ("to blue", "holds"),
        "Public site": ("not known", "unknown"),
    }


def test_a_way_is_named_by_the_steps_of_it_that_are_not_well() -> None:
    assert ways(whole()) == {
        "pull request": "differs",
        "files": "unknown",
        "image": "broken",
        "": "absent",
        "leads to": "holds",
        "public": "unknown",
    }
    worst = agreement(commit="unknown", files="broken", image="unknown", container="unknown")
    assert list(ways(whole(said=worst)).items())[1:3] == [("files", "broken"), ("image +1", "unknown")]
    assert ways(whole(said=agreement()))["deploys"] == "holds"


@pytest.mark.parametrize(
    ("states", "title"),
    [
        ({}, "every step holds"),
        ({"proxy": "broken", "image": "unknown"}, "broken at proxy"),
        ({"image": "unknown"}, "nothing is seen to be broken, and not every step could be observed"),
    ],
)
def test_the_picture_says_in_words_what_it_shows(states: dict[str, str], title: str) -> None:
    page = lxml_html.document_fromstring(render(whole(said=agreement("why", **states)), Style()))
    [picture] = page.xpath("//svg[contains(@class, 'way')]")
    labels = picture.get("aria-labelledby").split()
    said, told = (picture.xpath(f"string(./*[@id='{label}'])") for label in labels)
    assert (picture.get("role"), said) == ("img", f"From commit to visitor: {title}")
    assert told.startswith("local: 999")
    assert all(f"{name} {state}: why." in told for name, state in states.items())


def test_what_is_broken_or_unknown_bears_a_sign_besides_its_colour() -> None:
    page = lxml_html.document_fromstring(render(whole(), Style()))
    for state in ("broken", "unknown", "differs"):
        signs = {"".join(group.xpath(".//path/@d")) for group in page.xpath(f"//svg//g[@class='{state}']")}
        assert len(signs) == 1, state
        assert signs != {""}
    assert not page.xpath("//svg//g[@class='holds']//path")


@pytest.mark.parametrize("state", ["broken", "unknown"])
@pytest.mark.parametrize("step", ["commit", "files", "image", "container", "slot", "proxy", "public"])
def test_no_step_that_does_not_hold_is_drawn_whole(step: str, state: str) -> None:
    said = agreement(**{step: state})
    assert state in {way.state for way in drawn(whole(said=said)).ways}
    # which slot is served need not be known for it
    assert state in {way.state for way in drawn(whole(said=replace(said, active=None))).ways}


def test_a_source_that_was_not_asked_is_no_doubt_and_one_that_is_gone_is() -> None:
    said = Agreement(statements=(Statement(witness="gitea"), Statement(witness="nas"), Statement(witness="nas files")))
    sources = tuple(
        SourceStatus(name=name, status=status)
        for name, status in (("local", "left-out"), ("gitea", "unavailable"), ("nas", "unavailable"))
    )
    assert boxes(replace(whole(said=said), sources=sources)) == {
        "Local clone": ("left out", "absent"),
        "Gitea main": ("unavailable", "unknown"),
        "NAS": ("unavailable", "unknown"),
        "Proxy": ("to no known slot", "absent"),
        "Public site": ("not configured", "absent"),
    }


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_as_many_slots_as_there_are_find_room(count: int) -> None:
    slots = tuple(Statement(witness=f"slot-{number}", commit="8" * 40) for number in range(count))
    picture = drawn(whole(said=replace(agreement(), statements=slots, active=None)))
    places = {(box.x, box.y) for box in picture.boxes}
    assert len(places) == len(picture.boxes) == count + 5
    assert all(x + picture.box_width < picture.width and y + picture.box_height < picture.height for x, y in places)


def test_where_the_nas_was_not_asked_there_is_no_way_to_draw() -> None:
    assert draw(green()) is None
    assert "<svg" not in render(green(), Style())


def test_what_the_nas_visit_saw_of_the_public_page_is_drawn_though_the_site_was_not_asked() -> None:
    report = whole(said=agreement(public="broken"))
    sources = tuple(replace(one, status="left-out") if one.name == "site" else one for one in report.sources)
    assert ways(replace(report, sources=sources))["public"] == "broken"
