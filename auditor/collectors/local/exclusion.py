"""The ignore files of a work tree: those of its folders, info/exclude, and the user's own."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH114, PTH118

import os
from collections.abc import Mapping, Sequence

from auditor.collectors.local.config_level import config_home, expanded_path
from auditor.collectors.local.gap import GapList, reason_of
from auditor.errors import SourceError
from auditor.gitfile.config import GitConfig
from auditor.gitfile.ignore import Pattern, parse_patterns
from auditor.gitfile.layout import Layout, small_file
from auditor.text import name_text

_FILE_LIMIT = 16 * 1024 * 1024


def common_patterns(
    layout: Layout, config: GitConfig, environment: Mapping[bytes, bytes], gaps: GapList, *, ignore_case: bool
) -> list[Sequence[Pattern]]:
    """The patterns that stand in no folder, the weakest first: core.excludesFile, then info/exclude."""
    groups: list[Sequence[Pattern]] = []
    for path in (_excludes_file(config, environment), os.path.join(layout.common_dir, b"info/exclude")):
        try:
            data = small_file(path, _FILE_LIMIT) if path else None
        except (SourceError, OSError) as fault:
            for pointer in ("untracked", "ignored_count"):
                gaps.add(pointer, f"ignore file {name_text(path or b'')}: {reason_of(fault)}", "make it readable")
        else:
            groups.append(parse_patterns(data or b"", path or b"", ignore_case=ignore_case))
    return groups


def _excludes_file(config: GitConfig, environment: Mapping[bytes, bytes]) -> bytes | None:
    named = config.get("core", "excludesfile")
    if named is not None:
        return expanded_path(named, environment)
    folder = config_home(environment)
    return os.path.join(folder, b"ignore") if folder else None


def own_file(path: bytes) -> bytes | None:
    """The bytes of a folder's own ignore or attributes file; git doesn't follow it if it is a link."""
    return None if os.path.islink(path) else small_file(path, _FILE_LIMIT)
