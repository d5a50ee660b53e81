"""When main left a commit: the moment from which production counts as behind."""

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.config import Config
from auditor.derive.drift.canonical import commit_of
from auditor.derive.provenance.claim import claims_of
from auditor.derive.provenance.feed import pushes_of
from auditor.derive.provenance.pull import merged_into, unread
from auditor.frozen import frozen
from auditor.gitfile.ignore import Pattern, deciding_from_root, parse_patterns
from auditor.model.facts.canon import CanonCommit, Step
from auditor.model.facts.gitea import Gitea, Pull
from auditor.model.facts.gitea_history import Commit
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING, Missing
from auditor.text import name_bytes, parse_time


@frozen
class Lag:
    """`excused` is whether main moved by nothing that is deployed; `left_at` is None then, and `left_by` the commit
    that counts. `reason` says why a fact is MISSING.
    """

    excused: bool | Missing = MISSING
    left_at: str | Missing | None = MISSING
    left_by: str | None = None
    reason: str | None = None


def lag_of(commit: str, snapshot: Snapshot, config: Config) -> Lag:
    """How far main has moved past a commit in its history that is not its tip."""
    known = commit_of(snapshot, commit)
    if known is None or known.changed_since is MISSING:
        return Lag(reason=f"what main changed since {commit[:12]} was not read")
    excuse = _Excuse.of(config.nas.not_deployed if config.nas else ())
    if all(map(excuse.covers, known.changed_since)):
        return Lag(excused=True, left_at=None)
    if known.on_first_parents is False:
        # it never was main's tip, so main left it when it was made at the latest
        why = None if known.committed_at is not MISSING else f"the date of {commit[:12]} was not read"
        return Lag(excused=False, left_at=known.committed_at, left_by=None, reason=why)
    return _first_step(known, excuse, snapshot, config)


@dataclass(frozen=True)
class _Excuse:
    """The globs of `not_deployed`, in gitignore's syntax."""

    patterns: list[Pattern]

    @classmethod
    def of(cls, globs: Sequence[str]) -> "_Excuse":
        return cls(parse_patterns("\n".join(globs).encode(), b"not_deployed"))

    def covers(self, path: str) -> bool:
        pattern = deciding_from_root(lambda folder: () if folder else self.patterns, (), name_bytes(path))
        return pattern is not None and not pattern.negated

    def covers_all(self, step: Step) -> bool | Missing:
        return MISSING if step.paths is MISSING else all(map(self.covers, step.paths))


def _first_step(known: CanonCommit, excuse: _Excuse, snapshot: Snapshot, config: Config) -> Lag:
    times = _Times.of(snapshot, config)
    if isinstance(times, str):
        return Lag(excused=False, reason=times)
    if known.steps is not MISSING:
        for step in known.steps:
            covered = excuse.covers_all(step)
            if covered is MISSING:
                return Lag(excused=False, reason=f"what {step.commit[:12]} changed was not read")
            if not covered:
                return times.lag(step.commit, step.committed_at)
    after = times.after(known.commit)
    if not after:
        # older than what was read of main's line: its own committer date is all there is
        why = None if isinstance(known.left_at, str) else f"when main left {known.commit[:12]} was not read"
        return Lag(excused=False, left_at=MISSING if known.left_at is None else known.left_at, reason=why)
    first = times.lag(after[-1].sha, after[-1].committed_at)
    if not excuse.patterns or len(after) == 1 or first.left_at is MISSING or first.left_at is None:
        return first
    return _bounded(first, times.lag(after[0].sha, after[0].committed_at), snapshot, config)


def _bounded(first: Lag, last: Lag, snapshot: Snapshot, config: Config) -> Lag:
    """Some commit between the two counts, and which is not known: enough where both give the same answer."""
    now, limit = parse_time(snapshot.finished_at), config.limits.max_lag
    if (now - parse_time(str(first.left_at))).total_seconds() < limit:
        return first
    if isinstance(last.left_at, str) and (now - parse_time(last.left_at)).total_seconds() >= limit:
        return last
    return Lag(excused=False, reason="which commit of main first changed something that is deployed was not read")


@dataclass(frozen=True)
class _Times:
    """When each commit of main's line got there: by its merge, else the feed's row, else its committer date."""

    line: tuple[Commit, ...]
    pulls: dict[int, Pull]
    claimed: dict[str, int]
    doubted: frozenset[str]
    pushed: dict[str, str] | None

    @classmethod
    def of(cls, snapshot: Snapshot, config: Config) -> "_Times | str":
        gitea = snapshot.gitea
        if gitea is MISSING or not gitea.available or gitea.history is MISSING or gitea.pulls is MISSING:
            return "main's history and its pull requests were not observed"
        why = unread(gitea)
        if why is not None:
            return why
        line = gitea.history.commits
        merged = merged_into(gitea, config.gitea.branch if config.gitea else "main")
        added = () if gitea.pull_commits is MISSING else gitea.pull_commits
        heads = () if gitea.pull_heads is MISSING else gitea.pull_heads
        claims = claims_of(line, merged, added, heads)
        return cls(
            line=line,
            pulls={pull.number: pull for pull in merged},
            claimed={line[place].sha: number for place, number in claims.pulls.items()},
            doubted=frozenset(line[place].sha for place in claims.doubts),
            pushed=_pushed(line, gitea),
        )

    def after(self, commit: str) -> tuple[Commit, ...]:
        """The commits that came after one on the line, newest first; none where it is not on it."""
        place = next((number for number, one in enumerate(self.line) if one.sha == commit), None)
        return () if place is None else self.line[:place]

    def lag(self, commit: str, committed_at: str | None) -> Lag:
        """The lag that this commit began."""
        at, why = self._arrival(commit, committed_at)
        return Lag(excused=False, left_at=at, left_by=commit, reason=why)

    def _arrival(self, commit: str, committed_at: str | None) -> tuple[str | Missing, str | None]:
        pull = self.pulls.get(self.claimed.get(commit, -1))
        if pull is not None:
            if isinstance(pull.merged_at, str):
                return pull.merged_at, None
            return MISSING, f"when pull request #{pull.number} was merged was not read"
        if commit in self.doubted or self.pushed is None:
            return MISSING, f"how {commit[:12]} came to main was not read"
        at = self.pushed.get(commit, committed_at)
        return (MISSING, f"nothing says when {commit[:12]} came to main") if at is None else (at, None)


def _pushed(line: Sequence[Commit], gitea: Gitea) -> dict[str, str] | None:
    if gitea.activity is MISSING:
        return None
    places = {commit.sha: place for place, commit in enumerate(line)}
    found = pushes_of(places, range(len(line)), gitea.activity.rows)
    return {line[place].sha: push.at for place, push in found.items()}
