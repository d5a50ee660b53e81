"""The stash: its entries are lines of the reflog of refs/stash alone."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH118

import os
import re
from dataclasses import dataclass

from auditor.collectors.local.ref import Refs
from auditor.errors import SourceError
from auditor.gitfile.layout import small_file

_LINE = re.compile(rb"[0-9a-f]{40,64} ([0-9a-f]{40,64}) .*?> (\d{1,18}) [+-]\d{4}(?:\t(.*))?")
_FILE_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True)
class StashEntry:
    """One entry; `created` in seconds since 1970."""

    commit: bytes
    created: int
    message: bytes


def read_stash_log(common_dir: bytes, refs: Refs) -> list[StashEntry]:
    """The entries, newest first; raises SourceError where the log is damaged or gone though refs/stash is there."""
    text = small_file(os.path.join(common_dir, b"logs/refs/stash"), _FILE_LIMIT)
    if not text:
        if refs.resolve(b"refs/stash") is None:
            return []
        raise SourceError("refs/stash has no reflog: look at git show refs/stash")
    entries = []
    for line in reversed(text.splitlines()):
        match = _LINE.fullmatch(line)
        if not match:
            raise SourceError("the reflog of refs/stash is damaged: look at git stash list")
        entries.append(StashEntry(bytes.fromhex(match[1].decode()), int(match[2]), match[3] or b""))
    return entries
