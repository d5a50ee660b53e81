"""The small files of a git directory as the probe packed them; nothing is unpacked to disk."""

import base64
import binascii
import io
import os
import tarfile
from dataclasses import dataclass

from auditor.collectors.nas.record import groups
from auditor.errors import SourceError

_MOST_MEMBERS = 200_000


@dataclass(frozen=True)
class GitFile:
    """A file below the git directory; `content` is None for a link, which is never followed."""

    content: bytes | None
    modified: int
    executable: bool


@dataclass(frozen=True)
class GitFolder:
    """A git directory: absolute path on the NAS, last line of HEAD's reflog, names too large to send, files by name."""

    path: bytes
    last_reflog: bytes
    too_large: tuple[bytes, ...]
    files: dict[bytes, GitFile]

    def content(self, name: bytes) -> bytes | None:
        """A file's bytes; None where it isn't there or is a link. Raises SourceError where it was too large to send."""
        if name in self.too_large:
            raise SourceError(f"{os.fsdecode(name)} is too large to be read")
        found = self.files.get(name)
        return None if found is None else found.content

    def below(self, prefix: bytes) -> list[tuple[bytes, GitFile]]:
        """The files below a folder (`refs/`), by name."""
        return sorted((name, file) for name, file in self.files.items() if name.startswith(prefix))


def parse_git_folders(body: bytes) -> tuple[GitFolder, ...]:
    """A release's git directory and, for a linked worktree, the common one; raises SourceError for another form."""
    return tuple(
        GitFolder(path.rstrip(b"\n"), reflog, tuple(_name(name) for name in large.split(b"\n") if name), _members(tar))
        for path, reflog, large, tar in groups(body, 4)
    )


def tar_files(data: bytes) -> dict[bytes, GitFile]:
    """Regular files and links of one or more tar streams; raises SourceError where they are damaged."""
    found: dict[bytes, GitFile] = {}
    if not data:
        return found
    try:
        with tarfile.open(
            fileobj=io.BytesIO(data), ignore_zeros=True, encoding="utf-8", errors="surrogateescape"
        ) as tar:
            for member in tar:
                if len(found) >= _MOST_MEMBERS:
                    raise SourceError(f"more than {_MOST_MEMBERS} files in one archive")
                if member.isreg() or member.issym():
                    stream = tar.extractfile(member) if member.isreg() else None
                    content = stream.read() if stream else None
                    name = _name(member.name.encode("utf-8", "surrogateescape"))
                    found[name] = GitFile(content, int(member.mtime), bool(member.mode & 0o100))
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as fault:
        raise SourceError("an archive in the probe's answer is damaged") from fault
    return found


def decoded(text: bytes) -> bytes:
    """The bytes of a base64 text; raises SourceError."""
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as fault:
        raise SourceError("a base64 text in the probe's answer is damaged") from fault


def _members(tar: bytes) -> dict[bytes, GitFile]:
    return tar_files(decoded(tar))


def _name(raw: bytes) -> bytes:
    return raw.removeprefix(b"./")
