"""Which paths a sparse checkout holds (git-sparse-checkout(1)): the patterns of info/sparse-checkout."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH118

import os
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.gitfile.config import GitConfig
from auditor.gitfile.ignore import Pattern, deciding, parse_patterns
from auditor.gitfile.layout import Layout, small_file

_FILE_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True)
class SparsePatterns:
    """The patterns; the last that fits a path or the nearest of its folders decides, none means left out."""

    patterns: Sequence[Pattern]

    def includes(self, path: bytes) -> bool:
        """Whether the checkout should hold a file."""
        is_folder = False
        while path:
            pattern = deciding((self.patterns,), path, is_folder)
            if pattern is not None:
                return not pattern.negated
            path, is_folder = path.rpartition(b"/")[0], True
        return False


def sparse_patterns(layout: Layout, config: GitConfig) -> SparsePatterns | None:
    """The patterns in force; None where the checkout is whole."""
    if not config.boolean("core", "sparsecheckout", default=False):
        return None
    path = os.path.join(layout.git_dir, b"info/sparse-checkout")
    return SparsePatterns(parse_patterns(small_file(path, _FILE_LIMIT) or b"", path))
