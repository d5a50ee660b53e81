"""The secret search alone, on repositories and folders that no policy file need name."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.config import Config
from auditor.config.hmac_key import load_hmac_key
from auditor.errors import SourceError
from auditor.gitfile.layout import find_layout
from auditor.interfaces import Collector, Context
from auditor.model.facts.leaks import Leaks, LeakSearch, NamedFile, Searched, Suppression
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING
from auditor.plugins import load
from auditor.text import name_text, time_text

if TYPE_CHECKING:
    from auditor.detector.search import IsObject

RULES = ("secrets-*",)
# what of a repository lies neither in its objects nor in its work tree, and may hold a secret
_GIT_FILES = ("config", "config.worktree", "logs", "hooks", "info", "COMMIT_EDITMSG", "MERGE_MSG", "FETCH_HEAD")
# of many places that can't be read the first few say enough
_MOST_GAPS = 20


def is_repository(path: Path) -> bool:
    """Whether git would take the folder for a repository, with a work tree or bare."""
    try:
        find_layout(path)
    except SourceError:
        return False
    return True


def search_collectors(paths: Sequence[Path], *, staged: bool) -> dict[str, Collector]:
    """The sources of a search: the texts, and of a single clone what its own files say (remotes, ignore rules)."""
    found: dict[str, Collector] = {"leaks": _Search(tuple(paths), staged)}
    if not staged and len(paths) == 1 and _has_commit(paths[0]):
        found["local"] = load("collectors", "local")
    return found


def _has_commit(path: Path) -> bool:
    """Whether it is a work tree with a commit checked out: before the first one there is nothing to ask."""
    from auditor.collectors.local.identity import identify

    try:
        return (path / ".git").exists() and identify(path).root_commit is not None
    except SourceError:
        # the witness says what is wrong with it
        return is_repository(path)


@dataclass
class _Search:
    """A source of facts as `auditor.collectors.leaks`, of the paths that the command names."""

    paths: tuple[Path, ...]
    staged: bool
    ROUND: int = 2

    def configured(self, config: Config) -> bool:
        """Always: it was asked for."""
        del config
        return True

    def collect(self, context: Context) -> Leaks:
        """The facts; raises SourceError where a path can't be searched at all."""
        key = load_hmac_key(context.config, context.state)
        found = [each for path in self.paths for each in _searches(path, key, context, staged=self.staged)]
        return _facts(found, context)

    def unavailable(self, reason: str, now: datetime) -> Leaks:
        """The facts of a search that could not be made."""
        return Leaks(available=False, error=reason, observed_at=time_text(now))


def _searches(path: Path, key: bytes, context: Context, *, staged: bool) -> Iterator[LeakSearch]:
    from auditor.collectors.leaks.folder import search_folder
    from auditor.collectors.leaks.repository import search_repository
    from auditor.collectors.leaks.staged import search_staged
    from auditor.collectors.leaks.task import Task

    patterns = tuple((one.id, one.regex) for one in context.config.secrets.patterns)
    task = Task(key=key, patterns=patterns, deadline=context.deadline, progress=context.progress)
    if staged:
        yield search_staged(path, task)
        return
    clone, is_object = clone_around(path)
    task = replace(task, is_object=is_object)
    if not is_repository(path):
        # where a file lies in its clone tells what it is, wherever the search began
        yield search_folder(path, task, clone)
        return
    yield _with_unreachable(search_repository(path, replace(task, ledger=_ledger(path, context.state))))
    layout = find_layout(path)
    for folder in dict.fromkeys((layout.git_dir, layout.common_dir)):
        for name in _GIT_FILES:
            file = Path(os.fsdecode(folder), name)
            if file.exists():
                yield _below(search_folder(file, task), f".git/{name}", file.is_dir())
    if (path / ".git").exists():
        yield search_folder(path, task)


def clone_around(path: Path) -> "tuple[Path | None, IsObject | None]":
    """The clone that a file or folder lies in, and who says whether a hash is the id of an object there."""
    from auditor.collectors.leaks.object_name import object_names
    from auditor.collectors.local.identity import find_clone

    clone = find_clone(path)
    try:
        return clone, object_names(clone) if clone is not None else None
    except SourceError:
        # a damaged clone around a folder keeps nobody from searching the folder
        return None, None


def _ledger(path: Path, state: Path | None) -> Path | None:
    name = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:16]
    return None if state is None else state / "leaks" / f"secrets-{name}.sqlite"


def _with_unreachable(search: LeakSearch) -> LeakSearch:
    """With what no ref leads to any more: whoever asks for a search of everything wants to know of it."""
    leaks = tuple(
        replace(leak, places=tuple(replace(place, reachable=True) for place in leak.places)) for leak in search.leaks
    )
    return replace(search, leaks=leaks)


def _below(search: LeakSearch, name: str, is_folder: bool) -> LeakSearch:
    leaks = tuple(
        replace(
            leak,
            places=tuple(
                replace(place, path=f"{name}/{place.path or ''}" if is_folder else name, tips=(".git",))
                for place in leak.places
            ),
        )
        for leak in search.leaks
    )
    return replace(search, leaks=leaks)


def _facts(found: Sequence[LeakSearch], context: Context) -> Leaks:
    from auditor.collectors.leaks.attribution import merged
    from auditor.collectors.leaks.repository import engines_here

    counts: dict[tuple[str, str], int] = {}
    for search in found:
        for one in search.suppressed:
            counts[one.kind, one.reason] = counts.get((one.kind, one.reason), 0) + one.count
    lost = [f"{name_text(one.place.encode())}: {one.reason}" for search in found for one in search.unsearched]
    more = [f"{len(lost) - _MOST_GAPS} more were not searched whole"] if len(lost) > _MOST_GAPS else []
    named: list[NamedFile] = []
    for search in found:
        named += () if search.named_files is MISSING else search.named_files
    return Leaks(
        available=True,
        observed_at=time_text(context.now),
        gaps=tuple(Gap(pointer="/leaks/secrets", reason=reason) for reason in (*lost[:_MOST_GAPS], *more)),
        secrets=merged(leak for search in found for leak in search.leaks),
        named_files=tuple(named),
        suppressed=tuple(Suppression(kind=kind, reason=why, count=n) for (kind, why), n in sorted(counts.items())),
        searched=tuple(
            Searched(origin="local", objects=one.objects, read=one.read, searched_bytes=one.searched_bytes)
            for one in found
        ),
        engines=engines_here(),
    )
