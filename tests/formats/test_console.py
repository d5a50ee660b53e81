"""The report for people, as it looks: golden files at three widths, in colour and without."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from auditor.formats.console import render
from auditor.interfaces import Style
from auditor.model.report import ChainLink

from .conftest import REPORTS, drifted, green

Golden = Callable[[str, str], None]


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The console shows local time: here that of UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_report_looks_as_it_did(name: str, width: int, golden: Golden) -> None:
    golden(f"console-{name}-{width}.txt", render(REPORTS[name](), Style(width=width)))


def test_a_verbose_report_in_colour_looks_as_it_did(golden: Golden) -> None:
    golden("console-drifted-colour.txt", render(drifted(), Style(width=80, color=True, verbosity=2)))


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("verbosity", [0, 1, 2])
def test_nothing_but_our_own_colours_reaches_the_terminal(name: str, verbosity: int) -> None:
    plain = render(REPORTS[name](), Style(verbosity=verbosity))
    coloured = render(REPORTS[name](), Style(verbosity=verbosity, color=True))
    assert re.sub(r"\x1b\[[0-9;]+m", "", coloured) == plain
    assert all(char == "\n" or char.isprintable() for char in plain)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_only_commands_are_wider_than_the_terminal(width: int) -> None:
    text = render(drifted(), Style(width=width, verbosity=2))
    wide = [line for line in text.splitlines() if len(line) > width and len(line.split()) > 1]
    assert [line for line in wide if not re.search(r"mend:|next:|^ {6,}(git|#)|local:commit:1{40}", line)] == []


def test_what_belongs_together_is_not_broken_at_the_end_of_a_line() -> None:
    report = drifted()
    seen = replace(
        report.findings[1], dirty_at="2026-02-01T03:00:00Z", clean_at="2026-01-31T03:00:00Z", baseline="unchanged"
    )
    text = render(replace(report, findings=(seen, *report.findings)), Style(width=40))
    lines = text.splitlines()
    assert "          2026-02-01 03:00:00+00:00," in lines
    assert "          2026-01-31 03:00:00+00:00" in lines
    assert "  gitea 214f930 CI ok (2h ago)" in lines
    assert not [line for line in lines if re.search(r"\s(\d{1,3}|not)$", line)], "a count stays with its word"
    assert "\u00a0" not in text


def test_a_link_of_the_chain_that_no_line_can_hold_is_broken_all_the_same() -> None:
    link = ChainLink(name="blue", state="known", text="8a1b2c3 " * 9)
    text = render(replace(green(), chain=(link,)), Style(width=40))
    assert max(map(len, text.splitlines())) <= 40
