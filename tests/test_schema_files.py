"""Schemas of the dataclasses, reference pages of schema, policy and facts; AUDITOR_WRITE_SCHEMAS=1 writes them anew."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.config import Config
from auditor.config.loader import load_standard
from auditor.model.facts.snapshot import SCHEMA_VERSION as SNAPSHOT_VERSION
from auditor.model.facts.snapshot import Snapshot
from auditor.model.fleet import SCHEMA_VERSION as FLEET_VERSION
from auditor.model.fleet import Fleet
from auditor.model.report import SCHEMA_VERSION as REPORT_VERSION
from auditor.model.report import Report
from auditor.model.shape import schema_of
from auditor.pipeline.evaluation import vocabulary
from auditor.policy.loader import load_policy

from .reference.catalogue import render_rules
from .reference.configuration import render_configuration
from .reference.fact import render_facts

ROOT = Path(__file__).parent.parent
COMMAND = "AUDITOR_WRITE_SCHEMAS=1 pytest tests/test_schema_files.py"


def compare(name: str, text: str) -> None:
    """A committed file is this text, or becomes it when that is asked for."""
    file = ROOT / name
    if os.environ.get("AUDITOR_WRITE_SCHEMAS"):
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text, f"{COMMAND} writes it anew"


@pytest.mark.parametrize(
    ("name", "cls", "version", "title"),
    [
        ("snapshot", Snapshot, SNAPSHOT_VERSION, "Everything that one run of auditor observed"),
        ("fleet", Fleet, FLEET_VERSION, "What became of many sites, a line each"),
        ("report", Report, REPORT_VERSION, "What one run of auditor found"),
    ],
)
def test_a_committed_schema_is_that_of_the_code(name: str, cls: type, version: int, title: str) -> None:
    schema = schema_of(cls, identifier=f"urn:auditor:schema:{name}:{version}", title=title)
    compare(f"schemas/{name}.schema.json", json.dumps(schema, indent=2) + "\n")


def configuration() -> str:
    schema = json.loads((ROOT / "schemas/policies.schema.json").read_text(encoding="utf-8"))
    example = (ROOT / "tests/data/config/example.yaml").read_text(encoding="utf-8")
    return render_configuration(schema, example.partition("\n")[2], COMMAND)  # its first line is for editors


def rules() -> str:
    return render_rules(load_policy(load_standard(Config(id="reference")))[0].rules, COMMAND)


def facts() -> str:
    return render_facts(vocabulary(), COMMAND)


@pytest.mark.parametrize("page", [configuration, rules, facts])
def test_a_page_is_that_of_what_it_describes(page: Callable[[], str]) -> None:
    compare(f"docs/{page.__name__}.md", page())
