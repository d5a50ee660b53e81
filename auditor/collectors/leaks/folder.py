"""Searches the files of a folder, whatever git thinks of them; links are not followed, git's own folder is left out."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH114, PTH115, PTH118

import os
import stat
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from auditor.collectors.leaks.repository import Task
from auditor.collectors.leaks.scan import Scanner, Sighting, line_of, name_sightings
from auditor.errors import SourceError
from auditor.model.facts.leaks import Leak, LeakPlace, LeakSearch, Suppression, Unsearched
from auditor.text import name_text

_LARGEST_BYTES = 64 << 20


def search_folder(folder: Path, task: Task) -> LeakSearch:
    """The secrets in the files below `folder`, or in the one file that it is, and in their names.

    Paths are shown relative to `folder`. Raises SourceError where there is nothing, or the time is over.
    """
    if not folder.exists():
        raise SourceError(f"no such file or folder {str(folder)!r}")
    scanner = Scanner(task.key)
    paths: list[bytes] = []
    unsearched: list[tuple[str, str]] = []
    for path in _files(os.fsencode(folder), unsearched):
        task.check()
        data = _content(path, unsearched)
        if data is not None:
            scanner.add_whole(len(paths), data)
            paths.append(path)
    scanner.flush()
    root = os.fsencode(folder if folder.is_dir() else folder.parent)
    shown = [name_text(os.path.relpath(path, root)) for path in paths]
    places = defaultdict[tuple[str, str, str], list[LeakPlace]](list)
    for number, found in scanner.sightings.items():
        data = _content(paths[number], []) or b""
        for one in found.values():
            places[one.shown].append(_place(shown[number], one, data))
    for name, one, before in name_sightings([os.path.relpath(path, root) for path in paths], scanner):
        _ = name
        places[one.shown].append(LeakPlace(origin="folder", where="file-name", path=name_text(before)))
    unsearched += [(os.fsencode(shown[number]).decode(), why) for number, why in scanner.unsearched.items()]
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
        unsearched=tuple(Unsearched(place=place, reason=why) for place, why in unsearched),
        objects=len(paths),
        read=len(paths),
        searched_bytes=scanner.searched_bytes,
    )


def _place(path: str, one: Sighting, data: bytes) -> LeakPlace:
    inside = f"!{one.inside}" if one.inside else ""
    return LeakPlace(origin="folder", where="file", path=path + inside, line=line_of(data, one.needle) or None)


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
