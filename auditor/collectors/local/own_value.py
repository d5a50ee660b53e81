"""The real values of the clone's own env files: read, told as HMACs in confidence, and forgotten."""

# paths are bytes here, which pathlib can't hold
# ruff: noqa: PTH118

import hashlib
import os

from auditor.collectors.local.content import file_content
from auditor.collectors.local.gap import reason_of
from auditor.confidence import Told
from auditor.config.hmac_key import load_hmac_key
from auditor.config.site_name import site_names
from auditor.detector.own_value import mark_of, own_marks
from auditor.detector.public_value import PUBLIC_PREFIX
from auditor.dotenv import parse_dotenv
from auditor.errors import SourceError
from auditor.gitfile.layout import Layout, find_layout
from auditor.interfaces import Context

_SIZE_LIMIT = 1024 * 1024
_CONFIGS = ("config", "config.worktree")

Value = tuple[str, str, str]


def share_own_values(context: Context) -> None:
    """Tells what the clone's own values are, and lets its git configuration be searched for all machines'.

    A file that is not there has no values; one that can't be read is a loss.
    """
    section = context.config.local
    if section is None:
        return
    try:
        layout = find_layout(section.path)
        _hear_config(context, layout)
        values = _values(context, layout)
    except (OSError, SourceError) as fault:
        context.own.lose("local", reason_of(fault))
        return
    marks, skipped = own_marks(values, context.own.key.encode(), site_names(context.config))
    stable = load_hmac_key(context.config, context.state)
    known = sorted(f"{name} {mark_of(value.encode('utf-8', 'surrogateescape'), stable)}" for name, _, value in values)
    identity = hashlib.sha256("\n".join(known).encode("utf-8", "surrogateescape")).hexdigest()
    context.own.tell("local", Told(marks, skipped, identity))


def _hear_config(context: Context, layout: Layout) -> None:
    for folder in {layout.common_dir, layout.git_dir}:
        for name in _CONFIGS:
            path = os.path.join(folder, os.fsencode(name))
            if os.path.isfile(path):  # noqa: PTH113 -- as above
                context.own.hear("local", f".git/{name}", file_content(path, _SIZE_LIMIT))


def _values(context: Context, layout: Layout) -> list[Value]:
    """Name, key and value of each variable that is not public by its name."""
    root = layout.work_tree
    found: list[Value] = []
    for file in _own_files(context) if root is not None else ():
        path = os.path.join(root or b"", os.fsencode(file))
        if not os.path.lexists(path):
            continue
        real = os.path.realpath(path)
        if not real.startswith((root or b"").rstrip(b"/") + b"/"):
            raise SourceError(f"the env file {file!r} is a link that leads out of the clone, and is not followed")
        found += [
            (f"local:env:{file}#{one.name}", one.name, one.value)
            for one in parse_dotenv(file_content(real, _SIZE_LIMIT))
            if not one.name.startswith(PUBLIC_PREFIX)
        ]
    return found


def _own_files(context: Context) -> list[str]:
    own = context.config.secrets.own_values
    return [name.removeprefix("local:") for name in own if name.startswith("local:")]
