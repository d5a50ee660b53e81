"""The key of the HMACs under which secrets are compared: the policy file's, else one made once in the state folder."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from auditor.config import Config

_FILE = "hmac.key"
_BYTES = 32


def load_hmac_key(config: Config, state: Path | None) -> bytes:
    """The key; without a state folder that can be written, one of this run alone. Raises ConfigError."""
    if config.secrets.key is not None:
        return config.secrets.key.resolve().reveal().encode()
    made = secrets.token_hex(_BYTES).encode()
    if state is None:
        return made
    path = state / _FILE
    with suppress(OSError):
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path, made)
    with suppress(OSError):
        found = path.read_bytes().strip()
        if len(found) >= _BYTES:
            return found
    return made


def _make(path: Path, key: bytes) -> None:
    """Writes the key where there is none; of two runs that begin at once, one wins."""
    if path.exists():
        return
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(key + b"\n")
        with suppress(FileExistsError):
            os.link(new, path)
    finally:
        new.unlink(missing_ok=True)
