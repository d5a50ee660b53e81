"""One look at the server, the repository and its objects; a part that fails is a gap, and the others go on."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from auditor.collectors.gitea.activity import observe_feed
from auditor.collectors.gitea.api import Api
from auditor.collectors.gitea.caller import observe_caller
from auditor.collectors.gitea.copy import ObjectCopy
from auditor.collectors.gitea.gap import GapList
from auditor.collectors.gitea.memory import MemoryFile, RepositoryMemory, ServerMemory
from auditor.collectors.gitea.protection import observe_deploy_keys, observe_protections
from auditor.collectors.gitea.pull import observe_pulls
from auditor.collectors.gitea.repository import observe_repository, repository_facts, with_rights
from auditor.collectors.gitea.server import observe_root_url, observe_server
from auditor.collectors.gitea.status import bringing_pull, leaves_creator_empty, observe_statuses, past_statuses
from auditor.confidence import Confidence
from auditor.config import Gitea as Section
from auditor.errors import SourceError
from auditor.gitfile.revision import named_commit
from auditor.model.facts.gitea import ActivityFeed, CiVariable, CommitStatuses, Gitea, Repository
from auditor.model.facts.gitea_history import PullHead
from auditor.model.missing import MISSING, Missing

_BEHIND = (
    *("main", "protections", "deploy_keys", "branches", "pulls", "statuses", "activity", "history", "pull_heads"),
    *("pull_commits", "earlier_tips", "workflows", "creator_ever_empty", "caller/admin", "caller/push", "caller/pull"),
)


@dataclass
class Observation:
    """A look under way."""

    section: Section
    api: Api
    copy: ObjectCopy
    gaps: GapList
    own: Confidence
    server_file: MemoryFile
    earlier: Iterable[tuple[str, str | None]]
    # what the gate names; without it the branch's tip is meant
    target: str | None = None

    def observe(self, empty: Gitea) -> Gitea:
        """`empty` with all facts; raises SourceError where the server can't be reached or refuses the token."""
        known = self.server_file.load(ServerMemory, ServerMemory())
        server, memory = observe_server(self.api, self.gaps, known)
        caller, memory = observe_caller(self.api, self.gaps, memory)
        redirect, record = observe_repository(self.api, self.gaps)
        facts = replace(empty, redirect=redirect)
        if record is not MISSING:
            facts = replace(facts, repository=self.gaps.attempt("repository", lambda: repository_facts(record)))
        if record is MISSING or facts.repository is MISSING:
            for pointer in (*_BEHIND, *(("variables",) if self.section.owner_rights else ())):
                self.gaps.add(pointer, "the repository itself could not be seen")
        else:
            caller = with_rights(caller, record)
            facts = self._behind(facts, facts.repository, memory.creator_ever_empty)
        ever = facts.creator_ever_empty
        memory = replace(memory, creator_ever_empty=memory.creator_ever_empty or ever is True)
        if memory != known:
            self.server_file.save(memory)
        # last, because any refusal on the way tells it too
        server = replace(server, root_url=observe_root_url(self.api, self.gaps))
        return replace(facts, server=server, caller=caller)

    def _behind(self, facts: Gitea, repository: Repository, ever_empty: bool) -> Gitea:
        name = repository.full_name if repository.full_name is not MISSING else ""
        file = self.server_file.beside(str(repository.id), name, self.section.branch)
        known = file.load(RepositoryMemory, RepositoryMemory())
        with self.copy.followed(facts, self.api) as (facts, objects):
            facts, memory = self._settings(facts, repository, known)
            if objects is not None:
                facts = self.copy.read(facts, objects, known.pull_commits, self.earlier)
        facts, asked = self._checks(facts, repository, ever_empty, known.creator_asked)
        memory = replace(memory, creator_asked=asked)
        if facts.pull_commits is not MISSING:
            memory = replace(memory, pull_commits=facts.pull_commits)
        if memory != known:
            file.save(memory)
        return facts

    def _settings(
        self, facts: Gitea, repository: Repository, known: RepositoryMemory
    ) -> tuple[Gitea, RepositoryMemory]:
        """What the API alone knows, but for what hangs on the tip."""
        pulls, whole = observe_pulls(self.api, self.gaps, repository, known.pulls)
        feed = observe_feed(self.api, self.gaps, self.section.branch, known.feed)
        memory = replace(
            known,
            pulls=pulls if whole and pulls is not MISSING else known.pulls,
            feed=known.feed if feed is MISSING else feed[1],
        )
        facts = replace(
            facts,
            protections=observe_protections(self.api, self.gaps),
            deploy_keys=observe_deploy_keys(self.api, self.gaps),
            variables=self._variables(),
            pulls=pulls,
            activity=MISSING
            if feed is MISSING
            else ActivityFeed(complete=feed[0], rows=tuple(row.activity for row in feed[1] if row.activity)),
        )
        return facts, memory

    def _variables(self) -> tuple[CiVariable, ...] | Missing:
        if not self.section.owner_rights:
            return MISSING
        # what looks for secrets takes long to load, and few ask for it
        from auditor.collectors.gitea.variable import observe_variables

        return observe_variables(self.api, self.gaps, self.own)

    def _checks(
        self, facts: Gitea, repository: Repository, ever_empty: bool, asked: str | None
    ) -> tuple[Gitea, str | None]:
        """The statuses of the tip, or of the commit that the gate names in its place.

        Beside them whether Actions are known to name no creator, and the commit that was asked for that last.
        """
        tip = facts.main.commit if facts.main is not MISSING and facts.main is not None else MISSING
        if facts.main is None:
            return replace(facts, statuses=(), creator_ever_empty=ever_empty), asked
        if tip is MISSING:
            self.gaps.add("statuses", "the commit that the branch points to is not known")
            return replace(facts, creator_ever_empty=ever_empty), asked
        tip = named_commit(self.target, facts, self.section.branch) or tip
        statuses = observe_statuses(
            self.api, self.gaps, tip, lambda: self._bringer(facts, repository, tip), self.section.checks
        )
        ever: bool | Missing = ever_empty or leaves_creator_empty(statuses)
        if ever is False and asked != tip and _has_entries(statuses):
            ever = past_statuses(self.api, self.gaps, tip)
            asked = asked if ever is MISSING else tip
        return replace(facts, statuses=statuses, creator_ever_empty=ever), asked

    def _bringer(self, facts: Gitea, repository: Repository, tip: str) -> PullHead | None:
        if facts.pulls is MISSING or facts.pull_heads is MISSING:
            raise SourceError("the pull request that brought the tip is not known")
        pull = bringing_pull(facts.pulls, self.section.branch, repository.full_name, tip)
        if pull is None:
            return None
        head = next((head for head in facts.pull_heads if head.number == pull.number), None)
        if head is None:
            raise SourceError(f"the head of pull request {pull.number} at its merge is not known")
        return head


def _has_entries(statuses: Iterable[CommitStatuses]) -> bool:
    return any(each.entries is not MISSING and each.entries for each in statuses)
