"""Searches what is staged for the next commit: each changed file as the index holds it; no program of git's runs."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.collectors.leaks.folder import search_texts
from auditor.collectors.leaks.object_name import object_names
from auditor.collectors.leaks.task import Task
from auditor.errors import SourceError
from auditor.model.facts.leaks import LeakSearch

if TYPE_CHECKING:
    from dulwich.repo import Repo

_REGULAR = 0o100000


def search_staged(clone: Path, task: Task) -> LeakSearch:
    """The secrets in the files that the next commit changes, and in their names; raises SourceError."""
    from dulwich.repo import Repo

    task = replace(task, is_object=object_names(clone))
    try:
        with Repo(os.fspath(clone)) as repo:
            return search_texts(list(_staged(repo, task)), task, "index")
    except SourceError:
        raise
    except Exception as fault:  # a damaged repository makes dulwich raise a dozen kinds of errors
        raise SourceError("what is staged can't be read: run git status, then git fsck") from fault


def _staged(repo: "Repo", task: Task) -> Iterator[tuple[bytes, bytes]]:
    from dulwich.index import Index
    from dulwich.objects import Blob, Commit

    # git names another file here while a commit of some paths is made
    named = os.environ.get("GIT_INDEX_FILE")
    index = Index(Path(repo.path, named), read=True) if named else repo.open_index()
    try:
        head = repo[repo.head()]
    except KeyError:  # before the first commit
        head = None
    tree = head.tree if isinstance(head, Commit) else None
    for (_, path), (_, mode), (_, oid) in index.changes_from_tree(repo.object_store, tree):
        task.check()
        if path is None or oid is None or mode is None or mode & 0o170000 not in (_REGULAR, 0o120000):
            continue
        blob = repo[oid]
        if isinstance(blob, Blob):
            yield path, blob.data
