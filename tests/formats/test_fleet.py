"""Many sites in every format: as they were, valid by the rules of other programs, hostile names harmless."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from lxml import etree
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families
from wcwidth import wcswidth

from auditor.formats import console, html, junit, markdown, prometheus, sarif
from auditor.formats import csv as csv_format
from auditor.formats import json as json_format
from auditor.interfaces import Style
from auditor.model.fleet import SCHEMA_VERSION, Fleet, Gravest, SiteLine, VerdictCount
from auditor.model.report import Report, Tool
from auditor.model.rules import Outcome, Severity

from .conftest import HOSTILE, REPORTS
from .test_format import JUNIT_SCHEMA, SARIF_SCHEMA

Golden = Callable[[str, str], None]
FLEET_SCHEMA = json.loads((Path(__file__).parent.parent.parent / "schemas" / "fleet.schema.json").read_text())
GRAVEST = Gravest(
    rule_id="secrets-env-not-tracked",
    outcome=Outcome.FAIL,
    severity=Severity.CRITICAL,
    subject="local:file:.env",
    fingerprint="f" * 64,
)


def line_of(name: str, report: Report, exit_code: int, gravest: Gravest | None = None) -> SiteLine:
    return SiteLine(
        site=name,
        file=f"sites/{name}.yaml",
        verdict=report.verdict,
        exit_code=exit_code,
        finished_at=report.run.finished_at,
        summary=report.summary,
        gravest=gravest,
    )


def reports(site: str = "drifted") -> list[Report | None]:
    """In the order of the fleet's sites."""
    made = [REPORTS["drifted"](), None, REPORTS["blind"](), REPORTS["green"]()]
    names = [site, None, "blind", "green"]
    return [one and replace(one, run=replace(one.run, site=name or "")) for one, name in zip(made, names, strict=True)]


def fleet_of(site: str = "drifted", error: str = "sites/none.yaml: does not exist: name another with -c") -> Fleet:
    drifted, _, blind, green = reports(site)
    assert drifted
    assert blind
    assert green
    unknown = replace(GRAVEST, rule_id="local-work-published", outcome=Outcome.UNKNOWN, severity=Severity.HIGH)
    return Fleet(
        schema_version=SCHEMA_VERSION,
        tool=Tool(name="auditor", version="0.0.0"),
        exit_code=1,
        verdicts=VerdictCount(compliant=1, non_compliant=1, inconclusive=1, not_judged=1),
        sites=(
            line_of(site, drifted, 1, replace(GRAVEST, subject=f"local:file:{site}")),
            SiteLine(site="sites/none.yaml", file="sites/none.yaml", exit_code=2, error=error),
            line_of("blind", blind, 3, unknown),
            line_of("green", green, 0),
        ),
    )


def rendered(name: str, fleet: Fleet, seen: list[Report | None], width: int = 100) -> str:
    summaries = {"console": console, "csv": csv_format, "html": html, "json": json_format, "markdown": markdown}
    if name in summaries:
        return summaries[name].render_fleet(fleet, Style(width=width))
    pieces = {"junit": junit, "prometheus": prometheus, "sarif": sarif}[name].render_reports(fleet, iter(seen))
    return "".join(pieces)


def check_sarif(text: str) -> None:
    log = json.loads(text)
    SARIF_SCHEMA.validate(log)
    assert len(log["runs"]) == 4
    blank = log["runs"][1]
    assert (blank["results"], blank["invocations"][0]["executionSuccessful"]) == ([], False)
    ids = [run["automationDetails"]["id"] for run in log["runs"]]
    assert len(set(ids)) == 4


def check_junit(text: str) -> None:
    root = etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False))
    JUNIT_SCHEMA.assertValid(root)
    assert len(root) == 4
    counted = {"tests": "testcase", "failures": "testcase/failure", "errors": "testcase/error"}
    for name, path in counted.items():
        assert int(root.get(name)) == len(root.findall(f"testsuite/{path}")), name


def check_prometheus(text: str) -> None:
    heads = Counter(re.findall(r"^# HELP (\S+)", text, re.MULTILINE))
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    series = Counter((sample.name, *sorted(sample.labels.items())) for sample in samples)
    assert set(heads.values()) == set(series.values()) == {1}
    ended = [sample.value for sample in samples if sample.name == "auditor_exit_code"]
    assert sorted(ended) == [0, 1, 2, 3]


def check_csv(text: str) -> None:
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["exit_code"] for row in rows] == ["1", "2", "3", "0"]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row.values())


def check_json(text: str) -> None:
    Draft202012Validator(FLEET_SCHEMA).validate(json.loads(text))


def check_markdown(text: str) -> None:
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
    inline = [child for token in tokens for child in token.children or []]
    assert not {token.type for token in [*tokens, *inline]} & {"link_open", "image", "html_inline", "html_block"}
    assert sum(token.type == "tr_open" for token in tokens) == 5


def check_html(text: str) -> None:
    page = etree.fromstring(text.encode(), etree.HTMLParser())
    assert len(page.findall(".//tbody/tr")) == 4
    assert not page.findall(".//script")
    assert not page.findall(".//a")


def check_console(text: str) -> None:
    assert text.splitlines()[0] == "4 sites: 1 non-compliant, 1 not judged, 1 inconclusive, 1 compliant"


CHECKS: dict[str, Callable[[str], None]] = {
    "console": check_console,
    "csv": check_csv,
    "html": check_html,
    "json": check_json,
    "junit": check_junit,
    "markdown": check_markdown,
    "prometheus": check_prometheus,
    "sarif": check_sarif,
}
ENDINGS = {"console": "txt", "junit": "xml", "markdown": "md", "prometheus": "prom"}


@pytest.mark.parametrize("name", CHECKS)
def test_a_fleet_looks_as_it_did_and_is_valid(name: str, golden: Golden) -> None:
    text = rendered(name, fleet_of(), reports())
    golden(f"{name}-fleet.{ENDINGS.get(name, name)}", text.replace("\r\n", "\n"))
    CHECKS[name](text)


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("text", [HOSTILE, "=1+1", "`@all`|x", "]]><x>", "[a](http://x)", "<script>", '"} 1\nx'])
def test_hostile_names_of_sites_are_harmless(name: str, text: str) -> None:
    shown = rendered(name, fleet_of(text, error=text), reports(text))
    CHECKS[name](shown)
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    text = rendered("console", fleet_of(), [], width)
    assert max(wcswidth(line) for line in text.splitlines()) <= width
    assert all(word in text for word in ("drifted", "none.yaml", "blind", "green", "secrets-env-not-tracked"))


def test_of_several_reports_of_one_site_the_newest_is_its_series() -> None:
    green, old = REPORTS["green"](), REPORTS["drifted"]()
    old = replace(old, run=replace(old.run, finished_at="2026-01-01T03:00:00Z", started_at="2026-01-01T02:59:00Z"))
    fleet = replace(fleet_of(), sites=(line_of("example", old, 1), line_of("example", green, 0)))
    text = rendered("prometheus", fleet, [old, green])
    values = {
        (sample.name, sample.labels.get("invariant")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert values["auditor_exit_code", None] == 0
    assert values["auditor_compliant", "source-of-truth"] == 1
