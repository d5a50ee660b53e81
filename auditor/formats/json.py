"""The report as JSON, whole: `schemas/report.schema.json` describes it."""

import json

from auditor.interfaces import Style
from auditor.model.codec import encode
from auditor.model.report import Report


def render(report: Report, _style: Style) -> str:
    """The report as indented JSON with sorted keys, in ASCII: nothing in it can drive a terminal."""
    return json.dumps(encode(report), indent=2, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n"
