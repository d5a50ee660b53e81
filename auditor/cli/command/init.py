"""A first policy file, from what is found."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli import exit_code
from auditor.cli.option import global_options, option, settings

if TYPE_CHECKING:
    from auditor.cli.draft import Draft


@click.command(name="init", epilog=exit_code.JUDGES_NOTHING)
@option("-y", "--yes", is_flag=True, help="Ask nothing: what can't be found stays in the file as a comment.")
@global_options
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Write a commented policies.yaml for the git clone around this folder.

    It looks at the clone, its remote, env files, compose files and ~/.ssh/config, asks for what it can't find, and
    never overwrites a file (exit code 2). The file that it writes may use the credentials that it names. -c names
    another place for it.

    \b
    Examples:
      auditor init                                    asks for what the clone does not tell
      auditor init --yes && auditor doctor            what is missing stays a comment
    """
    from auditor.cli.draft import render_draft
    from auditor.cli.output import warn, write_stdout
    from auditor.config.loader import NAME, load_config
    from auditor.config.trust import state_folder, trust
    from auditor.errors import UsageError
    from auditor.schemas import data_file

    options = settings(context)
    draft, folder = _found()
    path = options.config or folder / NAME
    if path.exists():
        raise UsageError(f"{path} exists, and is not overwritten: move it away, or name another with -c")
    draft = draft if given["yes"] else _asked(draft)
    _write_new(path, render_draft(draft, data_file("schemas/policies.schema.json")))
    load_config(path)
    trust(path, state_folder())
    write_stdout(f"{path} is written: read it, then run auditor doctor -c {path}\n")
    for lacking in _lacking(draft):
        warn(lacking, options)
    return 0


def _found() -> "tuple[Draft, Path]":
    """What the clone around this folder tells, and its folder."""
    from auditor.cli.draft import draft_of
    from auditor.collectors.local.identity import find_clone, identify
    from auditor.config.loader import NAME, clone_config
    from auditor.errors import UsageError
    from auditor.model.missing import MISSING
    from auditor.pipeline.collection import Request, collect

    folder = find_clone(Path.cwd())
    if folder is None:
        raise UsageError(f"no git clone here or above: go into the site's clone, where {NAME} belongs")
    branch = identify(folder).branch
    config = clone_config(folder, identifier=folder.name, branch=branch)
    snapshot = collect(Request(config=config, mode="collect", timeout=60, only=("local",)))
    if snapshot.local is MISSING or not snapshot.local.available:
        error = "it was not asked" if snapshot.local is MISSING else snapshot.local.error
        raise UsageError(f"the clone at {folder} can't be read ({error}): mend it first")
    return draft_of(snapshot.local, folder, branch=branch), folder


def _asked(draft: "Draft") -> "Draft":
    """The draft with what a person knows; an empty answer leaves a section as a comment."""
    if not (draft.base and draft.owner and draft.repo):
        base = _answer("address of Gitea (https://git.example.net; empty: leave it out)")
        if base:
            owner, repo = _answer("owner of the repository"), _answer("name of the repository")
            draft = replace(draft, base=base.rstrip("/") or None, owner=owner or None, repo=repo or None)
    if not draft.url:
        draft = replace(draft, url=_answer("address of the public site (empty: leave it out)") or None)
    if draft.slots and not draft.ssh:
        draft = replace(draft, ssh=_answer("the NAS as user@host:port (empty: leave it out)") or None)
    if draft.slots and draft.ssh and not draft.root:
        draft = replace(draft, root=_answer("the site's folder on the NAS, with releases/ and current") or None)
    return draft


def _answer(question: str) -> str:
    text: str = click.prompt(question, default="", show_default=False, err=True)
    return text.strip()


def _lacking(draft: "Draft") -> list[str]:
    """What is left to the reader."""
    lacking = []
    if not (draft.base and draft.owner and draft.repo):
        lacking.append("gitea: was not found: it stands in the file as a comment")
    if not (draft.ssh and draft.root and draft.slots):
        lacking.append("nas: is not complete: it stands in the file as a comment")
    if not draft.url:
        lacking.append("site: was not found: it stands in the file as a comment")
    return lacking


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet; another that came in between is left as it is."""
    from auditor.errors import OutputError

    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise OutputError(f"{path} can't be written: {error.strerror}") from error
