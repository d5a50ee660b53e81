"""Whether ignore rules would keep every usual env file out, and the line that decides."""

from auditor.gitfile.ignore import Reader, deciding_from_root
from auditor.model.facts.dotenv import IgnoreProbe
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


def probe_env_names(read: Reader) -> tuple[IgnoreProbe, ...]:
    """The answer for each name, at the root and in a sub-folder; `read` gives the patterns of a folder."""
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
