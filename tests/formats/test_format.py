"""The formats for other programs: as they were, valid by the rules of those programs, hostile names harmless."""

import csv as csv_module
import io
import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from lab_need import need
from lxml import etree
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families

from auditor.formats import csv, junit, markdown, prometheus, sarif
from auditor.interfaces import Style
from auditor.model.report import Report
from auditor.model.rules import Outcome

from .conftest import REPORTS

DATA = Path(__file__).parent.parent / "data" / "format"
SARIF_SCHEMA = Draft202012Validator(json.loads((DATA / "sarif-2.1.0.json").read_text()))
JUNIT_SCHEMA = etree.XMLSchema(etree.parse(DATA / "junit-10.xsd"))
FORMATS = {"csv": csv, "junit": junit, "markdown": markdown, "prometheus": prometheus, "sarif": sarif}
ENDINGS = {"csv": "csv", "junit": "xml", "markdown": "md", "prometheus": "prom", "sarif": "sarif"}
_BIDI_OR_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv_module.DictReader(io.StringIO(text, newline="")))


def check_csv(text: str, report: Report) -> None:
    rows = read_csv(text)
    assert [row["fingerprint"] for row in rows] == [one.fingerprint for one in report.findings]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row.values())


def check_junit(text: str, report: Report) -> None:
    root = etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False))
    JUNIT_SCHEMA.assertValid(root)
    assert len(root.findall(".//testcase")) == len(report.findings)


def check_sarif(text: str, report: Report) -> None:
    log = json.loads(text)
    SARIF_SCHEMA.validate(log)
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert (result["kind"] == "fail") == (result["level"] != "none")
    assert len(run["results"]) == sum(
        one.outcome is Outcome.FAIL or one.baseline == "absent" for one in report.findings
    )


def check_prometheus(text: str, report: Report) -> None:
    families = {family.name: family for family in text_string_to_metric_families(text)}
    counted = sum(sample.value for sample in families["auditor_findings"].samples)
    assert counted == len(report.findings)


def check_markdown(text: str, _report: Report) -> None:
    """Nothing but our own structure: no link, image, tag or table, and no word of a name outside of code."""
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
    inline = [child for token in tokens for child in token.children or []]
    kinds = {token.type for token in [*tokens, *inline]}
    assert not kinds & {"link_open", "image", "html_inline", "html_block", "table_open"}
    outside = " ".join(child.content for child in inline if child.type == "text")
    assert "@" not in outside


CHECKS: dict[str, Callable[[str, Report], None]] = {
    "csv": check_csv,
    "junit": check_junit,
    "markdown": check_markdown,
    "prometheus": check_prometheus,
    "sarif": check_sarif,
}


@pytest.mark.parametrize("world", REPORTS)
@pytest.mark.parametrize("name", FORMATS)
def test_a_report_looks_as_it_did_and_is_valid(name: str, world: str, golden: Callable[[str, str], None]) -> None:
    report = REPORTS[world]()
    text = FORMATS[name].render(report, Style())
    golden(f"{name}-{world}.{ENDINGS[name]}", text.replace("\r\n", "\n"))
    CHECKS[name](text, report)
    assert not _BIDI_OR_CONTROL.search(text)


def test_what_is_waived_is_suppressed_and_says_until_when() -> None:
    results = json.loads(sarif.render(REPORTS["drifted"](), Style()))["runs"][0]["results"]
    [suppression] = [one for result in results for one in result["suppressions"]]
    assert suppression["properties"] == {"owner": "ops@example.net", "expires": "2026-12-31"}
    states = {result["ruleId"]: result.get("baselineState") for result in results}
    assert (states["local-main-not-ahead"], states["local-origin-canonical"]) == ("unchanged", "absent")


def test_what_was_not_observed_is_told_and_no_success() -> None:
    [invocation] = json.loads(sarif.render(REPORTS["blind"](), Style()))["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert len(invocation["toolExecutionNotifications"]) == 10
    root = etree.fromstring(junit.render(REPORTS["blind"](), Style()).encode())
    assert (root.get("errors"), root.get("failures")) == ("10", "0")
    values = {
        sample.labels["invariant"]: sample.value
        for family in text_string_to_metric_families(prometheus.render(REPORTS["blind"](), Style()))
        if family.name == "auditor_compliant"
        for sample in family.samples
    }
    assert values["source-of-truth"] != values["source-of-truth"], "NaN: neither compliant nor not"
    assert values["secrets-stay-out"] == 1


@pytest.mark.parametrize("site", ["example", 'a "b"\\n\x1b[2J\u202e{x="1"} 1'])
def test_prometheus_own_checker_takes_the_gauges(site: str) -> None:
    promtool = need("promtool", "prometheus")
    for made in REPORTS.values():
        report = made()
        text = prometheus.render(replace(report, run=replace(report.run, site=site)), Style())
        done = subprocess.run(
            [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False, timeout=60
        )
        assert (done.returncode, done.stdout + done.stderr) == (0, "")
