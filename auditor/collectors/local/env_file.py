"""Env files: where they are, who may read them, which keys they hold; a value is kept for public keys alone."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH116

import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from auditor.collectors.local.content import file_content
from auditor.collectors.local.gap import GapList, reason_of
from auditor.collectors.local.object_store import GITLINK, TREE, ObjectStore
from auditor.collectors.local.tree import DEPTH_LIMIT, tree_of
from auditor.collectors.local.walk import Tracking
from auditor.detector.key_name import looks_secret
from auditor.dotenv import Assignment, is_env_name, parse_dotenv
from auditor.errors import SourceError
from auditor.gitfile.url import has_credential, is_token
from auditor.interfaces import Deadline
from auditor.model.facts.dotenv import EnvFile, EnvKey, TrackedEnvFile
from auditor.model.missing import MISSING, Missing
from auditor.text import name_text, short

_SIZE_LIMIT = 1024 * 1024
_KEY_LIMIT = 1000
_VALUE_LIMIT = 1024
_PREFIX = "PUBLIC_"
# a line of a key or a token that stands alone may look like an assignment because of the = at its end
_RANDOM = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9]{16,}")


@dataclass(frozen=True)
class EnvFileReader:
    """Reads the env files of a work tree."""

    root: bytes
    gaps: GapList

    def files(self, chosen: Iterable[tuple[bytes, Tracking]], head: Mapping[bytes, object]) -> tuple[EnvFile, ...]:
        """The env files on disk, and those of HEAD's tree that are not, by path."""
        found = dict(chosen)
        absent = (path for path in head if path not in found and is_env_name(path.rpartition(b"/")[2]))
        paths = self.gaps.capped("env_files", sorted([*found, *absent]))
        return tuple(
            self._file(path, found.get(path, "tracked"), path in head, path in found, f"env_files/{index}")
            for index, path in enumerate(paths)
        )

    def _file(self, path: bytes, tracking: Tracking, in_head: bool, on_disk: bool, pointer: str) -> EnvFile:
        plain = EnvFile(path=name_text(path), tracking=tracking, in_head=in_head, kind="absent", mode=None)
        if not on_disk:
            return replace(plain, keys=())
        try:
            kind, target = self._kind(path)
        except (OSError, SourceError) as fault:
            return self._unread(replace(plain, kind="file", mode=MISSING), pointer, fault)
        plain = replace(plain, kind=kind)
        if target is None:
            outside = SourceError("a link that leads out of the clone is not followed")
            return self._unread(replace(plain, mode=MISSING), pointer, outside)
        mode = os.stat(target, follow_symlinks=False).st_mode
        plain = replace(
            plain,
            mode=f"{stat.S_IMODE(mode):04o}",
            readable_by_group=bool(mode & stat.S_IRGRP),
            readable_by_others=bool(mode & stat.S_IROTH),
        )
        if not stat.S_ISREG(mode):
            return replace(plain, keys=())
        return replace(plain, keys=self._keys(target, pointer))

    def _unread(self, found: EnvFile, pointer: str, fault: Exception) -> EnvFile:
        for field in ("mode", "readable_by_group", "readable_by_others", "keys"):
            self.gaps.add(f"{pointer}/{field}", f"{found.path}: {reason_of(fault)}")
        return found

    def _kind(self, path: bytes) -> tuple[Literal["file", "symlink", "fifo", "socket", "device"], bytes | None]:
        """The kind, and the path whose mode and content count: through a link only if it stays in the clone."""
        full = self.root + b"/" + path
        mode = os.lstat(full).st_mode
        if stat.S_ISLNK(mode):
            target = os.path.realpath(full)
            inside = target.startswith(self.root.rstrip(b"/") + b"/") and b"/.git/" not in target[len(self.root) :]
            return "symlink", target if inside and os.path.lexists(target) else None
        if stat.S_ISREG(mode):
            return "file", full
        if stat.S_ISFIFO(mode):
            return "fifo", full
        return ("socket" if stat.S_ISSOCK(mode) else "device"), full

    def _keys(self, path: bytes, pointer: str) -> tuple[EnvKey, ...] | Missing:
        try:
            found = list(parse_dotenv(file_content(path, _SIZE_LIMIT)))
        except (OSError, SourceError) as fault:
            self.gaps.add(f"{pointer}/keys", reason_of(fault))
            return MISSING
        if len(found) > _KEY_LIMIT:
            self.gaps.add(f"{pointer}/keys", f"{len(found)} keys: cut after {_KEY_LIMIT}")
        return tuple(_key(one) for one in found[:_KEY_LIMIT])


def _key(one: Assignment) -> EnvKey:
    """A variable without its value, unless that is public; a name that looks like a value itself is not shown."""
    if any(_RANDOM.fullmatch(part) for part in re.split(r"[_.-]", one.name)):
        return EnvKey(name="…", has_value=True, looks_secret=True, value=None)
    secret = looks_secret(one.name)
    raw = one.value.encode("utf-8", "replace")
    public = one.name.startswith(_PREFIX) and not secret and not (has_credential(raw) or is_token(raw))
    return EnvKey(
        name=short(one.name, 200),
        has_value=bool(one.value),
        looks_secret=secret,
        value=short(one.value, _VALUE_LIMIT) if public else None,
    )


class TrackedEnvSearch:
    """Finds env files in the trees of many commits; a folder that occurs twice is read once."""

    def __init__(self, store: ObjectStore, deadline: Deadline) -> None:
        self._store = store
        self._deadline = deadline
        self._known: dict[bytes, tuple[tuple[bytes, bytes], ...]] = {}

    def files(self, branch: str, commit: bytes) -> list[TrackedEnvFile]:
        """The env files in the tree of a branch's tip, by path; raises SourceError where an object is missing."""
        found = sorted(self._below(tree_of(self._store, commit), 0))
        return [TrackedEnvFile(branch=branch, path=name_text(path), blob=oid.hex()) for path, oid in found]

    def _below(self, tree: bytes, depth: int) -> tuple[tuple[bytes, bytes], ...]:
        if tree not in self._known:
            self._deadline.check()
            if depth > DEPTH_LIMIT // 4:
                raise SourceError(f"tree {tree.hex()} is deeper than any work tree: run git fsck")
            found: list[tuple[bytes, bytes]] = []
            for mode, name, oid in self._store.tree(tree):
                if mode == TREE:
                    found.extend((name + b"/" + path, blob) for path, blob in self._below(oid, depth + 1))
                elif mode != GITLINK and is_env_name(name):
                    found.append((name, oid))
            self._known[tree] = tuple(found)
        return self._known[tree]
