"""Which sources can be reached, with which rights, and how to mend what can't."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli import exit_code
from auditor.cli.option import global_options, only_option, option, settings, timeout_option

if TYPE_CHECKING:
    from auditor.cli.checkup import Check
    from auditor.cli.option import Settings
    from auditor.cli.session import Session

# the extras, each by a module that comes with it
EXTRAS = (
    ("browser", "playwright"),
    ("deep", "kingfisher_sdk"),
    ("fast", "hyperscan"),
    ("fleet", "distributed"),
    ("notify", "apprise"),
)


@click.command(name="doctor", epilog=exit_code.DOCTOR)
@only_option
@timeout_option
@option("--trust", is_flag=True, help="Ask whether the policy file of this folder may use its credentials from now on.")
@global_options
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Ask every source once: what can be reached, with which rights, and what they leave unknown.

    Each line is ok, unknown (a right or a fact is lacking: which rules that leaves unknown, and what grants exactly
    that) or broken (the source can't be had). Last come the keys that a person compares. It judges nothing and stores
    nothing.

    \b
    Examples:
      auditor doctor -c policies.yaml
      auditor doctor --only nas
      auditor doctor --trust                          lets the file of this folder use its credentials
    """
    from auditor.cli.checkup import check_text
    from auditor.cli.output import warn, write_stdout
    from auditor.cli.session import open_session
    from auditor.cli.shown_key import host_key_text

    options = settings(context)
    if given["trust"]:
        return _trust(options)
    session = open_session(options)
    checks = _checks(session, options, given)
    write_stdout(check_text(checks) + host_key_text(session.config))
    for note in session.notes:
        warn(note, options)
    return exit_code.COMPLIANT if all(check.state == "ok" for check in checks) else exit_code.INCONCLUSIVE


def _checks(session: "Session", options: "Settings", given: dict[str, Any]) -> "list[Check]":
    """What there is to say of each source that is asked, of its certificate, and of this program."""
    from auditor.cli.checkup import checks_of
    from auditor.cli.progress import shown_progress
    from auditor.cli.shown_key import certificate_checks
    from auditor.cli.snapshot import sources_known
    from auditor.pipeline.collection import Request, collect
    from auditor.pipeline.evaluation import Terms, evaluate

    bench, only = session.bench(), sources_known(given["only"])
    request = Request(config=session.config, mode="collect", timeout=given["timeout"], only=only, state=session.state)
    with shown_progress(options) as say:
        snapshot = collect(request.heard_by(say))
    asked = {run.name for run in snapshot.sources if run.status != "left-out"}
    return [
        *checks_of(snapshot, evaluate(snapshot, bench, Terms())),
        *certificate_checks(session.config, asked),
        _own_check(session.state),
    ]


def _own_check(state: Path) -> "Check":
    """This program: its version, what it can use besides, and whether it can keep a history."""
    import os
    import platform
    from importlib.util import find_spec

    from auditor import __version__
    from auditor.cli.checkup import Check

    extras = ", ".join(f"{name} {'yes' if find_spec(module) else 'no'}" for name, module in EXTRAS)
    loops = "loops over packs " + ("compiled" if find_spec("auditor.collectors.leaks._pack") else "in Python")
    text = f"{__version__} on Python {platform.python_version()}; extras: {extras}; {loops}; state in {state}"
    place = next(folder for folder in (state, *state.parents) if folder.exists())
    if not os.access(place, os.W_OK | os.X_OK):
        why = f"{text}, which can't be written: no run is kept, and what needs earlier runs is unknown"
        return Check(source="auditor", state="unknown", text=why, remedy=f"let this user write {place}")
    return Check(source="auditor", state="ok", text=text)


def _trust(options: "Settings") -> int:
    """Trust the file as it is now, after a person has said so."""
    from auditor.cli.output import write_stdout
    from auditor.config.loader import NAME, find_config
    from auditor.config.trust import state_folder, trust

    path = options.config or find_config(Path.cwd())
    if path is None:
        raise click.UsageError(f"no {NAME} here or above: name one with -c")
    question = f"may {path} use its credentials, notify and publish from now on, as it is now?"
    if not click.confirm(question, err=True):
        write_stdout(f"{path} stays untrusted\n")
        return exit_code.INCONCLUSIVE
    trust(path, state_folder())
    write_stdout(f"{path} is trusted until it changes\n")
    return exit_code.COMPLIANT
