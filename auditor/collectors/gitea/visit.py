"""A visit: the client with the one token, and the facts with what was counted on the way."""

from collections.abc import Iterator
from dataclasses import replace

from auditor.collectors.gitea.api import Api
from auditor.collectors.gitea.copy import ObjectCopy
from auditor.collectors.gitea.gap import GapList
from auditor.collectors.gitea.memory import MemoryFile
from auditor.collectors.gitea.observation import Observation
from auditor.collectors.gitea.place import git_shares_token
from auditor.config import Gitea as Section
from auditor.interfaces import Context
from auditor.model.facts.gitea import Gitea, Requests
from auditor.model.missing import MISSING
from auditor.text import time_text
from auditor.transports.http import HttpClient
from auditor.transports.http.address import Origin


def visit(context: Context, section: Section) -> Gitea:
    """The facts; raises ConfigError or SourceError where the server or the token is not to be had."""
    connect = {connection.source: connection.target for connection in context.config.connect}
    with HttpClient(tuple(_origins(section)), deadline=context.deadline, connect=connect) as http:
        return _visit(context, section, http)


def _visit(context: Context, section: Section, http: HttpClient) -> Gitea:
    gaps = GapList()
    api = Api(http, section.address, f"{section.owner}/{section.repo}", anonymous=section.token is None)
    copy = ObjectCopy(
        section=section,
        state=context.state,
        http=http,
        deadline=context.deadline,
        progress=context.progress,
        gaps=gaps,
    )
    observation = Observation(
        section=section,
        api=api,
        copy=copy,
        gaps=gaps,
        own=context.own,
        server_file=MemoryFile(context.state, section.address),
        earlier=_earlier(context, section.branch),
        target=None if context.seen.target is MISSING else context.seen.target.asked,
    )
    context.progress(f"asking {section.address}")
    facts = observation.observe(Gitea(available=True, observed_at=time_text(context.now)))
    return replace(
        facts,
        gaps=gaps.result(),
        requests=Requests(api=api.requests, git=copy.requests),
        notices=(*http.warnings, *copy.notices),
    )


def _origins(section: Section) -> Iterator[Origin]:
    token = None if section.token is None else section.token.resolve()
    yield Origin(url=section.address, token=token, ca=section.ca, pin=section.pin)
    if git_shares_token(section):
        yield Origin(url=section.git_address, token=token, ca=section.ca, pin=section.pin)


def _earlier(context: Context, branch: str) -> Iterator[tuple[str, str | None]]:
    # a generator: memory is read when the tips are looked up, long after the first request
    for tip in () if context.earlier is None else context.earlier().tips:
        if tip.branch == branch:
            yield tip.commit, tip.seen_at
