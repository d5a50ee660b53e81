"""The releases of a visit: which there are, which is active, and what each holds, as far as it was read."""

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.collectors.nas.git_tar import parse_git_folders
from auditor.collectors.nas.gitdir import DotGit, GitReader, Place
from auditor.collectors.nas.judgement import Hear
from auditor.collectors.nas.record import fields, line_text, moment, parse_stat, whole_number
from auditor.collectors.nas.section import SectionReader
from auditor.collectors.nas.tree import Listing, parse_pruned, parse_tree
from auditor.errors import SourceError
from auditor.model.facts.nas import PrunedFolder, Release, ReleaseFile
from auditor.model.facts.nas_git import GitDirectory
from auditor.model.missing import MISSING, Missing
from auditor.text import name_text

_ABOUT = re.compile(r"release\.([0-9]{1,5})")
_TOP_LINE = re.compile(rb"([0-9a-f]{1,8} [0-9]{1,18} -?[0-9]{1,18}) releases/([^/]+)")
_DOT_GIT: dict[bytes, DotGit] = {b"folder": "folder", b"file": "file", b"link": "other"}


@dataclass(frozen=True)
class _About:
    """The head of a release: its section's name, and what `about` told."""

    section: str
    name: str
    state: bytes
    folder: bytes
    modified_at: str
    dot_git: DotGit | None
    pruned: tuple[PrunedFolder, ...]


@dataclass(frozen=True)
class ReleaseReader:
    """Reads the sections `release.N` and `top`; `place` is the root and the names of main and its remote."""

    sections: SectionReader
    place: Place
    hear: Hear = lambda _place, _text: None

    def read(self) -> tuple[Release, ...] | Missing:
        """The releases, newest name first; MISSING where even their names are not known."""
        heads = self.sections.gaps.attempt("releases", lambda: list(self._heads()))
        links = self.sections.read("top", "releases", _links)
        if heads is MISSING:
            return MISSING
        if not self.sections.frames.complete:
            self.sections.gaps.add("releases", self.sections.reason("releases"))
        ordered: list[_About | Release] = [*heads, *(() if links is MISSING else links)]
        ordered.sort(key=lambda one: one.name, reverse=True)
        return tuple(
            one if isinstance(one, Release) else self._release(one, f"releases/{index}")
            for index, one in enumerate(ordered)
        )

    def _heads(self) -> Iterator[_About]:
        for name in self.sections.names():
            if _ABOUT.fullmatch(name):
                yield self._head(name)

    def _head(self, section: str) -> _About:
        parts = fields(self.sections.body(section))
        if len(parts) < 5:
            raise SourceError("a release is told of in part only")
        given, state, folder, modified, dot_git = parts[:5]
        inside = self._inside(folder)
        return _About(
            section=section,
            name=name_text(given) if given else _name(inside),
            state=state,
            folder=inside,
            modified_at=moment(whole_number(modified)),
            dot_git=_DOT_GIT.get(dot_git.strip()),
            pruned=parse_pruned(parts[5:]),
        )

    def _inside(self, folder: bytes) -> bytes:
        root = self.place.root.rstrip(b"/") + b"/"
        if not folder.startswith(root):
            raise SourceError(f"{line_text(folder)!r} does not lie below the root")
        return folder[len(root) :]

    def _release(self, head: _About, pointer: str) -> Release:
        late = head.state == b"late"
        return Release(
            name=head.name,
            path=name_text(head.folder),
            active=head.state == b"active",
            kind="folder",
            modified_at=head.modified_at,
            git=self._late(f"{pointer}/git") if late else self._git(head, f"{pointer}/git"),
            files=self._late(f"{pointer}/files") if late else self._files(head, f"{pointer}/files"),
            pruned=self._late(f"{pointer}/pruned") if late else head.pruned,
        )

    def _late(self, pointer: str) -> Missing:
        self.sections.gaps.add(pointer, "the time for older releases was over: take some of them away")
        return MISSING

    def _files(self, head: _About, pointer: str) -> tuple[ReleaseFile, ...] | Missing:
        def parse(hashes: bytes) -> Listing:
            return parse_tree(
                hashes, self.sections.body(f"{head.section}.stats"), self.sections.body(f"{head.section}.odd")
            )

        listing = self.sections.read(f"{head.section}.hashes", pointer, parse)
        if listing is MISSING:
            return MISSING
        for fault in listing.faults:
            self.sections.gaps.add(pointer, fault)
        return listing.files

    def _git(self, head: _About, pointer: str) -> GitDirectory | Missing | None:
        if head.dot_git is None:
            return None
        folders = self.sections.read(f"{head.section}.git", pointer, parse_git_folders)
        if folders is MISSING:
            return MISSING
        if not folders:
            why = (
                "a link is not followed" if head.dot_git == "other" else "what .git names can't be read below the root"
            )
            for field in ("head", "refs", "main", "remote_main", "remotes", "disguises", "tls_switches", "credentials"):
                self.sections.gaps.add(f"{pointer}/{field}", why)
            return GitDirectory(path=name_text(head.folder + b"/.git"), kind=head.dot_git)
        for folder in folders:
            for name in (b"config", b"config.worktree"):
                file = folder.files.get(name)
                self.hear(name_text(folder.path + b"/" + name), (file and file.content) or b"")
        return GitReader(folders, pointer, self.sections.gaps).read(head.dot_git, self.place)


def _name(inside: bytes) -> str:
    """The name of the active release: that of its folder below `releases/`, else the folder's last part."""
    parts = inside.split(b"/")
    return name_text(parts[1] if len(parts) > 1 and parts[0] == b"releases" else parts[-1])


def _links(body: bytes) -> list[Release]:
    """The links among the releases, which are not followed; plain files there are nothing to the site."""
    lines = body.partition(b"\0")[0].split(b"\n")
    matches = [match for line in lines if (match := _TOP_LINE.fullmatch(line))]
    found = [(match[2], parse_stat(match[1])) for match in matches]
    return [
        Release(
            name=name_text(name),
            path=name_text(b"releases/" + name),
            active=False,
            kind="link",
            modified_at=one.modified_at,
        )
        for name, one in found
        if stat.S_ISLNK(one.mode)
    ]
