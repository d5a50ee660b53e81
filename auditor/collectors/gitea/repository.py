"""The repository's record, and where its configured name leads."""

from dataclasses import replace

from auditor.collectors.gitea.api import Api
from auditor.collectors.gitea.gap import GapList
from auditor.collectors.gitea.record import Record
from auditor.collectors.gitea.refusal import READER, DeniedError, denied
from auditor.collectors.gitea.value import address, count, flag, name, object_format
from auditor.model.facts.gitea import Caller, Redirect, Repository
from auditor.model.missing import MISSING, Missing
from auditor.transports.http.answer import is_success

_INVISIBLE = (
    "correct owner and repo in policies.yaml, give the auditor's user access to the repository, "
    "and two-factor authentication where the server enforces it"
)


def observe_repository(api: Api, gaps: GapList) -> tuple[Redirect | Missing | None, Record | Missing]:
    """Where the name leads, and the answer about the repository if it leads nowhere else."""
    answer = gaps.attempt("redirect repository", lambda: api.ask("R"))
    if answer is MISSING:
        return MISSING, MISSING
    location = answer.location
    if location is not None:
        place = gaps.attempt("redirect", lambda: address(location))
        gaps.add("repository", "the configured name leads elsewhere: nothing was collected there")
        return (MISSING if place is MISSING else Redirect(status=answer.status, location=place)), MISSING
    if is_success(answer.status):
        return None, gaps.attempt("repository", lambda: Record(answer.content, "repository", gaps))
    refusal = denied(answer, READER)
    if answer.status == 404 and not answer.route_missing:
        refusal = DeniedError(str(refusal), _INVISIBLE)
    gaps.add("repository", str(refusal), refusal.remedy)
    return None, MISSING


def repository_facts(record: Record) -> Repository:
    """The repository as its record describes it; raises MalformedError where it has no id."""
    return Repository(
        id=record.need("id", count),
        full_name=record.get("full_name", name),
        default_branch=record.get("default_branch", name),
        archived=record.get("archived", flag),
        mirror=record.get("mirror", flag),
        private=record.get("private", flag),
        internal=record.maybe("internal", flag),
        fork=record.get("fork", flag),
        empty=record.get("empty", flag),
        has_issues=record.get("has_issues", flag),
        has_internal_tracker=record.presence("has_internal_tracker", "internal_tracker"),
        has_external_tracker=record.presence("has_external_tracker", "external_tracker"),
        has_pull_requests=record.get("has_pull_requests", flag),
        html_url=record.get("html_url", address),
        clone_url=record.get("clone_url", address),
        ssh_url=record.get("ssh_url", name),
        object_format=record.maybe("object_format", object_format, "object_format_name"),
        **_merge_settings(record),
        default_merge_style=record.maybe("default_merge_style", name),
    )


def _merge_settings(record: Record) -> dict[str, bool | Missing]:
    fields = (
        *("allow_merge_commits", "allow_rebase", "allow_rebase_explicit", "allow_squash_merge"),
        *("allow_fast_forward_only_merge", "allow_manual_merge", "autodetect_manual_merge"),
    )
    return {field: record.maybe(field, flag) for field in fields}


def with_rights(caller: Caller, record: Record) -> Caller:
    """The caller with the rights that the repository's record names."""
    record = record.pointing("caller")
    return replace(
        caller,
        admin=record.get("admin", flag, "permissions.admin"),
        push=record.get("push", flag, "permissions.push"),
        pull=record.get("pull", flag, "permissions.pull"),
    )
