"""Where the site's links to the issue form lead."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli import exit_code
from auditor.cli.option import (
    fail_on_option,
    format_option,
    global_options,
    on_unknown_option,
    option,
    settings,
    timeout_option,
)

if TYPE_CHECKING:  # loaded when the command runs: start-up is budgeted
    from auditor.cli.session import Session
    from auditor.config import Config, Gitea, Site

_RULES = ("proposer-*",)
_SOURCES = ("local", "nas", "site")


@click.command(name="proposer", epilog=exit_code.JUDGES)
@option("--url", metavar="URL", help="Look at this page, in place of the configured site.")
@option(
    "--expect",
    nargs=3,
    metavar="BASE OWNER REPO",
    help="The repository that the links must lead to; needs no policy file.",
)
@option(
    "--ca",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Authorities to believe besides the system's.",
)
@option(
    "--connect",
    multiple=True,
    metavar="FROM=TO",
    help="Connect to TO for requests to FROM, both host:port (repeatable).",
)
@option("--no-browser", is_flag=True, help="Read pages and scripts alone; click nothing.")
@fail_on_option
@on_unknown_option
@format_option
@timeout_option
@global_options
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Follow the links to the issue form: which values are served, and where each link leads.

    \b
    Examples:
      auditor proposer                   the site and the slots of policies.yaml
      auditor proposer --url https://www.example.net/a-page/ \\
        --expect https://git.example.net Acme site       without a policy file
      auditor proposer --format json:links.json

    Name a page that has the button. It asks with GET alone, and logs in nowhere.
    """
    from auditor.cli.output import parse_formats, style_of, write_reports, write_stdout
    from auditor.cli.progress import shown_progress
    from auditor.model.rules import Severity
    from auditor.pipeline.collection import Request, collect

    options = settings(context)
    outputs = parse_formats(given["formats"])
    config, state, open_session = _subject(context, given)
    request = Request(config=config, mode="proposer", timeout=given["timeout"], only=_SOURCES, state=state)
    with shown_progress(options) as say:
        snapshot = collect(request.heard_by(say))
    # rules are loaded only now: the first request must not wait for them
    from auditor.cli.link_table import link_table
    from auditor.pipeline.evaluation import Terms, evaluate

    session = open_session()
    terms = Terms(fail_on=Severity(given["fail_on"]), rules=_RULES, notes=session.notes)
    report = evaluate(snapshot, session.bench(), terms)
    shown = any(output.name == "console" and output.path is None for output in outputs)
    if shown and not (options.quiet and report.verdict == "compliant"):
        write_stdout(link_table(snapshot, config, style_of(options).width))
    write_reports(outputs, report, options)
    return exit_code.of_verdict(report.verdict, on_unknown=given["on_unknown"])


def _subject(context: click.Context, given: dict[str, Any]) -> "tuple[Config, Path, Callable[[], Session]]":
    """The configuration, the state folder, and the session, which is made when there is something to judge.

    It is that of the policy file, with what the command line says in place of it; without one, of that alone.
    """
    from auditor.config import Config
    from auditor.config.trust import state_folder

    options = settings(context)
    if given["url"] and given["expect"] and not options.config_named:
        config = _with_options(Config(id=_host(given["url"])), given)
        return config, state_folder(), lambda: _bare_session(config)
    from auditor.cli.session import open_session
    from auditor.config.loader import find_config

    if options.config is None and find_config(Path.cwd()) is None:
        raise click.UsageError("no policies.yaml here or above: name one with -c, or give --url and --expect")
    session = open_session(options)
    config = _with_options(session.config, given)
    if config.site is None or config.gitea is None:
        raise click.UsageError("the policy file needs site: and gitea: for this: add them, or give --url and --expect")
    session = replace(session, loaded=replace(session.loaded, config=config))
    return config, session.state, lambda: session


def _bare_session(config: "Config") -> "Session":
    from auditor.cli.session import Session
    from auditor.config.loader import load_standard
    from auditor.config.trust import state_folder

    return Session(loaded=load_standard(config, validated=True), state=state_folder())


def _with_options(config: "Config", given: dict[str, Any]) -> "Config":
    from auditor.config import Connection

    pairs = [text.partition("=") for text in given["connect"]]
    if any(not source or not target for source, _, target in pairs):
        raise click.UsageError("--connect is FROM=TO, both host:port: --connect www.example.net:443=127.0.0.1:8443")
    connect = (*config.connect, *(Connection(source=source, target=target) for source, _, target in pairs))
    return replace(config, site=_site(config.site, given), gitea=_gitea(config.gitea, given), connect=connect)


def _site(site: "Site | None", given: dict[str, Any]) -> "Site | None":
    from urllib.parse import urlsplit

    from auditor.config import Site

    if given["url"]:
        path = urlsplit(given["url"]).path or "/"
        site = replace(site or Site(url=given["url"]), url=given["url"], pages=(path,))
    if site is None:
        return None
    return replace(site, ca=given["ca"] or site.ca, browser="never" if given["no_browser"] else site.browser)


def _gitea(gitea: "Gitea | None", given: dict[str, Any]) -> "Gitea | None":
    from auditor.config import Gitea

    if given["expect"]:
        base, owner, repo = given["expect"]
        if not base.startswith(("http://", "https://")):
            raise click.UsageError(
                f"'{base}' is no address: --expect is BASE OWNER REPO, https://git.example.net Acme site"
            )
        for name in (owner, repo):
            if "/" in name or name.endswith(".git"):
                raise click.UsageError(
                    f"'{name}' is no name: --expect is BASE OWNER REPO, {base.rstrip('/')} Acme site"
                )
        # another server must not see the token of the configured one
        gitea = Gitea(base=base.rstrip("/"), owner=owner, repo=repo)
    if gitea is None:
        return None
    return replace(gitea, ca=given["ca"] or gitea.ca)


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    host = urlsplit(url).hostname if url.startswith(("http://", "https://")) else None
    if not host:
        raise click.UsageError(f"'{url}' is no address: write https://www.example.net/")
    return host
