"""What commits say of env files: Gitea's where a site has Gitea, and only without it the clone's own."""

from collections.abc import Iterator, Sequence
from typing import Literal

from auditor.config import Config
from auditor.derive.drift.canonical import commit_in_role, tree_gaps, tree_of
from auditor.frozen import frozen
from auditor.gitfile.env_probe import probe_env_names
from auditor.gitfile.ignore import Pattern, parse_patterns
from auditor.model.facts.canon import CanonTree
from auditor.model.facts.dotenv import IgnoreProbe
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing
from auditor.text import name_bytes

Source = Literal["local", "gitea"]
_IGNORES, _TRACKED = "/env_file/ignores", "/env_file/tracked"


@frozen
class TrackedEnvFile:
    """An env file in the tree at a tip, which is told in words: `branch main`, `pull request 14`."""

    source: Source
    tip: str
    path: str


@frozen
class EnvName:
    """A name that must be ignored, and the line that decides whether it is."""

    source: Source
    path: str
    ignored: bool
    file: str | None
    line: int | None
    pattern: str | None


def left_out(snapshot: Snapshot, config: Config, *names: str) -> bool:
    """Whether the site has Gitea, and this run was told not to ask one of these sources."""
    run = (one for one in snapshot.sources if one.name in names)
    return config.gitea is not None and any(one.status == "left-out" for one in run)


def ignores_of(snapshot: Snapshot, config: Config) -> tuple[EnvName, ...] | Missing:
    """The names that must be ignored, as the committed ignore rules judge them."""
    if config.gitea is None:
        local = snapshot.local
        known = local is not MISSING and local.available and local.env_ignore is not MISSING
        return _named("local", local.env_ignore) if known and local is not MISSING else MISSING
    tree = _main_tree(snapshot)
    return MISSING if tree is None or _tree_gaps(snapshot, tree) else _named("gitea", _probed(tree))


def _named(source: Source, probes: Sequence[IgnoreProbe] | Missing) -> tuple[EnvName, ...] | Missing:
    if probes is MISSING:
        return MISSING
    return tuple(
        EnvName(source=source, path=one.path, ignored=one.ignored, file=one.file, line=one.line, pattern=one.pattern)
        for one in probes
    )


def _probed(tree: CanonTree) -> tuple[IgnoreProbe, ...]:
    patterns: dict[bytes, list[Pattern]] = {}
    for file in tree.ignore_files:
        if file.path == f"{file.folder}.gitignore":
            path, folder = name_bytes(file.path), name_bytes(file.folder)
            patterns[folder] = parse_patterns(b"\n".join(map(name_bytes, file.lines)), path, folder)
    return probe_env_names(lambda folder: patterns.get(folder, ()))


def _main_tree(snapshot: Snapshot) -> CanonTree | None:
    return tree_of(snapshot, commit_in_role(snapshot, "main"))


def _tree_gaps(snapshot: Snapshot, tree: CanonTree) -> tuple[Gap, ...]:
    return () if snapshot.canon is MISSING else tuple(tree_gaps(snapshot.canon, tree))


def tracked_of(snapshot: Snapshot, config: Config) -> tuple[TrackedEnvFile, ...] | Missing:
    """The env files at the tips of Gitea's branches and open pull requests, or of the clone's branches."""
    local, leaks = snapshot.local, snapshot.leaks
    if config.gitea is not None:
        return MISSING if leaks is MISSING or leaks.named_files is MISSING else tuple(_on_server(snapshot))
    if local is MISSING or local.tracked_env_files is MISSING:
        return MISSING
    return tuple(
        TrackedEnvFile(source="local", tip=f"branch {one.branch}", path=one.path) for one in local.tracked_env_files
    )


def _on_server(snapshot: Snapshot) -> Iterator[TrackedEnvFile]:
    leaks = snapshot.leaks
    for file in () if leaks is MISSING or leaks.named_files is MISSING else leaks.named_files:
        if file.is_env and file.origin == "gitea":
            for tip in file.tips:
                yield TrackedEnvFile(source="gitea", tip=_in_words(tip), path=file.path)


def _in_words(ref: str) -> str:
    if ref.startswith("refs/pull/"):
        return f"pull request {ref.split('/')[2]}"
    return f"branch {ref.removeprefix('refs/heads/')}"


def gaps_of(snapshot: Snapshot, config: Config) -> Iterator[Gap]:
    """Why what commits say is not known, or not whole."""
    if config.gitea is None:
        yield from _local_gaps(snapshot)
    else:
        yield from _canon_gaps(snapshot)
        yield from _search_gaps(snapshot)


def _local_gaps(snapshot: Snapshot) -> Iterator[Gap]:
    local = snapshot.local
    if local is MISSING:
        return
    if not local.available:
        for pointer in (_TRACKED, _IGNORES):
            yield Gap(pointer=pointer, reason=f"local is unavailable: {local.error}")
        return
    yield from carried(local.gaps, ("/local/tracked_env_files",), _TRACKED)
    yield from carried(local.gaps, ("/local/env_ignore",), _IGNORES)


def _canon_gaps(snapshot: Snapshot) -> Iterator[Gap]:
    canon, gitea = snapshot.canon, snapshot.gitea
    if canon is MISSING or not canon.available:
        asleep = gitea is not MISSING and not gitea.available
        error = gitea.error if asleep and gitea is not MISSING else "main's objects were not looked into in this run"
        error = canon.error if canon is not MISSING else error
        yield Gap(pointer=_IGNORES, reason=f"gitea is unavailable: {error}")
        return
    tree = _main_tree(snapshot)
    if tree is None:
        below = ("/canon/main", "/canon/commits", "/canon/trees")
        unseen = Gap(pointer=_IGNORES, reason="the files of Gitea's main were not observed")
        yield from carried(canon.gaps, below, _IGNORES) or (unseen,)
        return
    for gap in _tree_gaps(snapshot, tree):
        yield Gap(pointer=_IGNORES, reason=gap.reason, remedy=gap.remedy)


def _search_gaps(snapshot: Snapshot) -> Iterator[Gap]:
    leaks = snapshot.leaks
    if leaks is MISSING or not leaks.available:
        error = "it was not asked in this run" if leaks is MISSING else leaks.error
        yield Gap(pointer=_TRACKED, reason=f"leaks is unavailable: {error}")
        return
    yield from carried(leaks.gaps, ("/leaks/named_files",), _TRACKED)
    searched = () if leaks.searched is MISSING else leaks.searched
    of_server = [f"/leaks/searched/{number}" for number, one in enumerate(searched) if one.origin == "gitea"]
    yield from carried(leaks.gaps, tuple(of_server), _TRACKED)
    if not of_server:
        yield Gap(pointer=_TRACKED, reason="Gitea's branches were not searched in this run")
    elif leaks.named_files is MISSING:
        yield Gap(pointer=_TRACKED, reason="the files of Gitea's branches were not observed")
