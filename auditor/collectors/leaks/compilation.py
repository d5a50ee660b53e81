"""Keeps what the accelerator compiled from one run to the next; a file that was not written under our key is none."""

import contextlib
import hashlib
import hmac
import os
from pathlib import Path

from auditor.detector.accelerator import Accelerator

_MAC_BYTES = 32


def use_compiled(accelerator: Accelerator | None, folder: Path | None, key: bytes, *, compile_anew: bool) -> None:
    """Gives an accelerator what a folder keeps for it; `compile_anew`: where nothing is, it is compiled and kept."""
    if folder is None or accelerator is None or accelerator.is_ready:
        return
    file = folder / f"forms-{accelerator.identity[:32]}"
    if _restored(accelerator, file, key) or not compile_anew:
        return
    with contextlib.suppress(OSError):
        _store(accelerator, file, key)


def _restored(accelerator: Accelerator, file: Path, key: bytes) -> bool:
    try:
        stored = file.read_bytes()
    except OSError:
        return False
    compiled = stored[_MAC_BYTES:]
    return hmac.compare_digest(stored[:_MAC_BYTES], _mac(accelerator, compiled, key)) and accelerator.restore(compiled)


def _mac(accelerator: Accelerator, compiled: bytes, key: bytes) -> bytes:
    return hmac.new(key, f"forms {accelerator.identity}\n".encode() + compiled, hashlib.sha256).digest()


def _store(accelerator: Accelerator, file: Path, key: bytes) -> None:
    compiled = accelerator.compiled()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(_mac(accelerator, compiled, key) + compiled)
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    for other in file.parent.glob("forms-*"):
        # of other versions; one that is being written has a suffix
        if other != file and not other.suffix:
            other.unlink(missing_ok=True)
