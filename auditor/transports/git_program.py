"""The git program, run in the auditor's own folders alone: nothing of this machine's configuration, no network."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path


def found_git() -> str | None:
    """The path of the git program, None where there is none."""
    return shutil.which("git")


def git_environment(folder: Path, objects: Iterable[Path] = ()) -> dict[str, str]:
    """All that git may know of in `folder`: no system's, no user's configuration, no prompt, no promised object.

    `objects` are further object folders that it may read.
    """
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "LC_ALL": "C",
        "GIT_DIR": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
    }
    alternates = os.pathsep.join(map(_quoted, objects))
    return environment | ({"GIT_ALTERNATE_OBJECT_DIRECTORIES": alternates} if alternates else {})


def _quoted(path: Path) -> str:
    """As git quotes a path in a list of them, where a colon would part it."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
