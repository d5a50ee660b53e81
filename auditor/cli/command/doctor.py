"""Which sources can be reached, with which rights, and how to mend what can't."""

from typing import TYPE_CHECKING, Any

import click

from auditor.cli import exit_code
from auditor.cli.option import global_options, only_option, option, settings, timeout_option

if TYPE_CHECKING:
    from auditor.cli.option import Settings
    from auditor.config import Config


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
    from auditor.cli.checkup import check_text, checks_of
    from auditor.cli.output import warn, write_stdout
    from auditor.cli.progress import shown_progress
    from auditor.cli.session import open_session
    from auditor.cli.snapshot import sources_known
    from auditor.pipeline.collection import Request, collect
    from auditor.pipeline.evaluation import Terms, evaluate

    options = settings(context)
    if given["trust"]:
        return _trust(options)
    session = open_session(options)
    bench = session.bench()
    request = Request(
        config=session.config,
        mode="collect",
        timeout=given["timeout"],
        only=sources_known(given["only"]),
        state=session.state,
    )
    with shown_progress(options) as say:
        snapshot = collect(request.heard_by(say))
    checks = checks_of(snapshot, evaluate(snapshot, bench, Terms()))
    write_stdout(check_text(checks))
    write_stdout(_keys(session.config))
    for note in session.notes:
        warn(note, options)
    return exit_code.COMPLIANT if all(check.state == "ok" for check in checks) else exit_code.INCONCLUSIVE


def _keys(config: "Config") -> str:
    """What a person compares: the command that shows the NAS's host key, the pins that the servers show now."""
    from urllib.parse import urlsplit

    from auditor.errors import AuditorError
    from auditor.notation import ssh_target
    from auditor.transports.http.pin import spki_pin

    lines = []
    if config.nas is not None and config.nas.ssh is not None:
        _, host, port = ssh_target(config.nas.ssh)
        pinned = config.nas.host_key or (f"those of {config.nas.known_hosts}" if config.nas.known_hosts else "none")
        lines.append(
            f"host key pinned: {pinned}; compare on the NAS itself: ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub"
        )
        lines.append(f"          as the network shows it: ssh-keyscan -p {port} {host} 2>/dev/null | ssh-keygen -lf -")
    connect = {one.source: one.target for one in config.connect}
    addresses = [config.gitea.base, config.gitea.address] if config.gitea else []
    for address in dict.fromkeys([*addresses, *([config.site.url] if config.site else [])]):
        parts = urlsplit(address)
        if parts.scheme != "https" or parts.hostname is None:
            continue
        try:
            shown = spki_pin(parts.hostname, parts.port or 443, connect)
        except AuditorError as error:
            shown = f"unknown: {error}"
        lines.append(f"key pin shown by {parts.hostname}: {shown}")
    return "".join(f"{line}\n" for line in lines)


def _trust(options: "Settings") -> int:
    """Trust the file as it is now, after a person has said so."""
    from pathlib import Path

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
