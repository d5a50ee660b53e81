"""Rules kept between runs, so that a gate needn't read and compile them; a file that does not fit is made anew."""

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from auditor.frozen import frozen
from auditor.model.codec import decode, encode
from auditor.model.rules import Rule
from auditor.policy.compiler import CompiledRule

# each policy file that was ever judged leaves one of half a megabyte
_KEPT_SECONDS = 30 * 24 * 3600


@frozen
class Ruling:
    """All rules of a policy in its order, and those that are switched on compiled."""

    rules: tuple[Rule, ...]
    compiled: tuple[CompiledRule, ...]


def cached(folder: Path, key: str, make: Callable[[], Ruling]) -> Ruling:
    """What is stored under `key`, else what `make` gives, which is then stored (mode 0600, if it can be).

    `key` must name everything that the rules depend on: their files, the facts' types and versions. What no run asked
    for in thirty days goes when something new is stored.
    """
    file = folder / f"rules-{key}.json"
    with contextlib.suppress(OSError, ValueError):
        ruling = decode(Ruling, json.loads(file.read_text(encoding="utf-8")))
        with contextlib.suppress(OSError):  # a folder that can't be written serves all the same
            os.utime(file)
        return ruling
    ruling = make()
    with contextlib.suppress(OSError):
        _store(file, ruling)
        _forget(folder, before=time.time() - _KEPT_SECONDS)
    return ruling


def _forget(folder: Path, *, before: float) -> None:
    for file in folder.glob("rules-*.json"):
        if file.stat().st_mtime < before:
            file.unlink(missing_ok=True)


def _store(file: Path, ruling: Ruling) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(encode(ruling), stream)
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
