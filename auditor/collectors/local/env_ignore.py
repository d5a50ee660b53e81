"""Whether the ignore files committed at HEAD would keep every usual env file out, and the line that decides."""

from collections.abc import Mapping, Sequence

from auditor.collectors.local.object_store import SYMLINK, ObjectStore
from auditor.gitfile.ignore import Pattern, Reader, deciding_from_root, parse_patterns
from auditor.model.facts.local import IgnoreProbe
from auditor.text import name_text

_NAMES = (
    ".env",
    ".env.local",
    ".env.production",
    ".env.production.local",
    ".env.development",
    ".env.test",
    ".env.staging",
    ".env.backup",
)
_FOLDERS = ("", "sub/")


def probe_env_ignore(store: ObjectStore, head: Mapping[bytes, tuple[int, bytes]]) -> tuple[IgnoreProbe, ...]:
    """The answer for each name, at the root and in a sub-folder; `head` is HEAD's tree, path to mode and id."""
    known: dict[bytes, Sequence[Pattern]] = {}

    def read(folder: bytes) -> Sequence[Pattern]:
        if folder not in known:
            path = folder + b".gitignore"
            mode, oid = head.get(path, (SYMLINK, b""))
            # git doesn't follow an ignore file that is a link
            known[folder] = [] if mode == SYMLINK else parse_patterns(store.blob(oid), path, folder)
        return known[folder]

    return tuple(_probe(folder + name, read) for folder in _FOLDERS for name in _NAMES)


def _probe(path: str, read: Reader) -> IgnoreProbe:
    pattern = deciding_from_root(read, (), path.encode())
    return IgnoreProbe(
        path=path,
        ignored=pattern is not None and not pattern.negated,
        file=name_text(pattern.file) if pattern else None,
        line=pattern.line if pattern else None,
        pattern=name_text(pattern.text) if pattern else None,
    )
