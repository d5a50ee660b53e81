"""Which clone a folder lies in, and by what it is known where no policy file names it."""

import os
from dataclasses import dataclass
from pathlib import Path

from auditor.collectors.local.commit import parse_header
from auditor.collectors.local.config_level import process_environment, read_config
from auditor.collectors.local.format import read_format
from auditor.collectors.local.gap import GapList
from auditor.collectors.local.object_store import ObjectStore
from auditor.collectors.local.ref import REMOTES, read_head, read_refs
from auditor.errors import SourceError
from auditor.gitfile.layout import find_layout
from auditor.text import name_text

_REMOTE = b"origin"
_DEFAULT_BRANCH = "main"


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A clone: its folder, the first commit of HEAD's history (None before there is one), its default branch."""

    folder: Path
    root_commit: str | None
    branch: str


def find_clone(start: Path) -> Path | None:
    """The folder of the clone that holds `start`, as git finds it: here or above."""
    folder = start.absolute()
    for place in (folder, *folder.parents):
        try:
            find_layout(place)
        except SourceError:
            if os.path.lexists(place / ".git"):
                return place  # a damaged clone is still the one that is meant
            continue
        return place
    return None


def identify(folder: Path) -> Identity:
    """The identity of the clone at `folder`; raises SourceError where it can't be read."""
    layout = find_layout(folder)
    gaps = GapList()
    form = read_format(layout, read_config(layout, process_environment(), None, gaps))
    refs = read_refs(layout, gaps)
    head = read_head(layout.git_dir, refs)
    prefix = REMOTES + _REMOTE + b"/"
    target = refs.symbolic.get(prefix + b"HEAD", b"")
    branch = name_text(target.removeprefix(prefix)) if target.startswith(prefix) else _DEFAULT_BRANCH
    store = ObjectStore(layout.common_dir, form.hash_name, partial=bool(form.promisors))
    try:
        return Identity(folder=folder, root_commit=_first(store, head.commit, form.boundary), branch=branch)
    finally:
        store.close()


def _first(store: ObjectStore, commit: str | None, boundary: frozenset[bytes]) -> str | None:
    """The end of the first parents' line."""
    while commit is not None:
        oid = bytes.fromhex(commit)
        parents = parse_header(store.commit(oid)).parents
        if not parents or oid in boundary:
            break
        commit = parents[0].hex()
    return commit
