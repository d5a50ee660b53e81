"""The NAS's own git configuration: what in it makes git look away or run a program; values are judged, not kept."""

import re
from collections.abc import Iterator
from typing import Literal

from auditor.errors import SourceError
from auditor.gitfile.config import ConfigEntry, GitConfig, truth_of
from auditor.gitfile.config_syntax import ConfigSyntaxError, parse_settings
from auditor.gitfile.remote import shown_key
from auditor.gitfile.url import parse_url
from auditor.model.facts.nas_git import Disguise
from auditor.text import name_text, printable, short

Kind = Literal[
    "fsmonitor", "hooks-path", "excludes-file", "attributes-file", "worktree", "include", "command", "filter"
]

_NAMED: dict[tuple[str, str], Kind] = {
    ("core", "excludesfile"): "excludes-file",
    ("core", "hookspath"): "hooks-path",
    ("core", "attributesfile"): "attributes-file",
    ("core", "worktree"): "worktree",
    ("include", "path"): "include",
    ("includeif", "path"): "include",
    ("core", "sshcommand"): "command",
    ("core", "gitproxy"): "command",
    ("core", "pager"): "command",
    ("core", "alternaterefscommand"): "command",
    ("diff", "external"): "command",
    ("diff", "command"): "command",
    ("diff", "textconv"): "command",
    ("merge", "driver"): "command",
    ("gpg", "program"): "command",
    ("remote", "uploadpack"): "command",
    ("remote", "vcs"): "command",
}
_FILTER_KEYS = ("clean", "smudge", "process")
_LFS = re.compile(rb"git-lfs (clean -- %f|smudge( --skip)? -- %f|filter-process( --skip)?)")
_URL = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_TEXT_LIMIT = 500


def parse_git_config(data: bytes, file: bytes) -> GitConfig:
    """The configuration of one file, which is below `.git`; raises SourceError where git would refuse it."""
    try:
        settings = parse_settings(data)
    except ConfigSyntaxError as fault:
        raise SourceError(f"git would refuse line {fault} of {file.decode()}") from fault
    return GitConfig(
        ConfigEntry(one.section, one.subsection, one.key, one.value, "local", file, one.line) for one in settings
    )


def config_disguises(config: GitConfig) -> Iterator[Disguise]:
    """Each setting that hides, runs or redirects, in the file's order."""
    for entry in config.entries:
        kind = _kind(entry)
        if kind is not None:
            file = "config" if entry.file is None else name_text(entry.file)
            yield Disguise(kind=kind, name=shown_key(entry), file=file, line=entry.line)


def scrubbed_text(raw: bytes) -> str:
    """A foreign line with the credentials of every address in it cut out, safe to show."""
    clean = _URL.sub(lambda match: parse_url(match[0]).text.encode(), raw)
    return short(printable(clean.decode("utf-8", "replace")), _TEXT_LIMIT)


def _kind(entry: ConfigEntry) -> Literal[Kind, "sparse", "status"] | None:
    named = _NAMED.get((entry.section, entry.key))
    if named is not None:
        return named if entry.value else None
    value = (entry.value or b"true").lower()
    match entry.section, entry.key:
        case "core", "fsmonitor":
            return "fsmonitor" if truth_of(entry.value) is not False else None
        case "core", "sparsecheckout":
            return "sparse" if truth_of(entry.value) else None
        case "core", "ignorestat":
            return "status" if truth_of(entry.value) else None
        case "core", "checkstat":
            return "status" if value == b"minimal" else None
        case "status", "showuntrackedfiles":
            return "status" if value in (b"no", b"false", b"off", b"0") else None
        case "filter", key if key in _FILTER_KEYS:
            return "filter" if entry.value and not _LFS.fullmatch(entry.value) else None
        case "alias", _:
            return "command" if value.startswith(b"!") else None
    return None
