"""The page: as it was, whole in itself, the same structure whatever names are in it, and readable without colour."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from lxml import html as lxml_html

from auditor.formats.html import render
from auditor.interfaces import Style
from auditor.model.report import Night

from .conftest import REPORTS, drifted, whole

_HOSTILE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_looks_as_it_did(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"html-{name}.html", render(REPORTS[name](), Style()))


@pytest.mark.parametrize("name", REPORTS)
def test_the_page_asks_for_nothing_and_runs_nothing(name: str) -> None:
    page = lxml_html.document_fromstring(render(REPORTS[name](), Style()))
    assert not page.xpath("//script|//link|//img|//iframe|//a|//form|//@src|//@href|//@style|//@onclick")
    [policy] = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert page.get("lang") == "en"
    assert len(page.xpath("//h1")) == 1


def test_a_report_with_agreement_and_trend_looks_as_it_did(golden: Callable[[str, str], None]) -> None:
    golden("html-whole.html", render(whole(), Style()))


def test_what_a_witness_does_not_say_is_not_agreement() -> None:
    page = lxml_html.document_fromstring(render(whole(), Style()))
    told = {row.xpath("string(th)").strip(): row.xpath("string(td[2])") for row in page.xpath("//tr[th and td]")}
    assert told["gitea"] == "✓ yes"
    assert told["nas files"] == "? unknown"
    assert told["blue (served)"] == "✗ no"


def test_failures_stand_below_their_invariant_a_rule_once_and_its_remedy_as_it_is_to_be_pasted() -> None:
    page = lxml_html.document_fromstring(render(drifted(), Style()))
    told: dict[str, list[tuple[str, list[str], list[str]]]] = {}
    for article in page.xpath("//article"):
        [title] = article.xpath("preceding-sibling::h2[1]/text()")
        rule = article.xpath("string(h3)").split()[-1]
        told.setdefault(title, []).append((rule, article.xpath("ul/li/code/text()"), article.xpath("pre/text()")))
    assert list(told) == ["source-of-truth", "secrets-stay-out"]
    assert [rule for rule, _, _ in told["source-of-truth"]] == [
        "local-main-not-ahead",
        "local-main-fresh",
        "local-work-published",
    ]
    _, subjects, remedies = told["source-of-truth"][0]
    assert subjects == [f"local:commit:{'1' * 40}", f"local:commit:{'2' * 40}"]
    assert remedies == [drifted().findings[0].remediation]


def test_ninety_nights_are_a_picture_and_a_table() -> None:
    nights = tuple(
        Night(
            finished_at=f"night {number}",
            verdict="compliant" if number % 2 else "non-compliant",
            fail=1 - number % 2,
            unknown=0,
            waived=0,
        )
        for number in range(90)
    )
    page = lxml_html.document_fromstring(render(replace(whole(), trend=nights), Style()))
    [plot] = page.xpath("//svg[@class='plot']")
    assert plot.get("aria-label") == ("90 audits, 45 of them not compliant; the first had 1 failures, the last has 0")
    bars = plot.xpath("rect")
    assert [bar.get("class") for bar in bars] == ["fail", "none"] * 45
    places = [float(bar.get("x")) for bar in bars]
    assert places == sorted(places)
    assert places[0] >= 0
    assert places[-1] < 900
    rows = page.xpath("//table[.//th='audit']/tbody/tr/td[1]/text()")
    assert rows == [f"night {number}" for number in reversed(range(90))], "the newest first"
    assert "<svg" not in render(replace(drifted(), trend=nights[:1]), Style()), "one night is no trend"
