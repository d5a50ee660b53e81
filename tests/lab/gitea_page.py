"""Pages of a recorded list, as Gitea cuts and filters them (reference/gitea.md sections 4.6, 4.7 and 6)."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from gitea_recording import ROOT_URL, Query

DEFAULT_LIMIT = 30
MAX_LIMIT = 50
MAX_TREE = 1000


@dataclass(frozen=True)
class Listing:
    """How one list route answers: below which key its rows stand (None: the body is the list), and its headers."""

    rows: str | None = None
    link: bool = True
    limit: str = "limit"
    max_limit: int = MAX_LIMIT
    default_limit: int = DEFAULT_LIMIT


_COMBINED = Listing(rows="statuses")
_LISTINGS = {
    r"branches|commits|pulls|tags|releases|keys|hooks|collaborators|push_mirrors": Listing(),
    r"actions/(variables|secrets)|(commits|statuses)/[^/]+/statuses|statuses/[^/]+": Listing(),
    r"pulls/\d+/(files|commits|reviews)": Listing(),
    r"activities/feeds": Listing(link=False),
    r"commits/[^/]+/status": _COMBINED,
    r"actions/(runs|tasks|workflows/[^/]+/runs)": Listing(rows="workflow_runs"),
    r"actions/workflows": Listing(rows="workflows"),
    r"git/trees/[^/]+": Listing(rows="tree", link=False, limit="per_page", max_limit=MAX_TREE, default_limit=MAX_TREE),
}


@dataclass(frozen=True)
class Page:
    """One page: its body and the headers that tell of the others."""

    body: Any
    headers: dict[str, str]


def listing_of(route: str) -> Listing | None:
    """How a route below the repository is paged, or None if it isn't."""
    return next((how for pattern, how in _LISTINGS.items() if re.fullmatch(pattern, route)), None)


def rows_of(listing: Listing, body: Any) -> list[Any] | None:
    """The rows of a list route's body; None where the body is not of that shape or says null."""
    if listing.rows is not None:
        body = body.get(listing.rows) if isinstance(body, dict) else None
    return body if isinstance(body, list) else None


def cut_page(listing: Listing, full: Any, *, path: str, query: Query, version: str, recorded: dict[str, str]) -> Page:
    """The page that `query` asks of a body which holds all rows; `recorded` names the headers that the route sends."""
    rows = _filtered(path, rows_of(listing, full) or [], dict(query))
    if listing is _COMBINED:
        # Seen live: the newest statuses stand on the first page, and each page is written oldest first.
        rows = sorted(rows, key=_age, reverse=True)
    limit, number = _limit(listing, dict(query)), max(1, _number(dict(query).get("page"), 1))
    piece = rows[(number - 1) * limit : number * limit]
    pages = -(-len(rows) // limit)
    headers = {
        "x-total-count": str(len(rows)),
        "x-total": str(len(rows)),
        "x-hasmore": "true" if number < pages else "false",
        "x-page": str(number),
        "x-perpage": str(limit),
        "x-pagecount": str(pages),
    }
    sent = {name: headers.get(name, value) for name, value in recorded.items() if name != "link"}
    link = _link(path, query, number, pages)
    # 1.25 pages the combined status without saying so in a Link.
    if link and listing.link and not (listing is _COMBINED and version.startswith("1.25.")):
        sent["link"] = link
    return Page(_body(listing, full, piece, len(rows), number, version), sent)


def combined_state(states: list[str], version: str) -> str:
    """What Gitea says of the statuses on one page, and of them alone."""
    lenient = version.startswith("1.25.")
    if not states:
        return "" if lenient else "pending"
    failures = {"error", "failure"} if lenient else {"error", "failure", "warning"}
    if failures & set(states):
        return "failure"
    return "pending" if "pending" in states else "success"


def _body(listing: Listing, full: Any, piece: list[Any], total: int, number: int, version: str) -> Any:
    if listing.rows is None:
        return piece if full is not None else None
    if listing is _COMBINED:
        piece = sorted(piece, key=_age)
        state = combined_state([str(_at(row, "status")) for row in piece], version)
        return full | {"state": state, "total_count": len(piece), "statuses": piece or None}
    if listing.rows == "tree":
        more = number * listing.max_limit < total
        return full | {"tree": piece or None, "page": number, "total_count": total, "truncated": more}
    return full | {listing.rows: piece, "total_count": total}


def _filtered(path: str, rows: list[Any], query: dict[str, str]) -> list[Any]:
    if path.endswith("/pulls"):
        return _filtered_pulls(rows, query)
    if path.endswith("/actions/runs"):
        names = {"event": "event", "branch": "head_branch", "status": "status", "head_sha": "head_sha"}
        wanted = {names[key]: value for key, value in query.items() if key in names}
        return [row for row in rows if all(_at(row, key) == value for key, value in wanted.items())]
    if path.endswith("/commits") and all(isinstance(_at(row, "parents"), list) for row in rows):
        return _filtered_commits(rows, query)
    return rows


def _filtered_pulls(rows: list[Any], query: dict[str, str]) -> list[Any]:
    state, base, poster = query.get("state", "open"), query.get("base_branch"), query.get("poster")
    kept = [
        row
        for row in rows
        if state in ("all", _at(row, "state"))
        and base in (None, _at(row, "base", "ref"))
        and poster in (None, _at(row, "user", "login"))
    ]
    sort = query.get("sort", "")
    time = "updated_at" if sort in ("recentupdate", "leastupdate") else "created_at"
    # A stable sort: what the server breaks ties by is not recorded, so ties stay in the recorded order.
    return sorted(kept, key=lambda row: str(_at(row, time)), reverse=sort not in ("leastupdate", "oldest"))


def _filtered_commits(rows: list[Any], query: dict[str, str]) -> list[Any]:
    parents = {row["sha"]: [parent["sha"] for parent in row["parents"]] for row in rows}
    left_out: set[str] = set()
    todo = [query["not"]] if query.get("not") else []
    while todo:
        sha = todo.pop()
        if sha in parents and sha not in left_out:
            left_out.add(sha)
            todo += parents[sha]
    spare = {key: None for name, key in (("stat", "stats"), ("files", "files")) if query.get(name) == "false"}
    return [row | spare for row in rows if row["sha"] not in left_out]


def _at(row: Any, *keys: str) -> Any:
    """What stands below `keys`, or None: a test may lay hostile rows over the recorded ones."""
    for key in keys:
        row = row.get(key) if isinstance(row, dict) else None
    return row


def _age(row: Any) -> int:
    number = _at(row, "id")
    return number if isinstance(number, int) else 0


def _limit(listing: Listing, query: dict[str, str]) -> int:
    asked = _number(query.get(listing.limit), 0)
    return min(asked, listing.max_limit) if asked > 0 else listing.default_limit


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdecimal() else default


def _link(path: str, query: Query, number: int, pages: int) -> str:
    targets: dict[str, int] = {}
    if number < pages:
        targets |= {"next": number + 1, "last": pages}
    if number > 1:
        targets |= {"first": 1, "prev": number - 1}
    return ",".join(
        f'<{ROOT_URL}{path}?{urlencode(sorted((dict(query) | {"page": str(page)}).items()))}>; rel="{name}"'
        for name, page in targets.items()
    )
