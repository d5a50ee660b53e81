"""Which found policy files may use credentials: path and hash, kept in the state folder, readable by the user alone."""

import json
import os
import stat
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from auditor.config import Config
from auditor.errors import ConfigError

_FILE = "trust.json"
_LARGEST_BYTES = 1_000_000


def state_folder(config: Config | None = None) -> Path:
    """Where history, keys and trust are kept: `history.path`, else the platform's state folder.

    Trust is always asked of `state_folder()`: a file that was merely found must not name where its own trust is kept.
    """
    if config is not None and config.history is not None:
        return config.history.path
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where there is none
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "auditor"
    given = Path(os.environ.get("XDG_STATE_HOME", ""))
    # the XDG specification has relative paths ignored
    return (given if given.is_absolute() else home / ".local" / "state") / "auditor"


def is_trusted(path: Path, folder: Path) -> bool:
    """Whether exactly these bytes at this path were trusted once; what can't be read is not."""
    try:
        return _entries(folder).get(os.path.realpath(path)) == _hash(path)
    except (OSError, ConfigError):
        return False


def trust(path: Path, folder: Path) -> None:
    """Let this file, as it is now, use credentials from here on; raises ConfigError."""
    entries = _entries(folder) | {os.path.realpath(path): _hash(path)}
    files = [{"path": name, "sha256": digest} for name, digest in sorted(entries.items())]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(folder / _FILE, json.dumps({"schema_version": 1, "files": files}, indent=1))
    except OSError as error:
        raise ConfigError(f"trust can't be kept in {str(folder)!r} ({error.strerror}): make it writable") from error


def without_credentials(config: Config) -> Config:
    """What a file that was merely found may ask for: no secret, no key, nobody told, no folder of its choice."""
    gitea = replace(config.gitea, token=None) if config.gitea else None
    nas = replace(config.nas, key=None) if config.nas else None
    # a stranger's `verify` would send found tokens to the stranger's server
    secrets = replace(config.secrets, key=None, verify=False)
    return replace(config, trusted=False, gitea=gitea, nas=nas, secrets=secrets, history=None, notify=(), publish=None)


def _write(path: Path, text: str) -> None:
    # mkstemp makes the file 0600; the rename makes the change whole
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".trust-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as stream:
            stream.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _entries(folder: Path) -> dict[str, str]:
    """Path to hash; nothing where the file is another's, damaged, or could be written by others."""
    path = folder / _FILE
    try:
        status = path.stat()
        if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o022 or status.st_size > _LARGEST_BYTES:
            return {}
        files = json.loads(path.read_text("utf-8", "surrogateescape"))["files"]
        return {entry["path"]: entry["sha256"] for entry in files}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _hash(path: Path) -> str:
    # the parser of policy files comes along with it: who has no file to trust does not wait for that
    from auditor.document.source import read_source, sha256_text

    return sha256_text(read_source(path, str(path)))
