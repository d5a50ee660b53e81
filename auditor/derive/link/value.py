"""Each value that is served, compared with the canonical one: first without letter case, then with it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from auditor.config import Config, Gitea
from auditor.extraction.address import normal_base, same_base
from auditor.frozen import frozen
from auditor.model.facts.site import IssueLink, Part, Place, Serving, SiteValue, Tier
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing

_PARTS: tuple[Part, ...] = ("base", "owner", "repo")
# the hash of a file's content that Vite and Rollup put into its name: it changes with every build
_HASH = re.compile(r"[.-][A-Za-z0-9_-]{8}(?=\.(?:m?js|css)$)")
_NO_BROWSER = "open the page, press the button, and compare the address with the canonical one"


@frozen
class LinkValue:
    """A value in what an origin serves. `fault` says what is wrong with it beyond letter case, `case_fault` within it.

    Both are None where nothing is, MISSING (with a gap) where the evidence is not enough. `steady` is the place
    without what every build changes. `clicked` says that a browser was led to it too.
    """

    origin: str
    part: Part
    variable: str
    value: str
    canonical: str
    tier: Tier
    path: str
    line: int | None
    element: str | None
    expression: str
    steady: str
    url: str
    clicked: bool = False
    fault: str | Missing | None = MISSING
    case_fault: str | Missing | None = MISSING


@dataclass(frozen=True)
class _Raw:
    value: SiteValue
    oddity: str | None = None
    clicked: bool = False


def values_of(servings: Sequence[Serving], config: Config) -> tuple[tuple[LinkValue, ...], tuple[Gap, ...]]:
    """The values of all origins, and a gap for each of which nothing can be said."""
    if config.gitea is None or config.site is None:
        return (), (Gap(pointer="/link/values", reason="nothing says which repository is canonical"),)
    found: dict[LinkValue, None] = {}
    doubts: list[str] = []
    for serving in servings:
        for raw in _raws(serving):
            value, doubt = _judged(raw, serving, config.gitea, config.site.variables.__dict__)
            if value not in found:
                found[value] = None
                doubts.append(doubt or "")
    gaps = [
        Gap(pointer=f"/link/values/{index}/{name}", reason=doubt, remedy=_NO_BROWSER)
        for index, doubt in enumerate(doubts)
        if doubt
        for name in ("fault", "case_fault")
    ]
    gaps += [gap for serving in servings for gap in _open(serving)]
    return tuple(found), tuple(gaps)


def _raws(serving: Serving) -> Iterator[_Raw]:
    clicked = {_repository(link) for link in serving.links if link.tier == "clicked"}
    read = {_repository(link) for link in serving.links if link.tier != "clicked"}
    # a click tells which of several values the script chooses: the others are not what a visitor gets
    decided = {link.place for link in serving.links if not link.certain and _repository(link) in clicked}
    for link in serving.links:
        seen = _repository(link) in clicked
        if (link.tier == "clicked" and _repository(link) in read) or (link.place in decided and not seen):
            continue
        values = {"base": link.base, "owner": link.owner, "repo": link.repo}
        for part in _PARTS:
            value = SiteValue(
                part=part, value=values[part], tier=link.tier, place=link.place, certain=link.certain or seen
            )
            # a slash too many after the base is taken out by Gitea, as a slash at its end is by the comparison
            yield _Raw(value, link.fault if part == "owner" and link.fault == "encoded slash" else None, seen)
    yield from (_Raw(value) for value in (*serving.values, *serving.presence))


def _repository(link: IssueLink) -> tuple[str, str, str]:
    return normal_base(link.base), link.owner, link.repo


def _judged(raw: _Raw, serving: Serving, gitea: Gitea, names: dict[str, str]) -> tuple[LinkValue, str | None]:
    one = raw.value
    canonical = {"base": gitea.base, "owner": gitea.owner, "repo": gitea.repo}[one.part]
    value = LinkValue(
        origin=serving.origin,
        part=one.part,
        variable=names[one.part],
        value=one.value,
        canonical=canonical,
        tier=one.tier,
        path=one.place.path,
        line=one.place.line,
        element=one.place.element,
        expression=one.place.expression,
        steady=_steady(one.place, serving),
        url=_address(serving, one.place),
        clicked=raw.clicked,
    )
    if one.tier == "literal":
        return value, f"{one.value!r} stands in {one.place.path}, but no link is built of it that can be read"
    fault = raw.oddity and f"the address has an {raw.oddity}"
    fault = fault or _fault(one.part, one.value, canonical)
    case = None if one.part == "base" or one.value == canonical else f"it differs from '{canonical}' in letter case"
    if not one.certain and (fault or case):
        return value, f"'{one.value}' in {one.place.path} is one of several values among which the script chooses"
    return replace(value, fault=fault, case_fault=None if fault else case), None


def _fault(part: Part, value: str, canonical: str) -> str | None:
    same = same_base(value, canonical) if part == "base" else value.lower() == canonical.lower()
    if same:
        return None
    if value == "":
        return "it is empty: the variable was set to nothing when the site was built"
    if value.rpartition("/")[2] == "undefined":
        return "it is 'undefined': the variable was not set when the site was built"
    if part == "base" and normal_base(value).partition("://")[2] == normal_base(canonical).partition("://")[2]:
        return f"its scheme is not that of '{canonical}'"
    return f"it is not '{canonical}'"


def _steady(place: Place, serving: Serving) -> str:
    path = _HASH.sub("", place.path.partition("?")[0])
    return f"{serving.origin}:{path}"


def _address(serving: Serving, place: Place) -> str:
    return serving.address.rstrip("/") + place.path if serving.origin == "public" else ""


def _open(serving: Serving) -> Iterator[Gap]:
    """A link that is only put together at run time, and that no click was led to."""
    clicks = () if serving.clicks is MISSING else serving.clicks
    urls = [click.url for click in clicks if click.url is not None]
    for one in serving.open_links:
        if any(_matches(one.known, url) for url in urls):
            continue
        reason = f"a link to the issue form in {one.place.path} ({serving.origin}) is built at run time: {one.known}"
        yield Gap(pointer="/link/values", reason=reason, remedy=_NO_BROWSER)


def _matches(known: str, url: str) -> bool:
    """Whether an address may be what becomes of a text with holes (`{…}`); their queries are left out."""
    pieces = re.split(r"\{[^{}]*\}", known.partition("?")[0])
    return re.fullmatch(".*".join(map(re.escape, pieces)), url) is not None
