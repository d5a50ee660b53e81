"""The report as JSON, whole, as `schemas/report.schema.json` has it; many sites as `schemas/fleet.schema.json` does."""

import json

from auditor.interfaces import Style
from auditor.model.codec import encode
from auditor.model.fleet import Fleet
from auditor.model.report import Report


def render(report: Report, _style: Style) -> str:
    """The report as indented JSON with sorted keys, in ASCII: nothing in it can drive a terminal."""
    return _text(report)


def render_fleet(fleet: Fleet, _style: Style) -> str:
    """The summary of many sites, likewise; null is what was not judged."""
    return _text(fleet)


def _text(shown: Report | Fleet) -> str:
    return json.dumps(encode(shown), indent=2, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n"
