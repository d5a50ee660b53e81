"""Waiver entries, ready to be pasted."""

from typing import TYPE_CHECKING, Any

import click

from auditor.cli import exit_code
from auditor.cli.option import global_options, option, settings

if TYPE_CHECKING:  # loaded when the command runs: start-up is budgeted
    from collections.abc import Sequence

    from auditor.model.findings import Finding

_SHORTEST = 8  # of a fingerprint's first characters


@click.command(name="waive", epilog=exit_code.JUDGES_NOTHING)
@click.argument("what", metavar="SUBJECT|FINGERPRINT", required=False)
@option("--all", "everything", is_flag=True, help="Every failure of the last run, but no secret.")
@option("--until", metavar="DATE", required=True, help="The last day (UTC) that they hold, or a moment.")
@option("--reason", metavar="TEXT", required=True, help="Why they may stand until then.")
@option("--owner", metavar="WHO", help="Who answers for them; default: this user.")
@global_options
@click.pass_context
def command(context: click.Context, /, what: str | None, **given: Any) -> int:
    """Print waiver entries for failures of the last run, to paste into the policy file.

    Nothing is changed. A waived failure stays in every report, with its owner, until the day. --all is for adopting the
    tool on an old site; a secret is never among them: name it alone if it is a false alarm.

    \b
    Example:
      auditor waive nas:file:robots.txt --until 2026-12-31 --reason 'search engines wait for the launch'
    """
    from auditor.cli.archive import open_archive
    from auditor.cli.output import warn, write_stdout
    from auditor.model.rules import Invariant, Outcome

    if (what is None) is not given["everything"]:
        raise click.UsageError("name one subject or fingerprint, or give --all")
    _check(given["until"], given["reason"])
    with open_archive(settings(context)) as archive:
        last = archive.find("latest")
        report = archive.report(last)
    failing = [one for one in report.findings if one.outcome is Outcome.FAIL and one.waiver is None]
    if what is None:
        chosen = [one for one in failing if one.invariant is not Invariant.SECRETS_STAY_OUT]
        if len(chosen) < len(failing):
            warn(f"{len(failing) - len(chosen)} failures of secrets-stay-out are left out: mend them, or name each")
    else:
        chosen = _named(failing, what)
    none = f"# nothing fails in the last run ({last.mode}, {last.started_at}) that could be waived\n"
    write_stdout(_entries(chosen, given) if chosen else none)
    return 0


def _check(until: str, reason: str) -> None:
    from datetime import UTC, datetime

    from auditor.notation import end_of

    try:
        over = end_of(until) <= datetime.now(UTC)
    except ValueError as error:
        raise click.UsageError(f"--until: {until!r} {error}") from error
    if over:
        raise click.UsageError(f"--until: {until!r} is over: name a day to come")
    if not 5 <= len(reason) <= 500:
        raise click.UsageError("--reason: say in 5 to 500 characters why it may stand")


def _named(failing: "Sequence[Finding]", what: str) -> "list[Finding]":
    from auditor.schemas import suggestion
    from auditor.text import printable, short

    found = [one for one in failing if what in (one.subject, one.fingerprint)]
    if not found and len(what) >= _SHORTEST:
        found = [one for one in failing if one.fingerprint.startswith(what.lower())]
    if not found:
        hint = suggestion(what, {one.subject for one in failing}) or ": auditor status shows what fails"
        raise click.UsageError(printable(f"nothing that fails in the last run is '{short(what, 200)}'{hint}"))
    return found


def _entries(findings: "Sequence[Finding]", given: dict[str, Any]) -> str:
    owner = given["owner"] or _user()
    lines = ["waivers:"]
    for finding in findings:
        content = [f"    content: {_quoted(finding.content)}"] if finding.content else []
        lines += [
            f"  - rule: {finding.rule_id}",
            f"    subject: {_quoted(finding.subject)}",
            *content,
            f"    owner: {_quoted(owner)}",
            f"    reason: {_quoted(given['reason'])}",
            f"    expires: {_quoted(given['until'])}",
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A YAML scalar on one line, in ASCII: a subject may hold anything."""
    import yaml

    scalar: str = yaml.safe_dump(text, default_style='"', width=10_000)
    return scalar.rstrip("\n")


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise click.UsageError("--owner: this user has no name, so say who answers for it") from error
