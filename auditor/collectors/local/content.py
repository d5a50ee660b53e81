"""The content of files on disk against the objects of the index; stat data decides nothing, no link is followed."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH115

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from auditor.collectors.local.gap import reason_of
from auditor.collectors.local.object_store import GITLINK, SYMLINK, HashName
from auditor.collectors.local.walk import Present
from auditor.errors import SourceError
from auditor.gitfile.index import IndexEntry
from auditor.interfaces import Deadline

State = Literal["same", "modified", "deleted", "type-changed"]
_CHUNK = 1 << 20
_BATCH = 256
_TRIES = 2
_OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Comparison:
    """A tracked path whose bytes or kind are not the index's; `state` None says why in `reason`."""

    entry: IndexEntry
    disk_path: bytes
    state: State | None
    mtime_ns: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Job:
    """A tracked path and what lies there."""

    entry: IndexEntry
    present: Present


@dataclass(frozen=True)
class ContentReader:
    """Compares many files at once, in threads; `file_mode` and `symlinks` are core.fileMode and core.symlinks."""

    root: bytes
    hash_name: HashName
    file_mode: bool
    symlinks: bool
    deadline: Deadline

    def differing(self, jobs: Sequence[Job]) -> Iterator[Comparison]:
        """The paths whose bytes, kind or executable bit differ from the index, in no order."""
        source = iter(jobs)
        batches = iter(lambda: list(islice(source, _BATCH)), [])
        with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
            for batch in pool.map(self._batch, batches):
                yield from batch

    def _batch(self, jobs: list[Job]) -> list[Comparison]:
        self.deadline.check()
        found = (self.compare(job) for job in jobs)
        return [one for one in found if one is not None]

    def compare(self, job: Job) -> Comparison | None:
        """How one path differs; None where it doesn't."""
        entry, present = job.entry, job.present
        path = self.root + b"/" + present.disk_path
        try:
            if entry.mode == SYMLINK and (self.symlinks or present.kind == "symlink"):
                return self._link(entry, present, path)
            if present.kind != "file":
                return Comparison(entry, present.disk_path, "type-changed", os.lstat(path).st_mtime_ns)
            return self._file(entry, present, path)
        except FileNotFoundError:
            return Comparison(entry, present.disk_path, "deleted")
        except (OSError, SourceError) as fault:
            return Comparison(entry, present.disk_path, None, reason=reason_of(fault))

    def _link(self, entry: IndexEntry, present: Present, path: bytes) -> Comparison | None:
        mtime = os.lstat(path).st_mtime_ns
        if present.kind != "symlink":
            return Comparison(entry, present.disk_path, "type-changed", mtime)
        if blob_id(os.readlink(path), self.hash_name) == entry.oid:
            return None
        return Comparison(entry, present.disk_path, "modified", mtime)

    def _file(self, entry: IndexEntry, present: Present, path: bytes) -> Comparison | None:
        oid, status = file_id(path, self.hash_name)
        executable = bool(status.st_mode & stat.S_IXUSR)
        mode_differs = self.file_mode and entry.mode != SYMLINK and executable != (entry.mode == 0o100755)
        if oid == entry.oid and not mode_differs:
            return None
        # equal bytes leave nothing for a conversion to settle
        reason = "mode" if oid == entry.oid else None
        return Comparison(entry, present.disk_path, "modified", status.st_mtime_ns, reason)


def is_content(entry: IndexEntry) -> bool:
    """Whether an entry has content on disk that can be compared: all but submodules and unmerged paths."""
    return entry.mode != GITLINK and entry.stage == 0 and not entry.intent_to_add


def blob_id(content: bytes, hash_name: HashName) -> bytes:
    """The id of a blob."""
    digest = hashlib.new(hash_name, b"blob %d\0" % len(content), usedforsecurity=False)
    digest.update(content)
    return digest.digest()


def file_id(path: bytes, hash_name: HashName) -> tuple[bytes, os.stat_result]:
    """The id that the file's bytes have as a blob, and its stat data; raises SourceError if it keeps changing."""
    with opened(path) as handle:
        for _ in range(_TRIES):
            before = os.fstat(handle)
            size = before.st_size
            digest = hashlib.new(hash_name, b"blob %d\0" % size, usedforsecurity=False)
            read = 0
            os.lseek(handle, 0, os.SEEK_SET)
            while data := os.read(handle, min(_CHUNK, size - read + 1)):
                digest.update(data)
                read += len(data)
                if read > size:
                    break
            if read == size and _same(before, os.fstat(handle)):
                return digest.digest(), before
    raise SourceError("it changed while it was read: run the audit again")


def file_content(path: bytes, limit: int) -> bytes:
    """The bytes of a regular file, not through a link; raises SourceError beyond `limit` or if it changes."""
    with opened(path) as handle:
        before = os.fstat(handle)
        if before.st_size > limit:
            raise SourceError(f"larger than {limit} bytes")
        pieces = []
        left = limit + 1
        while left and (data := os.read(handle, min(_CHUNK, left))):
            pieces.append(data)
            left -= len(data)
        if not _same(before, os.fstat(handle)):
            raise SourceError("it changed while it was read: run the audit again")
    return b"".join(pieces)


@contextmanager
def opened(path: bytes) -> Iterator[int]:
    """A descriptor of a regular file, never of what a link leads to; a FIFO doesn't block."""
    handle = os.open(path, _OPEN_FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise SourceError("it is no regular file any more")
        yield handle
    finally:
        os.close(handle)


def _same(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_size, before.st_mtime_ns, before.st_ctime_ns) == (
        after.st_size,
        after.st_mtime_ns,
        after.st_ctime_ns,
    )
