"""The page in the system's Chromium: accessible by day and night, on paper, on a phone, and drawn as it was.

The pictures are compared without their words, whose shapes are those of the fonts at hand.
"""

import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lab_need import lack, need
from PIL import Image, ImageChops

from auditor.formats.html import render
from auditor.interfaces import Style
from auditor.model.findings import EvidenceValue
from auditor.model.report import Report

from .conftest import GOLDEN, agreement, whole

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Opened = Callable[..., Any]
SCHEMES = ("light", "dark")
SMALL = (270, 60)
# of 255, in the worst of the squares into which the small picture is cut; a step that turns red differs by 40
FAINT = 12


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    chromium = need("chromium", "chromium")
    if os.geteuid() == 0 and os.environ.get("AUDITOR_BROWSER_NO_SANDBOX") != "1":
        lack("Chromium's sandbox does not work for root: set AUDITOR_BROWSER_NO_SANDBOX=1")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        sandbox = os.geteuid() != 0
        running = playwright.chromium.launch(executable_path=chromium, chromium_sandbox=sandbox)
        yield running
        running.close()


@pytest.fixture
def opened(browser: "Browser", tmp_path: Path) -> Opened:
    """Opens a report as a page, `width` pixels wide."""

    @contextmanager
    def show(report: Report, width: int = 1000, **context: Any) -> "Iterator[Page]":
        file = tmp_path / "page.html"
        file.write_text(render(report, Style()), encoding="utf-8")
        with browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=True, **context) as made:
            page = made.new_page()
            page.goto(file.as_uri())
            yield page

    return show


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_real_browser_finds_no_fault_of_accessibility(opened: Opened, scheme: str) -> None:
    spec = importlib.util.find_spec("axe_core_python")
    assert spec is not None
    assert spec.origin is not None
    with opened(whole(), color_scheme=scheme) as page:
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        page.evaluate(Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8"))
        found = page.evaluate("axe.run().then(done => done.violations.map(one => [one.id, one.nodes[0].html]))")
        judged = page.evaluate("axe.run().then(done => done.passes.map(one => one.id))")
    assert found == []
    assert "color-contrast" in judged


def unwieldy() -> Report:
    """What is wide: a word without an end, hashes as evidence, long lines to paste."""
    report = whole("w" * 300)
    wide = replace(
        report.findings[0],
        message="m" * 300,
        subject="local:file:" + "f" * 300,
        remediation=f"git show '{'c' * 200}'",
        evidence=(EvidenceValue(name="expected", value="0" * 64),),
    )
    return replace(report, findings=(wide, *report.findings))


@pytest.mark.parametrize(("width", "scale"), [(360, 1), (640, 2), (320, 1)])
def test_nobody_scrolls_sideways_on_a_phone_or_at_twice_the_size(opened: Opened, width: int, scale: int) -> None:
    with opened(unwieldy(), width, device_scale_factor=scale) as page:
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        # the picture alone may be moved below its frame, by keys too
        frames = page.evaluate(
            "[...document.querySelectorAll('*')].filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth"
            " && getComputedStyle(one).overflowX !== 'visible').map(one => [one.tagName, one.tabIndex])"
        )
        assert frames in ([], [["FIGURE", 0]])
        broken = page.evaluate(
            "[...document.querySelectorAll('th[scope=row], td.holds, td.broken, td.unknown')]"
            ".map(one => one.firstChild).filter(text => {"
            " const range = document.createRange(); range.selectNodeContents(text);"
            " return !/\\s/.test(text.data) && range.getClientRects().length > 1 }).map(text => text.data)"
        )
        assert broken == [], "words of ours are not broken into letters"


def test_on_paper_it_is_black_on_white_whole_and_unfolded(opened: Opened) -> None:
    with opened(whole(), width=720, color_scheme="dark") as page:
        evidence = page.get_by_text("since", exact=True)
        assert not evidence.is_visible()
        page.emulate_media(media="print")
        assert evidence.is_visible(), "nobody can unfold paper"
        colours = page.evaluate(
            "(({color, backgroundColor}) => [color, backgroundColor])(getComputedStyle(document.body))"
        )
        assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
        assert page.locator("svg.way").bounding_box()["width"] <= 720
        assert page.evaluate("document.documentElement.scrollWidth") <= 720
        document = page.pdf(format="A4")
    assert document.startswith(b"%PDF")
    assert 2 <= document.count(b"/Type /Page\n") + document.count(b"/Type /Page\r") <= 6


def small_picture(page: "Page", name: str) -> Image.Image:
    """What is drawn, without words, small enough for no edge to matter."""
    page.add_style_tag(content="svg text { visibility: hidden }")
    shot = Image.open(BytesIO(page.locator(f"svg.{name}").screenshot()))
    return shot.convert("RGB").resize(SMALL, Image.Resampling.BOX)


def difference(one: Image.Image, other: Image.Image) -> int:
    """The most by which a square of the pictures differs."""
    squares = ImageChops.difference(one, other).resize((SMALL[0] // 6, SMALL[1] // 6), Image.Resampling.BOX)
    return max(most for _, most in squares.getextrema())  # type: ignore[misc, union-attr]  # one pair for each colour


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["way", "plot"])
def test_the_pictures_look_as_they_did(opened: Opened, name: str, scheme: str) -> None:
    path = GOLDEN / f"html-{name}-{scheme}.png"
    with opened(whole(), color_scheme=scheme) as page:
        picture = small_picture(page, name)
    if os.environ.get("AUDITOR_WRITE_GOLDEN"):
        picture.save(path, optimize=True)
    assert difference(picture, Image.open(path).convert("RGB")) < FAINT, "if this is meant: AUDITOR_WRITE_GOLDEN=1"


@pytest.mark.parametrize("state", ["holds", "unknown"])
def test_a_picture_of_another_state_is_seen_to_differ(opened: Opened, state: str) -> None:
    states = {} if state == "holds" else {"image": state}
    said = agreement(files="unknown", public="unknown", **states)
    with opened(whole(said=said)) as page:
        picture = small_picture(page, "way")
    assert difference(picture, Image.open(GOLDEN / "html-way-light.png").convert("RGB")) > 2 * FAINT
