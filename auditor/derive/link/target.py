"""Each place that a link leads to, or should: does it exist, is it open, does the text of the visitor survive."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from auditor.config import Config, Gitea
from auditor.extraction.address import host_of, same_base
from auditor.frozen import frozen
from auditor.model.facts.site import IssueForms, IssueLink, LoginPage, Serving, Site, Target, TargetRecord
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing
from auditor.notation import is_private

_FORM_NAMES = frozenset({"issue_template.yaml", "issue_template.yml"})
_FORM_FOLDERS = ("", ".gitea/", ".github/")
# a title longer than this is refused when the form is sent (reference/site.md, 5.5)
_LONGEST_TITLE = 255
# a browser drops a larger cookie; an address is escaped twice on its way to the login, up to three times as long
_LONGEST_COOKIE = 4_000
_IGNORED = ("labels", "assignees", "assignee")
_LONGEST_ADDRESS = 8_000 // 3

Fault = str | Missing | None


@frozen
class LinkTarget:
    """A repository that links lead to. Each fault is one sentence, None: nothing is wrong, MISSING: not known.

    `asked` is False below another base, `exists` where the server has no such repository: what it would say of issues,
    form and login is then nobody's matter. `note` says how it was judged where that is out of the ordinary.
    """

    name: str
    url: str
    configured: bool
    asked: bool
    exists: bool | Missing = MISSING
    exists_fault: Fault = MISSING
    issues_fault: Fault = MISSING
    form_fault: Fault = MISSING
    login_fault: Fault = MISSING
    base_fault: Fault = MISSING
    note: str = ""


def targets_of(
    site: Site, snapshot: Snapshot, servings: Sequence[Serving], config: Config
) -> tuple[tuple[LinkTarget, ...] | Missing, tuple[Gap, ...]]:
    """The targets in the order of the facts, and the reason of each fault that is not known."""
    gitea = config.gitea
    if gitea is None or site.targets is MISSING:
        reason = "no link could be followed" if site.available else f"site is unavailable: {site.error}"
        canonical = "nothing says which repository is canonical"
        return MISSING, (Gap(pointer="/link/targets", reason=canonical if gitea is None else reason),)
    judges = [_Judge(target, site, snapshot, servings, gitea) for target in site.targets]
    targets = tuple(judge.judged() for judge in judges)
    gaps = tuple(gap for index, target in enumerate(targets) for gap in _gaps(target, site, index))
    return targets, gaps


def _gaps(target: LinkTarget, site: Site, index: int) -> Iterator[Gap]:
    for name, below in _READS.items():
        if target.asked and getattr(target, name) is MISSING:
            places = tuple(f"/site/{place.format(index)}" for place in below)
            known = next((gap for gap in site.gaps if gap.pointer.startswith(places)), None)
            reason = (
                _UNSEEN.get(name, "what the server answered is not enough to tell") if known is None else known.reason
            )
            yield Gap(
                pointer=f"/link/targets/{index}/{name}", reason=reason, remedy=None if known is None else known.remedy
            )


_UNSEEN = {"form_fault": "a form that loads by itself shows in the repository's tree alone, which was not seen"}
_READS = {
    "exists": ("targets/{}/record",),
    "exists_fault": ("targets/{}/page", "targets/{}/record"),
    "issues_fault": ("targets/{}/record",),
    "form_fault": ("targets/{}/forms", "targets/{}/record", "targets/{}/login"),
    "login_fault": ("targets/{}/login",),
    "base_fault": ("root_url",),
}


@dataclass(frozen=True)
class _Judge:
    target: Target
    site: Site
    snapshot: Snapshot
    servings: Sequence[Serving]
    gitea: Gitea

    def judged(self) -> LinkTarget:
        target = self.target
        url = f"{target.base}/{target.owner}/{target.repo}/issues/new"
        ours = same_base(target.base, self.gitea.base)
        whole = LinkTarget(
            name=f"{target.owner}/{target.repo}" if ours else url, url=url, configured=target.configured, asked=False
        )
        if not target.asked:
            other = f"its base is {target.base or 'empty'}, and Gitea is at {self.gitea.base}"
            note = "not asked: only what lies below gitea.base is"
            return replace(whole, exists=False, exists_fault=other, base_fault=other, note=note)
        if not target.owner or not target.repo:
            empty = "the address names no repository: owner or name is empty"
            return replace(whole, exists=False, exists_fault=empty, base_fault=self._base(), note="not asked")
        return replace(
            whole,
            asked=True,
            exists=self._there(),
            exists_fault=self._exists(),
            issues_fault=self._issues(),
            form_fault=self._form(),
            login_fault=self._login(),
            base_fault=self._base(),
            note="; ".join(self._notes()),
        )

    def _notes(self) -> Iterator[str]:
        if self.site.signin_required is True:
            yield "the server shows nothing without a login: judged with the token"
        ignored = dict.fromkeys(name for link in self._links() for name in link.parameters if name in _IGNORED)
        if ignored:
            yield f"Gitea ignores {', '.join(ignored)} of the address"

    def _there(self) -> bool | Missing:
        record = self.target.record
        unsure = record is MISSING or record.status >= 500 or record.status in (401, 403)
        return MISSING if unsure or record is MISSING else record.status == 200

    def _exists(self) -> Fault:
        record, page = self.target.record, self.target.page
        if record is MISSING and page is MISSING:
            return MISSING
        moved = self._moved(record)
        if moved:
            return moved
        if record is not MISSING and record.status == 200:
            wanted = f"{self.gitea.owner}/{self.gitea.repo}"
            if (record.full_name or "").lower() != wanted.lower():
                return f"it is the repository {record.full_name}, not {wanted}"
        if self.site.signin_required is True:
            return _of_record(record)
        if page is MISSING:
            return MISSING
        if page.status == 200:
            return None if record is not MISSING and record.status == 200 else _of_record(record)
        if 300 <= page.status < 400 and page.status != 303:
            return f"it answers {page.status} and leads to {page.location}: the repository or its owner was renamed"
        if page.status == 303 and record is not MISSING and record.status == 200 and not record.private:
            return None  # seen live: a page without commits may lead to itself
        return (
            f"a visitor gets {page.status}: {'it is private' if _is_private(record) else 'there is no such repository'}"
        )

    def _moved(self, record: TargetRecord | Missing) -> str | None:
        if record is MISSING or not 300 <= record.status < 400:
            return None
        return f"it answers {record.status} and leads to {record.redirect}: the repository or its owner was renamed"

    def _issues(self) -> Fault:
        record = self.target.record
        if record is MISSING or record.status != 200:
            return MISSING
        if record.archived:
            return "it is archived: the form answers 404"
        if record.has_external_tracker:
            return "its issues are kept in an external tracker: the form answers 404"
        if record.has_internal_tracker is False:
            return "its issues are switched off: the form answers 404"
        return MISSING if record.archived is None else None

    def _form(self) -> Fault:
        forms = self.target.forms
        faults = [*(fault for link in self._links() if (fault := _too_long(link, self.target.login)) is not None)]
        if faults:
            return faults[0]
        if forms is MISSING:
            return MISSING
        files = self._files(forms)
        if files is not MISSING and files:
            return f"{files[0]} loads by itself: the body of the link is ignored"
        if forms.blank_issues_enabled is MISSING:
            return MISSING
        if not forms.blank_issues_enabled:
            counts = (forms.template_count, forms.contact_link_count)
            if any(count is not MISSING and count > 0 for count in counts):
                return "blank issues are switched off: the link leads to the choice of templates, and its text is lost"
        return MISSING if files is MISSING else None

    def _files(self, forms: IssueForms) -> tuple[str, ...] | Missing:
        """Forms that load by themselves, by the API's tree, else by the copy of the objects."""
        if forms.files is not MISSING:
            return forms.files
        canon = self.snapshot.canon
        if canon is MISSING or canon.commits is MISSING or canon.trees is MISSING or not self.target.configured:
            return MISSING
        tree = next((one.tree for one in canon.commits if "main" in one.roles), MISSING)
        found = next((one for one in canon.trees if one.id == tree), None)
        if found is None:
            return MISSING
        return tuple(file.path for file in found.files if _loads_by_itself(file.path))

    def _links(self) -> Iterator[IssueLink]:
        for serving in self.servings:
            for link in serving.links:
                if (link.owner, link.repo) == (self.target.owner, self.target.repo):
                    yield link

    def _login(self) -> Fault:
        login = self.target.login
        if login is MISSING or login.status >= 500:
            return MISSING
        if not 300 <= login.status < 400 or login.location is None:
            return None if login.status == 200 else f"the form answers a visitor with {login.status}"
        host = host_of(login.location)
        allowed = {host_of(self.gitea.base), *(one.lower() for one in self.gitea.allow.login_hosts)}
        if host not in allowed:
            return f"a visitor is sent to {host or login.location}, which is not declared under allow.login_hosts"
        if not urlsplit(login.location).path.endswith("/user/login") and host == host_of(self.gitea.base):
            return f"a visitor is sent to {login.location}, which is no login"
        return None if login.kept_in is not None else "the login forgets where the visitor came from"

    def _base(self) -> Fault:
        base = self.gitea.base
        if urlsplit(base).scheme != "https":
            return f"{base} is not https"
        if is_private(host_of(base)):
            return f"{host_of(base)} is an address of this machine or of a private network"
        if self.site.root_url is MISSING:
            return MISSING
        same = same_base(self.site.root_url, base)
        return None if same else f"Gitea's own ROOT_URL is {self.site.root_url}, not {base}"


def _of_record(record: TargetRecord | Missing) -> Fault:
    if record is MISSING or record.status >= 500 or record.status in (401, 403):
        return MISSING
    return None if record.status == 200 else f"the API answers {record.status}: there is no such repository"


def _is_private(record: TargetRecord | Missing) -> bool:
    return record is not MISSING and record.private is True


def _loads_by_itself(path: str) -> bool:
    folder, slash, name = path.rpartition("/")
    return name.lower() in _FORM_NAMES and folder + slash in _FORM_FOLDERS


def _too_long(link: IssueLink, login: LoginPage | Missing) -> str | None:
    if (link.title_length or 0) > _LONGEST_TITLE:
        return f"the title has {link.title_length} characters, and a form takes {_LONGEST_TITLE}"
    kept = None if login is MISSING else login.kept_in
    if kept == "cookie" and link.encoded_bytes > _LONGEST_COOKIE:
        return (
            f"the address has {link.encoded_bytes} bytes: the cookie that should keep it through the login is dropped"
        )
    if link.encoded_bytes > _LONGEST_ADDRESS:
        return f"the address has {link.encoded_bytes} bytes, and three times as many on its way through the login"
    return None


__all__ = ["LinkTarget", "targets_of"]
