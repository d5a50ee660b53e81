"""Asks git for the commits that brought or took what was found: in a folder of our own, over the searched objects.

So git sees neither configuration nor hooks of the repository, and writes nothing there.
"""

import re
import subprocess
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from auditor.collectors.leaks.ledger import Event
from auditor.collectors.leaks.naming import is_noteworthy
from auditor.errors import SourceError
from auditor.text import printable, short
from auditor.transports.git_program import found_git, git_environment

# as much as the system gives without being asked for more rights
_PIPE_BYTES = 1 << 20
# as far as a night's commits reach
_NEAR = 256
_ENTRY = re.compile(
    rb"\x01([0-9a-f]{40,64}) (\d+)\0*|:+(?:[0-7]{6} )+((?:[0-9a-f]{40,64} )+)[A-Z]+\0([^\0]+)\0",
)


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

    def events(self, tips: Collection[str], without: Iterable[str], wanted: Collection[str]) -> Iterator[Event]:
        """The changes that the history of `tips` made to noteworthy files, and with the objects `wanted`."""
        if not tips:
            return
        options = [
            "--raw",
            "--no-abbrev",
            "--no-renames",
            "--root",
            "--diff-merges=combined",
            "-z",
            "--format=%x01%H %ct",
        ]
        text = self._run(["log", *options, "--stdin"], [*tips, *(f"^{oid}" for oid in without)])
        raw, noteworthy = {oid.encode() for oid in wanted}, cache(is_noteworthy)
        commit, at = "", 0
        for head, time, oids, path in _ENTRY.findall(text):
            if head:
                commit, at = head.decode(), int(time)
                if head in raw:
                    yield Event(commit, at, b"", "", commit)
            elif not raw.isdisjoint(oids.split()) or noteworthy(path):
                *old, new = oids.decode().split()
                yield Event(commit, at, path, " ".join(filter(_exists, old)), new if _exists(new) else "")

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

    def _run(self, arguments: Sequence[str], lines: Sequence[str | bytes]) -> bytes:
        with tempfile.TemporaryFile() as asked:
            asked.writelines((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
            asked.seek(0)
            done = subprocess.run(
                [self._program, *arguments],
                cwd=self._folder,
                env=self._environment,
                stdin=asked,
                capture_output=True,
                check=False,
                pipesize=_PIPE_BYTES,
            )
        if done.returncode:
            last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise SourceError(f"git {arguments[0]}: {printable(short(last, 200))!r}: run git fsck")
        return done.stdout


def _exists(oid: str) -> bool:
    return bool(oid.strip("0"))
