"""Compiled rules kept between runs, so that a gate needn't compile them; a file that does not fit is made anew."""

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path

from auditor.model.codec import decode, encode
from auditor.policy.compiler import CompiledRule

Compiled = tuple[CompiledRule, ...]


def cached(folder: Path, key: str, compile_rules: Callable[[], Compiled]) -> Compiled:
    """The rules stored under `key`, else what `compile_rules` gives, which is then stored (mode 0600, if it can be).

    `key` must name everything that the compilation depends on: rules, schema and versions.
    """
    file = folder / f"rules-{key}.json"
    with contextlib.suppress(OSError, ValueError):
        stored = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(stored, list):
            return tuple(decode(CompiledRule, entry) for entry in stored)
    compiled = compile_rules()
    with contextlib.suppress(OSError):
        _store(file, compiled)
    return compiled


def _store(file: Path, compiled: Compiled) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(encode(compiled), stream)
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
