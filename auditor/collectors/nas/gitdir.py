"""A release's repository as facts: every part is read on its own, so that a damaged one hides no other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from auditor.collectors.nas.gap import GapList
from auditor.collectors.nas.git_config import config_disguises, parse_git_config
from auditor.collectors.nas.git_ref import (
    Refs,
    parse_fetch_head,
    parse_head,
    parse_reflog_line,
    parse_refs,
    parse_reftables,
)
from auditor.collectors.nas.git_tar import GitFolder
from auditor.collectors.nas.record import moment
from auditor.errors import SourceError
from auditor.gitfile.config import GitConfig
from auditor.gitfile.index import Index, parse_index
from auditor.gitfile.remote import credentials, remotes
from auditor.gitfile.tls import tls_switches
from auditor.model.facts.local import Operation
from auditor.model.facts.nas_git import Disguise, Fetch, GitDirectory
from auditor.model.missing import MISSING, Missing
from auditor.text import name_text, printable, short

S = TypeVar("S")
T = TypeVar("T")
DotGit = Literal["folder", "file", "other"]
_OPERATIONS: tuple[tuple[bytes, Literal["merge", "rebase", "am", "cherry-pick", "revert", "bisect"]], ...] = (
    (b"MERGE_HEAD", "merge"),
    (b"rebase-merge/onto", "rebase"),
    (b"rebase-apply/onto", "rebase"),
    (b"CHERRY_PICK_HEAD", "cherry-pick"),
    (b"REVERT_HEAD", "revert"),
    (b"BISECT_LOG", "bisect"),
)
_PATTERNS: tuple[tuple[bytes, Literal["exclude", "attributes", "grafts", "alternates"]], ...] = (
    (b"info/exclude", "exclude"),
    (b"info/attributes", "attributes"),
    (b"info/grafts", "grafts"),
    (b"objects/info/alternates", "alternates"),
)
_NAME_LIMIT = 1024


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a git directory is judged by: the site's root, the configured branch and its remote."""

    root: bytes
    branch: str
    remote: str


@dataclass(frozen=True)
class GitReader:
    """Reads one git directory (`folders[0]`) and the common one that a linked worktree has besides (the last)."""

    folders: tuple[GitFolder, ...]
    pointer: str
    gaps: GapList

    @property
    def _own(self) -> GitFolder:
        return self.folders[0]

    @property
    def _common(self) -> GitFolder:
        return self.folders[-1]

    def read(self, kind: DotGit, place: Place) -> GitDirectory:
        """The facts of the repository."""
        config = self._try("object_format remotes credentials tls_switches disguises index_version", self._config)
        refs = self._try("head refs main remote_main", self._refs)
        index = MISSING if config is MISSING else self._try("index_version disguises", lambda: self._index(config))
        return GitDirectory(
            path=name_text(self._own.path.removeprefix(place.root.rstrip(b"/") + b"/")),
            kind=kind,
            object_format=_on(config, lambda known: "sha256" if _width(known) == 32 else "sha1"),
            ref_format="reftable" if self._has_reftables() else "files",
            head=_on(refs, lambda known: self._try("head", lambda: parse_head(self._head(known), known))),
            refs=_on(refs, Refs.facts),
            main=_on(refs, lambda known: known.resolve(f"refs/heads/{place.branch}".encode())),
            remote_main=_on(refs, lambda known: known.resolve(f"refs/remotes/{place.remote}/{place.branch}".encode())),
            fetch=self._try("fetch", self._fetch),
            last_reflog=self._try("last_reflog", lambda: parse_reflog_line(self._own.last_reflog)),
            operations=tuple(self._operations()),
            locked=b"index.lock" in self._own.files,
            shallow=b"shallow" in self._common.files,
            remotes=_on(config, remotes),
            credentials=_on(config, lambda known: credentials(known, (), b".gitmodules")),
            tls_switches=_on(config, lambda known: tls_switches(known, {})),
            disguises=MISSING if config is MISSING or index is MISSING else self._disguises(config, index),
            index_version=_on(index, lambda known: None if known is None else known.version),
        )

    def _try(self, names: str, observe: Callable[[], T]) -> T | Missing:
        return self.gaps.attempt(" ".join(f"{self.pointer}/{name}" for name in names.split()), observe)

    def _config(self) -> GitConfig:
        data = self._common.content(b"config")
        if data is None:
            raise SourceError("the repository has no configuration")
        own = self._own.content(b"config.worktree")
        entries = parse_git_config(data, b"config").entries
        return GitConfig((*entries, *(parse_git_config(own, b"config.worktree").entries if own else ())))

    def _has_reftables(self) -> bool:
        return b"reftable/tables.list" in self._common.files

    def _refs(self) -> Refs:
        return parse_reftables(self._common) if self._has_reftables() else parse_refs(self._common)

    def _head(self, refs: Refs) -> bytes | None:
        """HEAD's text; with reftables the file is a stub and the tables hold the true one."""
        if not self._has_reftables():
            return self._own.content(b"HEAD")
        if b"HEAD" in refs.symbolic:
            return b"ref: " + refs.symbolic[b"HEAD"]
        return refs.direct.get(b"HEAD")

    def _fetch(self) -> Fetch | None:
        file = self._own.files.get(b"FETCH_HEAD")
        content = self._own.content(b"FETCH_HEAD")
        return None if file is None or content is None else parse_fetch_head(content, file.modified)

    def _index(self, config: GitConfig) -> Index | None:
        data = self._own.content(b"index")
        return None if data is None else parse_index(data, _width(config), self._own.content)

    def _operations(self) -> Iterator[Operation]:
        for name, kind in _OPERATIONS:
            file = self._own.files.get(name)
            if file is not None:
                yield Operation(kind=kind, started_at=moment(file.modified))

    def _disguises(self, config: GitConfig, index: Index | None) -> tuple[Disguise, ...] | Missing:
        files = self._try("disguises", lambda: tuple(self._file_disguises()))
        if files is MISSING:
            return MISSING
        return (*config_disguises(config), *files, *_flags(index))

    def _file_disguises(self) -> Iterator[Disguise]:
        for name, kind in _PATTERNS:
            for line, text in _lines(self._common.content(name) or b""):
                yield Disguise(kind=kind, name=text, file=name.decode(), line=line)
        for name, _file in self._common.below(b"refs/replace/"):
            yield Disguise(kind="replace", name=_shown(name), file=_shown(name))
        for name, file in self._common.below(b"hooks/"):
            if file.executable or file.content is None:
                yield Disguise(kind="hook", name=_shown(name), file=_shown(name))


def _on(known: T | Missing, make: Callable[[T], S | Missing]) -> S | Missing:
    return MISSING if known is MISSING else make(known)


def _width(config: GitConfig) -> int:
    """The length of an object id."""
    return 32 if (config.get("extensions", "objectformat") or b"").lower() == b"sha256" else 20


def _lines(data: bytes) -> Iterator[tuple[int, str]]:
    """The lines that are no comment, with their number."""
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip() and not line.startswith(b"#"):
            yield number, _shown(line.rstrip(b"\r"))


def _flags(index: Index | None) -> Iterator[Disguise]:
    for entry in () if index is None else index.entries:
        if entry.skip_worktree:
            yield Disguise(kind="skip-worktree", name=name_text(entry.path), file="index")
        if entry.assume_unchanged:
            yield Disguise(kind="assume-unchanged", name=name_text(entry.path), file="index")


def _shown(raw: bytes) -> str:
    return short(printable(name_text(raw)), _NAME_LIMIT)
