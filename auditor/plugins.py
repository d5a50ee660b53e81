"""Collectors, derivations and formats, found by listing their packages and imported only when asked for."""

import pkgutil
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from auditor.errors import UsageError


@cache
def names(package: str) -> tuple[str, ...]:
    """The names of the modules and packages directly below `auditor.<package>`, sorted; none is imported."""
    spec = find_spec(f"auditor.{package}")
    folders = spec.submodule_search_locations if spec else None
    return tuple(sorted(module.name for module in pkgutil.iter_modules(folders or [])))


def demand(package: str, name: str) -> None:
    """Raise UsageError with the known names if there is no module `name` in `auditor.<package>`."""
    known = names(package)
    if name not in known:
        raise UsageError(f"no such {package.removesuffix('s')} '{name}': choose one of {', '.join(known)}")


def load(package: str, name: str) -> ModuleType:
    """The module `name` of `auditor.<package>`; raises UsageError for any other."""
    demand(package, name)
    return import_module(f"auditor.{package}.{name}")
