"""The configured branch as any reader of the code sees it."""

from urllib.parse import quote

from auditor.collectors.gitea.api import Api
from auditor.collectors.gitea.gap import GapList
from auditor.collectors.gitea.record import Record
from auditor.collectors.gitea.refusal import ADMIN, READER, denied
from auditor.collectors.gitea.value import MalformedError, count, flag, moment, name, names, sha
from auditor.model.facts.gitea import MainBranch
from auditor.model.missing import MISSING, Missing
from auditor.text import name_text
from auditor.transports.http.answer import is_success


def observe_main(api: Api, gaps: GapList, branch: str) -> MainBranch | Missing | None:
    """The branch, None where the repository has none of this name."""

    def ask() -> MainBranch | None:
        answer = api.ask(f"R/branches/{quote(branch, safe='/')}")
        if answer.status == 404 and not answer.route_missing:
            return None
        if not is_success(answer.status):
            raise denied(answer, READER)
        record = Record(answer.content, "main", gaps)
        if (found := record.need("name", name)) != name_text(branch.encode()):
            raise MalformedError(f"the server answered about the branch '{found}'")
        return _main(record, found, gaps)

    return gaps.attempt("main", ask)


def _main(record: Record, branch: str, gaps: GapList) -> MainBranch:
    protected = record.get("protected", flag)
    return MainBranch(
        name=branch,
        commit=record.get("commit", sha, "commit.id"),
        committed_at=record.get("committed_at", moment, "commit.timestamp"),
        protected=protected,
        required_approvals=record.get("required_approvals", count),
        enable_status_check=record.get("enable_status_check", flag),
        status_check_contexts=record.get("status_check_contexts", names),
        effective_rule=_effective_rule(record, protected, gaps),
    )


def _effective_rule(record: Record, protected: bool | Missing, gaps: GapList) -> str | Missing | None:
    """The rule's name, which is empty for whoever is no admin."""
    if protected is False:
        return None
    rule = record.get("effective_rule", name, "effective_branch_protection_name")
    if rule == "":
        gaps.add("main/effective_rule", "only an admin of the repository sees which rule applies", ADMIN.remedy)
        return MISSING
    return rule
