"""A visit: the site is read, its links are collected with those of the slots, and each place they lead to is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from auditor.collectors.site.click import clicked
from auditor.collectors.site.crawl import Crawl
from auditor.collectors.site.gap import GapList
from auditor.collectors.site.target import Gitea, observe_target
from auditor.config import Config
from auditor.config import Gitea as GiteaSection
from auditor.config import Site as Section
from auditor.config.hmac_key import load_hmac_key
from auditor.errors import SourceError
from auditor.extraction.address import normal_base, same_base
from auditor.interfaces import Context
from auditor.model.facts.site import Serving, Site, Target
from auditor.model.missing import MISSING, Missing
from auditor.text import time_text
from auditor.transports.http import HttpClient
from auditor.transports.http.address import Origin
from auditor.transports.http.fault import HttpError
from auditor.transports.http.retry import Patience

if TYPE_CHECKING:
    from auditor.detector.judgement import SecretJudge

_MOST_TARGETS = 20
# a visitor doesn't wait longer, and what is down stays down
_PATIENCE = Patience(attempts=2, idle_seconds=20)


def visit(context: Context, section: Section) -> Site:
    """The facts; raises ConfigError where two sections contradict each other."""
    connect = {connection.source: connection.target for connection in context.config.connect}
    origins = tuple(_origins(context.config, section))
    with HttpClient(origins, deadline=context.deadline, connect=connect, patience=_PATIENCE) as http:
        return _visit(context, section, http)


def _visit(context: Context, section: Section, http: HttpClient) -> Site:
    gaps = GapList()
    facts = _with_public(Site(available=True, observed_at=time_text(context.now)), context, section, http, gaps)
    facts = clicked(facts, context, section, http)
    if context.config.gitea is not None:
        context.progress("asking where the links lead")
        facts = _with_targets(facts, context, context.config.gitea, http, gaps)
    return replace(facts, gaps=gaps.result(), notices=http.warnings)


def _with_public(facts: Site, context: Context, section: Section, http: HttpClient, gaps: GapList) -> Site:
    """The facts with what the public site serves; without an answer nothing of it is known."""
    crawl = Crawl(http, section.url, context.deadline, gaps, lambda place, text: context.own.hear("site", place, text))
    first = crawl.pages(section.pages, context.progress)
    # parsers are loaded only now: the first request must not wait for them
    from auditor.collectors.site.exposure import observe_exposure
    from auditor.detector.judgement import SecretJudge
    from auditor.extraction.reading import Reading
    from auditor.extraction.term import terms_of

    key = load_hmac_key(context.config, context.state)
    reading = Reading(
        origin="public",
        address=section.url,
        terms=terms_of(context.config, section.url),
        judge=SecretJudge(key),
        expired=lambda: context.deadline.remaining() < 1,
    )
    if not crawl.read(reading, first, context.progress):
        return facts
    context.progress("reading pages and scripts")
    serving = reading.serving()
    for fault in reading.faults:
        gaps.add("public", fault)
    _note_unsearched(gaps, "public/secrets", reading.judge)
    judge = SecretJudge(key)
    exposed = observe_exposure(crawl, reading.files, judge)
    _note_unsearched(gaps, "exposed", judge)
    return replace(facts, public=serving, exposed=exposed)


def _note_unsearched(gaps: GapList, pointer: str, judge: "SecretJudge | None") -> None:
    for place in () if judge is None else judge.unfinished:
        gaps.add(pointer, f"{place} holds more than could be searched for secrets")


def _origins(config: Config, section: Section) -> Iterator[Origin]:
    yield Origin(url=section.url, ca=section.ca, pin=section.pin)
    gitea = config.gitea
    if gitea is not None:
        token = None if gitea.token is None else gitea.token.resolve()
        yield Origin(url=gitea.address, token=token, ca=gitea.ca, pin=gitea.pin)
        if not same_base(gitea.base, gitea.address):
            yield Origin(url=gitea.base, ca=gitea.ca, pin=gitea.pin)


def _with_targets(facts: Site, context: Context, section: GiteaSection, http: HttpClient, gaps: GapList) -> Site:
    gitea = Gitea(http=http, base=section.base, api=section.address, token=section.token is not None)
    targets = _distinct(section, [*_servings(facts, context)])
    if len(targets) > _MOST_TARGETS:
        gaps.add("targets", f"the links lead to {len(targets)} repositories: only {_MOST_TARGETS} were asked")
    observed = tuple(
        observe_target(gitea, target, gaps, index) if target.asked else target
        for index, target in enumerate(targets[:_MOST_TARGETS])
    )
    return replace(
        facts, targets=observed, root_url=_root_url(gitea, context, gaps), signin_required=_signin_required(observed)
    )


def _servings(facts: Site, context: Context) -> Iterator[Serving]:
    if facts.public is not MISSING:
        yield facts.public
    nas = context.seen.nas
    for slot in () if nas is MISSING or nas.slots is MISSING else nas.slots:
        if slot.serving is not MISSING:
            yield slot.serving


def _distinct(section: GiteaSection, servings: Sequence[Serving]) -> list[Target]:
    """Each target once, as written; the configured one first."""
    known: dict[tuple[str, str, str], Target] = {}
    links = [(section.base, section.owner, section.repo)]
    links += [(link.base, link.owner, link.repo) for serving in servings for link in serving.links]
    for base, owner, repo in links:
        same = same_base(base, section.base)
        target = Target(base=normal_base(base), owner=owner, repo=repo, configured=not known, asked=same)
        known.setdefault((target.base, owner, repo), target)
    return list(known.values())


def _root_url(gitea: Gitea, context: Context, gaps: GapList) -> str | Missing:
    seen = context.seen.gitea
    if seen is not MISSING and seen.server is not MISSING and seen.server.root_url is not MISSING:
        return seen.server.root_url
    try:
        found = gitea.root_url()
    except (HttpError, SourceError) as error:
        gaps.add("root_url", str(error))
        return MISSING
    if found is MISSING:
        gaps.add("root_url", "no error of the server names its configured address")
    return found


def _signin_required(targets: Sequence[Target]) -> bool | Missing:
    """Whether the instance shows nothing to visitors: a repository's page leads to the login, as everything does."""
    first = targets[0]
    if first.page is MISSING or first.anonymous_record is MISSING:
        return MISSING
    to_login = (first.page.location or "").rstrip("/").endswith("/user/login")
    return to_login and first.anonymous_record.status in (401, 403)


__all__ = ["visit"]
