"""Paths of the policy file: relative to its folder, with `~` and environment variables, and nothing else, expanded."""

import os
import re
from pathlib import Path


def local_path(text: str, folder: Path) -> Path:
    """The absolute path that `text` means in a policy file that lies in `folder`; raises ValueError."""
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError("holds a control character: remove it")
    expanded = os.path.expandvars(text)
    if unset := re.search(r"\$(\w+|\{\w+\})", expanded):
        raise ValueError(f"names the variable '{unset[0]}', which is not set: set it, or write the path out")
    if expanded.startswith("~"):
        try:
            expanded = str(Path(expanded).expanduser())
        except RuntimeError as error:
            raise ValueError("names a user who has no home here: write the path out") from error
    # normpath, not resolve: what a link points at may change between the audits
    return Path(os.path.normpath(folder / expanded))


def shown_path(path: Path, folder: Path | None) -> str:
    """`path` as another machine would write it: relative to the policy file's folder or the home, where it can be."""
    if folder is not None and path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where there is none
    if home.is_absolute() and path.is_relative_to(home):
        return f"~/{path.relative_to(home).as_posix()}"
    return str(path)
