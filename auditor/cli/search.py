"""What `auditor secrets` begins with: which paths, judged by which policy, and what one line of them is."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from auditor.cli.option import Settings
from auditor.cli.output import write_stdout
from auditor.cli.session import cache_folder, open_session
from auditor.collectors.local.identity import find_clone
from auditor.config.loader import Loaded, clone_config, load_standard
from auditor.config.trust import state_folder
from auditor.errors import UsageError
from auditor.pipeline.evaluation import Bench, prepare
from auditor.pipeline.secrets import is_repository
from auditor.text import printable

_MOST_BYTES = 64 << 20


def searched_paths(given: Sequence[Path], *, staged: bool) -> tuple[Path, ...]:
    """The paths to search; without one, the clone around this folder, else the folder. Raises UsageError."""
    here = Path.cwd()
    paths = tuple(given) or (find_clone(here) or here,)
    for path in paths:
        if not path.exists():
            raise UsageError(f"no such path '{printable(str(path))}': name a repository, a folder or a file")
    if staged:
        return tuple(_clone_of(path) for path in paths)
    return tuple(path.absolute() for path in paths)


def _clone_of(path: Path) -> Path:
    clone = find_clone(path)
    if clone is None:
        raise UsageError(f"'{printable(str(path))}' is in no git clone: --staged needs one")
    return clone


def bench_of(paths: Sequence[Path], options: Settings) -> tuple[Bench, Path]:
    """The policy to judge by, and the state folder: the standard one, or the file that `-c` names."""
    if options.config_named:
        session = open_session(options)
        loaded, state = session.loaded, session.state
    else:
        loaded, state = load_standard(clone_config(paths[0], identifier="secrets", branch="main"), validated=True), None
    return prepare(_narrowed(loaded, paths), cache_folder()), state or state_folder()


def _narrowed(loaded: Loaded, paths: Sequence[Path]) -> Loaded:
    """The configuration with these paths in the place of all sources."""
    local = clone_config(paths[0], identifier="secrets", branch="main").local
    is_clone = len(paths) == 1 and is_repository(paths[0])
    config = replace(loaded.config, local=local if is_clone else None, gitea=None, nas=None, site=None)
    return replace(loaded, config=config)


def explained(place: str, options: Settings) -> int:
    """Prints what stands on a line and is no secret, with the reason of each, and what is one.

    The patterns of the policy file that `-c` names are searched for too.
    """
    from auditor.detector.engine import second_engine
    from auditor.detector.own_kind import kinds_with
    from auditor.detector.search import explain, search
    from auditor.pipeline.secrets import clone_around

    name, colon, line = place.rpartition(":")
    path = Path(name)
    if not colon or not line.isdigit() or not path.is_file():
        raise UsageError(f"'{printable(place)}' is no line of a file: write PATH:LINE")
    with path.open("rb") as stream:
        data = stream.read(_MOST_BYTES)
    patterns = open_session(options).loaded.config.secrets.patterns if options.config_named else ()
    kinds, engine = kinds_with(tuple((one.id, one.regex) for one in patterns)), second_engine()
    clone, is_object = clone_around(path)
    within = os.path.relpath(path.absolute(), clone) if clone else name
    found = search(data, place=within, key=b"", kinds=kinds, is_object=is_object, engine=engine)
    others = explain(data, place=within, kinds=kinds, is_object=is_object, engine=engine)
    said = [(one.line, f"{one.kind}: a secret") for one in found.secrets]
    said += [(one.line, f"{one.kind}: no secret: {one.reason}") for one in others]
    shown = printable(place)
    told = [f"{shown}: {text}\n" for at, text in said if at == int(line)]
    write_stdout("".join(told) or f"{shown}: nothing here looks like a secret\n")
    return 0
