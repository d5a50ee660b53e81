"""The repository's format: what its own configuration says it is made of, and whether that is known here."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH118

import os
from dataclasses import dataclass

from auditor.collectors.local.object_store import HashName
from auditor.errors import SourceError
from auditor.gitfile.config import GitConfig
from auditor.gitfile.layout import Layout, small_file
from auditor.text import name_text

_KNOWN = {
    "noop",
    "noop-v1",
    "preciousobjects",
    "partialclone",
    "worktreeconfig",
    "objectformat",
    "compatobjectformat",
    "refstorage",
    "relativeworktrees",
}
_SHALLOW_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True)
class Format:
    """Hash, whether refs are plain files, the remotes that objects are promised by, a shallow clone's boundary."""

    hash_name: HashName
    plain_refs: bool
    promisors: tuple[str, ...]
    boundary: frozenset[bytes]


def read_format(layout: Layout, config: GitConfig) -> Format:
    """The format; raises SourceError for one that this program doesn't know."""
    # only the repository's own file counts, as for git
    own = GitConfig(entry for entry in config.entries if entry.level == "local")
    version = own.get("core", "repositoryformatversion") or b"0"
    if version not in (b"0", b"1"):
        raise SourceError(f"repository format {name_text(version[:20])!r} is unknown: update auditor")
    extensions = {entry.key: entry.value or b"" for entry in own.entries if entry.section == "extensions"}
    unknown = sorted(extensions.keys() - _KNOWN)
    if version == b"1" and unknown:
        raise SourceError(f"repository extension {unknown[0]!r} is unknown: update auditor")
    name = extensions.get("objectformat", b"sha1").lower()
    if name not in (b"sha1", b"sha256"):
        raise SourceError(f"object format {name_text(name[:20])!r} is unknown: update auditor")
    return Format(
        "sha256" if name == b"sha256" else "sha1",
        extensions.get("refstorage", b"files").lower() == b"files",
        _promisors(own, extensions),
        _boundary(layout),
    )


def _promisors(own: GitConfig, extensions: dict[str, bytes]) -> tuple[str, ...]:
    names = {entry.subsection for entry in own.named("remote", "promisor") if entry.subsection}
    names |= {extensions["partialclone"]} if extensions.get("partialclone") else set()
    return tuple(sorted(name_text(name) for name in names))


def _boundary(layout: Layout) -> frozenset[bytes]:
    text = small_file(os.path.join(layout.common_dir, b"shallow"), _SHALLOW_LIMIT) or b""
    try:
        return frozenset(bytes.fromhex(line.decode("ascii")) for line in text.splitlines())
    except ValueError as fault:
        raise SourceError("the file shallow is damaged: run git fetch --unshallow") from fault
