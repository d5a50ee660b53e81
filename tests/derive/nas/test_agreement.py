"""From the facts of a NAS to the agreement in the report, and from there to what a reader of each format sees."""

import csv as csv_module
import io
import json
from dataclasses import replace
from typing import Any

import pytest
from lxml import html as lxml_html
from prometheus_client.parser import text_string_to_metric_families

from auditor.interfaces import Style
from auditor.model.missing import MISSING
from auditor.model.report import Report
from auditor.pipeline.evaluation import Terms, evaluate
from auditor.plugins import format_names, load_format

from .conftest import RULES

BLUE = "nas/slots/0/container"
# what is put out of order, the step at which the way breaks, and the rule that says so
DRIFTS: dict[str, tuple[str, Any, str, str]] = {
    "a file": ("nas/releases/0/files/2/sha256", "0" * 64, "files", "nas-files-match-commit"),
    "an image": (f"{BLUE}/image/commit", "b" * 40, "image", "nas-image-of-commit"),
    "a build": (f"{BLUE}/tag_image_id", "sha256:newer", "container", "nas-container-current"),
    "the proxy": ("nas/proxy/rules/0/backend_port", 9999, "proxy", "nas-proxy-targets-slot"),
    "the page": ("nas/public/sha256", "0" * 64, "public", "nas-public-is-active-slot"),
}


def reported(world: Any) -> Report:
    return evaluate(world.snapshot, replace(world.bench, config=world.config), Terms(rules=RULES))


def rendered(report: Report, name: str) -> str:
    return load_format(name).render(report, Style())


def steps(report: Report) -> dict[str, str]:
    assert report.agreement is not None
    return {step.name: step.state for step in report.agreement.steps}


def test_a_whole_way_is_whole_in_the_report(world: Any, kit: Any) -> None:
    agreement = reported(world).agreement
    assert agreement is not None
    told = {one.witness: (one.commit, one.agrees) for one in agreement.statements}
    assert told == {
        "gitea": (kit.MAIN, True),
        "nas": (kit.MAIN, True),
        "nas files": (kit.MAIN, True),
        "blue": (kit.MAIN, True),
        "green": (kit.OLD, False),
        "public": (kit.MAIN, True),
    }
    assert (agreement.broken_at, agreement.active) == (None, "blue")
    assert set(steps(reported(world)).values()) == {"holds"}


@pytest.mark.parametrize("drift", DRIFTS)
def test_the_step_that_breaks_is_told_by_every_format(world: Any, drift: str) -> None:
    path, value, step, rule = DRIFTS[drift]
    report = reported(world.put(path, value))
    assert report.agreement is not None
    assert report.agreement.broken_at == step, steps(report)
    texts = {name: rendered(report, name) for name in format_names()}
    assert json.loads(texts["json"])["agreement"]["broken_at"] == step
    page = lxml_html.document_fromstring(texts["html"])
    assert page.xpath("string(//svg/title)") == f"From commit to visitor: broken at {step}"
    assert page.xpath("//svg//g[@class='broken']/text[@class='small']/text()")[0].startswith(step)
    [row] = page.xpath(f"//table[.//th='why']//tr[th='{step}']")
    assert row.xpath("string(td[1])") == "broken"
    failed = [one for one in csv_module.DictReader(io.StringIO(texts["csv"])) if one["outcome"] == "fail"]
    assert rule in {one["rule_id"] for one in failed}
    results = json.loads(texts["sarif"])["runs"][0]["results"]
    assert {one["ruleId"] for one in results} == {one["rule_id"] for one in failed}
    for name in ("console", "junit", "markdown"):
        assert rule in texts[name], name
    samples = [one for family in text_string_to_metric_families(texts["prometheus"]) for one in family.samples]
    compliant = {one.labels["invariant"]: one.value for one in samples if one.name == "auditor_compliant"}
    assert compliant["nas-invents-nothing"] == 0


@pytest.mark.parametrize("path", ["nas/slots", "nas/proxy", "nas/public", "nas/releases/0/files", "canon"])
def test_what_was_not_observed_is_unknown_in_the_report_and_never_drawn_whole(world: Any, path: str) -> None:
    report = reported(world.put(path, MISSING))
    assert "unknown" in steps(report).values()
    page = lxml_html.document_fromstring(rendered(report, "html"))
    assert page.xpath("//svg//g[@class='unknown']")
    assert "every step holds" not in page.xpath("string(//svg/title)")
