"""What is left of a difference in bytes once git's conversions at check-in are taken into account."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH118

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from auditor.collectors.local.config_level import config_home, expanded_path
from auditor.collectors.local.content import Comparison, State, blob_id, file_content, opened
from auditor.collectors.local.exclusion import own_file
from auditor.collectors.local.gap import reason_of
from auditor.collectors.local.object_store import SYMLINK, ObjectStore
from auditor.collectors.local.tracked import TrackedPaths
from auditor.errors import SourceError
from auditor.gitfile.attribute import NO_RULES, Rules, attributes_of, parse_rules
from auditor.gitfile.config import GitConfig, truth_of
from auditor.gitfile.conversion import CheckIn, check_in_of, lfs_pointer, normalised
from auditor.gitfile.layout import Layout, small_file

_CONTENT_LIMIT = 64 * 1024 * 1024
_FILE_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True)
class Verdict:
    """The state of a path; None, with the reason, where it can't be judged."""

    state: State | None
    reason: str | None = None


@dataclass
class DifferenceJudge:
    """Judges the paths whose bytes differ; one thread, since it reads objects."""

    root: bytes
    store: ObjectStore
    tracked: TrackedPaths
    common: tuple[Rules, ...]
    info: Rules
    auto_crlf: Literal["true", "input", "false"]
    ignore_case: bool
    _folders: dict[bytes, Rules] = field(default_factory=dict)

    def judge(self, found: Comparison) -> Verdict:
        """The verdict on one path."""
        if found.state != "modified" or found.reason == "mode" or found.entry.mode == SYMLINK:
            return Verdict(found.state, found.reason)
        try:
            return self._modified(found)
        except (SourceError, OSError) as fault:
            return Verdict(None, reason_of(fault))

    def _modified(self, found: Comparison) -> Verdict:
        attributes = attributes_of(found.entry.path, self._rules, self.info, self.common)
        check_in = check_in_of(attributes, self.auto_crlf)
        path = self.root + b"/" + found.disk_path
        if check_in.program:
            return Verdict(None, f"its attribute {check_in.program} needs a program, and none is run")
        if check_in.lfs:
            pointer = lfs_pointer(self.store.blob(found.entry.oid))
            same = pointer is not None and _sha256_and_size(path) == pointer
            return Verdict("same" if same else "modified")
        if check_in.line_ends == "keep":
            return Verdict("modified")
        return Verdict(self._normalised_state(found, path, check_in))

    def _normalised_state(self, found: Comparison, path: bytes, check_in: CheckIn) -> State:
        content = file_content(path, _CONTENT_LIMIT)
        stored = self.store.blob(found.entry.oid)
        result = normalised(content, check_in.line_ends, stored)
        return "same" if blob_id(result, self.store.hash_name) == found.entry.oid else "modified"

    def _rules(self, folder: bytes) -> Rules:
        """The rules of a folder's own file, else of the one in the index."""
        if folder not in self._folders:
            path = folder + b".gitattributes"
            data = own_file(self.root + b"/" + path)
            tracked = self.tracked.entry(path)
            if data is None and tracked is not None and tracked.stage == 0:
                data = self.store.blob(tracked.oid)
            self._folders[folder] = parse_rules(data or b"", folder, macros=not folder, ignore_case=self.ignore_case)
        return self._folders[folder]


def common_rules(
    layout: Layout, config: GitConfig, environment: Mapping[bytes, bytes]
) -> tuple[tuple[Rules, ...], Rules]:
    """The rules of no folder: the system's and the user's file, and those of info/attributes."""
    named = config.get("core", "attributesfile")
    home = config_home(environment)
    own = os.path.join(home, b"attributes") if home else None
    own = expanded_path(named, environment) if named is not None else own
    system = None if truth_of(environment.get(b"GIT_ATTR_NOSYSTEM", b"false")) else b"/etc/gitattributes"
    common = tuple(_rules_of(path) for path in (system, own))
    return common, _rules_of(os.path.join(layout.common_dir, b"info/attributes"))


def _rules_of(path: bytes | None) -> Rules:
    data = small_file(path, _FILE_LIMIT) if path else None
    return NO_RULES if data is None else parse_rules(data, macros=True)


def auto_crlf_of(config: GitConfig) -> Literal["true", "input", "false"]:
    """What core.autocrlf says."""
    value = config.get("core", "autocrlf") if config.all("core", "autocrlf") else b"false"
    if value is not None and value.lower() == b"input":
        return "input"
    return "true" if truth_of(value) else "false"


def _sha256_and_size(path: bytes) -> tuple[str, int]:
    digest = hashlib.sha256()
    size = 0
    with opened(path) as handle:
        while data := os.read(handle, 1 << 20):
            digest.update(data)
            size += len(data)
    return digest.hexdigest(), size
