"""Searches a repository for own values: a pass of its own, with ledgers of its own; no value and no HMAC is kept.

What was searched is remembered for as long as the values are the same; when one changes, everything is read again.
"""

import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from auditor.collectors.leaks.attribution import merged
from auditor.collectors.leaks.forest import Forest
from auditor.collectors.leaks.heads import PackError
from auditor.collectors.leaks.history import begun_walk
from auditor.collectors.leaks.ledger import Findings, Holder, Ledger
from auditor.collectors.leaks.loose import loose_content, loose_names, loose_objects
from auditor.collectors.leaks.own_scan import KIND, OwnScanner
from auditor.collectors.leaks.pack import Pack
from auditor.collectors.leaks.repository import pack_name, placed, rules_digest
from auditor.collectors.leaks.source import Source, read_source
from auditor.collectors.leaks.task import Task
from auditor.collectors.leaks.worker import PLACES
from auditor.confidence import Machine, Told
from auditor.detector.own_value import OwnValues
from auditor.model.facts.leaks import Leak, LeakPlace, LeakSearch
from auditor.text import name_text


def search_own_values(repository: Path, task: Task, told: Mapping[Machine, Told], key: bytes) -> LeakSearch:
    """Where own values stand in objects and names, reachable or not: the `hmac` of a leak is the name of its key.

    Each machine's values have a ledger of their own beside that of `task`, since they change at different times.
    Raises SourceError where there is no repository, or the time is over.
    """
    source = read_source(repository)
    try:
        return _Pass(source, task, told, key).result()
    except sqlite3.Error:
        return _Pass(source, replace(task, ledger=None), told, key).result()


@dataclass(frozen=True)
class _Pass:
    """One reading of a repository for all machines whose ledgers lack something."""

    source: Source
    task: Task
    told: Mapping[Machine, Told]
    key: bytes = field(repr=False)

    def result(self) -> LeakSearch:
        """What the ledgers hold afterwards."""
        with ExitStack() as stack:
            ledgers = {machine: stack.enter_context(closing(self._ledger(machine))) for machine in self.told}
            total = Findings()
            for found in self._read_new(ledgers):
                total.read += found.read
                total.searched_bytes += found.searched_bytes
            searches = [self._placed(ledger, total) for ledger in ledgers.values()]
        unsearched = dict.fromkeys(one for search in searches for one in search.unsearched)
        leaks = (leak for search in searches for leak in search.leaks)
        return replace(searches[0], leaks=merged((*leaks, *self._in_refs())), unsearched=tuple(unsearched))

    def _placed(self, ledger: Ledger, read: Findings) -> LeakSearch:
        with begun_walk(self.source, ledger, self.task) as walk:
            return placed(self.source, ledger, self.task, walk, read, ())

    def _ledger(self, machine: Machine) -> Ledger:
        path = self.task.ledger
        beside = None if path is None else path.with_name(f"{path.stem}-own-{machine}.sqlite")
        return Ledger(beside, rules_digest(self.task.key, ((KIND, self.told[machine].identity),), ()))

    def _read_new(self, ledgers: Mapping[Machine, Ledger]) -> Iterator[Findings]:
        packs = {machine: ledger.packs() for machine, ledger in ledgers.items()}
        loose = {machine: ledger.loose() for machine, ledger in ledgers.items()}
        for folder in self.source.objects:
            for path in sorted((folder / "pack").glob("*.pack")):
                name = pack_name(path)
                lacking = tuple(machine for machine in ledgers if name not in packs[machine])
                if lacking:
                    self.task.progress(f"searching {path.name} for own values")
                    found = _in_pack(path, self.source.hash_bytes, self._scanner(lacking))
                    for machine in lacking:
                        ledgers[machine].take(self._of(machine, found), pack=(name, found.read))
                    yield found
            there = list(loose_objects(folder))
            for machine, ledger in ledgers.items():
                new = [oid for oid in there if oid not in loose[machine]]
                found = _in_loose(folder, [oid.hex() for oid in new], self._scanner((machine,)))
                ledger.take(found, loose=new)
                yield found

    def _scanner(self, machines: Sequence[Machine]) -> OwnScanner:
        marks = [mark for machine in machines for mark in self.told[machine].marks]
        return OwnScanner(OwnValues(marks, self.key), self.task.check)

    def _of(self, machine: Machine, found: Findings) -> Findings:
        """The findings with the values of one machine alone."""
        names = {mark.name for mark in self.told[machine].marks}
        return replace(found, holders=[holder for holder in found.holders if holder.hmac in names])

    def _in_refs(self) -> Iterator[Leak]:
        scanner = self._scanner(tuple(self.told))
        for name, oid in self.source.refs.items():
            for value, before in scanner.in_name(name):
                shown = name_text(before)
                place = LeakPlace(origin=self.task.origin, where="ref-name", object=oid, path=shown, tips=(shown,))
                yield Leak(kind=KIND, hint="", hmac=value, places=(place,))


def _in_pack(path: Path, hash_bytes: int, scanner: OwnScanner) -> Findings:
    try:
        pack = Pack(path, hash_bytes)
    except (PackError, OSError, ValueError, IndexError) as error:
        return Findings(unsearched=[(path.name, str(error))])
    with closing(pack):
        forest = Forest(pack, scanner)
        for portion in forest.portions():
            forest.search(portion)
        found = Findings(read=forest.read, searched_bytes=scanner.searched_bytes)
        found.holders = [
            Holder(PLACES[forest.kind(number)], pack.name(number), KIND, "", value, inside, line)
            for (number, value, inside), line in scanner.seen.items()
        ]
        found.holders += _in_names({name: pack.name(number) for name, number in forest.names.items()}, scanner)
        strays = dict.fromkeys(pack.heads.strays, "its base lies in another pack: run git repack -ad")
        found.unsearched = [(pack.name(number), reason) for number, reason in {**scanner.unsearched, **strays}.items()]
    return found


def _in_loose(folder: Path, oids: list[str], scanner: OwnScanner) -> Findings:
    found, names, kinds = Findings(), dict[bytes, str](), dict[int, str]()
    for number, oid in enumerate(oids):
        try:
            kinds[number], data = loose_content(folder, oid)
        except (OSError, ValueError, zlib.error):
            found.unsearched.append((oid, "it is damaged or too large"))
            continue
        found.read += 1
        if kinds[number] == "tree":
            names.update(dict.fromkeys(loose_names(data), oid))
        else:
            scanner.add_whole(number, data)
    found.holders = [
        Holder(kinds[number], oids[number], KIND, "", value, inside, line)
        for (number, value, inside), line in scanner.seen.items()
    ]
    found.holders += _in_names(names, scanner)
    found.unsearched += [(oids[number], reason) for number, reason in scanner.unsearched.items()]
    found.searched_bytes = scanner.searched_bytes
    return found


def _in_names(trees: dict[bytes, str], scanner: OwnScanner) -> list[Holder]:
    """The file names that hold a value, each by a tree that has it and its beginning."""
    return [
        Holder("name", oid, KIND, "", value, name_text(shown))
        for name, oid in trees.items()
        for value, shown in scanner.in_name(name)
    ]
