"""One look for secrets: both repositories searched, each secret joined over them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from auditor.collectors.leaks.attribution import merged
from auditor.collectors.leaks.repository import engines_here, search_repository
from auditor.collectors.leaks.task import Task
from auditor.config.hmac_key import load_hmac_key
from auditor.errors import SourceError
from auditor.interfaces import Context, Deadline
from auditor.model.facts.leaks import (
    Leak,
    Leaks,
    LeakSearch,
    NamedFile,
    Origin,
    Searched,
    Suppression,
    TokenLife,
)
from auditor.model.facts.own import OwnPlace
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing
from auditor.text import time_text
from auditor.transports.mirror.place import mirror_folder
from auditor.transports.mirror.state import load_state

# of many objects that can't be read the first few say enough
_MOST_GAPS = 20
# what the other parts need of a run's time
_RESERVE_SECONDS = 2.0


def observe(context: Context) -> Leaks:
    """The facts; raises SourceError where no repository could be searched."""
    return _Work(context, load_hmac_key(context.config, context.state)).facts()


@dataclass
class _Work:
    """The facts in the making."""

    context: Context
    key: bytes = field(repr=False)
    gaps: list[Gap] = field(default_factory=list)

    def facts(self) -> Leaks:
        """All of them."""
        found: dict[Origin, LeakSearch] = {}
        searched: list[Searched] = []
        for origin in self._origins():
            try:
                repository, task = self._gitea() if origin == "gitea" else self._local()
                found[origin] = one = search_repository(repository, task)
                searched.append(
                    Searched(origin=origin, objects=one.objects, read=one.read, searched_bytes=one.searched_bytes)
                )
                self._note(origin, one)
                self._search_own_values(repository, task)
            except SourceError as fault:
                self.context.own.lose(origin, f"its objects were not searched: {fault}")
                self._add(f"searched/{len(searched)}", f"{origin}: {fault}")
                searched.append(Searched(origin=origin, error=str(fault)))
        if not found:
            raise SourceError("; ".join(gap.reason for gap in self.gaps))
        secrets = merged(leak for search in found.values() for leak in search.leaks)
        tokens = self._tokens(secrets)
        return Leaks(
            available=True,
            observed_at=time_text(self.context.now),
            gaps=tuple(dict.fromkeys(self.gaps)),
            secrets=secrets,
            tokens=tokens,
            named_files=tuple(file for search in found.values() for file in _named(search)),
            suppressed=_suppressed(found),
            searched=tuple(searched),
            engines=engines_here(),
        )

    def _tokens(self, secrets: tuple[Leak, ...]) -> tuple[TokenLife, ...] | Missing:
        config = self.context.config
        if not config.secrets.verify:
            return MISSING
        from auditor.collectors.leaks.liveness import token_lives

        repositories: dict[Origin, Path] = {}
        if config.local is not None:
            repositories["local"] = config.local.path
        if config.gitea is not None and self.context.state is not None:
            repositories["gitea"] = mirror_folder(self.context.state, config.gitea.git_address)
        self.context.progress("asking whether leaked tokens still work")
        try:
            return token_lives(secrets, repositories, self.key, self.context)
        except SourceError as fault:
            self._add("tokens", str(fault))
            return MISSING

    def _origins(self) -> Iterator[Origin]:
        if self.context.config.gitea is not None:
            yield "gitea"
        if self.context.config.local is not None:
            yield "local"

    def _gitea(self) -> tuple[Path, Task]:
        gitea, seen = self.context.config.gitea, self.context.seen.gitea
        if gitea is None or self.context.state is None:
            raise SourceError("there is no state folder with a copy of the objects: name one under history.path")
        if seen is MISSING or not seen.available:
            raise SourceError("it was not observed in this run, and an earlier copy proves nothing of today")
        folder = mirror_folder(self.context.state, gitea.git_address)
        state = load_state(folder)
        if state is None:
            raise SourceError("there is no copy of its objects yet: run the audit again")
        if state.missing or seen.history is MISSING:
            self._cut("gitea: the copy of its objects is not complete: run the audit again")
        pulls = () if seen.pulls is MISSING else seen.pulls
        wanted = {f"refs/pull/{pull.number}/head" for pull in pulls if pull.state == "open"}
        if seen.pulls is MISSING:
            self._cut("gitea: which pull requests are open was not observed")
        tips = {ref.name: ref.sha for ref in state.tips if ref.name.startswith("refs/heads/") or ref.name in wanted}
        return folder, self._task("gitea", folder.name, tips)

    def _local(self) -> tuple[Path, Task]:
        section = self.context.config.local
        if section is None:
            raise SourceError("no clone is configured: name its folder under local: in policies.yaml")
        return section.path, self._task("local", "local", None)

    def _search_own_values(self, repository: Path, task: Task) -> None:
        """A pass for the values that the machines told; its failure is none of the search."""
        own = self.context.own
        told = {machine: one for machine, one in own.told.items() if one.marks}
        if not told:
            return
        from auditor.collectors.leaks.own_search import search_own_values

        left = Deadline.after(max(0.0, self.context.deadline.remaining() - _RESERVE_SECONDS))
        try:
            found = search_own_values(repository, replace(task, deadline=left), told, own.key.encode())
        except SourceError as fault:
            own.lose(task.origin, f"its objects were not searched for own values: {fault}")
            return
        own.find(_own_places(found, task.origin))
        for one in found.unsearched[:_MOST_GAPS]:
            own.lose(task.origin, f"{one.place} was not searched whole: {one.reason}")

    def _task(self, origin: Origin, name: str, tips: dict[str, str] | None) -> Task:
        state = self.context.state
        ledger: Path | None = None
        if state is not None:
            ledger = state / "leaks" / f"{self.context.config.id}-{name}.sqlite"
        return Task(
            key=self.key,
            ledger=ledger,
            tips=tips,
            origin=origin,
            patterns=tuple((one.id, one.regex) for one in self.context.config.secrets.patterns),
            deadline=self.context.deadline,
            progress=self.context.progress,
        )

    def _note(self, origin: Origin, search: LeakSearch) -> None:
        for one in search.unsearched[:_MOST_GAPS]:
            self._lost(f"{origin}: {one.place} was not searched whole: {one.reason}")
        more = len(search.unsearched) - _MOST_GAPS
        if more > 0:
            self._lost(f"{origin}: {more} more objects were not searched whole")
        if search.named_files is MISSING:
            self._add("named_files", f"{origin}: its history was not walked")

    def _cut(self, reason: str) -> None:
        """Notes that neither secrets nor files are all there."""
        self._lost(reason)
        self._add("named_files", reason)

    def _lost(self, reason: str) -> None:
        self._add("secrets", reason)

    def _add(self, pointer: str, reason: str) -> None:
        self.gaps.append(Gap(pointer=f"/leaks/{pointer}", reason=reason))


def _own_places(search: LeakSearch, origin: Origin) -> Iterator[OwnPlace]:
    """Those that count; what only unreachable objects of the clone hold does not."""
    for leak in search.leaks:
        for place in leak.places:
            if place.reachable or origin == "gitea":
                yield OwnPlace(name=leak.hmac, source=origin, place=place.path or "", line=place.line, object=place)


def _named(search: LeakSearch) -> tuple[NamedFile, ...]:
    return () if search.named_files is MISSING else search.named_files


def _suppressed(found: dict[Origin, LeakSearch]) -> tuple[Suppression, ...]:
    counts: dict[tuple[str, str], int] = {}
    for search in found.values():
        for one in search.suppressed:
            counts[one.kind, one.reason] = counts.get((one.kind, one.reason), 0) + one.count
    return tuple(Suppression(kind=kind, reason=why, count=count) for (kind, why), count in sorted(counts.items()))
