"""All pull requests: those that changed since the last night are asked for, the others are remembered.

The list comes latest change first. What is remembered is believed only if it adds up to the server's own count.
"""

import dataclasses

from auditor.collectors.gitea.api import Api
from auditor.collectors.gitea.gap import GapList
from auditor.collectors.gitea.record import Record
from auditor.collectors.gitea.refusal import READER
from auditor.collectors.gitea.value import MalformedError, address, count, flag, moment, name, sha, state, title
from auditor.model.facts.gitea import Pull, Repository
from auditor.model.missing import MISSING, Missing

_PLACE = "R/pulls"
_ORDER = {"state": "all", "sort": "recentupdate"}
_OFF = "switch pull requests on in the repository's settings"
# the lists of versions that lack a field say nothing about it
_VERSIONED = frozenset({"draft"})


def observe_pulls(
    api: Api, gaps: GapList, repository: Repository, known: tuple[Pull, ...]
) -> tuple[tuple[Pull, ...] | Missing, bool]:
    """The pull requests, highest number first, and whether they may be remembered as the whole."""
    if repository.empty is True:
        return (), False
    if repository.has_pull_requests is False:
        gaps.add("pulls", "pull requests are switched off: those of the past can't be seen", _OFF)
        return MISSING, False
    walked = gaps.attempt("pulls", lambda: _walk(api, known))
    if walked is MISSING:
        return MISSING, False
    pulls, total = walked
    if total is not None and total != len(pulls):
        gaps.add("pulls", f"{len(pulls)} were listed, and the server counts {total}", "audit again")
    ordered = tuple(pulls[number] for number in sorted(pulls, reverse=True))
    for at, pull in enumerate(ordered):
        for field in dataclasses.fields(pull):
            if getattr(pull, field.name) is MISSING and field.name not in _VERSIONED:
                gaps.add(
                    f"pulls/{at}/{field.name}",
                    "the server's answer lacks it, or it is malformed",
                    MalformedError.remedy,
                )
    return ordered, total == len(pulls)


def _walk(api: Api, known: tuple[Pull, ...]) -> tuple[dict[int, Pull], int | None]:
    """The pull requests by number, and the server's count of them; None where it names none."""
    if known:
        pulls, total = _changed_since(api, known)
        if total == len(pulls):
            return pulls, total
        # one was deleted, or the order isn't what was asked for: nothing of the memory is sure
    return _changed_since(api, ())


def _changed_since(api: Api, known: tuple[Pull, ...]) -> tuple[dict[int, Pull], int | None]:
    newest = max((pull.updated_at for pull in known), default=None)
    fresh: dict[int, Pull] = {}
    total = None
    for page in api.pages(_PLACE, READER, _ORDER):
        rows = [_pull(row) for row in page.items]
        for row in rows:
            # a change between two pages moves a row to the front, where it was not seen: the later answer counts
            if row.number not in fresh or row.updated_at >= fresh[row.number].updated_at:
                fresh[row.number] = row
        total = page.total
        if newest is not None and rows and min(row.updated_at for row in rows) < newest:
            break
    return {**{pull.number: pull for pull in known}, **fresh}, total


def _pull(row: object) -> Pull:
    # gaps are made of the finished list, where each has its place: the remembered ones need them too
    record = Record(row, "pulls", GapList())
    merged = record.need("merged", flag)
    return Pull(
        number=record.need("number", count),
        state=record.need("state", state),
        draft=record.maybe("draft", flag),
        merged=merged,
        merged_at=record.nullable("merged_at", moment),
        merged_by=record.nullable("merged_by", name, "merged_by.login"),
        merge_commit=record.nullable("merge_commit", sha, "merge_commit_sha"),
        merge_base=_known(record.nullable("merge_base", _sha_or_empty)),
        base_branch=record.need("base.ref", name),
        base_repository=record.nullable("base_repository", name, "base.repo.full_name"),
        head_branch=record.get("head_branch", name, "head.ref"),
        head_repository=record.nullable("head_repository", name, "head.repo.full_name"),
        head_commit=_known(record.nullable("head_commit", _sha_or_empty, "head.sha")),
        author=record.nullable("author", name, "user.login"),
        title=record.get("title", title),
        url=record.get("url", address, "html_url"),
        created_at=record.get("created_at", moment),
        updated_at=record.need("updated_at", moment),
        closed_at=record.nullable("closed_at", moment),
    )


def _sha_or_empty(value: object) -> str:
    return "" if value == "" else sha(value)


def _known(value: str | Missing | None) -> str | Missing | None:
    return value or None if value is not MISSING else MISSING
