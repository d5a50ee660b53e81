"""Asks git for the commits that brought or took what was found: in a folder of our own, over the searched objects.

So git sees neither configuration nor hooks of the repository, and writes nothing there.
"""

import subprocess
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from auditor.collectors.leaks.ledger import Event
from auditor.collectors.leaks.naming import is_noteworthy
from auditor.errors import SourceError
from auditor.text import printable, short
from auditor.transports.git_program import found_git, git_environment

# as far as a night's commits reach
_NEAR = 256
# beside it modes and letters alone stand in an entry
_SHORTEST_NAME = 40


@dataclass(frozen=True)
class Answer:
    """What git says to a question; it runs until somebody wants to read it."""

    command: str
    process: "subprocess.Popen[bytes]"
    said: IO[bytes]
    faults: IO[bytes]

    def read(self) -> bytes:
        """All of it; raises SourceError where git failed."""
        failed = self.process.wait()
        with self.said, self.faults:
            for file in (self.said, self.faults):
                file.seek(0)
            if failed:
                last = self.faults.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
                raise SourceError(f"git {self.command}: {printable(short(last, 200))!r}: run git fsck")
            return self.said.read()

    def drop(self) -> None:
        """Ends what nobody wants to read any more."""
        self.process.kill()
        self.process.wait()
        self.said.close()
        self.faults.close()


class Git:
    """The git program over the object folders of a repository."""

    def __init__(self, program: str, folder: Path, objects: Sequence[Path], hash_bytes: int) -> None:
        self._program, self._folder, self.hash_bytes = program, folder, hash_bytes
        (folder / "objects").mkdir()
        (folder / "refs").mkdir()
        (folder / "HEAD").write_text("ref: refs/heads/none\n")
        sha256 = "[extensions]\nobjectFormat = sha256\n" if hash_bytes == 32 else ""
        (folder / "config").write_text(
            f"[core]\nrepositoryFormatVersion = {int(hash_bytes == 32)}\nbare = true\n{sha256}"
        )
        # without GIT_FLUSH it writes each commit by itself
        self._environment = git_environment(folder, objects) | {"GIT_FLUSH": "0"}

    @classmethod
    @contextmanager
    def over(cls, objects: Sequence[Path], hash_bytes: int) -> "Iterator[Git]":
        """Git in a passing folder; raises SourceError where it is not installed."""
        program = found_git()
        if program is None:
            raise SourceError("git is not installed: without it no path or commit is known of what was found")
        with tempfile.TemporaryDirectory(prefix="auditor-") as folder:
            yield cls(program, Path(folder), objects, hash_bytes)

    def commits(self, oids: Iterable[str]) -> dict[str, str]:
        """The commits that objects are, or lead to as tags; what is none, or missing, is left out."""
        asked = list(dict.fromkeys(oids))
        if not asked:
            return {}
        answer = self._run(
            ["cat-file", "--buffer", "--batch-check=%(objecttype) %(objectname)"],
            [f"{oid}^{{commit}}" for oid in asked],
        )
        lines = answer.splitlines()
        return {oid: line[7:].decode() for oid, line in zip(asked, lines, strict=True) if line.startswith(b"commit ")}

    def log(self, tips: Iterable[str], without: Iterable[str]) -> Answer:
        """The history of `tips`, as `events_in` reads it."""
        options = [
            "--raw",
            "--no-abbrev",
            "--no-renames",
            "--root",
            "--diff-merges=combined",
            "-z",
            "--format=%H %ct",
        ]
        return self._ask(["log", *options, "--stdin"], [*tips, *(f"^{oid}" for oid in without)])

    def nearest(self, tips: Collection[str], known: Collection[str]) -> Collection[str]:
        """Those of `known` at which what is new in the history of `tips` ends; all of them where that is far away."""
        if not tips or not known:
            return known
        lines = self._run(["rev-list", "--parents", f"--max-count={_NEAR}", "--stdin"], list(tips)).splitlines()
        parents = {commit: above for commit, *above in (line.decode().split() for line in lines)}
        met, new, left = set[str](), set[str](), list(tips)
        while left:
            oid = left.pop()
            if oid in known:
                met.add(oid)
            elif oid not in parents:
                return known
            elif oid not in new:
                new.add(oid)
                left += parents[oid]
        return met

    def beyond(self, tips: Collection[str], without: Iterable[str]) -> bool:
        """Whether `tips` lead to a commit that `without` do not."""
        if not tips:
            return False
        return bool(self._run(["rev-list", "-1", "--stdin"], [*tips, *(f"^{oid}" for oid in without)]).strip())

    def reachable(self, tips: Iterable[str]) -> set[str]:
        """All commits that the tips lead to."""
        return set(self._run(["rev-list", "--stdin"], list(tips)).decode().split())

    def trees(self, commits: Sequence[str]) -> dict[str, str]:
        """The tree of each commit."""
        answer = self._run(
            ["cat-file", "--buffer", "--batch-check=%(objectname)"], [f"{oid}^{{tree}}" for oid in commits]
        )
        lines = answer.decode().splitlines()
        return {oid: line for oid, line in zip(commits, lines, strict=True) if " " not in line}

    def contents(self, oids: Sequence[str]) -> dict[str, bytes]:
        """The content of each object; raises SourceError where one is missing."""
        answer = self._run(["cat-file", "--buffer", "--batch"], oids)
        found, at = {}, 0
        for oid in oids:
            start = answer.index(b"\n", at) + 1
            head = answer[at:start].split()
            if len(head) != 3:
                raise SourceError(f"object {oid} is not there: run git fsck")
            found[oid] = answer[start : start + int(head[2])]
            at = start + int(head[2]) + 1
        return found

    def content(self, oid: str) -> bytes:
        """The content of an object, of a commit or tag the whole of it."""
        return self._run(["cat-file", self.kind(oid), oid], [])

    def kind(self, oid: str) -> str:
        """What an object is: blob, tree, commit or tag."""
        return self._run(["cat-file", "-t", oid], []).decode().strip()

    def _run(self, arguments: Sequence[str], lines: Iterable[str | bytes]) -> bytes:
        return self._ask(arguments, lines).read()

    def _ask(self, arguments: Sequence[str], lines: Iterable[str | bytes]) -> Answer:
        with ExitStack() as stack, tempfile.TemporaryFile() as asked:
            # files, not pipes: so git never waits until somebody reads, who closes them
            said, faults = stack.enter_context(tempfile.TemporaryFile()), stack.enter_context(tempfile.TemporaryFile())
            asked.writelines((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
            asked.seek(0)
            command = [self._program, *arguments]
            try:
                process = subprocess.Popen(
                    command, cwd=self._folder, env=self._environment, stdin=asked, stdout=said, stderr=faults
                )
            except OSError as error:
                raise SourceError(f"git can't be started: {error.strerror}") from error
            stack.pop_all()
        return Answer(arguments[0], process, said, faults)


def events_in(log: bytes, wanted: Iterable[str]) -> Iterator[Event]:
    """The changes that a log tells of to noteworthy files, and with the objects `wanted`."""
    raw, noteworthy = {oid.encode() for oid in wanted}, cache(is_noteworthy)
    commit, at = "", 0
    fields = iter(log.split(b"\0"))
    for field in fields:
        words = field.split()
        if not words:
            continue
        if words[0].startswith(b":"):
            path = next(fields)
            if not raw.isdisjoint(words) or noteworthy(path):
                *old, new = (word.decode() for word in words if len(word) >= _SHORTEST_NAME)
                yield Event(commit, at, path, " ".join(filter(_exists, old)), new if _exists(new) else "")
        else:
            commit, at = words[0].decode(), int(words[1])
            if words[0] in raw:
                yield Event(commit, at, b"", "", commit)


def _exists(oid: str) -> bool:
    return bool(oid.strip("0"))
