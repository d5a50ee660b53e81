"""The embedded world, audited by the real collectors."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING, Any

import click

from auditor.cli import exit_code
from auditor.cli.option import format_option, global_options, option, settings

if TYPE_CHECKING:
    from auditor.cli.option import Settings
    from auditor.cli.output import Output
    from auditor.demo.drift.definition import Drift
    from auditor.demo.trial import Trial

# what the story shows: one drift of each invariant
_STORY = ("hotfix", "direct-push", "wrong-repository", "token-in-remote")
_LOOK_SECONDS = 0.2


@click.command(name="demo", epilog=exit_code.DEMO)
@option("--list", "listed", is_flag=True, help="List the drifts, one a line, the name first.")
@option("--drift", "names", multiple=True, metavar="NAME", help="Put this drift into the world (repeatable).")
@option("--all", "everything", is_flag=True, help="Try every drift in a world of its own; 0 if each was named.")
@option("--keep", is_flag=True, help="Keep the folder with its policies.yaml, and print its path; servers stop.")
@option("--serve", is_flag=True, help="Keep the servers running until Ctrl-C, to audit the world by hand.")
@format_option
@global_options
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Show a clean night and some drifts in a small world on this machine.

    A clone, a Gitea, a NAS and a site run on loopback, as the user that you are, in a temporary folder; nothing else is
    touched.

    \b
    Examples:
      auditor demo                        a clean night, then a drift of each invariant
      auditor demo --drift stale          a clean night, then this one
      auditor demo --serve                a world to play with: audit it with -c, change its files
      auditor demo --all                  every drift by itself: which rules name it
    """
    from auditor.cli.output import parse_formats, write_stdout

    options, outputs = settings(context), parse_formats(given["formats"])
    if given["listed"]:
        write_stdout(_list())
        return exit_code.COMPLIANT
    if given["everything"]:
        return _try_all(options)
    return _story(_chosen(given["names"] or _STORY), outputs, options, keep=given["keep"], serve=given["serve"])


def _list() -> str:
    from auditor.demo.drift import DRIFTS

    width = max(map(len, DRIFTS))
    return "".join(f"{drift.name:<{width}}  {drift.title}\n" for drift in DRIFTS.values())


def _chosen(names: Sequence[str]) -> list["Drift"]:
    from difflib import get_close_matches

    from auditor.demo.drift import DRIFTS

    for name in names:
        if name not in DRIFTS:
            near = get_close_matches(name, DRIFTS, 1)
            raise click.UsageError(f"'{name}' is no drift: {f'did you mean {near[0]}? ' if near else ''}see --list")
    return [DRIFTS[name] for name in dict.fromkeys(names)]


def _story(drifts: list["Drift"], outputs: "Sequence[Output]", options: "Settings", *, keep: bool, serve: bool) -> int:
    """One world, a clean night, then a night for each drift on top of the others."""
    from auditor.cli.output import write_reports
    from auditor.cli.progress import shown_progress
    from auditor.demo.trial import Auditor
    from auditor.demo.world import World

    told = [output for output in outputs if output.name == "console" and output.path is None]
    with ExitStack() as stack:
        folder = (
            mkdtemp(prefix="auditor-demo-")
            if keep
            else stack.enter_context(TemporaryDirectory(prefix="auditor-demo-", ignore_cleanup_errors=True))
        )
        _say(f"a small world in {folder}: a clone, a Gitea, a NAS, a site", options)
        world = stack.enter_context(World(Path(folder)))
        auditor = Auditor()
        for drift in (None, *drifts):
            _say("\na clean night" if drift is None else f"\n{drift.name}: {drift.title}", options)
            if drift is not None:
                drift.apply(world)
            with shown_progress(options) as say:
                report = auditor.audit(world, say)
            write_reports(told, report, options)
        write_reports([output for output in outputs if output not in told], report, options)
        if keep or serve:
            _say(f"\nthe world's policy file: {world.policy}", options)
        if serve:
            _serve(world.policy, options)
    return exit_code.of_verdict(report.verdict)


def _serve(policy: Path, options: "Settings") -> None:
    _say(f"its servers run until Ctrl-C; in another terminal: auditor audit -c {policy}", options)
    while True:
        time.sleep(_LOOK_SECONDS)


def _try_all(options: "Settings") -> int:
    """Every drift in a world of its own: a table, then which rules were seen both passing and failing."""
    from auditor.cli.output import write_stdout
    from auditor.demo.drift import DRIFTS
    from auditor.demo.trial import Auditor

    trials, width = [], max(map(len, DRIFTS))
    for trial in Auditor().try_all(list(DRIFTS.values())):
        trials.append(trial)
        said = f"NOT NAMED: {', '.join(trial.missed)}" if trial.missed else f"named by {', '.join(trial.drift.rules)}"
        write_stdout(f"{trial.drift.name:<{width}}  {said}\n")
    write_stdout(_both_ways(trials))
    missed = [trial for trial in trials if trial.missed]
    _say(f"{len(trials) - len(missed)} of {len(trials)} drifts were named", options)
    return exit_code.NON_COMPLIANT if missed else exit_code.COMPLIANT


def _both_ways(trials: "Sequence[Trial]") -> str:
    """How many rules were seen passing and failing, and why the others were not."""
    from auditor.demo.limit import LIMITS
    from auditor.demo.trial import one_way

    rest, count = one_way(trials), len(trials[0].before.rules)
    lines = [f"\n{count - len(rest)} of {count} rules were seen both passing and failing; not in this world:\n"]
    width = max(map(len, rest), default=0)
    lines += [f"  {rule:<{width}}  {LIMITS.get(rule, 'no drift breaks it yet')}\n" for rule in rest]
    return "".join(lines)


def _say(text: str, options: "Settings") -> None:
    """A line of the story, on standard error: standard output carries reports alone."""
    if not options.quiet:
        click.echo(text, err=True)
