"""The gate before, in the middle of and after a deployment."""

from datetime import datetime
from typing import Any

import click

from auditor.cli import exit_code
from auditor.cli.option import Seconds, fail_on, format_option, global_options, on_unknown, option, settings


class Moment(click.ParamType[datetime]):
    """A date, which holds through that day (UTC), or a time: `2026-02-03`, `2026-02-03T12:00:00Z`."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        from auditor.notation import end_of

        if isinstance(value, datetime):
            return value
        try:
            return end_of(str(value))
        except ValueError as error:
            self.fail(f"'{value}' {error}", param, ctx)


@click.command(name="gate", epilog=exit_code.JUDGES)
@option(
    "--stage",
    type=click.Choice(("deploy", "switch", "after")),
    default="deploy",
    show_default=True,
    help="Before the NAS is touched, when the idle slot is built, or after the proxy was switched.",
)
@option("--commit", metavar="SHA|REF", help="The commit to deploy, or a branch of the server; default: main's tip.")
@option("--slot", metavar="NAME", help="The slot to deploy to; default: the idle one, after the switch the active one.")
@option(
    "--wait",
    type=Seconds(),
    metavar="DURATION",
    help="How long to wait for pending CI (deploy); default: not at all.",
)
@option("--timeout", type=Seconds(), help="The budget, `wake` of a sleeping NAS apart; default: limits.gate_budget.")
# who sets these for his audits must not have opened every gate by it
@fail_on(envvar=None)
@on_unknown(envvar=None)
@option("--override", metavar="REASON", envvar=None, help="Go on whatever the gate says; the next audit reports it.")
@option("--until", type=Moment(), metavar="TIME", envvar=None, help="Until when the override is meant to last.")
@format_option
@global_options
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Judge whether a deployment may go on, before, in the middle of and after it.

    Whatever was not seen within the budget keeps the gate shut.

    \b
    deploy   may this commit go out, and would anything that lives on the NAS alone be lost?
    switch   is the idle slot right: its image, its container, what it serves?
    after    is production exactly it?

    \b
    Examples, in a deploy script:
      auditor gate -q --commit "$commit" --wait 10m || exit
      auditor gate -q --commit "$commit" --stage switch --slot green || exit
      auditor gate --override 'the site is down' --until 2026-02-03T12:00:00Z
    """
    from auditor.cli.gate import run_gate
    from auditor.cli.output import parse_formats, warn, write_reports

    options, outputs = settings(context), parse_formats(given["formats"])
    passed = run_gate(options, given)
    for text in passed.audited.warnings:
        warn(text)
    write_reports(outputs, passed.audited.report, options)
    if passed.overridden:
        verdict = passed.audited.report.verdict
        warn(f"the gate says {verdict} and is overridden: recorded, and a finding of the next audit")
        return exit_code.COMPLIANT
    return exit_code.of_verdict(passed.audited.report.verdict, on_unknown=given["on_unknown"])
