"""Asks git for the commits that brought or took what was found: in a folder of our own, over the searched objects.

So git sees neither configuration nor hooks of the repository, and writes nothing there.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from auditor.collectors.leaks.ledger import Event
from auditor.collectors.leaks.naming import is_noteworthy
from auditor.errors import SourceError
from auditor.text import printable, short

_PIECE = 1 << 20
_COMMIT = re.compile(rb"\x01([0-9a-f]{40,64}) (\d+)\0*")
_CHANGE = re.compile(rb":+(?:[0-7]{6} )+((?:[0-9a-f]{40,64} )+)[A-Z]+\0([^\0]+)\0")


class Git:
    """The git program over the object folders of a repository."""

    def __init__(self, program: str, folder: Path, objects: Sequence[Path], hash_bytes: int) -> None:
        self._program, self._folder = program, folder
        (folder / "objects").mkdir()
        (folder / "refs").mkdir()
        (folder / "HEAD").write_text("ref: refs/heads/none\n")
        sha256 = "[extensions]\nobjectFormat = sha256\n" if hash_bytes == 32 else ""
        (folder / "config").write_text(
            f"[core]\nrepositoryFormatVersion = {int(hash_bytes == 32)}\nbare = true\n{sha256}"
        )
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "LC_ALL": "C",
            "GIT_DIR": str(folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.pathsep.join(map(_quoted, objects)),
        }

    @classmethod
    @contextmanager
    def over(cls, objects: Sequence[Path], hash_bytes: int) -> "Iterator[Git]":
        """Git in a passing folder; raises SourceError where it is not installed."""
        program = shutil.which("git")
        if program is None:
            raise SourceError("git is not installed: without it no path or commit is known of what was found")
        with tempfile.TemporaryDirectory(prefix="auditor-") as folder:
            yield cls(program, Path(folder), objects, hash_bytes)

    def commits(self, oids: Iterable[str]) -> dict[str, str]:
        """The commits that objects are, or lead to as tags; what is none, or missing, is left out."""
        asked = list(dict.fromkeys(oids))
        answer = self._run(
            ["cat-file", "--batch-check=%(objecttype) %(objectname)"], [f"{oid}^{{commit}}" for oid in asked]
        )
        lines = answer.splitlines()
        return {oid: line[7:].decode() for oid, line in zip(asked, lines, strict=True) if line.startswith(b"commit ")}

    def events(self, tips: Iterable[str], without: Iterable[str], wanted: Container[str]) -> Iterator[Event]:
        """The changes that the history of `tips` made to noteworthy files, and with the objects `wanted`."""
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
        for piece in re.split(rb"(?=\x01[0-9a-f]{40})", text):
            head = _COMMIT.match(piece)
            if not head:
                continue
            commit, at = head[1].decode(), int(head[2])
            if commit in wanted:
                yield Event(commit, at, b"", "", commit)
            for change in _CHANGE.finditer(piece, head.end()):
                *old, new = change[1].decode().split()
                if new in wanted or any(oid in wanted for oid in old) or is_noteworthy(change[2]):
                    yield Event(commit, at, change[2], " ".join(filter(_exists, old)), new if _exists(new) else "")

    def beyond(self, tips: Iterable[str], without: Iterable[str]) -> bool:
        """Whether `tips` lead to a commit that `without` do not."""
        return bool(self._run(["rev-list", "-1", "--stdin"], [*tips, *(f"^{oid}" for oid in without)]).strip())

    def reachable(self, tips: Iterable[str]) -> set[str]:
        """All commits that the tips lead to."""
        return set(self._run(["rev-list", "--stdin"], list(tips)).decode().split())

    def at(self, places: Iterable[tuple[str, bytes]]) -> dict[tuple[str, bytes], str]:
        """The object that lies at each path of a commit, where there is one."""
        places = [(commit, path) for commit, path in places if b"\n" not in path]
        asked = [commit.encode() + b":" + path for commit, path in places]
        lines = self._run(["cat-file", "--batch-check=%(objecttype) %(objectname)"], asked).splitlines()
        return {
            place: line.partition(b" ")[2].decode()
            for place, line in zip(places, lines, strict=True)
            if line.startswith(b"blob ")
        }

    def content(self, oid: str) -> bytes:
        """The content of an object, of a commit or tag the whole of it."""
        kind = self._run(["cat-file", "-t", oid], []).decode().strip()
        return self._run(["cat-file", kind, oid], [])

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
            )
        if done.returncode:
            last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise SourceError(f"git {arguments[0]}: {printable(short(last, 200))!r}: run git fsck")
        return done.stdout


def _exists(oid: str) -> bool:
    return bool(oid.strip("0"))


def _quoted(path: Path) -> str:
    """As git quotes a path in a list of them, where a colon would part it."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
