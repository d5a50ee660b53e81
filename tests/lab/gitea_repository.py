"""The routes below /api/v1/repos/OWNER/NAME of one recorded repository, for any caller, page and filter.

A request is answered by the first of these that applies:
1. the caller's own recorded answer, or their recorded refusal of the same path with another query;
2. a refusal that the rules name: token scope, access to a private repository, guard of the route;
3. the recorded list, of which the asked page is cut, or the recorded object: the caller's own, else the one of
   `auditeur`, `owner` or `anonymous` in this order, with permissions and user_can_* made true for the caller;
4. an object out of a recorded list (a branch, a commit, a pull request, a rule, a ref);
5. 404 in JSON for an object that its recorded list doesn't have;
6. 404 in text, as for a route that this version lacks: what was never recorded is missing, never empty.
The tip of a branch may be asked by its name or its sha.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from gitea_answer import (
    Answer,
    Request,
    error,
    json_answer,
    missing_route,
    recorded_answer,
    scope_error,
    usual_headers,
)
from gitea_page import Listing, cut_page, listing_of, rows_of
from gitea_recording import API, Exchange, Recording
from gitea_rights import STRANGERS, Caller, guard, lenders, seen_by

Overlay = Any | Callable[[Any], Any]

_PAGING = frozenset({"page", "limit", "per_page"})
_REFUSED = frozenset({401, 403})
_MEMBERS = {
    r"branches/(.+)": ("branches", "name"),
    r"tags/(.+)": ("tags", "name"),
    r"git/commits/([^/]+)": ("commits", "sha"),
    r"pulls/(\d+)": ("pulls", "number"),
    r"branch_protections/(.+)": ("branch_protections", "rule_name"),
}


class RepositoryAnswers:
    """Answers for one repository; `overlay` maps a route below it to a body, or to a function of the whole body."""

    def __init__(self, recording: Recording, overlay: Mapping[str, Overlay]) -> None:
        assert recording.repository is not None
        self._recording = recording
        self._overlay = overlay
        self._version = recording.world.version
        self._headers = usual_headers(self._version)
        self._root = f"{API}/repos/{recording.repository}"
        self._about = self._body_for_auditor("")
        self._names = self._names_of_tips()

    def has(self, path: str) -> bool:
        """Whether `path` is the repository or below it; the case of names doesn't matter."""
        return f"{path.lower()}/".startswith(f"{self._root.lower()}/")

    def answer(self, request: Request) -> Answer:
        """The answer to one GET."""
        route = unquote(request.path[len(self._root) :].strip("/"))
        return (
            self._own(request, route)
            or self._refusal(route, request.caller)
            or self._listed(request, route)
            or self._object(request, route)
            or self._absent(request, route)
        )

    def may_read(self, caller: Caller) -> bool:
        """Whether the caller has any access to the repository."""
        return not (self._about.get("private") and caller in STRANGERS)

    def _own(self, request: Request, route: str) -> Answer | None:
        if self._overlaid(route):
            return None
        own = [each for each in self._recorded(route) if each.caller == request.caller]
        for each in own:
            if each.query == request.query and not (each.status == 200 and listing_of(route)):
                return recorded_answer(each)
        return next((recorded_answer(each) for each in own if each.status >= 400), None)

    def _refusal(self, route: str, caller: Caller) -> Answer | None:
        if caller is Caller.AUDITEUR_NOSCOPE:
            return scope_error(self._version)
        if not self.may_read(caller):
            return error(404, "not found", self._version)
        refused = guard(route, caller)
        return error(*refused, self._version) if refused else None

    def _listed(self, request: Request, route: str) -> Answer | None:
        listing = listing_of(route)
        if listing is None:
            return None
        whole = self._whole(listing, route, request.caller)
        if whole is None:
            return None
        first, full = whole
        if rows_of(listing, full) is None and self._overlaid(route):
            return json_answer(full, self._headers)
        page = cut_page(
            listing,
            full,
            path=request.path,
            query=request.query,
            version=self._version,
            recorded=first.headers,
        )
        return json_answer(page.body, page.headers)

    def _whole(self, listing: Listing, route: str, caller: Caller) -> tuple[Exchange, Any] | None:
        """The first recorded page of a list for `caller`, and its body with the rows of all pages."""
        best = max(self._groups(listing, route, caller), key=lambda group: group[0], default=None)
        if best is None:
            return None
        _, pages = best
        first, rows = pages[0], [row for page in pages for row in rows_of(listing, page.body) or []]
        full = copy.deepcopy(first.body)
        if listing.rows is not None:
            full[listing.rows] = copy.deepcopy(rows)
        elif full is not None:
            full = copy.deepcopy(rows)
        return first, self._laid_over(route, full if first.caller == caller else seen_by(caller, full))

    def _groups(
        self, listing: Listing, route: str, caller: Caller
    ) -> Iterator[tuple[tuple[bool, bool, int], list[Exchange]]]:
        """Pages that were asked alike, each with its worth: unfiltered, complete, the caller's own view."""
        order = lenders(caller)
        groups: dict[Any, list[Exchange]] = {}
        for each in self._recorded_as(route):
            if each.status == 200 and each.caller in order:
                filters = tuple(pair for pair in each.query if pair[0] not in _PAGING)
                groups.setdefault((each.path, each.caller, filters), []).append(each)
        for (_, who, filters), pages in groups.items():
            total = pages[0].headers.get("x-total-count")
            rows = sum(len(rows_of(listing, page.body) or []) for page in pages)
            complete = total is None or rows == int(total)
            pages.sort(key=lambda page: int(dict(page.query).get("page", 1)))
            yield (dict(filters).get("state", "all") == "all", complete, -order.index(who)), pages

    def _object(self, request: Request, route: str) -> Answer | None:
        found = [each for each in self._recorded_as(route) if each.status not in _REFUSED]
        for who in lenders(request.caller):
            same = [each for each in found if each.caller == who and (each.status < 400 or who == Caller.AUDITEUR)]
            same.sort(key=lambda each: each.query != request.query)
            if same:
                body = self._laid_over(route, copy.deepcopy(same[0].body))
                return recorded_answer(same[0], body if who == request.caller else seen_by(request.caller, body))
        if self._overlaid(route):
            return json_answer(self._laid_over(route, None), self._headers)
        member = self._member(request, route)
        return None if member is None else json_answer(seen_by(request.caller, member), self._headers)

    def _member(self, request: Request, route: str) -> Any:
        """The row of a recorded list that `route` names, or the rows for a prefix of refs, or None."""
        if route.startswith("git/refs/"):
            return self._refs(f"refs/{route.removeprefix('git/refs/')}") or None
        for pattern, (name, key) in _MEMBERS.items():
            if match := re.fullmatch(pattern, route):
                rows = self._rows(name, request.caller) or []
                return next((row for row in rows if str(row.get(key)) == match[1]), None)
        return None

    def _absent(self, request: Request, route: str) -> Answer:
        """404 in JSON where the list is known and has no such row; else the route counts as missing."""
        if match := re.fullmatch(r"git/(trees|blobs)/([^/]+)", route):
            text = "sha not found [{}]" if match[1] == "trees" else "object does not exist [id: {}, rel_path: ]"
            return error(400, text.format(match[2]), self._version)
        if re.fullmatch(r"commits/[^/]+/pull", route) and self._rows("pulls", request.caller) is not None:
            number = self._about.get("id")
            place = f"id: 0, issue_id: 0, head_repo_id: 0, base_repo_id: {number}, head_branch: , base_branch: "
            return error(404, f"pull request does not exist [{place}]", self._version)
        lists = [name for pattern, (name, _) in _MEMBERS.items() if re.fullmatch(pattern, route)]
        if route.startswith("git/refs/"):
            lists = ["branches"]
        if any(self._rows(name, request.caller) is not None for name in lists):
            return error(404, "not found", self._version)
        return missing_route()

    def _rows(self, route: str, caller: Caller) -> list[Any] | None:
        """All rows of a recorded list, paged or not; None if it was not recorded."""
        listing = listing_of(route) or Listing()
        whole = self._whole(listing, route, caller)
        return None if whole is None else rows_of(listing, whole[1]) or []

    def _refs(self, prefix: str) -> list[Any]:
        """Every recorded ref below `prefix`; where none was recorded, the branches."""
        root = f"{self._root}/git/refs/".lower()
        recorded = [each for each in self._recording.exchanges if each.path.lower().startswith(root)]
        known = {row["ref"]: row for each in recorded if isinstance(each.body, list) for row in each.body}
        for branch in self._rows("branches", Caller.AUDITEUR) or []:
            ref, sha = f"refs/heads/{branch['name']}", branch["commit"]["id"]
            known.setdefault(ref, {"ref": ref, "url": "", "object": {"type": "commit", "sha": sha, "url": ""}})
        return [row for ref, row in known.items() if ref.startswith(prefix)]

    def _overlaid(self, route: str) -> bool:
        return any(alias in self._overlay for alias in self._aliases(route))

    def _laid_over(self, route: str, body: Any) -> Any:
        for alias in self._aliases(route):
            if alias in self._overlay:
                change = self._overlay[alias]
                return change(body) if callable(change) else copy.deepcopy(change)
        return body

    def _recorded(self, route: str) -> tuple[Exchange, ...]:
        return self._recording.of_path(f"{self._root}/{route}".rstrip("/"))

    def _recorded_as(self, route: str) -> tuple[Exchange, ...]:
        return tuple(each for alias in self._aliases(route) for each in self._recorded(alias))

    def _aliases(self, route: str) -> tuple[str, ...]:
        """The route, then the other names of the same thing."""
        routes = [route]
        if match := re.fullmatch(r"statuses/([^/]+)", route):
            routes.append(f"commits/{match[1]}/statuses")
        for each in tuple(routes):
            match = re.fullmatch(r"((?:git/)?(?:commits|trees)/)([^/]+)(/.+)?", each)
            if match:
                names = self._names.get(match[2], ())
                routes += [f"{match[1]}{name}{match[3] or ''}" for name in names]
        return tuple(dict.fromkeys(routes))

    def _names_of_tips(self) -> dict[str, tuple[str, ...]]:
        """For each branch and each sha of a tip, all the names that mean the same commit."""
        by_sha: dict[str, list[str]] = {}
        found = [each for each in self._recorded("branches") if each.status == 200 and each.body]
        branches = [branch for each in found for branch in each.body]
        branches += [branch for name in ("main", "trunk") if (branch := self._body_for_auditor(f"branches/{name}"))]
        for branch in branches:
            by_sha.setdefault(branch["commit"]["id"], []).append(branch["name"])
        groups = [(sha, *names) for sha, names in by_sha.items()]
        return {name: group for group in groups for name in group}

    def _body_for_auditor(self, route: str) -> Any:
        found = [each for each in self._recorded(route) if each.caller == Caller.AUDITEUR and each.status == 200]
        return found[0].body if found else {}
