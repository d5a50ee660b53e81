"""Searches everything that a git repository holds: objects, names, refs; the repository itself is only read."""

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import cache
from pathlib import Path

from auditor.collectors.leaks.attribution import History, leaks, merged, named_files
from auditor.collectors.leaks.compilation import use_compiled
from auditor.collectors.leaks.history import Walk, begun_walk
from auditor.collectors.leaks.ledger import Findings, Ledger
from auditor.collectors.leaks.loose import loose_objects, search_loose
from auditor.collectors.leaks.object_name import ObjectNames
from auditor.collectors.leaks.scan import Scanner, name_sightings
from auditor.collectors.leaks.source import Source, read_source
from auditor.collectors.leaks.task import Task
from auditor.collectors.leaks.team import Team, search_pack
from auditor.detector.accelerator import accelerator_of
from auditor.detector.engine import Versions, engine_versions
from auditor.detector.own_kind import Patterns, kinds_with
from auditor.errors import SourceError
from auditor.model.facts.leaks import Leak, LeakPlace, LeakSearch, SearchEngine, Suppression, Unsearched
from auditor.model.missing import MISSING
from auditor.text import name_text, printable, short

_LOOSE_AT_ONCE = 2_000


def search_repository(repository: Path, task: Task) -> LeakSearch:
    """The secrets in every object of the repository, reachable or not, and in the names of files, branches and tags.

    Raises SourceError where there is no repository, or the time is over.
    """
    source = read_source(repository)
    try:
        return _searched(source, task)
    except sqlite3.Error:
        # a full disk or a locked file costs the memory, never the search
        return _searched(source, replace(task, ledger=None))


def _searched(source: Source, task: Task) -> LeakSearch:
    # thousands of names of refs are searched every night
    use_compiled(accelerator_of(kinds_with(task.patterns)), task.kept, task.key, compile_anew=False)
    digest = rules_digest(task.key, task.patterns, engine_versions())
    with closing(Ledger(task.ledger, digest)) as ledger, ExitStack() as stack:
        packs = _new_packs(source, ledger)
        # its processes begin while git is asked
        team = stack.enter_context(closing(Team.for_pack(packs[0], task))) if packs else None
        walk = stack.enter_context(begun_walk(source, ledger, task))
        read = _read_new(source, ledger, task, packs, team)
        return placed(source, ledger, task, walk, read, _in_refs(source, task))


def engines_here() -> tuple[SearchEngine, ...]:
    """What searches on this machine."""
    return tuple(SearchEngine(name=name, version=version) for name, version in engine_versions())


def rules_digest(key: bytes, patterns: Patterns, engines: Versions) -> str:
    """What a search depends on beside the texts: program, engines, a site's own kinds, and the key of the HMACs."""
    given = json.dumps([engines, patterns]).encode()
    return hmac.new(key, _program() + given, hashlib.sha256).hexdigest()


@cache
def _program() -> bytes:
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for folder in (here, here.parents[1] / "detector"):
        for path in sorted((*folder.rglob("*.py"), *folder.rglob("*.so"))):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.digest()


def _new_packs(source: Source, ledger: Ledger) -> list[Path]:
    """The packs that the ledger does not know, the largest first."""
    known = ledger.packs()
    found = [path for folder in source.objects for path in (folder / "pack").glob("*.pack")]
    new = [path for path in found if pack_name(path) not in known]
    return sorted(new, key=lambda path: (-path.stat().st_size, path.name))


def pack_name(path: Path) -> str:
    """By what a ledger knows a pack."""
    return f"{path.stem}:{path.stat().st_size}"


def _read_new(source: Source, ledger: Ledger, task: Task, packs: Iterable[Path], team: Team | None) -> Findings:
    """Searches what the ledger does not know; `team` has begun for the first of `packs`."""
    total = Findings()
    for path in packs:
        task.check()
        task.progress(f"searching {path.name}")
        found = search_pack(path, source, task, team)
        team = None
        ledger.take(found, pack=(pack_name(path), found.read))
        total.read += found.read
        total.searched_bytes += found.searched_bytes
    old, is_object = ledger.loose(), ObjectNames(source.objects, source.hash_bytes)
    for folder in source.objects:
        new = [oid for oid in loose_objects(folder) if oid not in old]
        for start in range(0, len(new), _LOOSE_AT_ONCE):
            task.check()
            some = new[start : start + _LOOSE_AT_ONCE]
            found = search_loose(folder, some, task.key, is_object, task.patterns)
            ledger.take(found, loose=some)
            total.read += found.read
            total.searched_bytes += found.searched_bytes
    return total


def placed(
    source: Source, ledger: Ledger, task: Task, walk: Walk, read: Findings, in_refs: Sequence[Leak]
) -> LeakSearch:
    """What the ledger holds, each with its paths and commits, and what the names of refs hold."""
    unsearched = [*source.unsearched, *ledger.unsearched()]
    holders = ledger.holders()
    history = _NO_HISTORY
    try:
        history = walk({holder.oid for holder in holders})
    except SourceError as fault:
        unsearched.append(("history", str(fault)))
    found = merged((*leaks(holders, history, task.origin), *in_refs))
    return LeakSearch(
        leaks=found,
        suppressed=tuple(Suppression(kind=kind, reason=why, count=count) for kind, why, count in ledger.suppressed()),
        unsearched=tuple(Unsearched(place=place, reason=printable(short(why, 300))) for place, why in unsearched),
        objects=ledger.objects(),
        read=read.read,
        searched_bytes=read.searched_bytes,
        named_files=MISSING if history.events is None else named_files(history, task.origin),
    )


_NO_HISTORY = History(events=None, tips={}, refs={}, reached=frozenset())


def _in_refs(source: Source, task: Task) -> Sequence[Leak]:
    """Secrets in the names of branches and tags; the name is shown up to the value."""
    names = dict(source.refs)
    return [
        Leak(
            kind=one.kind,
            hint=one.hint,
            hmac=one.hmac,
            places=(
                LeakPlace(
                    origin=task.origin,
                    where="ref-name",
                    object=names[name],
                    path=name_text(shown),
                    tips=(name_text(shown),),
                ),
            ),
        )
        for name, one, shown in name_sightings(names, Scanner(task.key, kinds=kinds_with(task.patterns)))
    ]
