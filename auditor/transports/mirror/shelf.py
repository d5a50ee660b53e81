"""Looks after the pack files on disk: which are whole, which are leftovers, which must go."""

import hashlib
import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from auditor.interfaces import Deadline
from auditor.transports.git_program import git_environment
from auditor.transports.mirror.inbox import PACKS
from auditor.transports.mirror.state import PackFile

_NAME = re.compile(r"pack-[0-9a-f]{40}")
_RECHECK = timedelta(days=7)
_PIECE = 1 << 20


def sweep(folder: Path) -> None:
    """Removes what a killed run left half-written; the caller holds the lock."""
    for path in (folder / PACKS).iterdir():
        if path.name.startswith(("tmp_", ".tmp")) or path.suffix in (".keep", ".lock"):
            path.unlink()
    for path in folder.glob("*.new"):
        path.unlink()


def names_on_disk(folder: Path) -> set[str]:
    """The packs that lie in their place, whole or not."""
    return {path.stem for path in (folder / PACKS).glob("pack-*.pack") if _NAME.fullmatch(path.stem)}


def described(folder: Path, name: str, now: datetime) -> PackFile:
    """The pack as it lies on disk, taken as checked now."""
    stem = folder / PACKS / name
    return PackFile(
        name=name,
        pack_bytes=stem.with_suffix(".pack").stat().st_size,
        index_bytes=stem.with_suffix(".idx").stat().st_size,
        checked_at=now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def checked(folder: Path, file: PackFile, now: datetime, *, thoroughly: bool) -> PackFile | None:
    """The pack as found whole, None where it isn't; sizes and ends each time, every byte once a week or on demand."""
    stem = folder / PACKS / file.name
    pack, index = stem.with_suffix(".pack"), stem.with_suffix(".idx")
    try:
        if (pack.stat().st_size, index.stat().st_size) != (file.pack_bytes, file.index_bytes):
            return None
        if not _ends_agree(pack, index):
            return None
        if not thoroughly and now - datetime.fromisoformat(file.checked_at) < _RECHECK:
            return file
        return described(folder, file.name, now) if _sums_agree(pack) and _sums_agree(index) else None
    except OSError:
        return None


def remove(folder: Path, name: str) -> None:
    """Removes a pack with all that belongs to it, the index last to come being the first to go."""
    for suffix in (".idx", ".rev", ".bitmap", ".pack"):
        (folder / PACKS / name).with_suffix(suffix).unlink(missing_ok=True)


def repack(folder: Path, git: str, deadline: Deadline) -> bool:
    """Makes one pack of all by `git repack`, which keeps what no ref reaches; whether it got there in time."""
    command = [git, "-c", "core.hooksPath=/dev/null", "repack", "-a", "-d", "-k", "-q"]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=git_environment(folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=deadline.remaining(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _ends_agree(pack: Path, index: Path) -> bool:
    """Both files end as git ends them: the index repeats the pack's checksum before its own."""
    with pack.open("rb") as pack_file, index.open("rb") as index_file:
        pack_file.seek(-20, os.SEEK_END)
        index_file.seek(-40, os.SEEK_END)
        return pack_file.read(20) == index_file.read(20)


def _sums_agree(path: Path) -> bool:
    digest = hashlib.sha1(usedforsecurity=False)
    left = path.stat().st_size - 20
    with path.open("rb") as file:
        while left > 0 and (piece := file.read(min(left, _PIECE))):
            digest.update(piece)
            left -= len(piece)
        return digest.digest() == file.read(20)
