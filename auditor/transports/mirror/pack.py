"""Reads objects from the mirror's packs, and believes none whose hash is not its name."""

import hashlib
import mmap
import traceback
import zlib
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.transports.mirror.fault import MirrorDamagedError, MirrorMalformedError
from auditor.transports.mirror.state import PackFile

if TYPE_CHECKING:
    from dulwich.pack import Pack

COMMIT, TREE, BLOB, TAG = 1, 2, 3, 4
KINDS = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob", TAG: b"tag"}
SUSPECT = "suspect"
_OFS_DELTA, _REF_DELTA = 6, 7
_PACKS = Path("objects", "pack")
_HEAD_BYTES = 128


class PackReader:
    """The objects of the named packs; whatever it can't read marks the mirror suspect for the next update."""

    def __init__(self, folder: Path, packs: Iterable[PackFile]) -> None:
        self._folder = folder
        self._packs: list[_OpenPack] = []
        try:
            self._packs.extend(_opened(folder, each) for each in packs)
        except BaseException:
            self.close()
            raise

    def __contains__(self, sha: str) -> bool:
        return self._find(sha) is not None

    def raw(self, sha: str, limit: int) -> tuple[int, bytes]:
        """Kind and content; MirrorDamagedError: the object is missing or broken, MirrorMalformedError: over `limit`."""
        found = self._find(sha)
        if found is None:
            raise self._damaged(f"object {sha} is missing in the mirror")
        pack, offset = found
        try:
            size = _size_at(pack.view, offset)
            if size > limit:
                raise MirrorMalformedError(f"object {sha} has {size} bytes; at most {limit} are read")
            # Pack.get_raw would search the index a second time
            kind, chunks = pack.dulwich.resolve_object(offset, *pack.dulwich.data.get_object_at(offset))
            content = b"".join(chunks)  # type: ignore[arg-type]  # resolved, these are the object's own bytes
        except MirrorMalformedError:
            raise
        except Exception as error:  # a broken pack makes dulwich raise almost anything
            # Its frames look into the mapped file, which could not be closed while they do
            traceback.clear_frames(error.__traceback__)
            raise self._damaged(f"object {sha} can't be read from the mirror") from error
        if _name(kind, content) != sha:
            raise self._damaged(f"object {sha} is broken in the mirror")
        return kind, content

    def close(self) -> None:
        """Lets go of the files."""
        for each in self._packs:
            each.close()

    def _find(self, sha: str) -> "tuple[_OpenPack, int] | None":
        name = bytes.fromhex(sha)
        for place, pack in enumerate(self._packs):
            with suppress(KeyError):
                offset = pack.dulwich.index.object_offset(name)  # type: ignore[arg-type]  # their NewType
                if place:
                    # Neighbours lie in the same pack: ask the one that answered first the next time
                    self._packs.insert(0, self._packs.pop(place))
                return pack, offset
        return None

    def _damaged(self, what: str) -> MirrorDamagedError:
        with suppress(OSError):
            (self._folder / SUSPECT).touch(mode=0o600)
        return MirrorDamagedError(f"{what}: the next run repairs it")


class _OpenPack:
    """One pack: dulwich's view of it, and the bytes, in which an object's size is read before it is inflated."""

    def __init__(self, pack: "Pack", view: mmap.mmap) -> None:
        self.dulwich = pack
        self.view = view

    def close(self) -> None:
        self.dulwich.close()
        self.view.close()


def _opened(folder: Path, file: PackFile) -> _OpenPack:
    from dulwich.object_format import SHA1
    from dulwich.pack import Pack

    stem = folder / _PACKS / file.name
    with ExitStack() as opened:
        try:
            pack = opened.enter_context(Pack(str(stem), object_format=SHA1))
            len(pack.index)
            with stem.with_suffix(".pack").open("rb") as handle:
                view = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        except Exception as error:  # a broken index makes dulwich raise almost anything
            traceback.clear_frames(error.__traceback__)
            (folder / SUSPECT).touch(mode=0o600)
            raise MirrorDamagedError(f"pack {file.name} can't be opened: the next run repairs the mirror") from error
        opened.pop_all()
    return _OpenPack(pack, view)


def _name(kind: int, content: bytes) -> str:
    digest = hashlib.sha1(b"%b %d\0" % (KINDS[kind], len(content)), usedforsecurity=False)
    digest.update(content)
    return digest.hexdigest()


def _size_at(view: mmap.mmap, offset: int) -> int:
    """The size of the object at `offset`, of a delta its result's (gitformat-pack, "pack-*.pack files have...")."""
    head = view[offset : offset + _HEAD_BYTES]
    kind, size, shift, place = head[0] >> 4 & 7, head[0] & 15, 4, 1
    while head[place - 1] & 0x80:
        size |= (head[place] & 0x7F) << shift
        shift, place = shift + 7, place + 1
    if kind not in (_OFS_DELTA, _REF_DELTA):
        return size
    if kind == _REF_DELTA:
        place += 20
    else:
        while head[place] & 0x80:
            place += 1
        place += 1
    delta = zlib.decompressobj().decompress(head[place:], 32)
    return _varint(delta, _varint(delta, 0)[1])[0]


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while data[place] & 0x80:
        value |= (data[place] & 0x7F) << shift
        shift, place = shift + 7, place + 1
    return value | data[place] << shift, place + 1
