"""How a required context stands: on main's tip, else on the head of the pull request that brought it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal
from urllib.parse import urljoin, urlsplit

from auditor.config import Config
from auditor.derive.check.genuine import is_genuine, leaves_creator_empty
from auditor.derive.check.required import PULL, PUSH, Required
from auditor.derive.provenance.pull import merged_into, unread
from auditor.frozen import frozen
from auditor.model.facts.gitea import CommitStatuses, Gitea, MainBranch, Pull, Status
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing
from auditor.text import parse_time, span_text

State = Literal["green", "red", "pending", "absent", "unknown", "none"]
_GREEN = ("success", "skipped")
_UNTOLD = "this server was never seen to leave the creator of a real run empty: a run can't be told from a person"
_NOBODY = "somebody whom the server doesn't name"


@frozen
class Context:
    """A required context as it stands on `commit` (main's tip, or the head of pull request `pull`).

    Without anything required there is one entry with `required` False. `green` is MISSING while a pending one may still
    become it. `succeeded` says that it has a success; `genuine`, that each was posted by a run or a declared account;
    `posted_by` names who posted the others.
    """

    name: str
    required: bool = True
    state: State = "unknown"
    text: str = ""
    commit: str | None = None
    pull: int | None = None
    url: str | None = None
    green: bool | Missing = MISSING
    succeeded: bool | Missing = MISSING
    genuine: bool | Missing = MISSING
    posted_by: tuple[str, ...] = ()


@frozen
class Reasons:
    """Why a context's facts are not known, where they aren't."""

    green: Gap
    genuine: Gap


@frozen
class Stage:
    """What the contexts are judged by; `pull` brought the tip, None: none did, MISSING: that is not known.

    `grace` is said where main is so young that what is missing may still come.
    """

    gitea: Gitea
    main: MainBranch
    pull: Pull | Missing | None
    grace: str | None
    accounts: tuple[str, ...]
    base: str

    @classmethod
    def of(cls, snapshot: Snapshot, gitea: Gitea, main: MainBranch, config: Config) -> "Stage":
        """The stage of the configured branch."""
        site = config.gitea
        pull = _bringer(gitea, main)
        return cls(
            gitea=gitea,
            main=main,
            pull=pull,
            grace=_grace(gitea, main, pull, snapshot.finished_at, config.limits.ci_grace),
            accounts=() if site is None else site.allow.ci_accounts,
            base="" if site is None else site.base,
        )


@frozen
class _Found:
    """The entries of one context, and where they stand; `entries` empty: absent, MISSING: not observed."""

    name: str
    commit: str | None
    pull: int | None
    entries: tuple[Status, ...] | Missing
    gap: Gap | None = None


def gap_at(gitea: Gitea, *places: str) -> Gap | None:
    """The first gap at one of `places`."""
    return next((gap for place in places for gap in gitea.gaps if gap.pointer == place), None)


def contexts_of(required: Sequence[Required], stage: Stage) -> tuple[tuple[Context, ...], tuple[Reasons, ...]]:
    """Each required context, with the reasons of what is not known of it; without any, one that is not required."""
    nothing = Gap(pointer="", reason="nothing is required")
    if not required:
        none = Context(name="", required=False, state="none", green=True, succeeded=False, genuine=True)
        return (none,), (Reasons(green=nothing, genuine=nothing),)
    pairs = [_judged(found, stage) for one in required for found in _found(one, stage)]
    return tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)


def _found(required: Required, stage: Stage) -> list[_Found]:
    """The contexts that `required` stands for: main's own, else those of its pull request's head."""
    tip, gap = _statuses(stage, "tip", stage.main.commit)
    if tip is MISSING:
        return [_Found(name=required.name, commit=None, pull=None, entries=MISSING, gap=gap)]
    own = _grouped(required, tip, (PUSH, ""), stage.main.commit, None)
    pushed = any(entry.context.endswith(PUSH) for entry in tip)
    if own or (pushed and not (required.literal and required.name.endswith(PULL))):
        return own or [_absent(required, stage.main.commit, None)]
    if stage.pull is None:
        return [_absent(required, stage.main.commit, None)]
    if stage.pull is MISSING:
        gap = Gap(pointer="", reason=unread(stage.gitea) or "what brought main's tip is not known")
        return [_Found(name=required.name, commit=None, pull=None, entries=MISSING, gap=gap)]
    head, gap = _statuses(stage, "pull-head", None)
    number = stage.pull.number
    if head is MISSING:
        return [_Found(name=required.name, commit=None, pull=number, entries=MISSING, gap=gap)]
    commit = _commit(stage, "pull-head")
    return _grouped(required, head, (PULL, PUSH, ""), commit, number) or [_absent(required, commit, number)]


def _statuses(
    stage: Stage, role: Literal["tip", "pull-head"], commit: str | Missing | None
) -> tuple[tuple[Status, ...] | Missing, Gap]:
    places = ("/gitea/statuses", *(f"/gitea/statuses/{at}/entries" for at in range(2)))
    unseen = gap_at(stage.gitea, *places) or Gap(pointer="", reason=f"the statuses of the {role} were not observed")
    known = () if stage.gitea.statuses is MISSING else stage.gitea.statuses
    for one in known:
        if one.role == role and (role == "tip" or stage.pull is MISSING or _number(stage.pull) == one.pull):
            if commit is not None and one.commit != commit:
                return MISSING, Gap(pointer="", reason="main moved while its statuses were read: run it again")
            return one.entries, unseen
    return MISSING, unseen


def _number(pull: Pull | Missing | None) -> int | None:
    return None if pull is MISSING or pull is None else pull.number


def _commit(stage: Stage, role: str) -> str | None:
    known: Iterable[CommitStatuses] = () if stage.gitea.statuses is MISSING else stage.gitea.statuses
    return next((one.commit for one in known if one.role == role), None)


def _grouped(
    required: Required,
    entries: Iterable[Status],
    events: tuple[str, ...],
    commit: str | Missing | None,
    pull: int | None,
) -> list[_Found]:
    groups: dict[str, list[Status]] = {}
    for entry in entries:
        if required.is_met_by(entry.context, *events):
            groups.setdefault(entry.context, []).append(entry)
    where = None if commit is MISSING else commit
    return [_Found(name=name, commit=where, pull=pull, entries=tuple(group)) for name, group in groups.items()]


def _absent(required: Required, commit: str | Missing | None, pull: int | None) -> _Found:
    return _Found(name=required.name, commit=None if commit is MISSING else commit, pull=pull, entries=())


def _judged(found: _Found, stage: Stage) -> tuple[Context, Reasons]:
    unseen = found.gap or Gap(pointer="", reason="the statuses were not observed")
    context = Context(name=found.name, commit=found.commit, pull=found.pull)
    if found.entries is MISSING:
        return replace(context, text="not observed"), Reasons(green=unseen, genuine=unseen)
    state = _state(found.entries)
    texts = dict.fromkeys(
        f"{entry.state} ({entry.description})"
        if entry.state not in _GREEN and isinstance(entry.description, str) and entry.description
        else entry.state
        for entry in found.entries
    )
    waiting = state in ("pending", "absent") and stage.grace is not None
    empty = leaves_creator_empty(stage.gitea)
    green = [entry for entry in found.entries if entry.state in _GREEN]
    verdicts = [is_genuine(entry, stage.accounts, empty) for entry in green]
    forged = dict.fromkeys(_poster(entry) for entry, verdict in zip(green, verdicts, strict=True) if verdict is False)
    context = replace(
        context,
        state=state,
        text=", ".join(texts) or "absent",
        url=_url(found.entries, stage.base),
        green=MISSING if waiting else state == "green",
        succeeded=bool(green),
        genuine=False if forged else MISSING if MISSING in verdicts else True,
        posted_by=tuple(forged),
    )
    reason = Gap(pointer="", reason=f"{found.name} is {context.text}: {stage.grace}")
    untold = Gap(pointer="", reason=_UNTOLD if not empty else f"who posted {found.name} was not observed")
    return context, Reasons(green=reason, genuine=untold)


def _state(entries: Sequence[Status]) -> State:
    if not entries:
        return "absent"
    states = {entry.state for entry in entries}
    if states <= set(_GREEN):
        return "green"
    return "pending" if states <= {*_GREEN, "pending"} else "red"


def _poster(entry: Status) -> str:
    return entry.creator if isinstance(entry.creator, str) else _NOBODY


def _url(entries: Iterable[Status], base: str) -> str | None:
    """Where the worst entry leads; a path is below the server's address."""
    ordered = sorted(entries, key=lambda entry: entry.state in _GREEN)
    texts = (entry.target_url for entry in ordered)
    text = next((text for text in texts if isinstance(text, str) and text), None)
    if text is None:
        return None
    try:
        url = urljoin(f"{base}/", text)
        return url if urlsplit(url).scheme in ("http", "https") else None
    except ValueError:
        return None


def _bringer(gitea: Gitea, main: MainBranch) -> Pull | Missing | None:
    """The pull request whose merge result main's tip is."""
    found = next((one for one in merged_into(gitea, main.name) if one.merge_commit == main.commit), None)
    if found is not None:
        return found
    return MISSING if unread(gitea) is not None or main.commit is MISSING else None


def _grace(gitea: Gitea, main: MainBranch, pull: Pull | Missing | None, now: str, limit: float) -> str | None:
    """Said where CI may still report: the commit is young, or main has it since a short while."""
    rows = () if gitea.activity is MISSING else gitea.activity.rows
    moments = [main.committed_at, *(row.created_at for row in rows if row.new == main.commit)]
    if pull is not MISSING and pull is not None:
        moments.append(pull.merged_at if pull.merged_at is not None else MISSING)
    known = [moment for moment in moments if moment is not MISSING]
    age = min(((parse_time(now) - parse_time(moment)).total_seconds() for moment in known), default=0.0)
    return None if age >= limit else f"main is {span_text(max(0.0, age))} old, and CI has {span_text(limit)}"
