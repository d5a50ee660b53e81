"""A repository as its files show it: object folders, refs, reflogs; git is not run in it and nothing is written."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH118, PTH119, PTH208

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from auditor.errors import SourceError
from auditor.gitfile.config_syntax import ConfigSyntaxError, parse_settings
from auditor.gitfile.layout import Layout, find_layout, small_file
from auditor.text import name_text

_HEX = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_PACKED = re.compile(rb"^([0-9a-f]{40}(?:[0-9a-f]{24})?) ([^\r\n]+)", re.MULTILINE)
_LARGEST_FILE = 256 << 20
_DEPTH = 5


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a search needs to know of a repository.

    `refs` are the names with their objects (hex), symbolic ones resolved; `logged` the objects of reflogs and of other
    worktrees. `unsearched` is what is known not to be here: place and reason.
    """

    objects: tuple[Path, ...]
    hash_bytes: int
    refs: dict[bytes, str]
    logged: frozenset[str]
    unsearched: tuple[tuple[str, str], ...] = field(default=())


def read_source(path: Path) -> Source:
    """The repository at `path`; raises SourceError if there is none."""
    layout = find_layout(path)
    common = Path(os.fsdecode(layout.common_dir))
    settings = _settings(layout)
    hash_bytes = 32 if settings.get("extensions.objectformat") == "sha256" else 20
    unsearched: list[tuple[str, str]] = []
    if settings.get("extensions.refstorage", "files") != "files":
        unsearched.append(("refs", f"refs are kept as {settings['extensions.refstorage']!r}: their names are not read"))
    if "extensions.partialclone" in settings or "remote.promisor" in settings:
        unsearched.append(("objects", "a partial clone lacks objects: search a whole one (git clone without --filter)"))
    if (common / "shallow").exists():
        unsearched.append(("objects", "a shallow clone lacks its history: run git fetch --unshallow"))
    refs, logged = _refs(layout), set[str]()
    for file in _log_files(layout):
        oids = _logged(file)
        # of a stash all but the newest are in its reflog alone, and are no less kept for that
        if file.endswith(b"/logs/refs/stash"):
            refs.update({b"refs/stash@{%d}" % number: oid for number, oid in enumerate(oids)})
        else:
            logged.update(oids)
    return Source(
        objects=tuple(_object_folders(common / "objects", unsearched)),
        hash_bytes=hash_bytes,
        refs=refs,
        logged=frozenset(logged),
        unsearched=tuple(unsearched),
    )


def _settings(layout: Layout) -> dict[str, str]:
    """Settings of the repository's own file, as `section.key`, lower case."""
    try:
        settings = parse_settings(small_file(os.path.join(layout.common_dir, b"config"), _LARGEST_FILE) or b"")
    except ConfigSyntaxError as fault:
        raise SourceError(f"its configuration can't be read in line {fault}: run git config --edit") from fault
    return {f"{each.section}.{each.key}": name_text(each.value or b"true").lower() for each in settings}


def _object_folders(first: Path, unsearched: list[tuple[str, str]]) -> Iterator[Path]:
    """The object folders with their alternates (gitrepository-layout(5)), each once."""
    left, done = [(first, 0)], set[Path]()
    while left:
        folder, depth = left.pop()
        if folder in done:
            continue
        done.add(folder)
        if not folder.is_dir() or depth > _DEPTH:
            unsearched.append(("objects", "objects are borrowed from another repository, which is not there"))
            continue
        yield folder
        text = small_file(os.fsencode(folder / "info" / "alternates")) or b""
        named = (line for line in text.splitlines() if line and not line.startswith(b"#"))
        left.extend((folder / os.fsdecode(line), depth + 1) for line in named)


def _refs(layout: Layout) -> dict[bytes, str]:
    packed = small_file(os.path.join(layout.common_dir, b"packed-refs"), _LARGEST_FILE) or b""
    loose: dict[bytes, bytes] = {}
    for folder, _, files in os.walk(os.path.join(layout.common_dir, b"refs")):
        for file in files:
            path = os.path.join(folder, file)
            if not file.endswith(b".lock"):
                loose[os.path.relpath(path, layout.common_dir)] = (small_file(path) or b"").strip()
    for folder in {layout.git_dir, layout.common_dir, *_worktrees(layout)}:
        name = b"HEAD" if folder == layout.git_dir else b"worktrees/" + os.path.basename(folder) + b"/HEAD"
        text = (small_file(os.path.join(folder, b"HEAD")) or b"").strip()
        # a HEAD that names a branch is no ref of its own
        if _HEX.match(text):
            loose[name] = text
    # a file stands before the line of its name, even one that says nothing
    found = {name: oid.decode() for oid, name in _PACKED.findall(packed) if name not in loose}
    return found | {name: text.decode() for name, text in loose.items() if _HEX.match(text)}


def _worktrees(layout: Layout) -> list[bytes]:
    parent = os.path.join(layout.common_dir, b"worktrees")
    try:
        return [os.path.join(parent, name) for name in sorted(os.listdir(parent))]
    except OSError:
        return []


def _log_files(layout: Layout) -> Iterator[bytes]:
    for folder in (layout.common_dir, *_worktrees(layout)):
        for parent, _, files in os.walk(os.path.join(folder, b"logs")):
            yield from (os.path.join(parent, file) for file in files)


def _logged(path: bytes) -> list[str]:
    """The objects of a reflog, each once."""
    lines = (small_file(path, _LARGEST_FILE) or b"").splitlines()
    oids = dict.fromkeys(oid for line in lines for oid in line.split(b" ", 2)[:2])
    return [oid.decode() for oid in oids if _HEX.match(oid) and oid.strip(b"0")]
