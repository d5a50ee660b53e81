"""Searches a pack with as many processes as pay, which take portions of it from one queue."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryFile

from auditor.collectors.leaks.compilation import use_compiled
from auditor.collectors.leaks.forest import MOST_PORTIONS
from auditor.collectors.leaks.heads import PackError
from auditor.collectors.leaks.ledger import Findings
from auditor.collectors.leaks.pack import Pack
from auditor.collectors.leaks.source import Source
from auditor.collectors.leaks.task import Task
from auditor.collectors.leaks.worker import Order, search_portions
from auditor.detector.accelerator import accelerator_of
from auditor.detector.own_kind import kinds_with
from auditor.errors import SourceError

# below it another process takes longer to begin than it saves
_SMALL_BYTES = 4 << 20
_WORTH_COMPILING_BYTES = 1 << 20


class Team:
    """The other processes that search a pack, and what all of them share; close it after use.

    They take a while to begin, and wait then for what they are to do.
    """

    def __init__(self, size: int) -> None:
        with ExitStack() as stack:
            self._heads = stack.enter_context(TemporaryFile())
            self._queue = _queue(stack)
            shared = self._queue, self._heads.fileno()
            self._others = [stack.enter_context(closing(_Other(shared))) for _ in range(size)]
            self._stack = stack.pop_all()

    @classmethod
    def for_pack(cls, path: Path, task: Task) -> "Team":
        """As many processes as pay for a pack."""
        return cls(task.workers - 1 if path.stat().st_size > _SMALL_BYTES else 0)

    def search(self, pack: Pack, source: Source, task: Task) -> Findings:
        """What the pack holds; this process searches too."""
        order = Order(
            path=str(pack.path),
            objects=tuple(map(str, source.objects)),
            hash_bytes=source.hash_bytes,
            key=b64encode(task.key).decode(),
            queue=self._queue,
            heads=self._heads.fileno(),
            patterns=task.patterns,
            compiled=str(task.kept) if task.kept else None,
        )
        if self._others:
            self._heads.write(pack.heads.to_bytes())
            self._heads.flush()
        for other in self._others:
            other.begin(order)
        found = search_portions(pack, order, leads=True, check=task.check)
        for other in self._others:
            found.join(other.answer())
        return found

    def close(self) -> None:
        """Ends them."""
        self._stack.close()


def search_pack(path: Path, source: Source, task: Task, team: Team | None = None) -> Findings:
    """What a pack holds; a pack that can't be read is unsearched as a whole.

    `team` is one that was begun before. Raises SourceError where the time is over, or another process died.
    """
    forms = accelerator_of(kinds_with(task.patterns))
    use_compiled(forms, task.kept, task.key, compile_anew=path.stat().st_size > _WORTH_COMPILING_BYTES)
    # it begins while the heads are read
    with closing(team or Team.for_pack(path, task)) as searching:
        try:
            pack = Pack(path, source.hash_bytes)
        except (PackError, OSError, ValueError, IndexError) as error:
            return Findings(unsearched=[(path.name, str(error))])
        with closing(pack):
            return searching.search(pack, source, task)


def _queue(stack: ExitStack) -> int:
    """A pipe with the numbers of all portions, and none behind them."""
    reader, writer = os.pipe()
    stack.callback(os.close, reader)
    os.write(writer, bytes(range(MOST_PORTIONS)))
    os.close(writer)
    return reader


class _Other:
    """Another process that searches portions."""

    def __init__(self, shared: tuple[int, ...]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "auditor.collectors.leaks.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=shared,
            # Ctrl-C is for this process, which ends the other one
            process_group=0,
        )

    def begin(self, order: Order) -> None:
        """Sends it to work."""
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101 -- asked for above
        # one that died at once is known by its answer
        with suppress(BrokenPipeError):
            pipe.write(json.dumps(asdict(order)).encode())
        with suppress(BrokenPipeError):
            pipe.close()
        self._process.stdin = None

    def answer(self) -> Findings:
        """What it found; raises SourceError where it died."""
        answer, _ = self._process.communicate()
        if self._process.returncode:
            raise SourceError(f"a process of the search ended with {self._process.returncode}: run the audit again")
        return Findings.from_json(answer)

    def close(self) -> None:
        """Ends it."""
        with self._process:
            self._process.kill()
