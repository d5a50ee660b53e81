"""What every judging command begins with: the policy file, its trust, the state folder, the compiled rules."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from auditor.cli.option import Settings
from auditor.config import Config
from auditor.config.loader import (
    NAME,
    Loaded,
    clone_config,
    find_config,
    load_config,
    load_standard,
)
from auditor.config.trust import is_trusted, state_folder, without_credentials
from auditor.errors import ConfigError
from auditor.pipeline.evaluation import Bench, prepare


@dataclass(frozen=True)
class Session:
    """The configuration of this call; `notes` are what the reader of the report must know of it."""

    loaded: Loaded
    state: Path
    notes: tuple[str, ...] = ()

    @property
    def config(self) -> Config:
        return self.loaded.config

    def bench(self) -> Bench:
        """The policy, compiled or from the cache."""
        return prepare(self.loaded, cache_folder())


def cache_folder() -> Path:
    """Where compiled rules are kept: they can be made again at any time."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # the XDG specification has relative paths ignored
    return (given if given.is_absolute() else Path("~/.cache").expanduser()) / "auditor"


def open_session(settings: Settings, *, site: str | None = None) -> Session:
    """The session of the policy file that is named or found; without one, of the git clone that holds this folder.

    `site` stands in for the clone where only a stored snapshot is judged. Raises ConfigError.
    """
    path = settings.config if settings.config is not None else find_config(Path.cwd())
    if path is not None:
        return _session_of(load_config(path), path, named=settings.config_named)
    if site is not None:
        loaded = load_standard(Config(id=site, local=None))
        return Session(loaded=loaded, state=state_folder())
    return _session_of_clone(Path.cwd())


def _session_of(loaded: Loaded, path: Path, *, named: bool) -> Session:
    if named or is_trusted(path, state_folder()):
        return Session(loaded=loaded, state=state_folder(loaded.config))
    bare = without_credentials(loaded.config)
    kept = replace(bare, trusted=True) == loaded.config
    note = f"{path.name} was merely found: its credentials, notify and publish are unused; name it with -c to use them"
    return Session(loaded=replace(loaded, config=bare), state=state_folder(bare), notes=() if kept else (note,))


def _session_of_clone(start: Path) -> Session:
    from auditor.collectors.local.identity import find_clone, identify

    folder = find_clone(start)
    if folder is None:
        raise ConfigError(f"no {NAME} here or above, and no git clone: go into a clone, or name a file with -c")
    clone = identify(folder)
    config = clone_config(folder, identifier=f"{clone.root_commit or 'unborn'}-{folder.name}", branch=clone.branch)
    note = f"no {NAME}: this clone is judged by the standard policy alone"
    return Session(loaded=load_standard(config), state=state_folder(), notes=(note,))
