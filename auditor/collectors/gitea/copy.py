"""The auditor's own copy of the objects: brought to where the API says that the branch is, then read."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.collectors.gitea.api import Api
from auditor.collectors.gitea.branch import observe_main
from auditor.collectors.gitea.gap import GapList
from auditor.collectors.gitea.place import git_shares_token, mirror_folder
from auditor.config import Gitea as Section
from auditor.errors import SourceError
from auditor.interfaces import Deadline
from auditor.model.facts.gitea import Gitea, MainBranch
from auditor.model.facts.gitea_history import PullCommits
from auditor.model.missing import MISSING, Missing
from auditor.transports.http import HttpClient

if TYPE_CHECKING:  # imported when the objects are read, which the first request must not wait for
    from auditor.collectors.gitea.objects import Objects
    from auditor.transports.mirror.view import Mirror

_FACTS = "history branches pull_heads pull_commits earlier_tips workflows"
# the API is asked after the objects, and needs some of the time
_SHARE = 0.8
_TRIES = 2


@dataclass
class ObjectCopy:
    """The copy in `state`; where that is None there is none. `notices` are what the user should know of it."""

    section: Section
    state: Path | None
    http: HttpClient
    deadline: Deadline
    progress: Callable[[str], None]
    gaps: GapList
    requests: int = 0
    notices: list[str] = field(default_factory=list)

    @contextmanager
    def followed(self, facts: Gitea, api: Api) -> Iterator["tuple[Gitea, Objects | None]"]:
        """`facts` with the branch, and the objects as they are at that very commit, for as long as the block lasts.

        Pull requests are asked for within it: the one that brought the tip must be among them.
        """
        from auditor.collectors.gitea.objects import Objects

        with ExitStack() as stack:
            for _ in range(_TRIES):
                objects = None
                mirror = self.gaps.attempt(_FACTS, self._updated)
                if mirror is not MISSING:
                    stack.enter_context(mirror)
                    objects = Objects(mirror, self.section.branch, self.deadline, api.scrub, self.gaps)
                facts = replace(facts, main=observe_main(api, self.gaps, self.section.branch))
                if objects is None or self._agrees(objects, facts.main):
                    break
            yield facts, objects

    def read(
        self,
        facts: Gitea,
        objects: "Objects",
        known: tuple[PullCommits, ...],
        earlier: Iterable[tuple[str, str | None]],
    ) -> Gitea:
        """`facts` with what the objects say, as far as they are at the commit that the API names."""
        from auditor.collectors.gitea.workflow import observe_workflows

        attempt = self.gaps.attempt
        facts = replace(
            facts,
            branches=attempt("branches", objects.branches),
            pull_heads=attempt("pull_heads", objects.pull_heads),
        )
        tip = attempt("history pull_commits earlier_tips workflows", lambda: self._tip(objects, facts.main))
        if tip is MISSING:
            return facts
        history = attempt("history pull_commits", lambda: objects.history(self.section.baseline))
        facts = replace(
            facts,
            history=history,
            earlier_tips=attempt("earlier_tips", lambda: objects.earlier_tips(earlier)),
            workflows=()
            if tip is None
            else attempt("workflows", lambda: observe_workflows(objects.mirror, tip, self.gaps)),
        )
        if history is MISSING:
            return facts
        pulls, heads = facts.pulls, facts.pull_heads
        if pulls is MISSING or heads is MISSING:
            self.gaps.add("pull_commits", "the pull requests or their heads are not known")
            return facts
        commits = attempt("pull_commits", lambda: objects.pull_commits(history, pulls, heads, known))
        return replace(facts, pull_commits=commits)

    def _updated(self) -> "Mirror":
        from auditor.transports.mirror.update import update_mirror
        from auditor.transports.mirror.view import Mirror

        if self.state is None:
            raise SourceError("there is no state folder for a copy of the objects: name one under history.path")
        folder = mirror_folder(self.state, self.section)
        with suppress(OSError):  # the update says what is wrong with the place
            folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        before = self.http.requests_sent
        try:
            update = update_mirror(
                folder,
                self.section.git_address,
                http=self.http,
                deadline=Deadline.after(self.deadline.remaining() * _SHARE),
                progress=self.progress,
                token=git_shares_token(self.section),
            )
        finally:
            self.requests += self.http.requests_sent - before
        self.notices.extend(self.http.scrub(note) for note in update.notes)
        return Mirror.open(folder)

    def _agrees(self, objects: "Objects", main: MainBranch | Missing | None) -> bool:
        try:
            tip = objects.tip
        except SourceError:
            return True  # another try would not bring it either
        return main is MISSING or (main.commit in (tip, MISSING) if main is not None else tip is None)

    def _tip(self, objects: "Objects", main: MainBranch | Missing | None) -> str | None:
        tip = objects.tip
        if self._agrees(objects, main):
            return tip
        said = "nowhere" if main is None or main is MISSING else main.commit
        raise SourceError(
            f"the objects have the branch at {tip or 'nowhere'}, the API at {said}: "
            "audit again, and correct gitea.git if it stays so"
        )
