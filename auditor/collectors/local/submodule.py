"""Submodules: what the index records, what is checked out, and their addresses in parts."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH112, PTH114, PTH118

import os
from collections.abc import Iterable

from auditor.collectors.local.gap import GapList
from auditor.collectors.local.object_store import GITLINK
from auditor.collectors.local.ref import head_name, read_refs
from auditor.errors import SourceError
from auditor.gitfile.config_syntax import ConfigSyntaxError, Setting, parse_settings
from auditor.gitfile.index import IndexEntry
from auditor.gitfile.layout import Layout, gitfile_target, is_git_dir, small_file
from auditor.gitfile.url import parse_url
from auditor.model.facts.local import Submodule
from auditor.text import name_text

_FILE_LIMIT = 4 * 1024 * 1024


def read_gitmodules(root: bytes) -> list[Setting]:
    """The settings of the work tree's .gitmodules; includes are not followed. Raises SourceError if it is damaged."""
    path = os.path.join(root, b".gitmodules")
    if os.path.islink(path):
        return []
    try:
        return parse_settings(small_file(path, _FILE_LIMIT) or b"")
    except ConfigSyntaxError as fault:
        raise SourceError(f".gitmodules: line {fault} is no git configuration") from fault


def submodules(
    root: bytes, entries: Iterable[IndexEntry], modules: Iterable[Setting], gaps: GapList
) -> tuple[Submodule, ...]:
    """The submodules by path, those of the index and those that .gitmodules names alone."""
    names: dict[bytes, bytes] = {}
    urls: dict[bytes, bytes] = {}
    for one in modules:
        if one.section == "submodule" and one.subsection is not None and one.value:
            if one.key == "path":
                names[one.value] = one.subsection
            elif one.key == "url":
                urls[one.subsection] = one.value
    recorded = {one.path: one.oid.hex() for one in entries if one.mode == GITLINK and not one.stage}
    found = []
    for path in sorted(recorded.keys() | names.keys()):
        name = names.get(path)
        url = urls.get(name) if name is not None else None
        found.append(
            Submodule(
                path=name_text(path),
                name=None if name is None else name_text(name),
                recorded_commit=recorded.get(path),
                checked_out_commit=checked_out_commit(root + b"/" + path) if path in recorded else None,
                url=None if url is None else parse_url(url),
            )
        )
    return gaps.capped("submodules", found)


def checked_out_commit(folder: bytes) -> str | None:
    """The commit of the repository in a submodule's folder; None if none is checked out or it can't be told."""
    dot_git = os.path.join(folder, b".git")
    if os.path.islink(folder):
        return None
    try:
        git_dir = dot_git if os.path.isdir(dot_git) else gitfile_target(dot_git)
        if git_dir is None or not is_git_dir(git_dir):
            return None
        name, oid = head_name(git_dir)
        if name is not None:
            oid = read_refs(Layout(work_tree=folder, git_dir=git_dir, common_dir=git_dir), GapList()).resolve(name)
    except (SourceError, OSError):
        return None
    return oid.hex() if oid else None
