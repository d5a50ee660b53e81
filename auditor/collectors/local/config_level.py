"""Which configuration files apply to a clone, in git's order, with their includes and the environment's entries."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH111, PTH118, PTH120

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from auditor.collectors.local.gap import GapList, reason_of
from auditor.collectors.local.legacy_remote import legacy_entries
from auditor.errors import SourceError
from auditor.gitfile.config import ConfigEntry, GitConfig, truth_of
from auditor.gitfile.config_syntax import ConfigSyntaxError, parse_settings
from auditor.gitfile.layout import Layout, small_file
from auditor.gitfile.wildmatch import compiled
from auditor.model.facts.git_config import Level
from auditor.model.missing import MISSING
from auditor.text import name_text

_FILE_LIMIT = 4 * 1024 * 1024
_DEPTH_LIMIT = 10
# git has its path built in; these are those of Debian, Homebrew and Apple
_SYSTEM_FILES = (
    b"/etc/gitconfig",
    b"/usr/local/etc/gitconfig",
    b"/opt/homebrew/etc/gitconfig",
    b"/Library/Developer/CommandLineTools/usr/share/git-core/gitconfig",
    b"/Applications/Xcode.app/Contents/Developer/usr/share/git-core/gitconfig",
)
_QUOTED = re.compile(rb"'((?:[^']|'\\''|'\\!')*)'(=)?")
_POINTERS = ("remotes", "tls_switches", "credentials")


@dataclass
class ConfigReader:
    """Reads every level once; `remote_urls` are what `hasconfig:` conditions look at."""

    layout: Layout
    environment: Mapping[bytes, bytes]
    head_branch: bytes | None
    gaps: GapList
    remote_urls: tuple[bytes, ...] = ()
    _seen: set[bytes] = field(default_factory=set)

    def entries(self) -> Iterator[ConfigEntry]:
        """All entries, weakest level first."""
        for level, path in self._files():
            yield from self._file(level, path, 0)
        yield from _counted(self.environment)
        yield from _parameters(self.environment.get(b"GIT_CONFIG_PARAMETERS", b""))

    def _files(self) -> Iterator[tuple[Level, bytes]]:
        get = self.environment.get
        if not truth_of(get(b"GIT_CONFIG_NOSYSTEM", b"false")):
            named = get(b"GIT_CONFIG_SYSTEM")
            yield from (("system", path) for path in ((named,) if named is not None else _SYSTEM_FILES))
        if get(b"GIT_CONFIG_GLOBAL") is not None:
            yield "global", get(b"GIT_CONFIG_GLOBAL", b"")
        else:
            yield from (("global", path) for path in _home_files(self.environment))
        yield "local", os.path.join(self.layout.common_dir, b"config")
        if self._has_worktree_config():
            yield "worktree", os.path.join(self.layout.git_dir, b"config.worktree")

    def _has_worktree_config(self) -> bool:
        config = GitConfig(self._file("local", os.path.join(self.layout.common_dir, b"config"), _DEPTH_LIMIT))
        return config.boolean("extensions", "worktreeconfig", default=False)

    def _file(self, level: Level, path: bytes, depth: int) -> Iterator[ConfigEntry]:
        for entry in self._own_entries(level, path):
            yield entry
            if depth < _DEPTH_LIMIT and entry.key == "path" and entry.value and self._included(entry):
                target = expanded_path(entry.value, self.environment)
                target = os.path.join(os.path.dirname(os.path.realpath(path)), target)
                yield from self._file(level, target, depth + 1)

    def _own_entries(self, level: Level, path: bytes) -> list[ConfigEntry]:
        try:
            data = small_file(path, _FILE_LIMIT) if path else None
            settings = parse_settings(data or b"")
        except ConfigSyntaxError as fault:
            self._gap(path, f"line {fault} is no git configuration", "run git config --list and mend it")
        except (SourceError, OSError) as fault:
            self._gap(path, reason_of(fault), "make it readable")
        else:
            return [
                ConfigEntry(one.section, one.subsection, one.key, one.value, level, path, one.line) for one in settings
            ]
        return []

    def _gap(self, path: bytes, reason: str, remedy: str) -> None:
        for pointer in _POINTERS:
            self.gaps.add(pointer, f"{name_text(path)}: {reason}", remedy)

    def _included(self, entry: ConfigEntry) -> bool:
        if entry.section == "include":
            return entry.subsection is None
        if entry.section != "includeif" or entry.subsection is None:
            return False
        kind, _, pattern = entry.subsection.partition(b":")
        if kind in (b"gitdir", b"gitdir/i"):
            return self._in_git_dir(pattern, entry.file or b"", ignore_case=kind == b"gitdir/i")
        if kind == b"onbranch":
            return self.head_branch is not None and _fits(_folder_glob(pattern), self.head_branch)
        if entry.subsection.startswith(b"hasconfig:remote.*.url:"):
            glob = entry.subsection.removeprefix(b"hasconfig:remote.*.url:")
            return any(_fits(glob, url) for url in self.remote_urls)
        return False

    def _in_git_dir(self, pattern: bytes, file: bytes, *, ignore_case: bool) -> bool:
        pattern = expanded_path(pattern, self.environment)
        prefix = b""
        if pattern.startswith(b"./"):
            prefix = os.path.dirname(os.path.realpath(file)) + b"/"
            pattern = pattern[2:]
        elif not pattern.startswith(b"/"):
            pattern = b"**/" + pattern
        folder = self.layout.git_dir
        start, rest = folder[: len(prefix)], folder[len(prefix) :]
        same = start.lower() == prefix.lower() if ignore_case else start == prefix
        return same and _fits(_folder_glob(pattern), rest, ignore_case=ignore_case)


def read_config(
    layout: Layout, environment: Mapping[bytes, bytes], head_branch: bytes | None, gaps: GapList
) -> GitConfig:
    """The whole configuration of the clone; what can't be read is a gap of what rests on it."""
    plain = GitConfig(ConfigReader(layout, environment, head_branch, GapList()).entries())
    urls = tuple(entry.value for entry in plain.named("remote", "url") if entry.value)
    config = GitConfig(ConfigReader(layout, environment, head_branch, gaps, urls).entries())
    legacy = gaps.attempt(" ".join(_POINTERS), lambda: tuple(legacy_entries(layout, config)))
    return config if legacy is MISSING or not legacy else GitConfig((*config.entries, *legacy))


def expanded_path(path: bytes, environment: Mapping[bytes, bytes]) -> bytes:
    """A path of the configuration with `~` and `~user` put in."""
    if not path.startswith(b"~"):
        return path
    user, slash, rest = path[1:].partition(b"/")
    home = environment.get(b"HOME", b"~") if not user else os.path.expanduser(b"~" + user)
    return home + slash + rest


def config_home(environment: Mapping[bytes, bytes]) -> bytes | None:
    """Git's folder below XDG_CONFIG_HOME or ~/.config."""
    base = environment.get(b"XDG_CONFIG_HOME")
    if base:
        return os.path.join(base, b"git")
    home = environment.get(b"HOME")
    return os.path.join(home, b".config/git") if home else None


def process_environment() -> dict[bytes, bytes]:
    """The variables of this process."""
    home = os.fsencode(Path.home())
    return {b"HOME": home, **os.environb}


def _home_files(environment: Mapping[bytes, bytes]) -> Iterator[bytes]:
    folder = config_home(environment)
    if folder:
        yield os.path.join(folder, b"config")
    if environment.get(b"HOME"):
        yield os.path.join(environment[b"HOME"], b".gitconfig")


def _folder_glob(pattern: bytes) -> bytes:
    return pattern + b"**" if pattern.endswith(b"/") else pattern


def _fits(pattern: bytes, text: bytes, *, ignore_case: bool = False) -> bool:
    expression = compiled(pattern, pathname=True, ignore_case=ignore_case)
    return expression is not None and expression.fullmatch(text) is not None


def _command_entry(name: bytes, value: bytes | None) -> Iterator[ConfigEntry]:
    section, dot, rest = name.partition(b".")
    subsection, inner, key = rest.rpartition(b".")
    if dot and section and key:
        text = section.decode("latin-1").lower()
        yield ConfigEntry(text, subsection if inner else None, key.decode("latin-1").lower(), value, "command")


def _counted(environment: Mapping[bytes, bytes]) -> Iterator[ConfigEntry]:
    count = environment.get(b"GIT_CONFIG_COUNT", b"0")
    for number in range(int(count) if count.isdigit() and len(count) < 5 else 0):
        key = environment.get(b"GIT_CONFIG_KEY_%d" % number, b"")
        yield from _command_entry(key, environment.get(b"GIT_CONFIG_VALUE_%d" % number))


def _parameters(text: bytes) -> Iterator[ConfigEntry]:
    """The entries of GIT_CONFIG_PARAMETERS: `'key=value'` (before git 2.31) or `'key'='value'`."""
    at = 0
    while match := _QUOTED.match(text, at):
        name = _unquoted(match[1])
        at = match.end()
        if match[2]:
            second = _QUOTED.match(text, at)
            at = second.end() if second else at
            yield from _command_entry(name, _unquoted(second[1]) if second else None)
        else:
            key, equals, value = name.partition(b"=")
            yield from _command_entry(key, value if equals else None)
        at += len(text[at:]) - len(text[at:].lstrip(b" "))


def _unquoted(text: bytes) -> bytes:
    return text.replace(b"'\\''", b"'").replace(b"'\\!'", b"!")
