"""What doctor says of each source: whether it was reached, with which rights, what they leave unknown; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from auditor.model.facts.gitea import Gitea
from auditor.model.facts.local import Local
from auditor.model.facts.nas import Nas
from auditor.model.facts.site import Site
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING, Missing
from auditor.model.report import Report
from auditor.model.rules import Outcome
from auditor.text import printable, short

T = TypeVar("T")
# further apart, ages and certificates are judged wrongly
_MOST_SKEW_SECONDS = 60
_LEAST_FREE_BYTES = 1 << 30
_LONGEST = 400
_OF_GAPS = "audit-sources-observed"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line: `state` is `ok`, `unknown` (a right or a fact is lacking) or `broken` (the source can't be had).

    `places` are the facts that were not seen, `rules` those that are unknown for it, `remedy` grants exactly what is
    lacking.
    """

    source: str
    state: str
    text: str
    remedy: str = ""
    places: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


def checks_of(snapshot: Snapshot, report: Report) -> tuple[Check, ...]:
    """Every source of the report in its order, each with what is known of it and what is not."""
    return tuple(check for source in report.sources for check in _of_source(source.name, snapshot, report))


def check_text(checks: Iterable[Check]) -> str:
    """The checks as lines for a terminal."""
    lines = []
    for check in checks:
        lines.append(f"{check.source:<7} {check.state:<8} {_clean(check.text)}")
        if check.places:
            lines.append(f"{'':16} not seen: {_clean(', '.join(check.places))}")
        if check.rules:
            lines.append(f"{'':16} leaves unknown: {', '.join(check.rules)}")
        lines += [f"{'':16} {'mend: ' if first else '      '}{line}" for first, line in _lines(check.remedy)]
    return "".join(f"{line}\n" for line in lines)


def _of_source(name: str, snapshot: Snapshot, report: Report) -> Iterator[Check]:
    status = next(source for source in report.sources if source.name == name)
    if status.status in ("not-configured", "left-out"):
        yield Check(source=name, state="ok", text=status.status.replace("-", " ") + ", so not judged")
        return
    if status.status == "unavailable":
        yield Check(source=name, state="broken", text=status.error or "no reason given")
        return
    facts = getattr(snapshot, name, MISSING)
    yield Check(source=name, state="ok", text="; ".join(_known(facts)) or "reached")
    yield from _worries(name, facts)
    for reason in dict.fromkeys(gap.reason for gap in status.gaps):
        rules = _blinded(report, reason)
        # what no rule of this policy asks for is no matter for the owner
        if rules:
            alike = [gap for gap in status.gaps if gap.reason == reason]
            remedy = next((gap.remedy for gap in alike if gap.remedy), "")
            places = tuple(gap.pointer.strip("/").replace("/", ".") for gap in alike)
            yield Check(source=name, state="unknown", text=reason, remedy=remedy, places=places, rules=rules)


def _blinded(report: Report, reason: str) -> tuple[str, ...]:
    """The rules that are unknown for it; that a source has a gap at all is told where nothing else suffers."""
    unknown = [one for one in report.findings if one.outcome is Outcome.UNKNOWN and one.message == short(reason)]
    rules = tuple(dict.fromkeys(finding.rule_id for finding in unknown))
    return tuple(rule for rule in rules if rule != _OF_GAPS) or rules


def _known(facts: object) -> Iterator[str]:
    if isinstance(facts, Local):
        yield f"a clone at {_or(facts.path, 'an unknown place')}"
        fetched = _or(facts.fetched_at, None)
        yield f"fetched {fetched}" if fetched else "never fetched"
    elif isinstance(facts, Gitea):
        yield from _known_of_gitea(facts)
    elif isinstance(facts, Nas):
        yield from _known_of_nas(facts)
    elif isinstance(facts, Site):
        files = () if facts.public is MISSING else facts.public.files
        yield f"{len(files)} pages and scripts read" if files else "none of its pages could be read"
        if facts.browser is not MISSING:
            yield f"browser {facts.browser}{f' ({facts.browser_reason})' if facts.browser_reason else ''}"


def _known_of_gitea(facts: Gitea) -> Iterator[str]:
    server, caller = facts.server, facts.caller
    if server is not MISSING:
        yield f"{_or(server.product, 'server')} {_or(server.version, 'of unknown version')}"
    if caller is MISSING:
        return
    if caller.anonymous:
        yield "asked without a token: what needs rights is unknown (gitea.token)"
        return
    yield f"asked as {_or(caller.login, 'an unknown user')}, scopes {', '.join(_or(caller.scopes, ())) or 'unknown'}"
    rights = [name for name in ("admin", "push", "pull") if _or(getattr(caller, name), False)]
    yield f"rights on the repository: {', '.join(rights) or 'none'}"
    if facts.variables is MISSING and not any(gap.pointer.startswith("/gitea/variables") for gap in facts.gaps):
        yield "CI variables, an owner's to see, not asked for: their rules are not judged (gitea.owner_rights)"


def _known_of_nas(facts: Nas) -> Iterator[str]:
    yield f"asked by {facts.access}"
    if facts.system is not MISSING:
        yield f"{facts.system.kind} {facts.system.version or facts.system.kernel} as {facts.system.user}"
    if facts.clock_offset_seconds is not MISSING:
        yield f"clock {facts.clock_offset_seconds:+.0f}s from this machine's"
    if facts.rights is not MISSING:
        docker, proxy = _or(facts.rights.docker, "unknown"), _or(facts.rights.proxy, "unknown")
        version = MISSING if facts.system is MISSING else facts.system.docker_version
        yield f"Docker: {docker}{f' ({_or(version, None)})' if _or(version, None) else ''}, proxy: {proxy}"


def _worries(name: str, facts: object) -> Iterator[Check]:
    if not isinstance(facts, Nas):
        return
    skew = _or(facts.clock_offset_seconds, 0.0)
    if abs(skew) > _MOST_SKEW_SECONDS:
        ahead = "ahead of" if skew > 0 else "behind"
        text = f"its clock is {abs(skew):.0f}s {ahead} this machine's"
        yield Check(source=name, state="unknown", text=text, remedy="set both clocks by NTP")
    if facts.disk is not MISSING and facts.disk.free_bytes < _LEAST_FREE_BYTES:
        text = f"its disk has {facts.disk.free_bytes >> 20} MiB left: a deployment may break off half-way"
        yield Check(source=name, state="unknown", text=text, remedy="make room on the NAS")


def _or(value: T | Missing, otherwise: T) -> T:
    return otherwise if isinstance(value, Missing) else value


def _clean(text: str) -> str:
    return short(printable(text), _LONGEST)


def _lines(text: str) -> Iterator[tuple[bool, str]]:
    for number, line in enumerate(text.splitlines()):
        yield number == 0, _clean(line)
