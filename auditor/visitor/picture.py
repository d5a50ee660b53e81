"""Pictures of pages as evidence, each under the hash of its bytes in the state folder; the oldest make room."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

FOLDER = "screenshots"
_MOST = 200


def keep_picture(state: Path, picture: bytes | None) -> str | None:
    """Where the picture now lies below the state folder; None where there is none, or no room for it."""
    if picture is None:
        return None
    name = f"{hashlib.sha256(picture).hexdigest()}.png"
    folder = state / FOLDER
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(folder / name, picture)
        _make_room(folder)
    except OSError:
        return None
    return f"{FOLDER}/{name}"


def _write(path: Path, picture: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(picture)


def _make_room(folder: Path) -> None:
    """Removes the pictures that were taken longest ago."""
    taken = sorted(folder.glob("*.png"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in taken[_MOST:]:
        with suppress(FileNotFoundError):
            old.unlink()
