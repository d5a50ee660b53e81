"""What every judging command begins with: the policy file, its trust, the state folder, the compiled rules."""

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from auditor import __version__
from auditor.cli.option import Settings
from auditor.config import Config
from auditor.config.loader import (
    NAME,
    Chain,
    Loaded,
    clone_config,
    find_config,
    load_chain,
    load_standard,
    read_chain,
)
from auditor.config.trust import is_trusted, state_folder, without_credentials
from auditor.errors import ConfigError, SourceError
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING

if TYPE_CHECKING:  # loaded when the rules are: a command that asks first leaves them for later
    from auditor.pipeline.evaluation import Bench


@dataclass(frozen=True)
class Session:
    """The configuration of this call; `notes` are what the reader of the report must know of it."""

    loaded: Loaded
    state: Path
    notes: tuple[str, ...] = ()

    @property
    def config(self) -> Config:
        return self.loaded.config

    def bench(self) -> "Bench":
        """The policy, compiled or from the cache."""
        from auditor.pipeline.evaluation import prepare

        return prepare(self.loaded, cache_folder())


def cache_folder() -> Path:
    """Where compiled rules are kept: they can be made again at any time."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # the XDG specification has relative paths ignored
    return (given if given.is_absolute() else Path("~/.cache").expanduser()) / "auditor"


def open_session(settings: Settings, *, judged: Snapshot | None = None) -> Session:
    """The session of the policy file that is named or found; without one, of the git clone that holds this folder.

    `judged` is a stored snapshot, whose own clone then stands for that folder. Raises ConfigError.
    """
    path = settings.config if settings.config is not None else find_config(Path.cwd())
    if path is not None:
        trusted = settings.config_named or is_trusted(path, state_folder())
        return session_of(read_chain(path), trusted=trusted)
    if judged is not None:
        return _without_file(_config_of(judged))
    return _session_of_clone(Path.cwd())


def session_of(chain: Chain, *, trusted: bool) -> Session:
    """The session of policy files that were read; one that is not trusted uses no credentials. Raises ConfigError."""
    loaded = _loaded(chain)
    if trusted:
        return Session(loaded=loaded, state=state_folder(loaded.config))
    bare = without_credentials(loaded.config)
    kept = replace(bare, trusted=True) == loaded.config
    name = "" if chain.file is None else chain.file.name
    note = f"{name} was merely found: its credentials, notify and publish are unused; name it with -c to use them"
    return Session(loaded=replace(loaded, config=bare), state=state_folder(bare), notes=() if kept else (note,))


def _loaded(chain: Chain) -> Loaded:
    """The configuration; bytes that have passed the checks once needn't pass them at every start."""
    mark = cache_folder() / f"valid-{__version__}-{chain.sha256}"
    loaded = load_chain(chain, validated=mark.exists())
    with suppress(OSError):
        mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark.touch(mode=0o600)
    return loaded


def _session_of_clone(start: Path) -> Session:
    from auditor.collectors.local.identity import find_clone, identify

    folder = find_clone(start)
    if folder is None:
        raise ConfigError(f"no {NAME} here or above, and no git clone: go into a clone, or name a file with -c")
    try:
        clone = identify(folder)
    except SourceError:
        # the witness says what is wrong with it; until then it has no other name
        return _without_file(clone_config(folder, identifier=f"unreadable-{folder.name}", branch="main"))
    identifier = f"{clone.root_commit or 'unborn'}-{folder.name}"
    return _without_file(clone_config(folder, identifier=identifier, branch=clone.branch))


def _without_file(config: Config) -> Session:
    note = f"no {NAME}: this clone is judged by the standard policy alone"
    # what ships has passed its schema in the tests
    return Session(loaded=load_standard(config, validated=True), state=state_folder(), notes=(note,))


def _config_of(snapshot: Snapshot) -> Config:
    """What `audit` took for the configuration when it saw the clone of the snapshot without a policy file."""
    local = snapshot.local
    if local is MISSING:
        return Config(id=snapshot.site_id)
    path = Path("." if local.path is MISSING else local.path)
    branch = "main" if local.main is MISSING else local.main.name
    return clone_config(path, identifier=snapshot.site_id, branch=branch)
