"""The report to paste into an issue or a pull request; no name in it becomes a link, a mention or a tag."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from auditor.interfaces import Style
from auditor.model.findings import Finding
from auditor.model.fleet import Fleet
from auditor.model.report import Report
from auditor.model.rules import Invariant, Outcome
from auditor.text import printable, short

_LONGEST = 500
_FENCE = "~~~~"
_LIGHT = {"compliant": "🟢", "non-compliant": "🔴", "inconclusive": "🟡"}


def render(report: Report, _style: Style) -> str:
    """The verdict, the chain, failures by invariant with their remedies, what is unknown, what is waived or fixed."""
    lines = [*_head(report), *_failures(report), *_unknowns(report), *_others(report)]
    return "\n".join(lines) + "\n"


def render_fleet(fleet: Fleet, _style: Style) -> str:
    """A table of the sites."""
    rows = (f"| {one.word} | {_cell(one.site)} | {one.counts} | {_cell(one.why)} |" for one in fleet.sites)
    columns = "| verdict | site | findings | the gravest, or why nothing was judged |"
    return "\n".join((f"**{fleet.head}**", "", columns, "| --- | --- | --- | --- |", *rows)) + "\n"


def _head(report: Report) -> Iterator[str]:
    summary = report.summary
    yield f"## {_LIGHT[report.verdict]} {report.verdict}: {_code(report.run.site)}"
    yield ""
    yield f"{summary.fail} failed, {summary.unknown} unknown, {summary.waived} waived, {summary.pass_} passed"
    yield ""
    yield from (f"> {_code(note)}" for note in report.run.notes)
    for link in report.chain:
        yield f"- {_code(link.name)} {_code(link.text)}"
    yield ""


def _failures(report: Report) -> Iterator[str]:
    failed = [one for one in report.findings if one.outcome is Outcome.FAIL and one.waiver is None]
    for invariant in Invariant:
        own = sorted(
            (one for one in failed if one.invariant is invariant), key=lambda one: (-one.severity.weight, one.rule_id)
        )
        if own:
            yield from (f"### {invariant.value}", "")
        for rule, group in groupby(own, key=lambda one: one.rule_id):
            yield from _rule(rule, list(group))


def _rule(rule: str, findings: Sequence[Finding]) -> Iterator[str]:
    """Every element of a rule, then each of its remedies once."""
    for one in findings:
        state = f" ({one.baseline})" if one.baseline else ""
        yield f"- **{one.severity.value}** {_code(rule)} {_code(one.subject)}{state}{_since(one)}: {_code(one.message)}"
    for remedy in dict.fromkeys(one.remediation for one in findings if one.remediation):
        yield from ("", f"{_FENCE}sh", *_fenced(remedy), _FENCE)
    yield ""


def _since(finding: Finding) -> str:
    if finding.dirty_at is None:
        return ""
    return f", since between {finding.clean_at or 'the beginning'} and {finding.dirty_at}"


def _unknowns(report: Report) -> Iterator[str]:
    unknown = sorted((one for one in report.findings if one.outcome is Outcome.UNKNOWN), key=lambda one: one.message)
    if unknown:
        yield from ("### unknown", "")
    for message, group in groupby(unknown, key=lambda one: one.message):
        rules = sorted({one.rule_id for one in group})
        yield f"- {_code(message)}: {', '.join(map(_code, rules))}"
    if unknown:
        yield ""


def _others(report: Report) -> Iterator[str]:
    waived = [one for one in report.findings if one.waiver is not None]
    fixed = [one for one in report.findings if one.baseline == "absent"]
    for title, findings in (("waived", waived), ("right again", fixed)):
        if findings:
            yield from (f"### {title}", "")
        for one in findings:
            note = "" if one.waiver is None else f", until {_code(one.waiver.expires)}: {_code(one.waiver.reason)}"
            yield f"- {_code(one.rule_id)} {_code(one.subject)}{note}"
        if findings:
            yield ""
    yield f"{report.run.finished_at}, run {_code(report.run.id)}, auditor {_code(report.tool.version)}"


def _code(text: str) -> str:
    """A text shown as it is; a code span whose fence is longer than any run of backticks in it."""
    plain = short(printable(text), _LONGEST).replace("`", "ˋ")
    return f"`{plain}`" if plain.strip() else "` `"


def _cell(text: str) -> str:
    """The same in a table, whose cells a bar would end."""
    return _code(text).replace("|", "¦") if text else ""


def _fenced(text: str) -> list[str]:
    """The lines of a block; none of them can end it."""
    return [printable(line).replace(_FENCE, "~ ~ ~ ~") for line in text.splitlines()]
