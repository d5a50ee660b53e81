"""Remotes as git kept them before its configuration did, in `remotes/` and `branches/`; git still reads them."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH112, PTH118, PTH208

import os
from collections.abc import Iterator

from auditor.gitfile.config import ConfigEntry, GitConfig
from auditor.gitfile.layout import Layout, small_file


def legacy_entries(layout: Layout, config: GitConfig) -> Iterator[ConfigEntry]:
    """The addresses of the old files as entries of the configuration, for the remotes that it doesn't know."""
    known = {entry.subsection for entry in config.named("remote", "url")}
    for folder in (b"remotes", b"branches"):
        path = os.path.join(layout.common_dir, folder)
        for name in sorted(os.listdir(path)) if os.path.isdir(path) else []:
            file = os.path.join(path, name)
            if name not in known:
                known.add(name)
                yield from _addresses(file, name, labelled=folder == b"remotes")


def _addresses(file: bytes, name: bytes, *, labelled: bool) -> Iterator[ConfigEntry]:
    for number, line in enumerate((small_file(file) or b"").splitlines(), start=1):
        label, _, rest = line.partition(b":")
        if labelled and label == b"URL":
            yield ConfigEntry("remote", name, "url", rest.strip(), "local", file, number)
        elif not labelled and number == 1:
            yield ConfigEntry("remote", name, "url", line.partition(b"#")[0].strip(), "local", file, number)
