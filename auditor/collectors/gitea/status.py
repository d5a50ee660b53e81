"""The statuses that may count for main: every entry of every page, never the server's own summary of them."""

import re
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from auditor.collectors.gitea.api import Api
from auditor.collectors.gitea.gap import GapList
from auditor.collectors.gitea.record import Record
from auditor.collectors.gitea.refusal import READER
from auditor.collectors.gitea.value import address, count, moment, name, title
from auditor.model.facts.gitea import CommitStatuses, Pull, Status
from auditor.model.facts.gitea_history import PullHead
from auditor.model.missing import MISSING, Missing

_PUSH, _PULL = " (push)", " (pull_request)"
_RUN = re.compile(r"/actions/runs/\d+(?:/|$)", re.ASCII)


def observe_statuses(
    api: Api, gaps: GapList, tip: str, find_bringer: Callable[[], PullHead | None], checks: tuple[str, ...]
) -> tuple[CommitStatuses, ...]:
    """The statuses of main's tip; those of the head of the pull request that brought it too, where they may count."""
    entries = gaps.attempt("statuses/0/entries", lambda: _entries(api, gaps, tip, "statuses/0/entries"))
    found = (CommitStatuses(role="tip", commit=tip, entries=entries),)
    if entries is MISSING:
        return found  # nothing can be said of the tip then, whatever its pull request has
    pushed = any(entry.context.endswith(_PUSH) for entry in entries)
    if pushed and not any(check.endswith(_PULL) for check in checks):
        return found
    bringer = gaps.attempt("statuses", find_bringer)
    if bringer is MISSING or bringer is None:
        return found
    head, place = bringer.commit, "statuses/1/entries"
    if head != tip:
        entries = gaps.attempt(place, lambda: _entries(api, gaps, head, place))
    return (*found, CommitStatuses(role="pull-head", commit=head, pull=bringer.number, entries=entries))


def bringing_pull(pulls: Iterable[Pull], branch: str, full_name: str | Missing, tip: str) -> Pull | None:
    """The merged pull request into `branch` that main's tip is the result of."""
    for pull in pulls:
        here = MISSING in (full_name, pull.base_repository) or _same(pull.base_repository, full_name)
        if pull.merged and here and pull.base_branch == branch and pull.merge_commit == tip:
            return pull
    return None


def leaves_creator_empty(statuses: Iterable[CommitStatuses]) -> bool:
    """Whether an entry shows that the server names no creator for what its own Actions wrote."""
    entries = (entry for each in statuses if each.entries is not MISSING for entry in each.entries)
    return any(_is_own(entry) for entry in entries)


def past_statuses(api: Api, gaps: GapList, commit: str) -> bool | Missing:
    """The same of what a commit's statuses once were: up to 1.26 a forged one takes the place of the real one."""

    def ask() -> bool:
        rows = next(iter(api.pages(f"R/commits/{commit}/statuses", READER))).items
        return any(_is_own(_status(Record(row, "creator_ever_empty", GapList()))) for row in rows)

    return gaps.attempt("creator_ever_empty", ask)


def _is_own(entry: Status) -> bool:
    url = entry.target_url
    return entry.creator is None and isinstance(url, str) and _RUN.search(urlsplit(url).path) is not None


def _entries(api: Api, gaps: GapList, commit: str, place: str) -> tuple[Status, ...]:
    rows = api.items(f"R/commits/{commit}/status", READER, key="statuses")
    return tuple(_status(Record(row, f"{place}/{at}", gaps)) for at, row in enumerate(rows))


def _status(record: Record) -> Status:
    return Status(
        id=record.need("id", count),
        context=record.need("context", name),
        state=record.need("status", name),
        creator=record.nullable("creator", name, "creator.login"),
        target_url=record.nullable("target_url", address),
        description=record.get("description", title),
        created_at=record.get("created_at", moment),
        updated_at=record.get("updated_at", moment),
    )


def _same(one: object, other: object) -> bool:
    return isinstance(one, str) and isinstance(other, str) and one.lower() == other.lower()
