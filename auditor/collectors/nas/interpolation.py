"""`${…}` in compose files and Dockerfiles, filled in from what is known; what isn't known stays unknown.

https://docs.docker.com/reference/compose-file/interpolation/
"""

import re
from collections.abc import Mapping

from auditor.model.missing import MISSING, Missing

Known = Mapping[str, str | Missing]
_REFERENCE = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<plain>[A-Za-z_][A-Za-z0-9_]*)"
    r"|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<operator>:?[-?+])(?P<rest>[^{}]*))?\})"
)


def interpolated(text: str, known: Known) -> str | Missing:
    """`text` with every reference replaced; MISSING where one can't be told.

    A variable that `known` lacks may come from the environment of whoever deploys: it counts as its default, and
    without one, or with an empty one, as unknown. A value in `known` that is MISSING is there but was not shown.
    """
    pieces: list[str] = []
    at = 0
    for match in _REFERENCE.finditer(text):
        pieces.append(text[at : match.start()])
        at = match.end()
        found = "$" if match["escaped"] else _value(match, known)
        if found is MISSING:
            return MISSING
        pieces.append(found)
    pieces.append(text[at:])
    return "".join(pieces)


def _value(match: re.Match[str], known: Known) -> str | Missing:
    name, operator, rest = match["plain"] or match["name"], match["operator"] or "", match["rest"] or ""
    value = known.get(name)
    if operator.endswith("+"):
        return MISSING if value is MISSING or value is None else rest if value or operator == "+" else ""
    if value is None or (value == "" and operator.startswith(":")):
        return rest if operator.endswith("-") and rest else MISSING
    return value
