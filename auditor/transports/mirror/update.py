"""Brings the mirror up to date, repairs it where it is damaged, and says what it did; the source is only ever read.

A transfer that doesn't fit into the time goes in pieces, a few refs at a time, oldest first; what is missing is said.
"""

import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import AuditorError, SourceError, TransportError
from auditor.interfaces import Deadline
from auditor.transports.git_program import found_git
from auditor.transports.mirror import order, shelf
from auditor.transports.mirror.fault import MirrorMalformedError, OutOfTimeError
from auditor.transports.mirror.inbox import disk_errors, open_inbox
from auditor.transports.mirror.lock import held_lock
from auditor.transports.mirror.source import Source
from auditor.transports.mirror.state import MirrorState, OldTip, Ref, load_state
from auditor.transports.mirror.stock import Stock, prepare_folder
from auditor.transports.mirror.view import Mirror

if TYPE_CHECKING:
    from auditor.transports.mirror.wire import HttpClient

PACK_BYTES = 16 << 30
_QUICK_SECONDS = 20.0
_LOST_ASKED = 32


@dataclass(frozen=True, kw_only=True)
class MirrorUpdate:
    """What an update came to; `fresh` is false where the state is an earlier one, and `notes` say why."""

    state: MirrorState
    fresh: bool
    notes: tuple[str, ...]
    received_bytes: int
    took_seconds: float


def update_mirror(
    folder: Path,
    source: str,
    *,
    http: "HttpClient | None",
    deadline: Deadline,
    progress: Callable[[str], None],
    git: str | None = "auto",
    limit: int = PACK_BYTES,
    token: bool = True,
) -> MirrorUpdate:
    """Copies what the repository at `source` (a URL or a local path) has and `folder` lacks.

    `git` is the program's path, None to do without, `auto` to look for it. `token` asks `http` for its origin's token;
    `limit` is the most bytes of a pack. Raises SourceError where the source can't be
    read or the disk refuses; the earlier state stays. With another run at work past the deadline, and where the time
    ends in the middle, it returns what is whole.
    """
    started = time.monotonic()
    with disk_errors(folder):
        prepare_folder(folder)
        with held_lock(folder, deadline) as held:
            if not held:
                return _as_it_was(folder, started)
            program = found_git() if git == "auto" else git
            if source.startswith(("http://", "https://")):
                remote = _behind_url(source, http, deadline, progress, token=token, limit=limit)
            else:
                remote = _behind_path(source, folder, program, deadline, progress)
            run = _Run(Stock(folder, deadline), source, remote, progress, program, limit)
            with closing(remote):
                state = run.update()
    return MirrorUpdate(
        state=state,
        fresh=True,
        notes=tuple(run.stock.notes),
        received_bytes=run.received,
        took_seconds=round(time.monotonic() - started, 3),
    )


@dataclass
class _Run:
    """One update under way."""

    stock: Stock
    source: str
    remote: Source
    progress: Callable[[str], None]
    git: str | None
    limit: int
    received: int = 0

    def update(self) -> MirrorState:
        old = self.stock.inspect()
        try:
            state = self._fetch(old, self.remote.refs())
            if not self.stock.trusted:
                state = self._with_lost_tips(state)
        finally:
            shelf.sweep(self.stock.folder)
        return self.stock.settle(state, self.git)

    def _fetch(self, old: MirrorState, refs: tuple[Ref, ...]) -> MirrorState:
        """Fetches what is missing, whole or in pieces, and gives the state reached."""
        todo = order.oldest_first(ref for ref in refs if ref.sha not in self.stock.closed)
        size = order.piece(todo) if old.pieces else len(todo)
        began, pieces = len(todo), old.pieces
        while todo:  # each round fetches, halves the piece, or ends
            started = time.monotonic()
            try:
                self._receive(todo[:size], old.tips, refs)
            except (OutOfTimeError, TransportError) as error:
                late = not self.stock.deadline.remaining()
                if size == 1 and len(todo) == began and not late:
                    raise
                if size == 1 or late:
                    pieces = True
                    self.stock.notes.append(f"{error}: the next run goes on, in pieces")
                    break
                pieces, size = True, order.piece(todo[:size])
                self.progress("the transfer was cut: going on in pieces")
                continue
            todo = [ref for ref in todo if ref.sha not in self.stock.closed]
            if todo:
                self.stock.save(self._state(old, refs, pieces))
                size = size * 2 if time.monotonic() - started < _QUICK_SECONDS else max(1, size // 2)
        return self._state(old, refs, pieces and bool(todo))

    def _receive(self, batch: list[Ref], old: tuple[Ref, ...], new: tuple[Ref, ...]) -> None:
        wants = list(dict.fromkeys(ref.sha for ref in batch))
        haves = order.likeliest_first(self.stock.closed, old, new)
        self.progress(f"fetching {len(batch)} of {len(new)} refs")
        with open_inbox(self.stock.folder, self.limit, self.stock.deadline, self.git) as inbox:
            try:
                self.remote.fetch(wants, haves, inbox.write, thin=inbox.thin)
                name = inbox.finish()
            finally:
                self.received += inbox.received
        if name is not None:
            self.stock.add(name)
        self._demand(wants)
        self.stock.closed.update(wants)

    def _demand(self, wants: list[str]) -> None:
        """A server may send a whole pack that lacks what was asked for."""
        with self.stock.mirror() as mirror:
            for sha in wants:
                if not mirror.holds(sha):
                    raise SourceError(f"the git server sent a pack without {sha}, which it advertises")
                with suppress(MirrorMalformedError):
                    mirror.peel(sha)

    def _state(self, old: MirrorState, refs: tuple[Ref, ...], pieces: bool) -> MirrorState:
        return MirrorState(
            source=self.source,
            fetched_at=_stamp(self.stock.now),
            tips=tuple(ref for ref in refs if ref.sha in self.stock.closed),
            missing=tuple(ref for ref in refs if ref.sha not in self.stock.closed),
            seen=self._seen(old, {ref.name: ref.sha for ref in refs}),
            packs=tuple(self.stock.packs.values()),
            pieces=pieces,
        )

    def _seen(self, old: MirrorState, now: dict[str, str]) -> tuple[OldTip, ...]:
        """The earlier old tips, and the tips that went without their ref simply moving forward."""
        seen = {(tip.name, tip.sha): tip for tip in old.seen}
        gone = [ref for ref in old.tips if now.get(ref.name) != ref.sha and (ref.name, ref.sha) not in seen]
        if gone:
            with self.stock.mirror() as mirror:
                for ref in gone:
                    if not self._went_forward(mirror, ref.sha, now.get(ref.name)):
                        tip = OldTip(name=ref.name, sha=ref.sha, replaced_at=_stamp(self.stock.now))
                        seen[ref.name, ref.sha] = tip
        return tuple(
            replace(tip, held=tip.sha in self.stock.closed or (self.stock.trusted and tip.held))
            for tip in seen.values()
        )

    def _went_forward(self, mirror: Mirror, old: str, new: str | None) -> bool:
        if new not in self.stock.closed:
            return False
        try:
            (old_kind, old_commit), (new_kind, new_commit) = mirror.peel(old), mirror.peel(new)
            return old_kind == new_kind == "commit" and mirror.is_ancestor(old_commit, new_commit)
        except SourceError:
            return False

    def _with_lost_tips(self, state: MirrorState) -> MirrorState:
        """After a repair: looks which old tips are still whole, asks for the others once more, says which are lost."""
        for tip in [tip for tip in state.seen if not tip.held][:_LOST_ASKED]:
            try:
                if not self._is_whole(tip.sha):
                    self._receive([Ref(name=tip.name, sha=tip.sha)], (), state.tips)
                self.stock.closed.add(tip.sha)
            except AuditorError:
                self.stock.notes.append(f"the objects of {tip.name!r} as it was at {tip.sha} are lost")
        seen = tuple(replace(tip, held=tip.sha in self.stock.closed) for tip in state.seen)
        return replace(state, seen=seen, packs=tuple(self.stock.packs.values()))

    def _is_whole(self, sha: str) -> bool:
        with self.stock.mirror() as mirror:
            return mirror.is_whole(sha)


def _behind_url(
    source: str,
    http: "HttpClient | None",
    deadline: Deadline,
    progress: Callable[[str], None],
    *,
    token: bool,
    limit: int,
) -> Source:
    from auditor.transports.mirror.wire import HttpSource

    if http is None:
        raise SourceError("the repository is behind a URL, and there is no HTTP client")
    return HttpSource(http, source, token=token, limit=limit, deadline=deadline, progress=progress)


def _behind_path(
    source: str, folder: Path, git: str | None, deadline: Deadline, progress: Callable[[str], None]
) -> Source:
    from auditor.transports.mirror.local import LocalSource

    return LocalSource(Path(source).expanduser(), folder, git, deadline, progress)


def _as_it_was(folder: Path, started: float) -> MirrorUpdate:
    state = load_state(folder)
    if state is None or not state.fetched_at:
        raise SourceError(f"another run is making the mirror in {str(folder)!r}: wait for it, or raise --timeout")
    return MirrorUpdate(
        state=state,
        fresh=False,
        notes=(f"another run holds the mirror; this is its state of {state.fetched_at}",),
        received_bytes=0,
        took_seconds=round(time.monotonic() - started, 3),
    )


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
