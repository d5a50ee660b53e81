"""Takes a pack in and makes it part of the mirror, or leaves nothing: by `git index-pack` where it is, else dulwich.

Either way every object is named by its own hash. git runs in the auditor's folder alone, under our configuration.
"""

import os
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from auditor.errors import SourceError
from auditor.interfaces import Deadline
from auditor.text import printable, short
from auditor.transports.git_program import git_environment
from auditor.transports.mirror.fault import OutOfTimeError

PACKS = Path("objects", "pack")


class Inbox(Protocol):
    """Where a transfer writes its pack; leaving the block without `finish` throws it away."""

    thin: bool
    received: int

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def write(self, data: bytes) -> int:
        """Takes the next bytes; raises SourceError where the disk is full, the pack too large or refused."""

    def finish(self) -> str | None:
        """The name of the pack, now in its place, without suffix; None where it held no object."""


def open_inbox(folder: Path, limit: int, deadline: Deadline, git: str | None) -> Inbox:
    """An inbox for a pack of at most `limit` bytes; `git` is the program's path, None to do without."""
    return DulwichInbox(folder, limit, deadline) if git is None else GitInbox(folder, limit, deadline, git)


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turns what the disk refuses into an error that says so."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SourceError(
            f"the mirror in {str(folder)!r} can't be written: {reason}: make room, or check its rights"
        ) from error


class GitInbox:
    """Pipes the pack into `git index-pack`, which indexes it on arrival and demands every object that it names."""

    thin = True

    def __init__(self, folder: Path, limit: int, deadline: Deadline, git: str) -> None:
        self.received = 0
        self._deadline = deadline
        self._complaint: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__, or below
        # --check-self-contained-and-connected demands every linked object without judging old commits' style (--strict)
        options = ["--stdin", "--fix-thin", "--check-self-contained-and-connected", f"--max-input-size={limit}"]
        try:
            self._process = subprocess.Popen(
                [git, "-c", "core.hooksPath=/dev/null", "index-pack", *options],
                cwd=folder,
                env=git_environment(folder),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaint,
            )
        except BaseException:
            self._complaint.close()
            raise
        self._folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.wait()
        self._complaint.close()

    def write(self, data: bytes) -> int:
        if self._process.stdin is None:
            raise SourceError("git index-pack takes no input")
        try:
            self._process.stdin.write(data)
        except OSError as error:
            raise self._refused() from error
        self.received += len(data)
        return len(data)

    def finish(self) -> str | None:
        try:
            out, _ = self._process.communicate(timeout=max(1.0, self._deadline.remaining()))
        except subprocess.TimeoutExpired as error:
            raise OutOfTimeError("the time limit was reached while the repository's pack was indexed") from error
        except OSError as error:
            raise self._refused() from error
        word, _, sha = out.decode("ascii", "replace").strip().partition("\t")
        # 1 says that the pack links to objects outside it, all of which are here: an increment
        if self._process.returncode not in (0, 1) or word not in ("pack", "keep") or len(sha) != 40:
            raise self._refused()
        return _kept(self._folder, f"pack-{sha}")

    def _refused(self) -> SourceError:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        self._complaint.seek(0)
        last = self._complaint.read(1 << 16).decode("utf-8", "replace").strip().rpartition("\n")[2]
        if "No space left" in last:
            return SourceError(f"the mirror in {str(self._folder)!r} can't be written: no space left: make room")
        if not last:
            return SourceError(f"git index-pack ended with {self._process.returncode}: is there room, disk and memory?")
        return SourceError(f"git index-pack refused what the server sent: {printable(short(last, 200))!r}")


class DulwichInbox:
    """Writes the pack beside its place and indexes it there; asks for packs that need no other's objects."""

    thin = False

    def __init__(self, folder: Path, limit: int, deadline: Deadline) -> None:
        self.received = 0
        self._folder, self._limit, self._deadline = folder, limit, deadline
        handle, path = tempfile.mkstemp(prefix="tmp_", dir=folder / PACKS)
        self._path = Path(path)
        self._file = os.fdopen(handle, "wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, data: bytes) -> int:
        self.received += len(data)
        if self.received > self._limit:
            raise SourceError(f"the repository's pack is larger than {self._limit} bytes, the mirror's limit")
        with disk_errors(self._folder):
            return self._file.write(data)

    def finish(self) -> str | None:
        with disk_errors(self._folder):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            return index_pack(self._folder, self._path, self._deadline)


def index_pack(folder: Path, path: Path, deadline: Deadline | None = None) -> str | None:
    """Checks and indexes the pack at `path` and moves both to their place; raises SourceError where it is broken."""
    from dulwich.object_format import SHA1
    from dulwich.pack import PackData, PackIndexer, write_pack_index_v2

    entries = []
    try:
        with PackData(str(path), object_format=SHA1) as data:
            data.check()
            checksum = data.get_stored_checksum()
            for entry in PackIndexer.for_pack_data(data):
                entries.append(entry)
                if deadline is not None and not deadline.remaining():
                    raise OutOfTimeError("the time limit was reached while the repository's pack was indexed")
    except (OSError, SourceError):
        raise
    except Exception as error:  # a broken pack makes dulwich raise almost anything
        raise SourceError(f"the server sent a broken pack: {printable(short(str(error), 200))!r}") from error
    name = f"pack-{checksum.hex()}"
    target = folder / PACKS / name
    passing = path.with_name(f"tmp_{name}.idx")
    with passing.open("wb") as file:
        write_pack_index_v2(file, sorted(entries), checksum)
        file.flush()
        os.fsync(file.fileno())
    path.replace(target.with_suffix(".pack"))
    passing.replace(target.with_suffix(".idx"))
    return _kept(folder, name)


def _kept(folder: Path, name: str) -> str | None:
    pack = (folder / PACKS / name).with_suffix(".pack")
    with pack.open("rb") as file:
        count = struct.unpack(">4sLL", file.read(12))[2]
    if count:
        return name
    for suffix in (".pack", ".idx", ".rev"):
        pack.with_suffix(suffix).unlink(missing_ok=True)
    return None
