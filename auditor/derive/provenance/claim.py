"""Which commits of main's line a merged pull request accounts for: its merge result, and what its head added.

Never by the text of a message alone, and never by the activity feed: both can be made to say anything.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from auditor.frozen import frozen
from auditor.model.facts.gitea import Pull
from auditor.model.facts.gitea_history import Commit, PullCommits, PullHead
from auditor.model.missing import MISSING
from auditor.text import parse_time

# one rebase writes its commits in one go; a push that carries a copy of one of them was made at another time
_REBASE_PAUSE_SECONDS = 600

_Key = tuple[str, str, str]


@frozen
class Claims:
    """For each place on the line (0 is the tip) the pull request that brought it; what may be one's is in `doubts`.

    `detours` are the pull requests whose fast-forward put main's line until then behind a second parent.
    """

    pulls: Mapping[int, int]
    doubts: Mapping[int, str]
    detours: tuple[int, ...]


@dataclass
class _Ledger:
    line: Sequence[Commit]
    merges: Mapping[str, Sequence[Pull]]
    added: Mapping[int, PullCommits]
    heads: Mapping[int, str]
    pulls: dict[int, int] = field(default_factory=dict)
    doubts: dict[int, str] = field(default_factory=dict)
    detours: list[int] = field(default_factory=list)


def claims_of(
    line: Sequence[Commit], pulls: Iterable[Pull], added: Iterable[PullCommits], heads: Iterable[PullHead] = ()
) -> Claims:
    """What the merged `pulls` into the branch account for; `line` is newest first, `added` what their heads add."""
    merges: dict[str, list[Pull]] = {}
    for pull in pulls:
        if isinstance(pull.merge_commit, str):
            merges.setdefault(pull.merge_commit, []).append(pull)
    ledger = _Ledger(line, merges, {one.number: one for one in added}, {head.number: head.commit for head in heads})
    for place, commit in enumerate(line):
        for pull in merges.get(commit.sha, ()):
            _claim(ledger, place, pull)
    return Claims(pulls=ledger.pulls, doubts=ledger.doubts, detours=tuple(ledger.detours))


def _claim(ledger: _Ledger, place: int, pull: Pull) -> None:
    ledger.pulls.setdefault(place, pull.number)
    known = ledger.added.get(pull.number)
    if known is None or known.commits is MISSING:
        _doubt(ledger, place, pull.number)
        return
    own = frozenset(commit.sha for commit in known.commits)
    if ledger.line[place].sha in own:
        below = _fast_forward(ledger, place, own)
        if own.isdisjoint(left := ledger.line[max(below, default=place)].parents[:1]) and left != (known.merge_base,):
            ledger.detours.append(pull.number)
    else:
        below = _rebased(ledger, place, known, known.commits)
    for other in below:
        ledger.pulls.setdefault(other, pull.number)


def _below(ledger: _Ledger, place: int) -> Iterator[int]:
    """The places below one merge result, up to the next."""
    for other in range(place + 1, len(ledger.line)):
        if ledger.line[other].sha in ledger.merges:
            return
        yield other


def _fast_forward(ledger: _Ledger, place: int, own: frozenset[str]) -> list[int]:
    return list(takewhile(lambda other: ledger.line[other].sha in own, _below(ledger, place)))


def _rebased(ledger: _Ledger, place: int, pull: PullCommits, commits: Sequence[Commit]) -> list[int]:
    """The places below the result that hold the pull request's commits written anew; none of them: it was squashed."""
    top = ledger.line[place]
    left = Counter(filter(None, (_key(commit) for commit in commits if len(commit.parents) < 2)))
    mine = _original(top, left)
    if len(top.parents) != 1 or mine is None:
        return []
    left[mine] -= 1
    own = frozenset(commit.sha for commit in commits)
    found: list[int] = []
    above = top
    for other in _below(ledger, place):
        commit = ledger.line[other]
        key = _key(commit)
        if key is None or not left[key] or len(commit.parents) != 1:
            break
        if commit.sha not in own and not _in_one_go(commit, above):
            break
        left[key] -= 1
        found.append(other)
        above = commit
    return found[:-1] if found and _impossible(ledger.line[found[-1]], pull, commits, own) else found


def _impossible(oldest: Commit, pull: PullCommits, commits: Sequence[Commit], own: frozenset[str]) -> bool:
    """Whether `oldest` can't be of the rebase: git leaves commits alone that already stand on the new base."""
    linear = all(len(commit.parents) == 1 for commit in commits)
    return linear and oldest.parents[0] == pull.merge_base and oldest.sha not in own


def _key(commit: Commit) -> _Key | None:
    return None if commit.authored_at is None else (commit.author, commit.authored_at, commit.message_sha256)


def _original(top: Commit, left: Mapping[_Key, int]) -> _Key | None:
    """The commit that the last one was made of; the server may amend its message, and no other's."""
    key = _key(top)
    if key is None or key in left:
        return key
    return next((one for one in left if one[:2] == key[:2]), None)


def _in_one_go(commit: Commit, above: Commit) -> bool:
    if commit.committed_at is None or above.committed_at is None:
        return False
    pause = (parse_time(above.committed_at) - parse_time(commit.committed_at)).total_seconds()
    return abs(pause) <= _REBASE_PAUSE_SECONDS


def _doubt(ledger: _Ledger, place: int, number: int) -> None:
    """Without its commits, whatever lies between this result and the next may be the pull request's or not."""
    top = ledger.line[place]
    forwarded = ledger.heads.get(number) == top.sha
    if len(top.parents) != 1 and not forwarded:
        return
    for other in _below(ledger, place):
        if len(ledger.line[other].parents) != 1 and not forwarded:
            return
        ledger.doubts.setdefault(other, f"what pull request #{number} adds could not be read")
