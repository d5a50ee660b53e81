"""Searches the files of a folder, whatever git thinks of them; links are not followed, git's own folder is left out."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH114, PTH115, PTH118

import os
import stat
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import overload

from auditor.collectors.leaks.scan import Scanner, Sighting, line_of, name_sightings
from auditor.collectors.leaks.task import Task
from auditor.detector.engine import second_engine
from auditor.detector.own_kind import kinds_with
from auditor.errors import SourceError
from auditor.model.facts.leaks import Leak, LeakPlace, LeakSearch, Suppression, Unsearched
from auditor.text import name_text

_LARGEST_BYTES = 64 << 20


def search_folder(folder: Path, task: Task, root: Path | None = None) -> LeakSearch:
    """The secrets in the files below `folder`, or in the one file that it is, and in their names.

    Paths are shown, and judged, relative to `root`, without one to `folder`. Raises SourceError where there is nothing,
    or the time is over.
    """
    if not folder.exists():
        raise SourceError(f"no such file or folder {str(folder)!r}")
    above = os.fsencode(root or (folder if folder.is_dir() else folder.parent))
    unsearched: list[tuple[str, str]] = []
    found = search_texts(_Files(list(_files(os.fsencode(folder), unsearched)), above, unsearched), task, "work tree")
    lost = tuple(Unsearched(place=place, reason=why) for place, why in dict.fromkeys(unsearched))
    return replace(found, unsearched=(*lost, *found.unsearched))


class _Files(Sequence[tuple[bytes, bytes]]):
    """The files that can be read, each read again when it is asked for: all of them would fill the memory."""

    def __init__(self, paths: list[bytes], root: bytes, unsearched: list[tuple[str, str]]) -> None:
        self._paths, self._root, self._unsearched = paths, root, unsearched

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, number: int) -> tuple[bytes, bytes]: ...
    @overload
    def __getitem__(self, number: slice) -> list[tuple[bytes, bytes]]: ...
    def __getitem__(self, number: int | slice) -> tuple[bytes, bytes] | list[tuple[bytes, bytes]]:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        path = self._paths[number]
        return os.path.relpath(path, self._root), _content(path, self._unsearched) or b""


def search_texts(texts: Sequence[tuple[bytes, bytes]], task: Task, tip: str) -> LeakSearch:
    """The secrets in texts, each with the name of its file, and in the names; `tip` says what they are part of."""
    scanner = Scanner(task.key, task.is_object, kinds=kinds_with(task.patterns), engine=second_engine())
    for number, (_, data) in enumerate(texts):
        task.check()
        scanner.add_whole(number, data)
    scanner.flush()
    places = defaultdict[tuple[str, str, str], list[LeakPlace]](list)
    for number, found in scanner.sightings.items():
        name, data = texts[number]
        for one in found.values():
            places[one.shown].append(_place(name_text(name), one, data, tip))
    for _, one, before in name_sightings([name for name, _ in texts], scanner):
        places[one.shown].append(LeakPlace(origin="folder", where="file-name", path=name_text(before), tips=(tip,)))
    return LeakSearch(
        leaks=tuple(
            Leak(
                kind=kind,
                hint=hint,
                hmac=mark,
                places=tuple(sorted(at, key=lambda one: (one.path or "", one.line or 0))),
            )
            for (kind, hint, mark), at in sorted(places.items())
        ),
        suppressed=tuple(
            Suppression(kind=kind, reason=why, count=count) for (kind, why), count in sorted(scanner.suppressed.items())
        ),
        unsearched=tuple(
            Unsearched(place=name_text(texts[number][0]), reason=why) for number, why in scanner.unsearched.items()
        ),
        objects=len(texts),
        read=len(texts),
        searched_bytes=scanner.searched_bytes,
    )


def _place(path: str, one: Sighting, data: bytes, tip: str) -> LeakPlace:
    inside = f"!{one.inside}" if one.inside else ""
    line = line_of(data, one.needle) or None
    return LeakPlace(origin="folder", where="file", path=path + inside, line=line, tips=(tip,))


def _files(root: bytes, unsearched: list[tuple[str, str]]) -> Iterator[bytes]:
    if not stat.S_ISDIR(Path(os.fsdecode(root)).stat().st_mode):
        yield root
        return

    def refused(error: OSError) -> None:
        unsearched.append((name_text(os.fsencode(error.filename or root)), "it may not be read"))

    for parent, folders, files in os.walk(root, onerror=refused):
        folders[:] = sorted(name for name in folders if name != b".git")
        yield from (os.path.join(parent, name) for name in sorted(files))


def _content(path: bytes, unsearched: list[tuple[str, str]]) -> bytes | None:
    """The bytes of a regular file, of a link its target; None for anything else, and where it can't be read."""
    try:
        if os.path.islink(path):
            return os.readlink(path)
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return None
            data = file.read(_LARGEST_BYTES + 1)
    except OSError:
        unsearched.append((name_text(path), "it may not be read"))
        return None
    if len(data) > _LARGEST_BYTES:
        unsearched.append((name_text(path), f"it has more than {_LARGEST_BYTES >> 20} MB"))
        return None
    return data
