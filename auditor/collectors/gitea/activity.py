"""The activity feed: who pushed what to the branch. It hides private users and deploy keys, and proves nothing."""

import json
import re
from typing import Any

from auditor.collectors.gitea.api import Api
from auditor.collectors.gitea.gap import GapList
from auditor.collectors.gitea.memory import FeedRow
from auditor.collectors.gitea.record import Record
from auditor.collectors.gitea.refusal import READER
from auditor.collectors.gitea.value import MalformedError, count, moment, name, sha
from auditor.model.facts.gitea import Activity
from auditor.model.missing import MISSING, Missing

_MOST_PAGES = 10
_MOST_ROWS = 20_000
_MERGES = frozenset({"merge_pull_request", "auto_merge_pull_request"})
_RANGE = re.compile(r"/compare/(?:([0-9a-f]{40,64})|[^/]*?)\.\.\.([0-9a-f]{40,64})")
_PULL = re.compile(r"(\d{1,12})\|", re.ASCII)


def observe_feed(
    api: Api, gaps: GapList, branch: str, known: tuple[FeedRow, ...]
) -> tuple[bool, tuple[FeedRow, ...]] | Missing:
    """Every row that was ever read, highest id first, and whether these are all."""

    def ask() -> tuple[bool, tuple[FeedRow, ...]]:
        rows = {row.id: row for row in known}
        total = None
        for page in api.pages("R/activities/feeds", READER):
            fresh = [row for row in (_row(item, branch) for item in page.items) if row.id not in rows]
            rows.update((row.id, row) for row in fresh)
            total = page.total
            # a queue writes the rows: only a page without any new one says that what follows is known
            if page.number >= _MOST_PAGES or (known and not fresh):
                break
        ordered = tuple(rows[number] for number in sorted(rows, reverse=True)[:_MOST_ROWS])
        return total is not None and total <= len(ordered), ordered

    return gaps.attempt("activity", ask)


def _row(item: Any, branch: str) -> FeedRow:
    record = Record(item, "activity", GapList())
    number, kind = record.need("id", count), record.need("op_type", name)
    if kind not in _MERGES and record.maybe("ref_name", name) != f"refs/heads/{branch}":
        return FeedRow(id=number, activity=None)
    actor = record.nullable("actor", name, "act_user.login")
    found = Activity(
        id=number,
        kind=kind,
        actor=None if actor is MISSING else actor,
        created_at=record.need("created", moment),
        **_content(kind, record.maybe("content", _text)),
    )
    return FeedRow(id=number, activity=found)


def _content(kind: str, content: str | Missing) -> dict[str, Any]:
    """What the text of a row says; empty where it is cut, empty, or of another kind."""
    if content is MISSING:
        return {}
    if kind in _MERGES:
        found = _PULL.match(content)
        return {"pull": int(found[1])} if found else {}
    try:
        push = Record(json.loads(content), "activity", GapList())
    except (ValueError, RecursionError, MalformedError):
        return {}
    compared = push.maybe("compare", _text, "CompareURL")
    ends = _RANGE.search(compared) if isinstance(compared, str) else None
    head, length = push.maybe("head", sha, "HeadCommit.Sha1"), push.maybe("count", count, "Len")
    return {
        "old": ends[1] if ends else None,
        "new": ends[2] if ends else None if head is MISSING else head,
        "commit_count": None if length is MISSING else length,
    }


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 1 << 20:
        raise MalformedError("no text")
    return value
