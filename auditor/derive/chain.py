"""The chain from the clone to the public site, link by link, as one line shows it.

Every report shows it: what joins the witnesses is imported only where this run asked them.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from auditor.config import Config
from auditor.frozen import frozen
from auditor.model.facts.gitea import Gitea
from auditor.model.facts.local import Local
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING, Missing
from auditor.text import parse_time

if TYPE_CHECKING:
    from auditor.derive.image import SlotImage

SHORT = 7
_CI = {
    "green": "CI ok",
    "red": "CI red",
    "absent": "CI missing",
    "pending": "CI pending",
    "unknown": "CI ?",
    "none": "no CI required",
}


@frozen
class Link:
    """One witness in the chain; `text` is what it holds (`214f930 +0/-0`), `age_seconds` how old that knowledge is."""

    name: str
    state: Literal["known", "unknown"]
    text: str
    age_seconds: int | None = None


@frozen
class Chain:
    """The links in the order in which a commit travels."""

    links: tuple[Link, ...]


def derive(snapshot: Snapshot, config: Config) -> Chain:
    """The links of the sources that this run asked."""
    links: list[Link] = []
    if snapshot.local is not MISSING:
        links.append(_local(snapshot.local, snapshot.finished_at))
    if snapshot.gitea is not MISSING:
        from auditor.derive import check

        links.append(_gitea(snapshot.gitea, check.derive(snapshot, config).state, snapshot.finished_at))
    if snapshot.nas is not MISSING and config.nas is not None:
        links += _nas(snapshot, config, _age(snapshot.nas.observed_at, snapshot.finished_at))
    return Chain(links=tuple(links))


def _local(local: Local, now: str) -> Link:
    main = local.main
    if main is MISSING:
        return Link(name="local", state="unknown", text="unknown")
    age = _age(local.observed_at, now)
    commit = "none" if main.commit is None else main.commit[:SHORT]
    text = f"{commit} +{_count(main.ahead_count)}/-{_count(main.behind_count)}"
    return Link(name="local", state="known", text=text, age_seconds=age)


def _gitea(gitea: Gitea, state: str, now: str) -> Link:
    if gitea.main is MISSING or (gitea.main is not None and gitea.main.commit is MISSING):
        return Link(name="gitea", state="unknown", text="unknown")
    commit = gitea.main.commit if gitea.main is not None else None
    known = commit[:SHORT] if isinstance(commit, str) else "none"
    return Link(name="gitea", state="known", text=f"{known} {_CI[state]}", age_seconds=_age(gitea.observed_at, now))


def _nas(snapshot: Snapshot, config: Config, age: int) -> Iterator[Link]:
    """The release, each slot with what its image is of, and which slot the public address is."""
    from auditor.derive import image as image_of
    from auditor.derive import production as production_of
    from auditor.derive import proxy as proxy_of

    deployed = production_of.derive(snapshot, config).deployed
    yield _link("nas", None if deployed is MISSING else deployed[:SHORT], age)
    images, proxy = image_of.derive(snapshot, config), proxy_of.derive(snapshot, config)
    for slot in () if images.slots is MISSING else images.slots:
        # before a switch `slot.active` stands for the slot that is to be
        served = " ← proxy" if slot.name == proxy.active else ""
        known = _slot(slot)
        yield _link(slot.name, None if known is None else known + served, age, served)
    if config.site is not None:
        same = proxy.active if proxy.active in proxy.public_is else next(iter(proxy.public_is), None)
        odd = None if proxy.public_fault is MISSING else "≠ every slot"
        yield _link("public", f"= {same}" if isinstance(same, str) else odd, age)


def _slot(slot: "SlotImage") -> str | None:
    if slot.present is False:
        return "none"
    return slot.commit[:SHORT] if slot.commit else None


def _link(name: str, text: str | None, age: int, rest: str = "") -> Link:
    if text is None:
        return Link(name=name, state="unknown", text=f"unknown{rest}")
    return Link(name=name, state="known", text=text, age_seconds=age)


def _age(moment: str, now: str) -> int:
    return int(max(0.0, (parse_time(now) - parse_time(moment)).total_seconds()))


def _count(value: int | Missing | None) -> str:
    return "?" if value is MISSING or value is None else str(value)
