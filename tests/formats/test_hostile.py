"""Every text of a report that comes from outside, hostile, in every format: nothing but text to whoever reads it."""

import dataclasses
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from enum import Enum
from functools import cache
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families

from auditor.formats import console, csv, html, junit, markdown, prometheus, sarif
from auditor.formats import json as json_format
from auditor.interfaces import Style
from auditor.model.codec import decode
from auditor.model.facts.witness import Gap
from auditor.model.findings import EvidenceValue, Location, WaiverNote
from auditor.model.report import Report, SourceStatus
from auditor.model.rules import Outcome
from auditor.text import printable

from .conftest import finding
from .conftest import whole as whole_report
from .test_format import CHECKS, read_csv

ATTACKS = (
    "\x1b[2J\x1b]0;title\x07",
    "\x9b31m\x85\x7f\x00",
    "\u202egnp.exe\u2066\u200b\ufeff",
    "\udfff \ud800x\udc80",
    "line\nline\r\n- [x] **done**\n# title\n\n| a | b |\n|---|---|",
    "=cmd|' /C calc'!A0",
    "\t@SUM(1+1)",
    " \n=1+1",
    "</pre></code><script>alert(1)</script><img src=x onerror=alert(1)>",
    '" onload="alert(1)" x="',
    "]]><!ENTITY x SYSTEM 'file:///etc/passwd'>&x;&#0;",
    "{{ 7*7 }}{% for x in y %}",
    "``` `` ` ~~~~\n</details>",
    "[a](javascript:alert(1)) ![b](http://x.example) <http://x.example> http://x.example @all #1",
    'name="x",site="y"} 1\nauditor_compliant{site="x"} 1',
    "%0a::error::x",
    "\ufffe\uffff\U000e0041",
    "-" * 3000,
)
WORD = re.compile(r"[a-z]+")
# what the program itself writes, and nobody else: words of its own, moments, numbers of versions
OWN = re.compile(r"(_at|_sha256|^since|^expires)$|^(verdict|status|state|baseline|fingerprint|schema_version)$")


def filled(value: Any, text: str) -> Any:
    """The value with every text of it replaced, but for those that the program itself writes."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            field.name: getattr(value, field.name)
            if OWN.search(field.name)
            else filled(getattr(value, field.name), text)
            for field in dataclasses.fields(value)
        }
        # fingerprints stay, so that every row can be told
        return dataclasses.replace(value, **fields)
    if isinstance(value, tuple):
        return tuple(filled(item, text) for item in value)
    return text if isinstance(value, str) and not isinstance(value, Enum) else value


def report_with(text: str) -> Report:
    """A report that has everything that a report can have, and says `text` everywhere."""
    failed = finding(
        "x",
        Outcome.FAIL,
        message="x",
        remediation="x",
        location=Location(path="x", line=1, commit="x", url="x"),
        evidence=(EvidenceValue(name="x", value="x"),),
        baseline="unchanged",
        clean_at="2026-01-31T03:00:00Z",
        dirty_at="2026-02-01T03:00:00Z",
        content="x",
    )
    others = (
        dataclasses.replace(
            failed, subject="y", fingerprint="", waiver=WaiverNote(owner="x", reason="x", expires="2026-12-31")
        ),
        finding("y", Outcome.UNKNOWN, remediation="x"),
        finding("z", Outcome.PASS),
        finding("z", Outcome.PASS, subject="gone", baseline="absent"),
        finding("n", Outcome.NOT_APPLICABLE),
    )
    gone = SourceStatus(name="x", status="unavailable", error="x", gaps=(Gap(pointer="/x", reason="x", remedy="x"),))
    made = whole_report()
    report = dataclasses.replace(
        made,
        findings=(failed, *others),
        sources=(*made.sources, gone),
        run=dataclasses.replace(made.run, notes=("x",), history_head="x"),
    )
    given = filled(report, text)
    assert isinstance(given, Report)
    return given


def is_quiet(text: str) -> bool:
    """Whether no character of it drives a terminal, hides or reorders."""
    return all(char == "\n" or unicodedata.category(char) not in ("Cc", "Cf", "Zl", "Zp", "Cs") for char in text)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(item)


def check_console(text: str, _report: Report) -> None:
    assert not re.search(r"^(line$|# title|- \[x\])", text, re.MULTILINE), "no line of it is another's"


def elements(page: str) -> Counter[str]:
    parsed = lxml_html.document_fromstring(page)
    return Counter(f"{one.tag} {sorted(one.attrib)}" for one in parsed.iter() if isinstance(one.tag, str))


def blocks(page: str) -> list[str]:
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": True}).parse(page)
    return [child.type for token in tokens for child in [token, *(token.children or [])]]


@cache
def harmless(name: str) -> str:
    """The same report with nothing but plain words in it."""
    text: str = FORMATS[name][0].render(report_with("plain"), Style())
    return text


def check_html(text: str, _report: Report) -> None:
    assert elements(text) == elements(harmless("html"))


def check_json(text: str, report: Report) -> None:
    assert text.isascii()
    assert decode(Report, json.loads(text)) == report


def check_markdown(text: str, report: Report) -> None:
    CHECKS["markdown"](text, report)
    assert blocks(text) == blocks(harmless("markdown"))


def check_csv(text: str, report: Report) -> None:
    CHECKS["csv"](text, report)
    for row, one in zip(read_csv(text), report.findings, strict=True):
        place = one.location or Location()
        told = {"message": one.message, "subject": one.subject, "remediation": one.remediation, "path": place.path}
        for column, value in told.items():
            whole = printable(value or "", keep_newlines=True)
            assert row[column] in (whole, f"'{whole}"), "read back it is what was written"
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for row in read_csv(text) for cell in row.values())


def check_sarif(text: str, report: Report) -> None:
    CHECKS["sarif"](text, report)
    assert text.isascii()
    assert all(map(is_quiet, strings(json.loads(text))))


def check_junit(text: str, report: Report) -> None:
    CHECKS["junit"](text, report)
    root = etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False))
    assert {one.tag for one in root.iter()} <= {"testsuites", "testsuite", "testcase", "failure", "error", "skipped"}


def check_prometheus(text: str, report: Report) -> None:
    CHECKS["prometheus"](text, report)
    families = list(text_string_to_metric_families(text))
    known = text_string_to_metric_families(harmless("prometheus"))
    assert [family.name for family in families] == [family.name for family in known]
    assert {sample.labels["site"] for family in families for sample in family.samples if "site" in sample.labels} == {
        sample.labels["site"] for sample in families[0].samples
    }


FORMATS: dict[str, tuple[Any, Callable[[str, Report], None]]] = {
    "console": (console, check_console),
    "csv": (csv, check_csv),
    "html": (html, check_html),
    "json": (json_format, check_json),
    "junit": (junit, check_junit),
    "markdown": (markdown, check_markdown),
    "prometheus": (prometheus, check_prometheus),
    "sarif": (sarif, check_sarif),
}


def check(name: str, text: str) -> None:
    module, judge = FORMATS[name]
    report = report_with(text)
    for style in (Style(width=40, verbosity=2), Style()) if name == "console" else (Style(),):
        rendered = module.render(report, style)
        assert is_quiet(rendered.replace("\r\n", "\n"))
        judge(rendered, report)


def test_the_report_says_it_wherever_a_report_can_say_anything() -> None:
    said = json.dumps(list(strings(json.loads(json_format.render(report_with("@@"), Style())))))
    assert said.count('"@@"') > 60
    assert not [one for one in json.loads(said) if len(one) == 1], "a field was left out"


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", FORMATS)
def test_no_attack_reaches_a_reader(name: str, attack: str) -> None:
    check(name, attack)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=15, deadline=None)
@given(text=st.text(min_size=1, max_size=60) | st.lists(st.sampled_from(ATTACKS), min_size=2, max_size=3).map("".join))
@example("site")
@example("`")
@example("\\")
def test_hostile_text_in_every_field_is_harmless(name: str, text: str) -> None:
    # the page draws what is named `site` or `commit` as what it is
    assume(name != "html" or not WORD.fullmatch(text))
    check(name, text)
