"""The clone's configuration as git would see it: every level, includes, and the environment; nothing is run for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from auditor.model.facts.git_config import Level, Origin
from auditor.text import name_text

_TRUE = (b"true", b"yes", b"on")
_FALSE = (b"false", b"no", b"off", b"")


@dataclass(frozen=True)
class ConfigEntry:
    """One value with its place; section and key are in lower case, the subsection as written."""

    section: str
    subsection: bytes | None
    key: str
    value: bytes | None
    level: Level
    file: bytes | None = None
    line: int | None = None

    @property
    def origin(self) -> Origin:
        """The place as a fact."""
        return Origin(level=self.level, file=None if self.file is None else name_text(self.file), line=self.line)


class GitConfig:
    """All entries, those that count more later."""

    def __init__(self, entries: Iterable[ConfigEntry]) -> None:
        self.entries = tuple(entries)
        self._by_key: dict[tuple[str, str], list[ConfigEntry]] = {}
        for entry in self.entries:
            self._by_key.setdefault((entry.section, entry.key), []).append(entry)

    def all(self, section: str, key: str, subsection: bytes | None = None) -> list[ConfigEntry]:
        """The entries of one name in order."""
        return [entry for entry in self.named(section, key) if entry.subsection == subsection]

    def named(self, section: str, key: str) -> Sequence[ConfigEntry]:
        """The entries of a section's key, of every subsection, in order."""
        return self._by_key.get((section, key), ())

    def get(self, section: str, key: str, subsection: bytes | None = None) -> bytes | None:
        """The value that counts; None without one."""
        found = self.all(section, key, subsection)
        return found[-1].value if found else None

    def boolean(self, section: str, key: str, default: bool) -> bool:
        """The truth of a key; what git can't read as one is the default."""
        found = self.all(section, key)
        truth = truth_of(found[-1].value) if found else None
        return default if truth is None else truth

    def subsections(self, section: str) -> list[bytes]:
        """The names of a section's subsections in the order of their first entry."""
        names = (entry.subsection for entry in self.entries if entry.section == section)
        return list(dict.fromkeys(name for name in names if name is not None))


def truth_of(value: bytes | None) -> bool | None:
    """The truth of a boolean value, a key alone is true; None where git would refuse it."""
    if value is None or value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    try:
        return int(value, 0) != 0
    except ValueError:
        return None
