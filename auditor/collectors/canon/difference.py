"""The paths in which two trees differ; only folders that differ are read, and each pair of trees once for ever."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.collectors.canon.folder import TREE, checked_entries
from auditor.collectors.canon.store import Store
from auditor.interfaces import Deadline
from auditor.text import name_text
from auditor.transports.mirror.fault import MirrorMalformedError
from auditor.transports.mirror.view import Entry, Mirror

MOST_PATHS = 20_000
_MOST_FOLDERS = 50_000


@dataclass(frozen=True, slots=True)
class Changed:
    """A path and what each tree has there, None for nothing."""

    path: str
    old: Entry | None
    new: Entry | None


@dataclass(frozen=True)
class Differ:
    """Compares trees of one repository."""

    mirror: Mirror
    store: Store
    deadline: Deadline

    def differences(self, old: str, new: str) -> tuple[Changed, ...]:
        """The paths by name; raises MirrorMalformedError for more than `MOST_PATHS`."""
        if old == new:
            return ()
        key = b"diff" + bytes.fromhex(old) + bytes.fromhex(new)
        row = self.store.get(key)
        if row is not None:
            return _decoded(row)
        self.deadline.check()
        found = []
        for changed in self._walked(old, new):
            found.append(changed)
            if len(found) > MOST_PATHS:
                raise MirrorMalformedError(f"trees {old[:12]} and {new[:12]} differ in more than {MOST_PATHS} paths")
        result = tuple(sorted(found, key=lambda changed: changed.path))
        self.store.put(key, _encoded(result))
        return result

    def _walked(self, old: str | None, new: str | None) -> Iterator[Changed]:
        left: list[tuple[str, str | None, str | None]] = [("", old, new)]
        visited = 0
        while left:
            prefix, old, new = left.pop()
            before, after = self._entries(old), self._entries(new)
            for name in before.keys() | after.keys():
                one, other = before.get(name), after.get(name)
                if one == other:
                    continue
                path = prefix + name_text(name)
                folders = _folder(one), _folder(other)
                if folders != (None, None):
                    left.append((f"{path}/", *folders))
                if _file(one) != _file(other):
                    yield Changed(path, _file(one), _file(other))
            visited += 1
            if visited + len(left) > _MOST_FOLDERS:
                raise MirrorMalformedError(f"the trees differ in more than {_MOST_FOLDERS} folders")

    def _entries(self, tree: str | None) -> dict[bytes, Entry]:
        return {} if tree is None else dict(checked_entries(tree, self.mirror.folder(tree)))


def _folder(entry: Entry | None) -> str | None:
    return entry.sha if entry is not None and entry.mode == TREE else None


def _file(entry: Entry | None) -> Entry | None:
    return entry if entry is not None and entry.mode != TREE else None


def _encoded(changes: tuple[Changed, ...]) -> bytes:
    return json.dumps([(one.path, _row(one.old), _row(one.new)) for one in changes]).encode()


def _row(entry: Entry | None) -> tuple[int, str] | None:
    return None if entry is None else (entry.mode, entry.sha)


def _decoded(row: bytes) -> tuple[Changed, ...]:
    return tuple(
        Changed(path, None if old is None else Entry(*old), None if new is None else Entry(*new))
        for path, old, new in json.loads(row)
    )
