"""Where links lead: what Gitea answers of a repository, to a visitor and to the token. No link itself is believed.

Gitea sends an anonymous visitor from *any* new-issue address to the login, whether the repository exists or not
(`routers/web/web.go`): only the repository's own page and record tell.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qs, quote, unquote, urlsplit

from auditor.collectors.site.gap import GapList
from auditor.errors import SourceError
from auditor.model.facts.site import IssueForms, LoginPage, Target, TargetPage, TargetRecord
from auditor.model.missing import MISSING, Missing
from auditor.text import printable, short
from auditor.transports.http import HttpClient
from auditor.transports.http.answer import JsonResponse, Response, parse_json

T = TypeVar("T")
_SWAGGER = "/api/swagger"
# no name of an owner begins so (modules/validation/username.go): whoever asks gets an error, and ROOT_URL with it
_NOBODY = "/api/v1/repos/-/-"
_QUERY = {"title": "auditor", "body": "auditor"}
_HTML = {"accept": "text/html"}
# IssueTemplateCandidates of modules/structs/issue.go and services/issue/template.go
_FORM_NAMES = frozenset({"issue_template.yaml", "issue_template.yml"})
_FORM_FOLDERS = ("", ".gitea", ".github")
_REMEDY = "read access to the repository's metadata lets the auditor see it: give the token read:repository"


@dataclass(frozen=True)
class Gitea:
    """How the server is asked: at `base` as a visitor, at `api` with the token where there is one."""

    http: HttpClient
    base: str
    api: str
    token: bool

    def record(self, owner: str, repo: str) -> TargetRecord:
        """The repository's record, asked with the token."""
        return _record(
            self.http.get_json(f"{self.api}/api/v1/repos/{_named(owner, repo)}", token=self.token, fresh=True)
        )

    def anonymous_record(self, owner: str, repo: str) -> TargetRecord:
        """The repository's record as a visitor gets it."""
        return _record(self.http.get_json(f"{self.base}/api/v1/repos/{_named(owner, repo)}", fresh=True))

    def page(self, owner: str, repo: str) -> TargetPage:
        """The repository's page as a visitor gets it."""
        answer = self.http.get(f"{self.base}/{_named(owner, repo)}", headers=_HTML, fresh=True)
        return TargetPage(status=answer.status, location=_bare(answer.location))

    def login(self, owner: str, repo: str) -> LoginPage:
        """Where the form sends a visitor who isn't signed in, and where the way back is kept."""
        place = f"{_named(owner, repo)}/issues/new"
        answer = self.http.get(f"{self.base}/{place}", params=_QUERY, headers=_HTML, fresh=True)
        return LoginPage(status=answer.status, location=_bare(answer.location), kept_in=_kept_in(answer, place))

    def forms(self, owner: str, repo: str, gaps: GapList, pointer: str) -> IssueForms:
        """What stands between the link and an empty form."""
        root = f"/api/v1/repos/{_named(owner, repo)}"
        config = _attempt(gaps, f"{pointer}/blank_issues_enabled", lambda: self._value(f"{root}/issue_config"))
        templates = _attempt(gaps, f"{pointer}/template_count", lambda: self._value(f"{root}/issue_templates"))
        known = config if isinstance(config, dict) else {}
        blank, contacts = known.get("blank_issues_enabled"), known.get("contact_links")
        return IssueForms(
            blank_issues_enabled=blank if isinstance(blank, bool) else MISSING,
            contact_link_count=len(contacts) if isinstance(contacts, list) else 0 if known else MISSING,
            template_count=MISSING if templates is MISSING else len(templates) if isinstance(templates, list) else 0,
            files=self._form_files(root),
        )

    def _form_files(self, root: str) -> tuple[str, ...] | Missing:
        """Forms that load by themselves: they show in the tree alone. No gap: the copy of the objects tells it too."""
        try:
            branch = self._value(root).get("default_branch")
            top = self._tree(f"{root}/git/trees/{quote(str(branch), safe='')}")
            found = [name for name in top if name.lower() in _FORM_NAMES]
            for folder in _FORM_FOLDERS[1:]:
                sha = top.get(folder)
                names = self._tree(f"{root}/git/trees/{sha}") if sha else {}
                found += [f"{folder}/{name}" for name in names if name.lower() in _FORM_NAMES]
        except (SourceError, AttributeError):
            return MISSING
        return tuple(short(printable(name), 200) for name in found)

    def _tree(self, path: str) -> dict[str, str]:
        content = self._value(path)
        entries = content.get("tree", 0) if isinstance(content, dict) else 0
        # Gitea writes an empty list as null
        entries = [] if entries is None else entries
        if not isinstance(entries, list) or content.get("truncated") is True:
            raise SourceError("the tree is not whole")
        return {
            str(one["path"]): str(one["sha"])
            for one in entries
            if isinstance(one, dict) and "path" in one and "sha" in one
        }

    def _value(self, path: str) -> Any:
        return self.http.get_json(f"{self.api}{path}", token=self.token, fresh=True).value

    def root_url(self) -> str | Missing:
        """The server's own configured address, as every error of the API carries it."""
        answer = self.http.get_json(f"{self.api}{_NOBODY}", token=self.token, fresh=True)
        try:
            body = parse_json(answer.response.body)
        except ValueError:
            return MISSING
        url = body.get("url") if isinstance(body, dict) else None
        known = isinstance(url, str) and url.startswith(("http://", "https://")) and url.endswith(_SWAGGER)
        return short(printable(str(url).removesuffix(_SWAGGER)), 300) if known else MISSING


def observe_target(gitea: Gitea, target: Target, gaps: GapList, index: int) -> Target:
    """A target below the configured base, with all that is answered of it."""
    owner, repo = target.owner, target.repo
    if not owner or not repo:
        return target
    here = f"targets/{index}"
    record = _attempt(gaps, f"{here}/record", lambda: gitea.record(owner, repo))
    known = record is not MISSING and record.status == 200
    return Target(
        base=target.base,
        owner=owner,
        repo=repo,
        configured=target.configured,
        asked=True,
        record=record,
        anonymous_record=_attempt(gaps, f"{here}/anonymous_record", lambda: gitea.anonymous_record(owner, repo)),
        page=_attempt(gaps, f"{here}/page", lambda: gitea.page(owner, repo)),
        login=_attempt(gaps, f"{here}/login", lambda: gitea.login(owner, repo)),
        forms=gitea.forms(owner, repo, gaps, f"{here}/forms") if known else MISSING,
    )


def _attempt(gaps: GapList, pointer: str, observe: Callable[[], T]) -> T | Missing:
    try:
        return observe()
    except SourceError as error:
        gaps.add(pointer, str(error), _REMEDY if " 403" in str(error) else None)
        return MISSING


def _named(owner: str, repo: str) -> str:
    return f"{quote(owner, safe='')}/{quote(repo, safe='')}"


def _record(answer: JsonResponse) -> TargetRecord:
    content = answer.content if isinstance(answer.content, dict) else {}
    number, name = content.get("id"), content.get("full_name")
    target = answer.location
    redirect = None if target is None else unquote(urlsplit(target).path.partition("/api/v1/repos/")[2])
    return TargetRecord(
        status=answer.status,
        id=number if isinstance(number, int) and not isinstance(number, bool) else None,
        full_name=short(printable(name), 200) if isinstance(name, str) else None,
        archived=_flag(content, "archived"),
        private=_flag(content, "private"),
        has_internal_tracker=isinstance(content.get("internal_tracker"), dict) if content else None,
        has_external_tracker=isinstance(content.get("external_tracker"), dict) if content else None,
        redirect=None if redirect is None else short(printable(redirect), 200),
    )


def _flag(content: dict[str, Any], name: str) -> bool | None:
    value = content.get(name)
    return value if isinstance(value, bool) else None


def _bare(address: str | None) -> str | None:
    return None if address is None else short(printable(address.partition("?")[0]), 300)


def _kept_in(answer: Response, place: str) -> Any:
    """Where the way back is kept: in the address (1.26 and later), or in a cookie (before, and Forgejo)."""
    target = answer.location
    if target is None:
        return None
    back = parse_qs(urlsplit(target).query).get("redirect_to", [""])[0]
    if place.lower() in unquote(back).lower() and "title=" in unquote(back):
        return "url"
    cookies = (value for value in answer.headers.all("set-cookie") if value.startswith("redirect_to="))
    kept = any(place.lower() in unquote(unquote(value)).lower() for value in cookies)
    return "cookie" if kept else None


__all__ = ["Gitea", "observe_target"]
