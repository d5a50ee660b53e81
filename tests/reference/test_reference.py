"""The reference pages: every key told, every link leading somewhere, hostile text staying text."""

import re
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from auditor.model.rules import Invariant, Rule, Severity
from auditor.text import printable

from .catalogue import render_rules
from .markdown import code, prose, table

ROOT = Path(__file__).parents[2]
PAGES = ("configuration", "rules", "facts")
READER = MarkdownIt("commonmark").enable("table")


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def anchors(text: str) -> set[str]:
    """The anchors that Gitea and GitHub give to the headings."""
    return {re.sub(r"[^\w -]", "", line.strip("# ").lower()).replace(" ", "-") for line in text.splitlines() if line}


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_a_page_leads_somewhere(name: str) -> None:
    known = {other: anchors(page(other)) for other in PAGES}
    for target in re.findall(r"\]\(([^)\s]+)\)", page(name)):
        file, _, anchor = target.partition("#")
        if not target.startswith("https://"):
            assert not file or (ROOT / "docs" / file).exists(), target
            assert not anchor or anchor in known[file.removesuffix(".md") or name], target


def test_the_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in PAGES if f"docs/{name}.md" not in readme] == []


def test_every_key_of_the_policy_file_has_a_type_and_a_meaning() -> None:
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in page("configuration").splitlines() if line[:3] == "| `"]
    assert len(rows) > 100
    for key, kind, _default, meaning in rows:
        assert kind.strip() and meaning.strip().endswith("."), key


HOSTILE = "`|<script>alert(1)</script>[x](javascript:y) *b* _c_ \x1b]8;;\u202e\n# d ``` ~~~ &amp; \\"


def test_a_hostile_rule_stays_text() -> None:
    rule = Rule(
        id="x-y",
        invariant=Invariant.AUDIT,
        severity=Severity.LOW,
        title=HOSTILE,
        assertion=HOSTILE,
        message=HOSTILE,
        otherwise=HOSTILE,
        when=HOSTILE,
        rationale=HOSTILE,
        remediation=HOSTILE,
        needs_rights=(HOSTILE,),
    )
    text = render_rules([rule], "make")
    html = READER.render(text)
    assert "<script" not in html and 'href="javascript' not in html
    assert not re.search(r"[\x1b\u202e]", text)
    assert (html.count("<h2>"), html.count("<h3>")) == (len(Invariant), 1), "no text of a rule makes a heading"


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=30))
def test_text_in_a_table_is_read_back_as_it_was_written(text: str) -> None:
    html = READER.render(table(["a", "b"], [[f"x{prose(text)}x", code(f"x{text}x")]]))
    read = [unescape(re.sub(r"</?code>", "", cell)) for cell in re.findall(r"<td>(.*?)</td>", html)]
    line = " ".join(text.split())
    assert read == [f"x{printable(line)}x", printable(" ".join(f"x{text}x".split()))]
