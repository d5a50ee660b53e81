"""The summary of a fleet: one line a site in the order given, for a terminal, for a program, for an issue."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tabulate import tabulate

from auditor import __version__
from auditor.cli.fleet import Line, worst_code
from auditor.interfaces import Style
from auditor.model.codec import encode
from auditor.model.rules import Outcome
from auditor.text import printable, short

SCHEMA_VERSION = 1
_NOT_JUDGED = "not judged"
_LONGEST = 200


def render_console(lines: Sequence[Line], _style: Style) -> str:
    """The counts of verdicts, then the sites."""
    rows = [(_verdict(line), line.site, _counts(line), _why(line)) for line in lines]
    table = tabulate(rows, tablefmt="plain", disable_numparse=True)
    return "\n".join((_head(lines), "", *(text.rstrip() for text in table.splitlines()))) + "\n"


def render_json(lines: Sequence[Line], _style: Style) -> str:
    """Every site with its counts and its gravest open finding; null is what was not judged."""
    data = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "auditor", "version": __version__},
        "exit_code": worst_code(lines),
        "verdicts": dict(sorted(Counter(map(_verdict, lines)).items())),
        "sites": [_site(line) for line in lines],
    }
    return json.dumps(data, indent=2) + "\n"


def render_markdown(lines: Sequence[Line], _style: Style) -> str:
    """A table to paste into an issue; no name in it becomes a link or a mention."""
    rows = (f"| {_verdict(one)} | {_code(one.site)} | {_counts(one)} | {_code(_why(one))} |" for one in lines)
    columns = "| verdict | site | findings | the gravest, or why nothing was judged |"
    return "\n".join((f"**{_head(lines)}**", "", columns, "| --- | --- | --- | --- |", *rows)) + "\n"


RENDERERS: Mapping[str, Callable[[Sequence[Line], Style], str]] = {
    "console": render_console,
    "json": render_json,
    "markdown": render_markdown,
}


def _head(lines: Sequence[Line]) -> str:
    counted = Counter(map(_verdict, lines))
    words = ("non-compliant", _NOT_JUDGED, "inconclusive", "compliant")
    told = ", ".join(f"{counted[word]} {word}" for word in words if counted[word])
    return f"{len(lines)} {'site' if len(lines) == 1 else 'sites'}: {told}"


def _verdict(line: Line) -> str:
    return line.verdict or _NOT_JUDGED


def _counts(line: Line) -> str:
    summary = line.summary
    if summary is None:
        return ""
    grave = ", ".join(_grave(encode(summary.by_severity)))
    failed = f"{summary.fail} failed{f' ({grave})' if grave else ''}"
    return f"{failed}, {summary.unknown} unknown, {summary.waived} waived, {summary.pass_} passed"


def _grave(by_severity: Mapping[str, int]) -> Iterator[str]:
    for name in ("critical", "high"):
        if by_severity[name]:
            yield f"{by_severity[name]} {name}"


def _why(line: Line) -> str:
    if line.error is not None:
        return short(line.error, _LONGEST)
    finding = line.gravest
    if finding is None:
        return ""
    unknown = "unknown: " if finding.outcome is Outcome.UNKNOWN else ""
    return short(f"{unknown}{finding.rule_id} {printable(finding.subject)}", _LONGEST)


def _site(line: Line) -> dict[str, Any]:
    finding = line.gravest
    gravest = None
    if finding is not None:
        gravest = {
            "rule_id": finding.rule_id,
            "outcome": finding.outcome.value,
            "severity": finding.severity.value,
            "subject": finding.subject,
            "fingerprint": finding.fingerprint,
        }
    return {
        "site": line.site,
        "file": line.file,
        "verdict": line.verdict,
        "exit_code": line.exit_code,
        "finished_at": line.finished_at,
        "summary": None if line.summary is None else encode(line.summary),
        "gravest": gravest,
        "error": line.error,
        "warnings": list(line.warnings),
    }


def _code(text: str) -> str:
    plain = text.replace("`", "ˋ").replace("|", "¦")
    return f"`{plain}`" if plain.strip() else ""
