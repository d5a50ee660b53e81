"""Which sites are meant: the files that are named, and those that named folders hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.config.loader import NAME, is_standard
from auditor.errors import UsageError
from auditor.text import printable


@dataclass(frozen=True)
class Target:
    """A policy file to audit by, or a stored snapshot; `named` is false where a folder was named and not the file."""

    path: Path
    named: bool = True

    @property
    def is_snapshot(self) -> bool:
        """Whether facts are at hand and no source is asked."""
        return self.path.suffix == ".json"

    @property
    def file(self) -> str:
        """The path as it is shown."""
        return printable(str(self.path))


def find_targets(paths: Sequence[Path]) -> tuple[Target, ...]:
    """The files that are named, and those that named folders hold, each once; raises UsageError for an empty folder."""
    found: dict[Path, Target] = {}
    for path in paths:
        targets = _held(path) if path.is_dir() else [Target(path)]
        if not targets:
            where = printable(str(path))
            raise UsageError(f"'{where}' holds no policy file of a site and no snapshot: name a file or another folder")
        for target in targets:
            found.setdefault(target.path.absolute(), target)
    return tuple(found.values())


def _held(folder: Path) -> list[Target]:
    """Policy files in a folder and in the folders of it; where there is none, the snapshots in it."""
    policies = sorted((*folder.glob("*.yaml"), *folder.glob(f"*/{NAME}")))
    sites = [Target(path, named=False) for path in policies if not is_standard(path)]
    return sites or [Target(path, named=False) for path in sorted(folder.glob("*.json"))]
