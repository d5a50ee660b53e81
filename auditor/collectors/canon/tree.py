"""Whole trees as facts: every file with the hash of the bytes that git would check out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from auditor.collectors.canon.folder import (
    Context,
    Folder,
    Place,
    Plan,
    checked_entries,
    decoded,
    encoded,
    job_of,
    own_attributes,
)
from auditor.collectors.canon.gap import GapList
from auditor.collectors.canon.hashing import Hasher, Job
from auditor.collectors.canon.store import Store
from auditor.errors import SourceError
from auditor.gitfile.attribute import Rules, parse_rules
from auditor.interfaces import Deadline
from auditor.model.facts.canon import CanonFile, CanonTree, IgnoreFile
from auditor.text import name_bytes, name_text
from auditor.transports.mirror.fault import MirrorMalformedError
from auditor.transports.mirror.view import Mirror

_MOST_FILES, _MOST_FOLDERS, _MOST_DEPTH = 200_000, 50_000, 256
_MOST_IGNORE_FILES, _MOST_IGNORE_BYTES, _MOST_ATTRIBUTE_BYTES = 200, 256 << 10, 1 << 20
_LOOK = 256


@dataclass
class TreeReader:
    """Reads trees of one repository; folders that several trees share are read, kept and held once."""

    mirror: Mirror
    store: Store
    hasher: Hasher
    deadline: Deadline
    gaps: GapList
    _folders: dict[Place, Folder] = field(default_factory=dict)
    _rules: dict[tuple[bytes, str], Rules] = field(default_factory=dict)
    _ignores: dict[tuple[str, str], IgnoreFile | SourceError] = field(default_factory=dict)

    def read(self, tree: str, pointer: str | None = None) -> CanonTree:
        """The tree with this id; raises SourceError where it can't be had whole.

        What of it can't be observed is a gap below `pointer`, where there is one.
        """
        walked = list(self._walked(tree))
        contents = self.hasher.contents(
            job for one in walked if isinstance(one, Plan) for job in one.jobs if job is not None
        )
        folders = [self._settled(one, contents) for one in walked]
        files = sorted(chain.from_iterable(folder.files for _, folder in folders), key=lambda file: file.path)
        gaps = GapList() if pointer is None else self.gaps
        pointer = pointer or ""
        _note_faults(files, contents, gaps, pointer)
        ignore_files = tuple(self._ignore_files(folders, gaps, pointer))
        return CanonTree(id=tree, files=tuple(files), ignore_files=ignore_files)

    def rules(self, tree: str) -> Mapping[bytes, Rules]:
        """The attribute files of a tree by their folders."""
        places = (one.place if isinstance(one, Plan) else one[0] for one in self._walked(tree))
        found = {base: blob for place in places for base, blob in self._context(place)}
        return {base: self._rules_of(base, blob) for base, blob in found.items()}

    def _walked(self, tree: str) -> Iterator["tuple[Place, Folder] | Plan"]:
        left: list[tuple[Place, int]] = [(Place(tree, b"", ()), 0)]
        file_count = folder_count = 0
        while left:
            place, depth = left.pop()
            found = self._looked_up(place)
            folder = found.folder({}) if isinstance(found, Plan) else found
            yield found if isinstance(found, Plan) else (place, found)
            context = _below(place, folder.attributes)
            left.extend(
                (Place(sub, b"%b%b/" % (place.prefix, name_bytes(name)), context), depth + 1)
                for name, sub in folder.folders
            )
            file_count, folder_count = file_count + len(folder.files), folder_count + 1
            if folder_count % _LOOK == 0:
                self.deadline.check()
            if depth > _MOST_DEPTH or folder_count + len(left) > _MOST_FOLDERS or file_count > _MOST_FILES:
                raise MirrorMalformedError(
                    f"tree {tree} has more than {_MOST_FILES} files, {_MOST_FOLDERS} folders or {_MOST_DEPTH} levels"
                )

    def _looked_up(self, place: Place) -> Folder | Plan:
        known = self._folders.get(place)
        if known is None:
            row = self.store.get(place.key)
            if row is None:
                return self._planned(place)
            known = self._folders[place] = decoded(row)
        return known

    def _planned(self, place: Place) -> Plan:
        entries = checked_entries(place.tree, self.mirror.folder(place.tree))
        context = _below(place, own_attributes(entries))
        rules = {base: self._rules_of(base, blob) for base, blob in context}
        return Plan(place, entries, tuple(job_of(place.prefix + name, entry, rules) for name, entry in entries))

    def _context(self, place: Place) -> Context:
        found = self._looked_up(place)
        return _below(place, own_attributes(found.entries) if isinstance(found, Plan) else found.attributes)

    def _rules_of(self, base: bytes, blob: str) -> Rules:
        known = self._rules.get((base, blob))
        if known is None:
            raw = self.mirror.blob(blob, _MOST_ATTRIBUTE_BYTES)
            known = self._rules[base, blob] = parse_rules(raw, base, macros=not base)
        return known

    def _settled(self, one: "tuple[Place, Folder] | Plan", contents: Mapping[Job, object]) -> tuple[Place, Folder]:
        if not isinstance(one, Plan):
            return one
        folder = one.folder(contents)
        if not any(isinstance(contents.get(job), SourceError) for job in one.jobs if job):
            self.store.put(one.place.key, encoded(folder))
            self._folders[one.place] = folder
        return one.place, folder

    def _ignore_files(
        self, folders: Sequence[tuple[Place, Folder]], gaps: GapList, pointer: str
    ) -> Iterator[IgnoreFile]:
        named = sorted(
            (name_text(place.prefix), name, blob) for place, folder in folders for name, blob in folder.ignores
        )
        if len(named) > _MOST_IGNORE_FILES:
            gaps.add(f"{pointer}/ignore_files", f"{len(named)} ignore files: cut after {_MOST_IGNORE_FILES}")
        for prefix, name, blob in named[:_MOST_IGNORE_FILES]:
            key = prefix + name, blob
            if key not in self._ignores:
                self._ignores[key] = self._ignore_file(prefix, name, blob)
            file = self._ignores[key]
            if isinstance(file, IgnoreFile):
                yield file
            else:
                gaps.add(f"{pointer}/ignore_files", f"{prefix}{name}: {file}")

    def _ignore_file(self, prefix: str, name: str, blob: str) -> IgnoreFile | SourceError:
        try:
            raw = self.mirror.blob(blob, _MOST_IGNORE_BYTES)
        except SourceError as fault:
            return fault
        lines = tuple(name_text(line) for line in raw.removesuffix(b"\n").split(b"\n")) if raw else ()
        return IgnoreFile(path=prefix + name, folder=prefix, lines=lines)


def _below(place: Place, attributes: str | None) -> Context:
    """The attribute files that count in a folder and below it."""
    return place.context if attributes is None else (*place.context, (place.prefix, attributes))


def _note_faults(files: list[CanonFile], contents: Mapping[Job, object], gaps: GapList, pointer: str) -> None:
    faults = {job.blob: str(fault) for job, fault in contents.items() if isinstance(fault, SourceError)}
    for number, file in enumerate(files if faults else ()):
        if file.blob in faults:
            gaps.add(f"{pointer}/files/{number}/sha256", faults[file.blob])
