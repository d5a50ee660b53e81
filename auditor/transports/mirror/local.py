"""Copies from a repository on this machine, by reading its files; git is never run there and nothing is written.

Where git is, it packs from the auditor's own folder, with the other's objects beside its own: so it reads neither the
configuration nor the hooks of the source. Else dulwich does it, some ten times slower.
"""

import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import AuditorError, SourceError
from auditor.interfaces import Deadline
from auditor.text import printable, short
from auditor.transports.git_program import git_environment
from auditor.transports.mirror.fault import MirrorUnsupportedError, OutOfTimeError
from auditor.transports.mirror.source import believed_refs
from auditor.transports.mirror.state import Ref

if TYPE_CHECKING:
    from dulwich.objects import ObjectID

_PIECE = 1 << 16


class LocalSource:
    """A repository behind a path, bare or with a work tree; `folder` is the mirror's own, `git` the program or None."""

    def __init__(
        self, path: Path, folder: Path, git: str | None, deadline: Deadline, progress: Callable[[str], None]
    ) -> None:
        from dulwich.repo import Repo

        self._path, self._folder, self._git = path, folder, git
        self._deadline, self._progress = deadline, progress
        with self._read():
            self._repo = Repo(str(path))
            if self._repo.object_format.name != "sha1":
                raise MirrorUnsupportedError(
                    f"objects in {str(path)!r} are not named by SHA-1, and can't be copied yet"
                )
            if self._repo.get_shallow():
                raise MirrorUnsupportedError(f"{str(path)!r} is a shallow clone: its history can't be judged")

    def refs(self) -> tuple[Ref, ...]:
        with self._read():
            return believed_refs(self._repo.get_refs().items())

    def fetch(self, wants: Sequence[str], haves: Iterable[str], write: Callable[[bytes], int], *, thin: bool) -> None:
        self._progress(f"copying from {str(self._path)!r}")
        chunks = self._packed(wants, haves) if self._git is None else self._git_packed(self._git, wants, haves, thin)
        with self._read(), closing(chunks):
            for chunk in chunks:
                self._tick()
                write(chunk)

    def close(self) -> None:
        self._repo.close()

    def _packed(self, wants: Sequence[str], haves: Iterable[str]) -> Generator[bytes, None, None]:
        from dulwich.object_format import SHA1
        from dulwich.object_store import MissingObjectFinder
        from dulwich.pack import PackChunkGenerator, generate_unpacked_objects

        store = self._repo.object_store
        found = list(MissingObjectFinder(store, _raw(haves), _raw(wants), progress=self._tick))
        # Deltas of two packs may lean on each other in a circle
        records = generate_unpacked_objects(store, found, reuse_deltas=len(store.packs) == 1)
        yield from PackChunkGenerator(SHA1, num_records=len(found), records=records)

    def _git_packed(
        self, git: str, wants: Sequence[str], haves: Iterable[str], thin: bool
    ) -> Generator[bytes, None, None]:
        environment = git_environment(self._folder, [Path(self._repo.object_store.path).resolve()])
        options = ["--revs", "--stdout", "-q", "--delta-base-offset", *(["--thin"] if thin else [])]
        with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as complaint:
            asked.write("".join(f"{line}\n" for line in (*wants, "--not", *haves)).encode())
            asked.seek(0)
            with subprocess.Popen(
                [git, "pack-objects", *options],
                cwd=self._folder,
                env=environment,
                stdin=asked,
                stdout=subprocess.PIPE,
                stderr=complaint,
            ) as packer:
                try:
                    while packer.stdout is not None and (piece := packer.stdout.read(_PIECE)):
                        yield piece
                except BaseException:
                    packer.kill()
                    raise
            if packer.returncode:
                complaint.seek(0)
                last = complaint.read(_PIECE).decode("utf-8", "replace").strip().rpartition("\n")[2]
                raise SourceError(
                    f"git pack-objects could not read {str(self._path)!r}: {printable(short(last, 200))!r}"
                )

    def _tick(self, _: object = None) -> None:
        if not self._deadline.remaining():
            raise OutOfTimeError("the time limit was reached while the repository was copied")

    @contextmanager
    def _read(self) -> Iterator[None]:
        try:
            yield
        except AuditorError:
            raise
        except Exception as error:  # a broken repository makes dulwich raise almost anything
            said = printable(short(str(error) or type(error).__name__, 200))
            raise SourceError(f"the repository {str(self._path)!r} can't be read: {said!r}") from error


def _raw(shas: Iterable[str]) -> "list[ObjectID]":
    from dulwich.objects import ObjectID

    return [ObjectID(sha.encode("ascii")) for sha in shas]
