"""The page: as it was, whole in itself, the same structure whatever names are in it, and readable without colour."""

import html
import importlib.util
import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from auditor.formats.html import render
from auditor.formats.html.picture import draw
from auditor.interfaces import Style
from auditor.model.findings import EvidenceValue, Finding, Location, WaiverNote
from auditor.model.report import Agreement, ChainLink, Night, Report, SourceStatus, Statement, Step
from auditor.model.rules import Invariant, Outcome

from .conftest import REPORTS, drifted, finding, report_of

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


def elements(report: Report) -> Counter[str]:
    page = lxml_html.document_fromstring(render(report, Style()))
    return Counter(f"{one.tag} {sorted(one.attrib)}" for one in page.iter() if isinstance(one.tag, str))


def report_with(text: str) -> Report:
    one = finding(
        "local-main-fresh",
        Outcome.FAIL,
        subject=f"local:file:{text}",
        message=text,
        remediation=text,
        evidence=(EvidenceValue(name=text, value=text),),
        location=Location(path=text, commit=text, url=text),
        dirty_at="2026-02-01T03:00:00Z",
    )
    waived = replace(one, fingerprint="", subject="local:x:y", waiver=WaiverNote(owner=text, reason=text, expires=text))
    blind = finding("local-rule", Outcome.UNKNOWN, message=text, remediation=text)
    source = SourceStatus(name="nas", status="unavailable", error=text)
    return report_of(
        "non-compliant",
        (one, waived, blind),
        sources=(source,),
        chain=(ChainLink(name="local", state="known", text=text),),
    )


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(min_size=1, max_size=80)
    | st.sampled_from(["<script>x</script>", '"><img src=x>', "{{ 7*7 }}", "</pre>"])
)
def test_hostile_text_adds_no_element_and_no_attribute(text: str) -> None:
    made = report_with(text)
    assert elements(made) == elements(report_with("plain"))
    assert not _HOSTILE.search(render(made, Style()))


def world(*findings: Finding, **status: str) -> Report:
    sources = tuple(
        SourceStatus(name=name, status=status.get(name, "ok")) for name in ("local", "gitea", "nas", "site")
    )
    return report_of("non-compliant", findings, sources=sources)


def ways(report: Report) -> dict[str, str]:
    return {way.title: way.state for way in draw(report).ways}


def test_the_picture_shows_where_the_way_is_broken_and_says_it_in_words() -> None:
    broken = finding(
        "nas-public-is-active-slot", Outcome.FAIL, invariant=Invariant.NAS_INVENTS_NOTHING, subject="site:page:/"
    )
    assert ways(world(broken)) == {
        "pull request": "holds",
        "deploys": "holds",
        "slots": "holds",
        "serves": "broken",
        "Proposer": "holds",
    }
    assert "Broken: serves (nas-public-is-active-slot)." in draw(world(broken)).alt
    waived = replace(broken, waiver=WaiverNote(owner="a", reason="b", expires="2026-12-31"))
    assert ways(world(waived))["serves"] == "holds"


def test_what_was_not_observed_never_looks_whole() -> None:
    blind = finding("nas-commit-is-main", Outcome.UNKNOWN, invariant=Invariant.NAS_INVENTS_NOTHING)
    assert ways(world(blind))["deploys"] == "unknown"
    states = {box.name: box.state for box in draw(world(gitea="unavailable", nas="not-configured")).boxes}
    assert states == {"local": "holds", "gitea": "unknown", "nas": "absent", "proxy": "absent", "site": "holds"}
    assert ways(world(nas="left-out"))["deploys"] == "absent"


def test_the_state_of_a_way_is_told_by_a_sign_besides_its_colour() -> None:
    broken = finding(
        "proposer-served-values", Outcome.FAIL, invariant=Invariant.PROPOSER_LINKS_WORK, subject="site:value:x"
    )
    page = lxml_html.document_fromstring(render(world(broken), Style()))
    assert "Proposer ✗" in page.xpath("//svg/text/text()")


def whole(text: str = "blue runs another image") -> Report:
    """The drifted report with an agreement and thirty nights, which say `text` where they can."""
    return replace(
        drifted(),
        agreement=Agreement(
            statements=(
                Statement(witness="gitea", commit="214f930" * 5, agrees=True),
                Statement(witness="nas files"),
                Statement(witness="blue", commit=text, agrees=False),
            ),
            steps=(Step(name="files", state="unknown", why=text), Step(name="image", state="broken", why=text)),
            broken_at="image",
            active="blue",
        ),
        trend=tuple(
            Night(finished_at=f"2026-01-{day:02}", verdict=text, fail=day % 4, unknown=day % 3, waived=0)
            for day in range(1, 31)
        ),
    )


def test_a_report_with_agreement_and_trend_looks_as_it_did(golden: Callable[[str, str], None]) -> None:
    golden("html-whole.html", render(whole(), Style()))


def test_what_a_witness_does_not_say_is_not_agreement() -> None:
    page = lxml_html.document_fromstring(render(whole(), Style()))
    told = {row.xpath("string(th)").strip(): row.xpath("string(td[2])") for row in page.xpath("//tr[th and td]")}
    assert told["gitea"] == "✓ yes"
    assert told["nas files"] == "? unknown"
    assert told["blue (served)"] == "✗ no"


@pytest.mark.parametrize("text", ["</code><script>alert(1)</script>", '" onload="x', "{{ 7*7 }}\x1b\u202e"])
def test_hostile_agreement_and_trend_stay_text(text: str) -> None:
    assert elements(whole(text)) == elements(whole("plain"))
    assert not _HOSTILE.search(render(whole(text), Style()))


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_a_real_browser_finds_no_fault_of_accessibility(tmp_path: Path) -> None:
    spec = importlib.util.find_spec("axe_core_python")
    assert spec is not None
    assert spec.origin is not None
    axe = Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8")
    told = "done.violations.map(one => [one.id, one.nodes.map(node => node.html)])"
    run = f"axe.run().then(done => {{ document.title = JSON.stringify({told}); document.body.remove() }})"
    # the page forbids scripts: the copy that is examined allows them
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", render(whole(), Style()))
    file = tmp_path / "page.html"
    file.write_text(page.replace("</body>", f"<script>{axe}</script><script>{run}</script></body>"), encoding="utf-8")
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000", "--dump-dom")
    done = subprocess.run(
        ["chromium", *options, f"--user-data-dir={tmp_path / 'profile'}", file.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    [title] = re.findall("<title>(.*?)</title>", done.stdout)
    assert json.loads(html.unescape(title)) == []
