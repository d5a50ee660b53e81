"""Hashes blobs as the files that git would check out of them, in threads; each blob and conversion once for ever."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, field
from itertools import islice
from typing import Self

from auditor.collectors.canon.store import Store
from auditor.errors import SourceError
from auditor.gitfile.checkout import Content, LineEnds, content_of
from auditor.interfaces import Deadline
from auditor.transports.mirror.fault import MirrorMalformedError
from auditor.transports.mirror.view import Mirror

_WORKERS = 2
_BATCH = 64
# larger blobs are read one at a time, and the largest not at all, so that memory stays small
_SMALL_BYTES, _MOST_BYTES = 2 << 20, 64 << 20
_SAVE_AFTER = 4096
# the pages of a pack that was read count as memory of this program until the pack is closed
_REOPEN_BYTES = 2 << 20


@dataclass(frozen=True, slots=True)
class Job:
    """A blob and how it becomes a file; a symlink's text is kept as it is."""

    blob: str
    line_ends: LineEnds = "keep"
    lfs: bool = False

    @property
    def key(self) -> bytes:
        """Its row in the store."""
        return b"blob" + bytes.fromhex(self.blob) + self.line_ends.encode() + b"+lfs" * self.lfs


@dataclass
class Hasher:
    """Answers from the store, else from the mirror, of which each thread opens its own; close it, or use a `with`."""

    open_mirror: Callable[[], Mirror]
    store: Store
    deadline: Deadline
    progress: Callable[[str], None]
    _own: threading.local = field(default_factory=threading.local)
    _opened: list[Mirror] = field(default_factory=list)
    _large: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        for mirror in self._opened:
            mirror.close()

    def contents(self, jobs: Iterable[Job]) -> dict[Job, Content | SourceError]:
        """Each job's hashes, or why there are none."""
        found: dict[Job, Content | SourceError] = {}
        missing = []
        for job in dict.fromkeys(jobs):
            known = _decoded(self.store.get(job.key))
            if known is None:
                missing.append(job)
            else:
                found[job] = known
        for place, (job, content) in enumerate(self._hashed(missing)):
            found[job] = content
            if isinstance(content, Content):
                self.store.put(job.key, json.dumps(astuple(content)).encode())
            if place % _SAVE_AFTER == _SAVE_AFTER - 1:
                self.progress(f"{place + 1} of {len(missing)} files hashed")
                self.store.save()
        return found

    def _hashed(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Content | SourceError]]:
        source = iter(jobs)
        batches = list(iter(lambda: list(islice(source, _BATCH)), []))
        if not batches:
            return
        with ThreadPoolExecutor(max_workers=min(_WORKERS, len(batches))) as pool:
            for batch in pool.map(self._batch, batches):
                yield from batch

    def _batch(self, jobs: list[Job]) -> list[tuple[Job, Content | SourceError]]:
        return [(job, self._content(job)) for job in jobs]

    def _content(self, job: Job) -> Content | SourceError:
        try:
            self.deadline.check()
            try:
                return self._content_of(job, _SMALL_BYTES)
            except MirrorMalformedError:
                with self._large:
                    content = self._content_of(job, _MOST_BYTES)
                    self._let_go()
                    return content
        except SourceError as fault:
            return fault

    def _content_of(self, job: Job, limit: int) -> Content:
        stored = self._mirror().blob(job.blob, limit)
        self._own.read += len(stored)
        return content_of(stored, job.line_ends, lfs=job.lfs)

    def _mirror(self) -> Mirror:
        mirror: Mirror | None = getattr(self._own, "mirror", None)
        if mirror is not None and self._own.read > _REOPEN_BYTES:
            self._let_go()
            mirror = None
        if mirror is None:
            mirror = self._own.mirror = self.open_mirror()
            self._own.read = 0
            self._opened.append(mirror)
        return mirror

    def _let_go(self) -> None:
        mirror: Mirror = self._own.mirror
        self._own.mirror = None
        self._opened.remove(mirror)
        mirror.close()


def _decoded(row: bytes | None) -> Content | None:
    return None if row is None else Content(*json.loads(row))
