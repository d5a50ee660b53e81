"""A declared variable as a fact: its value is kept for `PUBLIC_*` names alone that don't look like secrets."""

from typing import Literal

from auditor.collectors.nas.interpolation import Known, interpolated
from auditor.detector.key_name import looks_secret
from auditor.detector.public_value import public_value
from auditor.model.facts.nas_build import Variable
from auditor.model.missing import MISSING, Missing
from auditor.text import printable, short


def variable(
    name: str, text: str | None, scope: Literal["argument", "environment"], line: int | None, known: Known
) -> Variable:
    """The fact; `text` is None where the value comes from the environment of whoever deploys."""
    kept = None if text is None else public_value(name, text)
    return Variable(
        name=short(printable(name), 200),
        scope=scope,
        has_value=bool(text),
        looks_secret=looks_secret(name),
        text=kept,
        value=_value(name, text, kept, known),
        line=line,
    )


def _value(name: str, text: str | None, kept: str | None, known: Known) -> str | Missing | None:
    if text is None:
        return MISSING if public_value(name, "") is not None else None
    if kept is None:
        return None
    value = interpolated(text, known)
    if value is MISSING:
        return MISSING
    # what was filled in may be what may not be kept
    return public_value(name, value)
