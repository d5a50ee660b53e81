"""The schemas of snapshot and report are those of the dataclasses; AUDITOR_WRITE_SCHEMAS=1 writes them anew."""

import json
import os
from pathlib import Path

import pytest

from auditor.model.facts.snapshot import SCHEMA_VERSION as SNAPSHOT_VERSION
from auditor.model.facts.snapshot import Snapshot
from auditor.model.report import SCHEMA_VERSION as REPORT_VERSION
from auditor.model.report import Report
from auditor.model.shape import schema_of

FOLDER = Path(__file__).parent.parent / "schemas"


@pytest.mark.parametrize(
    ("name", "cls", "version", "title"),
    [
        ("snapshot", Snapshot, SNAPSHOT_VERSION, "Everything that one run of auditor observed"),
        ("report", Report, REPORT_VERSION, "What one run of auditor found"),
    ],
)
def test_a_committed_schema_is_that_of_the_code(name: str, cls: type, version: int, title: str) -> None:
    schema = schema_of(cls, identifier=f"urn:auditor:schema:{name}:{version}", title=title)
    text = json.dumps(schema, indent=2) + "\n"
    file = FOLDER / f"{name}.schema.json"
    if os.environ.get("AUDITOR_WRITE_SCHEMAS"):
        file.write_text(text)
    assert file.read_text() == text, "AUDITOR_WRITE_SCHEMAS=1 pytest tests/test_schema_files.py writes it anew"
