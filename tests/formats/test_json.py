"""The report for programs: golden files, valid by its schema, pure ASCII."""

import json
from collections.abc import Callable

import pytest
from jsonschema import Draft202012Validator

from auditor.formats.json import render
from auditor.interfaces import Style
from auditor.model.codec import decode
from auditor.model.report import Report
from auditor.schemas import load_schema

from .conftest import REPORTS


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_looks_as_it_did_and_is_valid(name: str, golden: Callable[[str, str], None]) -> None:
    text = render(REPORTS[name](), Style())
    golden(f"json-{name}.json", text)
    assert text.isascii()
    assert text.endswith("}\n")
    Draft202012Validator(load_schema("report")).validate(json.loads(text))
    assert decode(Report, json.loads(text)) == REPORTS[name]()


def test_style_changes_nothing() -> None:
    texts = {render(REPORTS["drifted"](), style) for style in (Style(), Style(color=True, width=40, verbosity=2))}
    assert len(texts) == 1
