"""Rules as documentation: listed by invariant, each explained whole, and no text of a rule drives the terminal."""

from pathlib import Path

import pytest

from auditor.cli.rule_page import overview, page, stages_of
from auditor.model.rules import Invariant, Rule, Severity

from .conftest import Run


def rule(**given: object) -> Rule:
    fixed = {"id": "x", "severity": Severity.LOW, "title": "T", "assertion": "a.b", "message": "m"}
    return Rule(**{"invariant": Invariant.AUDIT, **fixed, **given})  # type: ignore[arg-type]


def test_the_list_stands_by_invariant_and_says_what_is_off() -> None:
    rules = [rule(id="last"), rule(id="first", invariant=Invariant.SOURCE_OF_TRUTH, enabled=False), rule(id="more")]
    assert overview(rules).splitlines() == [
        "source-of-truth",
        "  first  off  T",
        "",
        "audit",
        "  last   low  T",
        "  more   low  T",
        "",
        "3 rules; auditor rules show ID explains one",
    ]


@pytest.mark.parametrize(
    ("tags", "stages"),
    [((), ()), (("gate",), ("deploy", "switch", "after")), (("x", "gate:after", "gate:deploy"), ("deploy", "after"))],
)
def test_the_stages_of_the_gate_are_those_of_the_tags(tags: tuple[str, ...], stages: tuple[str, ...]) -> None:
    assert stages_of(rule(tags=tags)) == stages


def test_a_page_tells_of_what_when_and_from_which_source() -> None:
    text = page(
        rule(for_each="nas.slots", variable="slot", when="a\n  && b", otherwise="no slots", needs=("local|nas",))
    )
    assert "For each of nas.slots, called slot; an empty list passes." in text
    assert 'Only where a && b, else not applicable: "no slots".' in text
    assert "Without any of local and nas there is nothing to judge." in text
    assert "not said" in text and "none given" in text


def test_a_shipped_rule_is_explained_and_a_near_name_is_proposed(inside: Run) -> None:
    shown = inside("rules", "show", "nas-image-of-commit")
    assert shown.returncode == 0
    for heading in ("Why", "How it is judged", "It holds when", "A finding says", "Its subject", "Remedy"):
        assert f"\n{heading}\n  " in shown.stdout
    assert "The gate judges it at switch and after." in shown.stdout
    missed = inside("rules", "show", "nas-image-of-comit")
    assert (missed.returncode, "did you mean 'nas-image-of-commit'?" in missed.stderr) == (2, True)


def test_a_rule_from_a_strangers_file_can_not_drive_the_terminal(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "policies.yaml").write_text(
        'schema: 1\nid: s\nlocal: {path: .}\nrules:\n  - {id: own-rule, invariant: audit, severity: low, title: "t",'
        ' assert: "true", message: "m\\e]8;;x", rationale: "r\\u202e"}\n'
    )
    for arguments in (("show", "own-rule"), ("list",)):
        done = inside("rules", *arguments, "-c", tmp_path / "policies.yaml")
        assert done.returncode == 0, done.stderr
        assert not {"\x1b", "\u202e"} & set(done.stdout)
