"""Repositories made by `git fast-import`: thousands of commits in a second."""

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

ENVIRONMENT = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C"}


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    """Runs git in `folder` with no configuration but the repository's own, and gives what it printed."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=ENVIRONMENT, input=stdin, capture_output=True, check=True
    )
    return done.stdout.decode("utf-8", "replace").strip()


def make_repository(path: Path, stream: Iterable[bytes]) -> Path:
    """A bare repository at `path` with what the fast-import `stream` says."""
    path.mkdir(parents=True)
    git(path, "init", "-q", "--bare", "-b", "main", ".")
    add_history(path, stream)
    return path


def add_history(path: Path, stream: Iterable[bytes]) -> None:
    """Runs another fast-import `stream`; refs may move anywhere."""
    git(path, "fast-import", "--quiet", "--force", stdin=b"".join(stream))


def commits(
    ref: str, count: int, *, start: int = 0, parent: str | None = None, folders: int = 40, size: int = 0
) -> Iterator[bytes]:
    """`count` commits on `ref` (after `parent`, else new), each with a new file of its number in one of `folders`.

    `size` is how many bytes that compress badly each file has beyond a line.
    """
    for number in range(start, start + count):
        when = 1_700_000_000 + number * 60
        message = f"change {number} of {ref}\n".encode()
        body = f"text {number} of {ref}\n".encode() + os.urandom(size)
        yield b"commit %b\n" % ref.encode()
        yield b"committer Ada <ada@example.net> %d +0100\ndata %d\n%b" % (when, len(message), message)
        if number == start and parent is not None:
            yield b"from %b\n" % parent.encode()
        yield b"M 100644 inline folder%d/file%d.txt\ndata %d\n%b\n" % (number % folders, number % 400, len(body), body)
