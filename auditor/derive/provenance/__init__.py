"""How each commit of main came there: by which merged pull request into main, or past all of them.

A pull request accounts for the commit that its merge made, and for what its head added; nothing else does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from auditor.config import Config
from auditor.derive.provenance.claim import Claims, claims_of
from auditor.derive.provenance.feed import Push, feed_breaks, pushes_of
from auditor.derive.provenance.pull import merged_into, unread
from auditor.frozen import frozen
from auditor.model.facts.gitea import ActivityFeed, Gitea, Pull
from auditor.model.facts.gitea_history import Commit, History
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing

_LIST = "/provenance/unproven"
_DETOUR = "pull request #{} put the line that main had until then behind a second parent, where nobody looked"


@frozen
class Arrival:
    """A commit of main that no pull request is known to have brought; `covered` is MISSING where one may have.

    `pushed_by` and `pushed_at` are the activity feed's word, None where it says nothing.
    """

    commit: str
    subject: str
    author: str
    committed_at: str | None
    pushed_by: str | None = None
    pushed_at: str | None = None
    covered: bool | Missing = MISSING


@frozen
class Provenance:
    """The line of main's first parents since the baseline, newest first; `unproven` are those without a pull request.

    `tip_pull` is the pull request that brought main's tip, None where none did. `feed_breaks` counts the pushes that
    don't begin where another one that the feed shows ended: the feed is whole only where it is 0.
    """

    tip: str | Missing | None = MISSING
    tip_pull: int | Missing | None = MISSING
    baseline: str | Missing | None = MISSING
    commit_count: int | Missing = MISSING
    covered_count: int | Missing = MISSING
    unproven: tuple[Arrival, ...] | Missing = MISSING
    feed_breaks: int | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, config: Config) -> Provenance:
    """The provenance of the configured branch."""
    gitea = snapshot.gitea
    if gitea is MISSING or config.gitea is None:
        return Provenance()
    if not gitea.available:
        return Provenance(gaps=(Gap(pointer="/provenance", reason=f"gitea is unavailable: {gitea.error}"),))
    if gitea.history is MISSING or gitea.pulls is MISSING:
        below = ("/gitea/history", "/gitea/pulls", "/gitea/redirect")
        return Provenance(gaps=carried(gitea.gaps, below, "/provenance"))
    return _of_line(gitea, gitea.history, merged_into(gitea, config.gitea.branch))


def _of_line(gitea: Gitea, history: History, merged: Sequence[Pull]) -> Provenance:
    line = _judged(history)
    added = () if gitea.pull_commits is MISSING else gitea.pull_commits
    heads = () if gitea.pull_heads is MISSING else gitea.pull_heads
    claims = claims_of(line, merged, added, heads)
    places = {commit.sha: place for place, commit in enumerate(line)}
    feed = gitea.activity
    wanted = [place for place in range(len(line)) if place not in claims.pulls]
    # a push that began at the baseline has it for its old commit
    reached = places if history.baseline is None else {history.baseline: len(line), **places}
    pushes = {} if feed is MISSING else pushes_of(reached, wanted, feed.rows)
    doubts = {**_open_questions(gitea, places, wanted), **claims.doubts}
    unproven = tuple(_arrivals(line, wanted, pushes, doubts))
    return Provenance(
        tip=None if history.tip is None else history.tip.sha,
        tip_pull=_tip_pull(history, claims, merged, doubts),
        baseline=history.baseline,
        commit_count=len(line),
        covered_count=len(claims.pulls),
        unproven=unproven,
        feed_breaks=_breaks(feed, places, history),
        gaps=(
            *_gaps_of_line(gitea, history, places),
            *(Gap(pointer=_LIST, reason=_DETOUR.format(number)) for number in claims.detours),
            *_gaps_of_elements(wanted, doubts),
        ),
    )


def _judged(history: History) -> Sequence[Commit]:
    """The commits that want a pull request: without a baseline that holds, not the very first one."""
    line = history.commits
    return line[:-1] if not history.baseline_on_line and line and not line[-1].parents else line


def _tip_pull(
    history: History, claims: Claims, merged: Iterable[Pull], doubts: Mapping[int, str]
) -> int | Missing | None:
    if history.tip is None:
        return None
    if history.commits and history.commits[0].sha == history.tip.sha:
        return claims.pulls.get(0, MISSING if 0 in doubts else None)
    # the tip is the baseline itself: no commit of the line, and yet a pull request may have made it
    return next((pull.number for pull in merged if pull.merge_commit == history.tip.sha), None)


def _open_questions(gitea: Gitea, places: Mapping[str, int], wanted: Iterable[int]) -> Mapping[int, str]:
    """Why a commit without a pull request may have one that this run didn't see."""
    if (reason := unread(gitea)) is not None:
        return dict.fromkeys(wanted, reason)
    known = gitea.main.commit if gitea.main is not MISSING and gitea.main is not None else MISSING
    # pull requests were listed beside the branch: what came to the line after that may be a merge of which none knows
    newer = places.get(known, 0) if known is not MISSING else 0
    return {place: "main moved while it was read: run it again" for place in wanted if place < newer}


def _arrivals(
    line: Sequence[Commit], wanted: Iterable[int], pushes: Mapping[int, Push], doubts: Mapping[int, str]
) -> Iterator[Arrival]:
    for place in wanted:
        commit, push = line[place], pushes.get(place)
        yield Arrival(
            commit=commit.sha,
            subject=commit.subject,
            author=commit.author,
            committed_at=commit.committed_at,
            pushed_by=push.actor if push else None,
            pushed_at=push.at if push else None,
            covered=MISSING if place in doubts else False,
        )


def _breaks(feed: ActivityFeed | Missing, places: Mapping[str, int], history: History) -> int | Missing:
    return MISSING if feed is MISSING else feed_breaks(places, feed.rows, history.baseline)


def _gaps_of_line(gitea: Gitea, history: History, places: Mapping[str, int]) -> Iterator[Gap]:
    """What keeps the line from being main's whole line since the baseline."""
    yield from carried(gitea.gaps, ("/gitea/history",), _LIST)
    if not history.baseline_on_line:
        reason = f"the baseline {history.baseline} is no commit of main's line"
        yield Gap(pointer=_LIST, reason=reason, remedy="set gitea.baseline to a commit of main: git log --first-parent")
    known = gitea.main.commit if gitea.main is not MISSING and gitea.main is not None else MISSING
    if known is not MISSING and known not in places and known not in (history.baseline, _sha(history)):
        yield Gap(pointer=_LIST, reason=f"main moved to {known} while its commits were read: run it again")


def _sha(history: History) -> str | None:
    return None if history.tip is None else history.tip.sha


def _gaps_of_elements(wanted: Sequence[int], doubts: Mapping[int, str]) -> Iterator[Gap]:
    for index, place in enumerate(wanted):
        if place in doubts:
            yield Gap(pointer=f"{_LIST}/{index}/covered", reason=doubts[place])
