"""One folder of a tree: its names, the attributes that rule them, and the row in which both are remembered."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from auditor.collectors.canon.hashing import Job
from auditor.gitfile.attribute import NO_RULES, Rules, attributes_of
from auditor.gitfile.checkout import Content, check_out_of
from auditor.model.facts.canon import CanonFile
from auditor.model.missing import MISSING
from auditor.text import name_text, printable
from auditor.transports.mirror.fault import MirrorMalformedError
from auditor.transports.mirror.view import Entry

TREE, SYMLINK, GITLINK = 0o040000, 0o120000, 0o160000
ATTRIBUTES = b".gitattributes"
_KINDS = ("file", "symlink", "submodule")
_FORBIDDEN = (b"", b".", b"..", b".git")
Context = tuple[tuple[bytes, str], ...]


@dataclass(frozen=True)
class Folder:
    """A folder with its files as facts; `ignores` are the blobs of its ignore files, `attributes` that of its rules."""

    files: tuple[CanonFile, ...]
    folders: tuple[tuple[str, str], ...]
    ignores: tuple[tuple[str, str], ...]
    attributes: str | None


@dataclass(frozen=True)
class Place:
    """A folder's tree at its place: `prefix` is empty or ends in a slash; `context` are the attribute files above."""

    tree: str
    prefix: bytes
    context: Context

    @property
    def key(self) -> bytes:
        """Its row in the store."""
        above = b"".join(b"%b\0%b\0" % (base, blob.encode()) for base, blob in self.context)
        return b"tree" + bytes.fromhex(self.tree) + hashlib.sha256(self.prefix + b"\0" + above).digest()[:16]


@dataclass(frozen=True)
class Plan:
    """A folder whose files are still to be hashed; a job of None is a file that nobody can judge."""

    place: Place
    entries: tuple[tuple[bytes, Entry], ...]
    jobs: tuple[Job | None, ...]

    def folder(self, contents: Mapping[Job, object]) -> Folder:
        """The folder, as far as its files could be hashed."""
        named = list(zip(self.entries, self.jobs, strict=True))
        return Folder(
            files=tuple(
                canon_file(self.place.prefix + name, entry, contents, job)
                for (name, entry), job in named
                if entry.mode != TREE
            ),
            folders=tuple((name_text(name), entry.sha) for name, entry in self.entries if entry.mode == TREE),
            ignores=tuple(
                (name_text(name), entry.sha)
                for name, entry in self.entries
                if (name == b".gitignore" or name.endswith(b".dockerignore")) and _is_file(entry)
            ),
            attributes=own_attributes(self.entries),
        )


def own_attributes(entries: tuple[tuple[bytes, Entry], ...]) -> str | None:
    """The blob of a folder's attribute file; git reads a link's text as well."""
    blobs = (entry.sha for name, entry in entries if name == ATTRIBUTES and entry.mode not in (TREE, GITLINK))
    return next(blobs, None)


def checked_entries(tree: str, entries: list[tuple[bytes, Entry]]) -> tuple[tuple[bytes, Entry], ...]:
    """The entries of a tree; raises MirrorMalformedError for names that git never writes to a disk."""
    names = [name for name, _ in entries]
    for name in names:
        if name.lower() in _FORBIDDEN or b"/" in name:
            raise MirrorMalformedError(f"tree {tree} holds the name '{printable(name_text(name))}', which git forbids")
    if len(set(names)) < len(names):
        raise MirrorMalformedError(f"tree {tree} holds a name twice")
    return tuple(entries)


def job_of(path: bytes, entry: Entry, rules: Mapping[bytes, Rules]) -> Job | None:
    """How the file at a path comes to its bytes; None where it has none, or a program would have to say."""
    if entry.mode in (TREE, GITLINK):
        return None
    if entry.mode == SYMLINK or not rules:
        return Job(entry.sha)
    check_out = check_out_of(attributes_of(path, lambda folder: rules.get(folder, NO_RULES), NO_RULES, ()))
    return None if check_out.program else Job(entry.sha, check_out.line_ends, check_out.lfs)


def _is_file(entry: Entry) -> bool:
    return entry.mode not in (TREE, SYMLINK, GITLINK)


def canon_file(path: bytes, entry: Entry, contents: Mapping[Job, object], job: Job | None) -> CanonFile:
    """A file as a fact, with the hashes of its job, if there is one and it could be done."""
    content = contents.get(job) if job else None
    known = content if isinstance(content, Content) else None
    link = entry.mode == SYMLINK
    return CanonFile(
        path=name_text(path),
        kind="symlink" if link else "submodule" if entry.mode == GITLINK else "file",
        blob=entry.sha,
        executable=_is_file(entry) and bool(entry.mode & 0o100),
        sha256=known.sha256 if known else MISSING,
        other_eol_sha256=known.other_eol_sha256 if known and not link else None,
        size=known.size if known else MISSING,
        lfs_sha256=known.lfs_sha256 if known else None,
    )


def encoded(folder: Folder) -> bytes:
    """The folder as a row."""
    files = [
        (
            file.path,
            _KINDS.index(file.kind),
            file.blob,
            file.executable,
            None if file.sha256 is MISSING else file.sha256,
            file.other_eol_sha256,
            None if file.size is MISSING else file.size,
            file.lfs_sha256,
        )
        for file in folder.files
    ]
    return json.dumps((files, folder.folders, folder.ignores, folder.attributes), ensure_ascii=False).encode()


def decoded(row: bytes) -> Folder:
    """The folder that `encoded` made a row of."""
    files, folders, ignores, attributes = json.loads(row)
    return Folder(
        files=tuple(
            CanonFile(
                path=path,
                kind=_KINDS[kind],  # type: ignore[arg-type]  # they are its literals
                blob=blob,
                executable=executable,
                sha256=MISSING if sha256 is None else sha256,
                other_eol_sha256=other,
                size=MISSING if size is None else size,
                lfs_sha256=lfs,
            )
            for path, kind, blob, executable, sha256, other, size, lfs in files
        ),
        folders=tuple((name, tree) for name, tree in folders),
        ignores=tuple((name, blob) for name, blob in ignores),
        attributes=attributes,
    )
