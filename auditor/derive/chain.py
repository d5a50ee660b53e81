"""The chain from the clone to the public site, link by link, as one line shows it."""

from dataclasses import dataclass
from typing import Literal

from auditor.config import Config
from auditor.model.facts.local import Local
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING, Missing
from auditor.text import parse_time

SHORT = 7


@dataclass(frozen=True, kw_only=True)
class Link:
    """One witness in the chain; `text` is what it holds (`214f930 +0/-0`), `age_seconds` how old that knowledge is."""

    name: str
    state: Literal["known", "unknown"]
    text: str
    age_seconds: int | None = None


@dataclass(frozen=True, kw_only=True)
class Chain:
    """The links in the order in which a commit travels."""

    links: tuple[Link, ...]


def derive(snapshot: Snapshot, _config: Config) -> Chain:
    """The links of the sources that this run asked."""
    links: list[Link] = []
    if snapshot.local is not MISSING:
        links.append(_local(snapshot.local, snapshot.finished_at))
    return Chain(links=tuple(links))


def _local(local: Local, now: str) -> Link:
    main = local.main
    if main is MISSING:
        return Link(name="local", state="unknown", text="unknown")
    age = int(max(0.0, (parse_time(now) - parse_time(local.observed_at)).total_seconds()))
    commit = "none" if main.commit is None else main.commit[:SHORT]
    text = f"{commit} +{_count(main.ahead_count)}/-{_count(main.behind_count)}"
    return Link(name="local", state="known", text=text, age_seconds=age)


def _count(value: int | Missing | None) -> str:
    return "?" if value is MISSING or value is None else str(value)
