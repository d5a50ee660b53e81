"""The demo's Gitea: answers of the shape that Gitea 1.27 was recorded with, made from the state of one repository."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from auditor.demo.repository import Repository
from auditor.text import time_text

VERSION = "1.27.0"
_PROTECTION: Mapping[str, Any] = {
    "branch_name": "main",
    "rule_name": "main",
    "priority": 1,
    "enable_push": False,
    "enable_push_whitelist": False,
    "push_whitelist_usernames": [],
    "push_whitelist_teams": [],
    "push_whitelist_deploy_keys": False,
    "enable_force_push": False,
    "enable_force_push_allowlist": False,
    "force_push_allowlist_usernames": [],
    "force_push_allowlist_teams": [],
    "force_push_allowlist_deploy_keys": False,
    "enable_merge_whitelist": False,
    "merge_whitelist_usernames": [],
    "merge_whitelist_teams": [],
    "enable_bypass_allowlist": False,
    "bypass_allowlist_usernames": [],
    "bypass_allowlist_teams": [],
    "enable_status_check": True,
    "status_check_contexts": ["CI / build (pull_request)"],
    "required_approvals": 0,
    "enable_approvals_whitelist": False,
    "approvals_whitelist_username": [],
    "approvals_whitelist_teams": [],
    "block_on_rejected_reviews": False,
    "block_on_official_review_requests": False,
    "block_on_outdated_branch": False,
    "dismiss_stale_approvals": False,
    "ignore_stale_approvals": False,
    "require_signed_commits": False,
    "protected_file_patterns": "",
    "unprotected_file_patterns": "",
    "block_admin_merge_override": True,
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
}


@dataclass(frozen=True)
class Reply:
    """An answer: `body` is JSON-ready, or text."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Forge:
    """The server's state; a drift changes it, and the next answer shows it."""

    base: str
    owner: str
    repo: str
    token: str
    repository: Repository
    record: dict[str, Any] = field(default_factory=dict)
    protections: list[dict[str, Any]] = field(default_factory=lambda: [dict(_PROTECTION)])
    keys: list[dict[str, Any]] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    statuses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    blank_issues: bool = True
    templates: list[dict[str, Any]] = field(default_factory=list)
    login: str = "/user/login"

    @property
    def root(self) -> str:
        """The path of the repository's API."""
        return f"/api/v1/repos/{self.owner}/{self.repo}"

    def open_pull(self, branch: str, commit: str, base: str, at: float, title: str) -> dict[str, Any]:
        """A pull request from `branch` into main."""
        number = len(self.pulls) + 1
        side = {"repo": {"full_name": f"{self.owner}/{self.repo}"}, "repo_id": 1}
        pull = {
            "id": number,
            "number": number,
            "user": {"login": "ada"},
            "title": title,
            "state": "open",
            "draft": False,
            "merged": False,
            "merged_at": None,
            "merged_by": None,
            "merge_commit_sha": None,
            "merge_base": base,
            "html_url": f"{self.base}/{self.owner}/{self.repo}/pulls/{number}",
            "base": {"label": "main", "ref": "main", "sha": base, **side},
            "head": {"label": branch, "ref": branch, "sha": commit, **side},
            "created_at": moment(at),
            "updated_at": moment(at),
            "closed_at": None,
        }
        self.pulls.insert(0, pull)
        self.repository.point(f"refs/pull/{number}/head", commit)
        return pull

    def merge(self, pull: dict[str, Any], commit: str, at: float) -> None:
        """The pull request is merged, with `commit` as its result."""
        when = moment(at)
        pull |= {"state": "closed", "merged": True, "merged_at": when, "merged_by": {"login": "ada"}}
        pull |= {"merge_commit_sha": commit, "updated_at": when, "closed_at": when}

    def report(self, commit: str, event: str, state: str = "success", creator: str | None = None) -> None:
        """A run of CI, or a person who claims one, reports the state of a commit."""
        entries = self.statuses.setdefault(commit, [])
        number = sum(len(each) for each in self.statuses.values()) + 1
        entries.append(
            {
                "id": number,
                "status": state,
                "context": f"CI / build ({event})",
                "target_url": f"{self.base}/{self.owner}/{self.repo}/actions/runs/{number}",
                "description": state,
                "creator": None if creator is None else {"login": creator},
                "created_at": moment(time.time() - 3600),
                "updated_at": moment(time.time() - 3600),
            }
        )

    def answer(self, target: str, token: str | None) -> Reply:
        """The answer to GET `target`; `token` is what the Authorization header says."""
        parts = urlsplit(target)
        path, query = unquote(parts.path), {name: values[0] for name, values in parse_qs(parts.query).items()}
        if path.startswith("/api/"):
            known = token == f"token {self.token}"
            if token is not None and not known:
                return self._error(401, "invalid username, password or token")
            return self._api(path, query, known=known)
        return self._page(path, target)

    def _api(self, path: str, query: Mapping[str, str], *, known: bool) -> Reply:
        if path.startswith("/api/forgejo/"):
            return Reply(404, "Not found.\n")
        reply = self._instance(path, known=known)
        if reply is None and (path.lower() + "/").startswith(self.root.lower() + "/"):
            reply = self._below(path[len(self.root) :].strip("/"), query, known=known)
        return self._error(404, "not found") if reply is None else reply

    def _instance(self, path: str, *, known: bool) -> Reply | None:
        if path == "/api/v1/version":
            return Reply(200, {"version": VERSION})
        if path == "/api/v1/settings/api":
            return Reply(200, {"max_response_items": 50, "default_paging_num": 30})
        if path in ("/api/v1/token", "/api/v1/user", "/api/v1/notifications/new"):
            if not known:
                return self._error(401, "token is required")
            if path != "/api/v1/token":
                return self._error(
                    403,
                    "token does not have at least one of required scope(s), "
                    "required=[read:user], token scope=read:repository",
                )
            return Reply(200, {"id": 1, "name": "audit", "scopes": ["read:repository"], "user": {"login": "auditor"}})
        return None

    def _below(self, route: str, query: Mapping[str, str], *, known: bool) -> Reply | None:
        tip = self.repository.tip("refs/heads/main")
        if route in ("branch_protections", "keys", "actions/variables") and not known:
            return self._error(401, "token is required")
        if route == "":
            return Reply(200, self._record(known=known))
        if route == "branch_protections":
            return Reply(200, self.protections)
        if route == "branches/main":
            return Reply(200, self._branch(tip))
        if route == "issue_config":
            return Reply(200, {"blank_issues_enabled": self.blank_issues, "contact_links": []})
        if route == "issue_templates":
            return Reply(200, self.templates or None)
        variables = [{"name": name, "data": data, "description": ""} for name, data in self.variables.items()]
        lists = {"keys": self.keys, "pulls": self.pulls, "activities/feeds": [], "actions/variables": variables}
        if route in lists:
            return _paged(lists[route], query)
        if route.startswith("git/trees/"):
            return self._tree(route.removeprefix("git/trees/"), tip)
        if route.startswith("commits/"):
            return self._of_commit(route.removeprefix("commits/"), tip, query)
        return None

    def _tree(self, name: str, tip: str) -> Reply:
        try:
            found = self.repository.entries(tip if name == "main" else name)
        except KeyError:
            return self._error(400, f"sha not found: {name}")
        return Reply(200, {"truncated": False, "tree": [{"path": path, "sha": sha} for path, sha in found.items()]})

    def _of_commit(self, route: str, tip: str, query: Mapping[str, str]) -> Reply | None:
        name, _, what = route.partition("/")
        entries = self.statuses.get(tip if name == "main" else name, [])
        if what == "statuses":
            return _paged(entries, query)
        if what == "status":
            page = _paged(entries, query)
            return Reply(200, {"sha": name, "total_count": len(page.body), "statuses": page.body}, page.headers)
        return None

    def _record(self, *, known: bool) -> dict[str, Any]:
        place = f"{self.base}/{self.owner}/{self.repo}"
        return {
            "id": 1,
            "owner": {"login": self.owner},
            "name": self.repo,
            "full_name": f"{self.owner}/{self.repo}",
            "empty": False,
            "private": False,
            "internal": False,
            "fork": False,
            "mirror": False,
            "archived": False,
            "html_url": place,
            "clone_url": f"{place}.git",
            "ssh_url": f"git@{urlsplit(self.base).hostname}:{self.owner}/{self.repo}.git",
            "default_branch": "main",
            "has_issues": True,
            "internal_tracker": {"enable_time_tracker": True},
            "has_pull_requests": True,
            "allow_merge_commits": True,
            "allow_rebase": True,
            "allow_rebase_explicit": True,
            "allow_squash_merge": True,
            "allow_fast_forward_only_merge": True,
            "allow_manual_merge": False,
            "autodetect_manual_merge": False,
            "default_merge_style": "merge",
            "object_format_name": "sha1",
            "permissions": {"admin": known, "push": known, "pull": True},
            **self.record,
        }

    def _branch(self, tip: str) -> dict[str, Any]:
        rule = self.protections[0] if self.protections else {}
        return {
            "name": "main",
            "commit": {"id": tip, "timestamp": moment(time.time())},
            "protected": bool(self.protections),
            "required_approvals": rule.get("required_approvals", 0),
            "enable_status_check": rule.get("enable_status_check", False),
            "status_check_contexts": rule.get("status_check_contexts", []),
            "user_can_push": False,
            "user_can_merge": False,
            "effective_branch_protection_name": "main" if rule else "",
        }

    def _page(self, path: str, target: str) -> Reply:
        """What a visitor gets: Gitea leads to the login from any new-issue address, and knows the repository's page."""
        if path.endswith("/issues/new"):
            return Reply(303, "", {"location": f"{self.login}?redirect_to={quote(target, safe='')}"})
        known = path.strip("/").lower() == f"{self.owner}/{self.repo}".lower() or path == "/user/login"
        return Reply(200, "<!doctype html><title>Gitea</title>") if known else Reply(404, "Not found.\n")

    def _error(self, status: int, message: str) -> Reply:
        return Reply(status, {"message": message, "url": f"{self.base}/api/swagger"})


def _paged(rows: list[Any], query: Mapping[str, str]) -> Reply:
    page, limit = int(query.get("page", "1")), int(query.get("limit", "30"))
    return Reply(200, rows[(page - 1) * limit : page * limit], {"x-total-count": str(len(rows))})


def moment(at: float) -> str:
    """A moment as Gitea writes it."""
    return time_text(datetime.fromtimestamp(at, UTC))
