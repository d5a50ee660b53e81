"""The rules as documentation."""

from typing import Any

import click

from auditor.cli import exit_code
from auditor.cli.option import Settings, global_options, settings, timeout_option
from auditor.errors import UsageError
from auditor.model.rules import Policy
from auditor.text import printable, short


@click.group(name="rules", epilog=exit_code.JUDGES_NOTHING)
@global_options
def command(**_settings: Any) -> None:
    """Show the rules: what they hold, why, and how to mend what they find.

    \b
    Examples:
      auditor rules list
      auditor rules show nas-files-match-commit
      auditor rules blind
    """


@command.command(name="list", epilog=exit_code.JUDGES_NOTHING)
@global_options
@click.pass_context
def list_rules(context: click.Context, /, **_given: Any) -> int:
    """List every rule by invariant, with severity and title.

    The rules are those of the policy file, the shipped ones and the site's own; one that is switched off says so.

    \b
    Example:
      auditor rules list | grep critical
    """
    from auditor.cli.output import write_stdout
    from auditor.cli.rule_page import overview

    write_stdout(printable(overview(_policy(settings(context)).rules), keep_newlines=True))
    return 0


@command.command(name="show", epilog=exit_code.JUDGES_NOTHING)
@click.argument("rule_id", metavar="ID")
@global_options
@click.pass_context
def show_rule(context: click.Context, /, rule_id: str, **_given: Any) -> int:
    """Explain one rule: why, how it is judged, the remedy, the rights.

    \b
    Example:
      auditor rules show gitea-main-no-direct-push
    """
    from difflib import get_close_matches

    from auditor.cli.output import write_stdout
    from auditor.cli.rule_page import page

    rules = {rule.id: rule for rule in _policy(settings(context)).rules}
    if rule_id not in rules:
        close = get_close_matches(rule_id, rules, 1)
        raise UsageError(f"no such rule '{rule_id}'" + (f", did you mean '{close[0]}'?" if close else ""))
    write_stdout(printable(page(rules[rule_id]), keep_newlines=True))
    return 0


@command.command(name="blind", epilog=exit_code.JUDGES_NOTHING)
@click.argument("run", default="latest")
@timeout_option
@global_options
@click.pass_context
def show_blind(context: click.Context, /, run: str, timeout: float, **_given: Any) -> int:
    """Show which rules would fire on this site, which are blind, and why.

    The facts of a stored run (default: the latest) are changed one at a time, one file, port, label, value or right,
    and judged offline each time.

    \b
    fires   one of the changes makes the rule fail, and is named
    fails   it fails already
    blind   none does, and why

    \b
    Example:
      auditor rules blind latest~1
    """
    from auditor.cli.archive import open_archive
    from auditor.cli.output import write_stdout
    from auditor.interfaces import Deadline
    from auditor.pipeline.blindness import sights

    deadline = Deadline.after(timeout)
    with open_archive(settings(context)) as archive:
        snapshot = archive.snapshot(archive.find(run))
        bench = archive.session.bench()
    found = sights(snapshot, bench, lambda: deadline.remaining() > 0)
    lines = [f"{sight.state:<6} {sight.rule_id}: {sight.why}" for sight in found]
    seeing = sum(sight.state != "blind" for sight in found)
    lines.append(f"{seeing} of {len(found)} rules see a drift of this site, {len(found) - seeing} are blind")
    write_stdout("".join(f"{printable(short(line, 300))}\n" for line in lines))
    return 0


def _policy(options: Settings) -> Policy:
    from pathlib import Path

    from auditor.config import Config
    from auditor.config.loader import find_config, load_config, load_standard
    from auditor.policy.loader import load_policy

    path = options.config or find_config(Path.cwd())
    loaded = load_config(path) if path else load_standard(Config(id="standard"))
    return load_policy(loaded)[0]
