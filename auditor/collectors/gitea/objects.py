"""The repository's objects, in the auditor's own copy: brought up to date, then only read."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from auditor.collectors.gitea.gap import GapList
from auditor.errors import SourceError
from auditor.interfaces import Deadline
from auditor.model.facts import gitea_history as facts
from auditor.model.facts.gitea import Branch, Pull
from auditor.model.facts.gitea_history import EarlierTip, History, PullCommits, PullHead
from auditor.model.missing import MISSING, Missing
from auditor.text import printable, short
from auditor.transports.mirror.commit import Commit, Person
from auditor.transports.mirror.view import Mirror

MOST_COMMITS = 20_000
MOST_PULL_COMMITS = 1_000
_HEADS, _PULLS = "refs/heads/", "refs/pull/"
_LONGEST = 200
_LOOK = 256


@dataclass(frozen=True)
class Objects:
    """The copy of one repository, read on behalf of the facts about `branch`; `scrub` takes the token out of a text."""

    mirror: Mirror
    branch: str
    deadline: Deadline
    scrub: Callable[[str], str]
    gaps: GapList
    most_commits: int = MOST_COMMITS

    @property
    def tip(self) -> str | None:
        """The branch's commit; None where there is none. Raises SourceError where it is not here yet."""
        name = _HEADS + self.branch
        if any(ref.name == name for ref in self.mirror.state.missing):
            raise SourceError("the copy of the objects does not hold the branch yet: the next run goes on")
        return self.mirror.tip(name)

    def branches(self) -> tuple[Branch, ...]:
        """All branches, by name."""
        self._demand(_HEADS, "branches")
        return tuple(
            Branch(name=ref.name.removeprefix(_HEADS), commit=ref.sha)
            for ref in sorted(self.mirror.tips, key=lambda ref: ref.name)
            if ref.name.startswith(_HEADS)
        )

    def pull_heads(self) -> tuple[PullHead, ...]:
        """The heads of all pull requests, highest number first."""
        self._demand(_PULLS, "pull_heads")
        heads = (PullHead(number=number, commit=ref.sha) for ref in self.mirror.tips if (number := _number(ref.name)))
        return tuple(sorted(heads, key=lambda head: -head.number))

    def history(self, baseline: str | None) -> History:
        """The line of first parents from the tip to the baseline (which may be the beginning of an id)."""
        tip, commits, count, last, found = self.tip, [], 0, None, False
        for commit in () if tip is None else self.mirror.first_parents(tip):
            if baseline is not None and commit.sha.startswith(baseline):
                last, found = commit, True
                break
            if count % _LOOK == 0:
                self.deadline.check()
            count, last = count + 1, commit
            if count <= self.most_commits:
                commits.append(self._commit(commit))
        if baseline is None and last is not None:  # then the line's first commit is the baseline
            count, found = count - 1, True
            commits = commits[:count]
        if count > self.most_commits:
            self.gaps.add("history/commits", f"{count} commits: cut after {self.most_commits}", "name a later baseline")
        return History(
            fetched_at=self.mirror.state.fetched_at,
            tip=None if tip is None else self._commit(self.mirror.commit(tip)),
            baseline=last.sha if found and last is not None else baseline,
            baseline_on_line=found,
            commit_count=count,
            commits=tuple(commits),
        )

    def pull_commits(
        self, history: History, pulls: Iterable[Pull], heads: Iterable[PullHead], known: Iterable[PullCommits]
    ) -> tuple[PullCommits, ...]:
        """What each pull request added whose merge is a commit of the line with one parent; a commit never changes."""
        line = {commit.sha for commit in history.commits if len(commit.parents) < 2}
        head_of = {head.number: head.commit for head in heads}
        remembered = {(each.number, each.head, each.merge_base): each for each in known}
        found: list[PullCommits] = []
        for pull in pulls:
            if not pull.merged or pull.base_branch != self.branch or pull.merge_commit not in line:
                continue
            head, base = head_of.get(pull.number), pull.merge_base
            if head is None or not isinstance(base, str):
                self.gaps.add("pull_commits", f"head or merge base of pull request {pull.number} is not known")
                continue
            each = remembered.get((pull.number, head, base))
            if each is None or each.commits is MISSING:
                each = PullCommits(number=pull.number, head=head, merge_base=base)
                each = self._with_commits(each, f"pull_commits/{len(found)}/commits")
            found.append(each)
        return tuple(found)

    def earlier_tips(self, known: Iterable[tuple[str, str | None]]) -> tuple[EarlierTip, ...]:
        """What the branch once was: as the copy saw it, and the `known` commits, each with when it was seen."""
        name = _HEADS + self.branch
        seen: dict[str, str | None] = {tip.sha: tip.replaced_at for tip in self.mirror.seen if tip.name == name}
        seen.update({commit: at for commit, at in known if at is not None or commit not in seen})
        return tuple(
            EarlierTip(commit=commit, seen_at=at, is_ancestor=self._is_ancestor(commit, place))
            for place, (commit, at) in enumerate(seen.items())
        )

    def _is_ancestor(self, commit: str, place: int) -> bool | Missing:
        def look() -> bool:
            self.deadline.check()
            if self.tip is None:
                return False
            # what the tip's history holds is here: a commit that is not can't be in it
            return self.mirror.holds(commit) and self.mirror.is_ancestor(commit, self.tip)

        return self.gaps.attempt(f"earlier_tips/{place}/is_ancestor", look)

    def _with_commits(self, pull: PullCommits, place: str) -> PullCommits:
        def look() -> tuple[facts.Commit, ...]:
            self.deadline.check()
            commits = self._straight(pull) or self._added(pull)
            if len(commits) > MOST_PULL_COMMITS:
                raise SourceError(f"pull request {pull.number} adds more than {MOST_PULL_COMMITS} commits")
            return tuple(self._commit(commit) for commit in commits)

        commits = self.gaps.attempt(place, look)
        return PullCommits(number=pull.number, head=pull.head, merge_base=pull.merge_base, commits=commits)

    def _straight(self, pull: PullCommits) -> list[Commit] | None:
        """The commits of a head that goes straight back to its merge base; None for any other."""
        commits: list[Commit] = []
        for commit in islice(self.mirror.first_parents(pull.head), MOST_PULL_COMMITS + 1):
            if commit.sha == pull.merge_base:
                return commits
            if len(commit.parents) != 1:
                return None
            commits.append(commit)
        return None

    def _added(self, pull: PullCommits) -> list[Commit]:
        """The commits that the head reaches and its merge base doesn't; reads the whole history of the latter."""
        return list(islice(self.mirror.reachable([pull.head], [pull.merge_base]), MOST_PULL_COMMITS + 1))

    def _commit(self, commit: Commit) -> facts.Commit:
        return facts.Commit(
            sha=commit.sha,
            parents=commit.parents,
            tree=commit.tree,
            committed_at=_moment(commit.committer),
            authored_at=_moment(commit.author),
            author=self._shown(commit.author.name),
            subject=self._shown(commit.summary),
            message_sha256=hashlib.sha256(commit.message.rstrip().encode("utf-8", "backslashreplace")).hexdigest(),
        )

    def _shown(self, text: str) -> str:
        return short(printable(self.scrub(text)), _LONGEST)

    def _demand(self, prefix: str, pointer: str) -> None:
        missing = sum(ref.name.startswith(prefix) for ref in self.mirror.state.missing)
        if missing:
            self.gaps.add(pointer, f"{missing} of them are not copied yet", "run again: the copy goes on")


def _moment(person: Person) -> str | None:
    # 0 stands for a date that can't be read
    return person.at if person.seconds else None


def _number(ref: str) -> int:
    number = ref.removeprefix(_PULLS).removesuffix("/head")
    whole = ref == f"{_PULLS}{number}/head" and number.isascii() and number.isdigit() and len(number) < 13
    return int(number) if whole else 0
